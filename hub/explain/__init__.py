"""What the hub says of a record and why: what agrees, what waits and for what, what would be written."""
