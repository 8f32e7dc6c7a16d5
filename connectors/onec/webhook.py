"""1C calls nobody: the interface has no subscriptions, so there is nothing to receive and nothing to subscribe to."""

from __future__ import annotations

from connectors.contract import Hint, Subscription, WebhookRefused, WebhookRequest


def receive(request: WebhookRequest) -> list[Hint]:
    """Raises WebhookRefused: nothing that claims to come from a base does."""
    raise WebhookRefused("1C sends no webhooks")


def subscribe() -> Subscription:
    return Subscription(())
