"""Field tables of contacts and deals: one stored name (the Legacy one), its Item name, type and who may write it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CONTACT, DEAL = 3, 2
NAMES = {CONTACT: "CONTACT", DEAL: "DEAL"}


@dataclass(frozen=True)
class Field:
    """``name`` is the stored and Legacy name, ``camel`` the Item one; ``legacy`` False hides it from the Legacy family.

    ``number`` is the id of a user field."""

    name: str
    camel: str
    kind: str = "string"
    readonly: bool = False
    multiple: bool = False
    title: str = ""
    status_type: str = ""
    legacy: bool = True
    number: int = 0
    options: tuple[tuple[int, str], ...] = field(default=())

    @property
    def dynamic(self) -> bool:
        return self.name.startswith("UF_")


def camel_uf(name: str) -> str:
    """``UF_CRM_BONUS_SPENT`` -> ``ufCrmBonusSpent``; a part of letters and digits keeps the tail: ``ufCrm_3_DIGIT10``."""
    tail = name.removeprefix("UF_CRM_")
    parts = tail.split("_")
    if any(not part.isalpha() and not part.isdigit() for part in parts):
        return f"ufCrm_{tail}"
    camel = "ufCrm"
    for position, part in enumerate(parts):
        if part.isdigit():
            camel += part if position == 0 and len(parts) > 1 else f"_{part}"
        else:
            camel += part.capitalize()
    return camel


def camel(name: str) -> str:
    head, *rest = name.lower().split("_")
    return head + "".join(re.sub(r"^[a-z]", lambda m: m.group().upper(), part) for part in rest)


def _plain(names: str, kind: str = "string", readonly: bool = False, legacy: bool = True) -> list[Field]:
    return [Field(name, camel(name), kind, readonly, legacy=legacy) for name in names.split()]


_COMMON = [
    Field("ID", "id", "integer", readonly=True),
    Field("ASSIGNED_BY_ID", "assignedById", "user", title="Ответственный"),
    Field("DATE_CREATE", "createdTime", "datetime", readonly=True),
    Field("DATE_MODIFY", "updatedTime", "datetime", readonly=True),
    Field("CREATED_BY_ID", "createdBy", "user", readonly=True),
    Field("MODIFY_BY_ID", "updatedBy", "user", readonly=True),
    Field("LAST_ACTIVITY_TIME", "lastActivityTime", "datetime", readonly=True),
    Field("LAST_ACTIVITY_BY", "lastActivityBy", "user", readonly=True),
    Field("OBSERVERS", "observers", "user", multiple=True, legacy=False),
    Field("SOURCE_ID", "sourceId", "crm_status", title="Источник", status_type="SOURCE"),
    Field("COMPANY_ID", "companyId", "link", title="Компания"),
    Field("LEAD_ID", "leadId", "link", title="Лид"),
    *_plain("SOURCE_DESCRIPTION COMMENTS ORIGINATOR_ID ORIGIN_ID UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM"),
    *_plain("OPENED", "boolean"),
]

_CONTACT = [
    Field("NAME", "name", title="Имя"),
    Field("SECOND_NAME", "secondName", title="Отчество"),
    Field("LAST_NAME", "lastName", title="Фамилия"),
    Field("BIRTHDATE", "birthdate", "date", title="Дата рождения"),
    Field("HONORIFIC", "honorific", "crm_status", status_type="HONORIFIC"),
    Field("TYPE_ID", "typeId", "crm_status", title="Тип контакта", status_type="CONTACT_TYPE"),
    Field("COMPANY_IDS", "companyIds", "link", multiple=True),
    *_plain("POST ORIGIN_VERSION"),
    *_plain("EXPORT", "boolean"),
    *[Field(name, "") for name in ("ADDRESS", "ADDRESS_2", "ADDRESS_CITY", "ADDRESS_POSTAL_CODE", "ADDRESS_REGION", "ADDRESS_COUNTRY")],
    *_plain("HAS_PHONE HAS_EMAIL HAS_IMOL", "boolean", readonly=True),
]

_DEAL = [
    Field("TITLE", "title", title="Название"),
    Field("CATEGORY_ID", "categoryId", "integer", title="Воронка"),
    Field("STAGE_ID", "stageId", "crm_status", title="Стадия", status_type="DEAL_STAGE"),
    Field("STAGE_SEMANTIC_ID", "stageSemanticId", readonly=True),
    Field("CLOSED", "closed", "boolean"),
    Field("OPPORTUNITY", "opportunity", "money", title="Сумма"),
    Field("IS_MANUAL_OPPORTUNITY", "isManualOpportunity", "boolean"),
    Field("TAX_VALUE", "taxValue", "money"),
    Field("CURRENCY_ID", "currencyId", title="Валюта"),
    Field("TYPE_ID", "typeId", "crm_status", title="Тип", status_type="DEAL_TYPE"),
    Field("CONTACT_ID", "contactId", "link", title="Контакт"),
    Field("CONTACT_IDS", "contactIds", "link", multiple=True, title="Контакты"),
    Field("QUOTE_ID", "quoteId", "link"),
    Field("BEGINDATE", "begindate", "date", title="Дата начала"),
    Field("CLOSEDATE", "closedate", "date", title="Дата завершения"),
    Field("MOVED_TIME", "movedTime", "datetime", readonly=True),
    Field("MOVED_BY_ID", "movedBy", "user", readonly=True),
    *_plain("ADDITIONAL_INFO"),
    *_plain("ORDER_STAGE", readonly=True),
    *_plain("PROBABILITY", "integer"),
    *_plain("IS_NEW IS_RETURN_CUSTOMER IS_REPEATED_APPROACH IS_RECURRING", "boolean", readonly=True),
]

# Removed by the vendor but still in the answer, always null (bitrix24 docs: crm.item deal fields).
SWITCHED_OFF = ("dateCreateShort", "isWork", "isWon", "isLose", "receivedAmount", "lostAmount", "hasProducts", "productId")


class FieldTable:
    """The fields of one entity type, found by either name."""

    def __init__(self, entity_type: int, user_fields: list[Field]) -> None:
        own = _CONTACT if entity_type == CONTACT else _DEAL
        self.fields = [*_COMMON, *own, *user_fields]
        self.by_name = {item.name: item for item in self.fields}
        self.by_camel = {item.camel: item for item in self.fields if item.camel}
        self._shown: dict[bool, list[tuple[str, str, str]]] = {}

    def shown(self, original_uf: bool) -> list[tuple[str, str, str]]:
        """Item name, stored name and kind of each field that the Item family shows."""
        if original_uf not in self._shown:
            self._shown[original_uf] = [(self.item_name(item, original_uf), item.name, item.kind) for item in self.fields if item.camel]
        return self._shown[original_uf]

    def item_name(self, item: Field, original_uf: bool) -> str:
        return item.name if original_uf and item.dynamic else item.camel

    def find_item(self, name: str, original_uf: bool) -> Field | None:
        """By Item name. Original UF names are understood only when ``useOriginalUfNames`` is Y, as documented."""
        if name.startswith("UF_"):
            return self.by_name.get(name) if original_uf else None
        found = self.by_camel.get(name)
        return None if found and original_uf and found.dynamic else found

    def put(self, item: Field) -> None:
        """Add a field, or replace the one of this name."""
        self.drop(item.name)
        self.fields.append(item)
        self.by_name[item.name] = item
        self.by_camel[item.camel] = item

    def drop(self, name: str) -> None:
        self._shown.clear()
        old = self.by_name.pop(name, None)
        if old is not None:
            self.fields.remove(old)
            self.by_camel.pop(old.camel, None)
