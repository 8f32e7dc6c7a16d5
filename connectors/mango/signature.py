"""The signature of both directions: a plain SHA-256 over key, the text of ``json`` as it stands, and salt (vendor's reference: "Подпись"). Pure.

It is no HMAC, and bears neither time nor nonce: who repeats a signed text is believed, so that everything signed has to be told once.
"""

from __future__ import annotations

import hashlib
import hmac


def signed(key: str, text: str, salt: str) -> str:
    """The ``sign`` of a text, in small hexadecimal."""
    return hashlib.sha256(f"{key}{text}{salt}".encode()).hexdigest()


def holds(key: str, text: str, salt: str, told_key: str, sign: str) -> bool:
    """Whether key and signature are right, in constant time; false where there is no key or salt to compare with."""
    right_key = hmac.compare_digest(key.encode(), told_key.encode())
    return hmac.compare_digest(signed(key, text, salt).encode(), sign.encode()) and right_key and bool(key and salt)
