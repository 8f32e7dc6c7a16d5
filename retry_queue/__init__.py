"""The outbox: deliveries that are claimed, tried, put off, given up and replayed. A leaf: knows no vendor and no record, only their names."""
