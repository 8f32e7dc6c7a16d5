"""Facts about VK Ads (ads.vk.com/doc/api: authorisation, the API's make, RemarketingUsersLists, Segment, SegmentRelations), as data."""

from __future__ import annotations

from connectors.audiences import Rules
from connectors.contract import Limit, Manifest, Operation

LISTS = "users_lists"  # making a list has a limit of its own
KEYS = ("VK Реклама → Настройки → Доступ к API: client_id и client_secret в окружение",
        "VK Ads → Settings → API access: client_id and client_secret into the environment")  # fmt: skip
TOKENS = ("VK Реклама: у ключа уже пять токенов; отзовите их (oauth2/token/delete.json) или дождитесь, пока старые удалят",
          "VK Ads: the key has five tokens already; withdraw them (oauth2/token/delete.json), or wait until old ones are removed")  # fmt: skip
CURES = {"invalid_client": KEYS, "invalid_user": KEYS, "revoked_token": KEYS, "token_limit": TOKENS}
# the predecessor's help names MD5 (target.my.com: user lists); `options.hashing: sha256` where a cabinet takes it
RULES = Rules(hashing="md5", least=2000, most=5_000_000, apart=True)

MANIFEST = Manifest(
    vendor="vk_ads",
    title="VK Реклама",
    resources={},
    operations={
        # no list is told from its repeat: its name bears the version of what is in it, and is looked up first
        "upload": Operation("findable", find_by="_name", settles_after=60.0),
        "segment": Operation("findable", find_by="_name", settles_after=60.0),
        "relations": Operation("findable", find_by="source_id", settles_after=60.0),
        "drop": Operation("safe", settles_after=60.0),  # what is gone already is answered so
    },
    # limits differ by cabinet: its headers are heeded. The documentation's example makes 1 to 10 lists an hour, reads 200 an hour
    limits=(Limit("bucket", 20, 360.0), Limit("bucket", 2, 900.0, method=LISTS), Limit("parallel", 2)),
    cures=CURES,
)
