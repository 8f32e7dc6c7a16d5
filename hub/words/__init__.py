"""What people are told of what the hub finds and asks: pages, commands and messages say the same."""
