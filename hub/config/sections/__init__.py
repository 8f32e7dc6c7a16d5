"""Sections of the configuration, one file each: the schema, the frozen values, and the way from one to the other."""
