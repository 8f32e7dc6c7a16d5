"""A stand-in of CloudPayments: payments and refunds in lists, notifications that are signed."""
