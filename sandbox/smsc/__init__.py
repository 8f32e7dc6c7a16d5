"""SMSC.ru with state in memory."""
