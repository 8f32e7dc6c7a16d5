"""A stand-in of Yandex Audience: segments uploaded as files, confirmed, replaced as a whole."""
