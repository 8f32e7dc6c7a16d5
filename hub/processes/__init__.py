"""The processes of an installation: how each starts, says that it is alive, and is started again; Redis and the limits that they share."""
