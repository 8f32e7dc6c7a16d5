"""A stand-in of CDEK: tokens, orders of delivery, their states, webhooks."""
