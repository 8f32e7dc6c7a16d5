"""BonusPlus: customers with cards, points, reserves, sales and returns by position, webhooks of balances."""
