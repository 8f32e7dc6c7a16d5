"""A local MoySklad: JSON API 1.2 over HTTP, state in memory."""
