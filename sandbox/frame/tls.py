"""A certificate for loopback, made at start and gone at the end; clients are told to trust it by its path."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """``path``: the certificate as PEM, also the one to trust. ``key``: its private key, readable by the owner alone."""

    path: Path
    key: Path


@contextmanager
def certificate() -> Iterator[Certificate]:
    """A self-signed certificate of localhost and 127.0.0.1 in a folder of its own, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="sandbox-tls-") as folder:
        made = Certificate(Path(folder) / "cert.pem", Path(folder) / "key.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        made.path.write_bytes(_signed(key).public_bytes(serialization.Encoding.PEM))
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        with os.fdopen(os.open(made.key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(text)
        yield made


def _signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1"))]
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=DAYS))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
