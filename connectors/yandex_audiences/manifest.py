"""Facts about Yandex Audience (yandex.ru/dev/audience: quotas, segments from a file; help: file requirements), as data."""

from __future__ import annotations

from connectors.audiences import Rules
from connectors.contract import Limit, Manifest, Operation

CHANGE = "change"  # creating and changing segments has quotas of its own
TOKEN = ("oauth.yandex.ru → приложение с доступом «Яндекс Аудитории»: выпустите токен и впишите его в окружение",
         "oauth.yandex.ru → an application with access to Yandex Audience: issue a token and put it into the environment")  # fmt: skip
CURES = {"401": TOKEN, "403": TOKEN}
RULES = Rules(hashing="sha256", least=100, most=10_000_000, shrinks=True)  # MD5 is not taken since January 2025; 1 GB of rows

MANIFEST = Manifest(
    vendor="yandex_audiences",
    title="Яндекс Аудитории",
    resources={},
    operations={
        # an upload bears no key: an unconfirmed segment that was not there before, with as many rows, is ours; it is of no use until confirmed
        "upload": Operation("findable", find_by="new item_quantity", settles_after=60.0),
        "confirm": Operation("safe", settles_after=60.0),
        "replace": Operation("safe", settles_after=60.0),  # the whole file: twice the same is once
    },
    # 30 requests a second of an address; 5000 a day; of changes 10 a minute, 100 an hour, 500 a day: 480 a day are within all three
    limits=(Limit("window", 30, 1.0), Limit("bucket", 40, 720.0), Limit("bucket", 2, 360.0, method=CHANGE), Limit("parallel", 2)),
    cures=CURES,
)
