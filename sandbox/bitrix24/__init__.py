"""Bitrix24 stand-in: contacts, deals, calls and activities of one portal, over its REST API."""
