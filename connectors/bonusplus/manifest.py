"""Facts about BonusPlus (bonusplus docs: the help page of each method), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
CREATED_FOR = "created_for"  # not the vendor's: the hub key of the lost create that a customer was found for
MESSAGES = (
    "БонусПлюс → Программа лояльности → Регистрация: выключите приветственные бонусы и сообщение о регистрации",
    "BonusPlus → Loyalty programme → Registration: switch the welcome points and the message of registration off",
)

BALANCES = Telling(frozenset({"changed"}), source="bonusplus docs: POST webhook/subscription, ChangeCustomerBonusBalanceEvent alone")
SILENT = Telling(source="bonusplus docs: POST webhook/subscription, which has no event of purchases")

MANIFEST = Manifest(
    vendor="bonusplus",
    title="БонусПлюс",
    resources={
        "customer": ResourceManifest(
            entity="customer",
            operations={
                # no idempotency key, but phone and card are unique: a lost create is found again by them (bonusplus docs: POST customer)
                "create": Operation(
                    "findable",
                    find_by="phone card",
                    settles_after=20.0,  # seconds that the vendor's own plugins wait for an answer
                    side_effects=("points: welcome", "sms: registration"),
                    quiet="creditBonuses: false, noRegNotification: true",
                    switch=MESSAGES,
                ),
                "update": Operation("safe", settles_after=20.0),
            },
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=1,  # GET customer knows one id
            overlap=180.0,  # the mark is our clock, corrected by theirs
            telling=BALANCES,
        ),
        "retail": ResourceManifest(
            entity="loyalty_operation",
            # no idempotency key; what was posted is found by the ids of its positions among the movements of points (operations.py)
            operations={"create": Operation("findable", find_by="hub", settles_after=20.0)},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fact=True,
            one_by_one=True,
            listed=False,
            fetch_batch=1,
            telling=SILENT,
        ),
    },
    limits=(Limit("window", 5, 1.0), Limit("parallel", 2)),  # none published: what a careful client keeps to
)
