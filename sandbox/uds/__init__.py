"""A stand-in of UDS."""
