"""Fields of Bitrix24's items in the names of ``crm.item.*``, and of calls as the connector shows them, as data. A portal's own fields are ``UF_*``."""

from __future__ import annotations

# path: type; "-" before the type: read only (bitrix24 docs: contact, deal, product rows, telephony statistics)
ITEM = {
    "id": "-integer", "createdTime": "-datetime", "updatedTime": "-datetime", "createdBy": "-user", "updatedBy": "-user",
    "lastActivityTime": "-datetime", "assignedById": "user", "observers": "list", "companyId": "integer", "leadId": "-integer",
    "sourceId": "crm_status", "sourceDescription": "text", "typeId": "crm_status", "comments": "text", "opened": "boolean",
    "originatorId": "string", "originId": "string",
    **{f"utm{name}": "string" for name in ("Source", "Medium", "Campaign", "Content", "Term")},
    "UF_*": "any", "parentId*": "integer",
}  # fmt: skip
CONTACT = {
    "name": "string", "secondName": "string", "lastName": "string", "honorific": "crm_status", "birthdate": "date", "post": "string",
    "export": "boolean", "companyIds": "list", "fm": "multifield", "originVersion": "string", "hasPhone": "-boolean", "hasEmail": "-boolean",
}  # fmt: skip
DEAL = {
    "title": "string", "categoryId": "integer", "stageId": "crm_status", "stageSemanticId": "-string", "closed": "-boolean",
    "opportunity": "money", "isManualOpportunity": "boolean", "taxValue": "money", "currencyId": "string", "contactId": "integer",
    "contactIds": "list", "quoteId": "integer", "begindate": "date", "closedate": "date", "additionalInfo": "text", "probability": "integer",
    "movedTime": "-datetime", "movedBy": "-user", "isNew": "-boolean", "isReturnCustomer": "-boolean", "productRows": "list",
}  # fmt: skip
CALL = {
    "ID": "-string", "CALL_ID": "-string", "EXTERNAL_CALL_ID": "string", "CALL_CATEGORY": "-string", "CALL_DURATION": "integer",
    "CALL_START_DATE": "datetime", "CALL_RECORD_URL": "string", "CALL_VOTE": "integer", "CALL_FAILED_CODE": "string",
    "CALL_FAILED_REASON": "string", "CALL_TYPE": "string", "PHONE_NUMBER": "string", "PORTAL_NUMBER": "-string", "PORTAL_USER_ID": "user",
    "CONTACT_ID": "integer", "CRM_ENTITY_TYPE": "-string", "CRM_ENTITY_ID": "-integer", "CRM_ACTIVITY_ID": "-integer", "COST": "money",
    "COST_CURRENCY": "string", "COMMENT": "-text", "TRANSCRIPT_ID": "-integer", "RECORD_DURATION": "-integer", "SESSION_ID": "-string",
}  # fmt: skip
CALL_TASK = {
    "ID": "-string", "CONTACT_ID": "integer", "PHONE": "string", "SUBJECT": "string", "TEXT": "text", "REMARK": "text", "COMPLETED": "boolean",
    "RESPONSIBLE_ID": "user", "START_TIME": "datetime", "END_TIME": "datetime", "ORIGIN_ID": "string", "LAST_UPDATED": "-datetime",
}  # fmt: skip
CALL_DEAL = DEAL | {"stage": "string"}
PRODUCT = {
    "id": "integer", "iblockId": "integer", "name": "string", "code": "string", "xmlId": "string", "active": "string", "quantity": "number",
    "quantityReserved": "number", "type": "integer", "timestampX": "datetime", "prices": "list",
}  # fmt: skip
STATIC = {
    "product": {path: f"-{kind}" for path, kind in PRODUCT.items()},
    "contact": ITEM | CONTACT,
    "deal": ITEM | DEAL,
    "call": CALL,
    "call_task": CALL_TASK,
    "call_deal": ITEM | CALL_DEAL,
}
