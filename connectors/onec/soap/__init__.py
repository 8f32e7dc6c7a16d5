"""A web service of the base (``/ws/….1cws``) that somebody wrote for it: what its operations are, the configuration describes."""
