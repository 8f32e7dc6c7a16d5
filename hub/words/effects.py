"""What the side effects of a write are called for people; manifests name them by short words, which the vendors' counters share."""

from __future__ import annotations

from collections.abc import Iterable

from hub.language import N_, Speech

NAMES = {
    "mail: new account": N_("mails about a new account"),
    "mail: new order": N_("mails about a new order"),
    "mail: order status": N_("mails about the status of an order"),
    "sms: new order": N_("SMS about a new order"),
    "sms: order status": N_("SMS about the status of an order"),
    "stock": N_("stock counts of goods"),
    "robots: automation of a new item": N_("robots of a new deal or contact"),
    "robots: automation of a changed item": N_("robots of a changed deal or contact"),
    "mail: trigger": N_("mails of triggers"),
    "sms: trigger": N_("SMS of triggers"),
    "points: welcome": N_("welcome points"),
    "sms: registration": N_("an SMS about the registration"),
    "mail: flow": N_("mails of flows"),
    "sms: flow": N_("SMS of flows"),
    "push: operation": N_("a push of the app about a sale"),
    "activity": N_("an activity on a person's page"),
    "reminder: the seller": N_("a reminder to the seller"),
    "call: employee": N_("a call to the employee"),
    "call: customer": N_("a call to the customer"),
}


def named(effects: Iterable[str], say: Speech) -> str:
    """Their names in one line."""
    return ", ".join(say(NAMES.get(one, one)) for one in sorted(effects))
