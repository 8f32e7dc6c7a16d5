"""Segments as audiences of advertising systems: who may be told to them, the list as digests, and its upload."""
