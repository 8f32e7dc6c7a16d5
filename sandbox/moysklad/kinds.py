"""What each kind of object has: what it cannot be without, what is only read, which fields may be written (moysklad docs: dictionaries; documents)."""

from __future__ import annotations

REQUIRED = {
    "counterparty": ("name",),
    "customerorder": ("organization", "agent"),
    "demand": ("organization", "agent", "store"),
    "salesreturn": ("organization", "agent", "store"),
    "retaildemand": ("retailShift",),
    "retailsalesreturn": ("retailShift",),
    "product": ("name",),
    "variant": ("product", "characteristics"),
    "service": ("name",),
    "saleschannel": ("name", "type"),
    "employee": ("lastName",),
    "webhook": ("url", "action", "entityType"),
}
READ_ONLY = {
    "id",
    "accountId",
    "created",
    "updated",
    "meta",
    "sum",
    "payedSum",
    "shippedSum",
    "bonusPoints",
    "salesAmount",
    "deleted",
    "invoicedSum",
    "reservedSum",
    "vatSum",
    "printed",
    "published",
    "positions",
    "attributes",
    "notes",
    "accounts",
    "contactpersons",
    "cheque",
}
_EVERY = frozenset({"name", "externalCode", "code", "syncId", "description", "owner", "group", "shared", "state"})
_PERSON = ["archived", "companyType", "phone", "email", "fax", "discountCardNumber", "bonusProgram", "discounts", "tags", "priceType",
           "actualAddress", "actualAddressFull", "legalAddress", "legalAddressFull", "legalFirstName", "legalMiddleName", "legalLastName",
           "birthDate", "sex", "legalTitle", "inn", "kpp", "ogrn", "ogrnip", "okpo", "certificateNumber", "certificateDate"]  # fmt: skip
_DOCUMENT = ["agent", "organization", "store", "moment", "applicable", "project", "contract", "salesChannel", "rate", "vatEnabled",
             "vatIncluded", "taxSystem", "organizationAccount", "agentAccount"]  # fmt: skip
PAYMENTS = ("cashSum", "noCashSum", "qrSum", "advancePaymentSum", "prepaymentCashSum", "prepaymentNoCashSum", "prepaymentQrSum")
FIELDS = {  # what each of these kinds has; an unknown field is ignored
    "counterparty": _EVERY | {*_PERSON},
    "customerorder": _EVERY | {*_DOCUMENT, "deliveryPlannedMoment", "shipmentAddress", "shipmentAddressFull"},
    "demand": _EVERY | {*_DOCUMENT, "customerOrder", "overhead"},
    "salesreturn": _EVERY | {*_DOCUMENT, "demand"},
    "retailsalesreturn": _EVERY | {*_DOCUMENT, *PAYMENTS, "retailShift", "retailStore", "demand"},
    "retaildemand": _EVERY | {*_DOCUMENT, *PAYMENTS, "retailShift", "retailStore", "customerOrder", "checkNumber", "documentNumber",
                              "sessionNumber", "checkSum", "giftCards", "fiscal", "ofdCode"},
}  # fmt: skip
LINE = frozenset({"assortment", "quantity", "price", "discount", "vat", "vatEnabled", "reserve", "pack", "things", "trackingCodes",
                  "trackingCodes_1162", "cost", "overhead", "tnved"})  # fmt: skip
WITH_LINES = ("customerorder", "demand", "salesreturn", "retaildemand", "retailsalesreturn")
AT_TILL = ("retaildemand", "retailsalesreturn")
