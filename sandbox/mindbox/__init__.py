"""A stand-in of Mindbox: operations of API v3, exports, merges, webhooks of flows."""
