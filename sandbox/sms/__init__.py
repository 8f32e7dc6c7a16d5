"""SMS Aero, API v2, with state in memory."""
