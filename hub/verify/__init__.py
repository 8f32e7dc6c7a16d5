"""Every object of every system compared with its record, at once or page by page."""
