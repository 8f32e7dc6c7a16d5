"""A local RetailCRM: API v5 over HTTP, state in memory."""
