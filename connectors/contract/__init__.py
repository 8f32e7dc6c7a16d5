"""All that the hub may ask of a vendor: a small core and optional abilities as separate protocols.

Objects travel in the vendor's own shape. A mapping names values inside them by *remote path*
(``billing.phone``, ``attributes[name='Бонусы'].value``, ``positions.rows``); a connector turns a written object
(shaped as the vendor *shows* it) into whatever requests the vendor wants (line ids, multifield keys, meta references).
Only :class:`connectors.errors.ConnectorError` may leave these methods.

Whoever writes a connector, here or in a package of its own, imports from here; the files within are how it is read.
"""

from __future__ import annotations

from connectors.contract.abilities import (
    Acknowledges,
    Checks,
    Chooses,
    Connector,
    Describes,
    Fetches,
    Finds,
    FindsCreated,
    Foresees,
    Identifies,
    ListsDirectories,
    LooksUp,
    Merges,
    Plays,
    Posting,
    Receives,
    SeesPostings,
    Segments,
    Sound,
    Subscribes,
    Unfinished,
)
from connectors.contract.checkout import Balance, Quote, Spends
from connectors.contract.findings import ONLY_READ, UNANSWERED, WRITES_UNSEEN, DirectoryValue, Finding, Health, RemoteField, Subscription
from connectors.contract.given import Limiter, SystemSettings, TokenStore
from connectors.contract.manifest import Limit, Manifest, Operation, Repeatability, Representation, ResourceManifest, Telling
from connectors.contract.objects import Hint, Json, Outcome, Page, Refusal, Remote, WebhookRefused, WebhookRequest, WebhookUnreadable, Write

__all__ = [
    "Acknowledges",
    "Balance",
    "Checks",
    "Chooses",
    "Connector",
    "Describes",
    "DirectoryValue",
    "Fetches",
    "Finding",
    "Finds",
    "FindsCreated",
    "Foresees",
    "Health",
    "Hint",
    "Identifies",
    "Json",
    "Limit",
    "Limiter",
    "ListsDirectories",
    "LooksUp",
    "Manifest",
    "Merges",
    "ONLY_READ",
    "Operation",
    "Outcome",
    "Page",
    "Plays",
    "Posting",
    "Quote",
    "Receives",
    "Refusal",
    "Remote",
    "RemoteField",
    "Repeatability",
    "Representation",
    "ResourceManifest",
    "SeesPostings",
    "Segments",
    "Sound",
    "Spends",
    "Subscribes",
    "Subscription",
    "SystemSettings",
    "Telling",
    "TokenStore",
    "UNANSWERED",
    "Unfinished",
    "WRITES_UNSEEN",
    "WebhookRefused",
    "WebhookRequest",
    "WebhookUnreadable",
    "Write",
]
