"""What is amiss now, and who is told of it."""
