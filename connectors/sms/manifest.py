"""Facts about SMS Aero (its API v2 and the vendor's own clients), as data. The gateway publishes no limit of requests: ours is a courtesy."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling
from connectors.gateways import MESSAGE, messages

WHOLE = Representation()
CABINET = ("SMS Aero → Настройки → API и SMPP", "SMS Aero → Settings → API and SMPP")
CURES = {
    "401": (f"{CABINET[0]}: почта кабинета и ключ API", f"{CABINET[1]}: the cabinet's e-mail and the API key"),
    "404": ("config.yaml → systems → url: https://gate.smsaero.ru/v2", "config.yaml → systems → url: https://gate.smsaero.ru/v2"),
}

MANIFEST = Manifest(
    vendor="sms",
    title="SMS Aero",
    resources={
        MESSAGE: messages("SMS Aero docs: callbackUrl, which the program that sends names"),
        "stop": ResourceManifest(
            entity="customer",
            operations={
                # what an entry that is there already answers is documented nowhere: looked up by its phone before anything is repeated
                "create": Operation("findable", find_by="phone", settles_after=10.0),
                "update": Operation("safe", settles_after=10.0),
            },
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=10,
            incremental=False,
            vanishes=frozenset({"refused"}),  # a phone that was taken off the list is not in it
            telling=Telling(source="SMS Aero docs: blacklist, of which nothing is told"),
        ),
    },
    limits=(Limit("window", 10, 1.0), Limit("parallel", 4)),
    cures=CURES,
)
