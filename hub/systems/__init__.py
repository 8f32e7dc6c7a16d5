"""One system as the hub knows it: what it can do, what it has, its mode, and whether it is still itself."""
