"""Facts about Mango Office (the vendor's reference of the virtual PBX, rolling edition to 2 June 2026), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling
from connectors.mango.sendable import CALLBACK, REPORT, RESULT, USERS

KEYS = ("Личный кабинет Mango → Интеграции → API коннектор: уникальный код АТС и ключ для подписи",
        "Mango cabinet → Integrations → API connector: the code of the PBX and the signing key")  # fmt: skip
# told as far as it is known: a recording comes after its call, so that its absence is no observation
TOLD = Representation(absent_is_empty=False)

MANIFEST = Manifest(
    vendor="mango",
    title="Mango Office",
    resources={
        "call": ResourceManifest(
            entity="call",
            operations={},
            representations={"list": TOLD, "fetch": TOLD, "answer": TOLD, "webhook": TOLD},
            fetched=False,  # no method returns a call by its id
            overlap=6 * 3600.0,
            fact=True,
            later=frozenset({"recording"}),
            writable=False,
            telling=Telling(frozenset({"changed"}), typed=True, source="vendor's reference: events/summary, stats/request"),
        ),
        "callback": ResourceManifest(
            entity="call",
            operations={"create": Operation("never", settles_after=60.0, side_effects=("call: employee", "call: customer"))},
            representations={"list": TOLD, "fetch": TOLD, "answer": TOLD},
            fetched=False,
            listed=False,
            fact=True,
            one_by_one=True,
            telling=Telling(source="vendor's reference: result/callback, which no list repeats"),
        ),
    },
    cures={
        "3102": KEYS,
        "3105": KEYS,
        "401": KEYS,
        "finished": (
            "config.yaml → routes.call: добавьте when: \"direction == 'out' && !outcome\"",
            "config.yaml → routes.call: add when: \"direction == 'out' && !outcome\"",
        ),
    },  # fmt: skip
    limits=(
        Limit("window", 10, 1.0),
        Limit("parallel", 1),  # so that a second erroneous request cannot be under way beside the first
        Limit("window", 4, 1.0, method=CALLBACK),
        Limit("window", 1, 2.0, method=REPORT),
        Limit("window", 1, 2.0, method=USERS),
        Limit("window", 1, 5.0, method=RESULT),
    ),
    directories={"employee": "config/users/request by internal number"},
)
