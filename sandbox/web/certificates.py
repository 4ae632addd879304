"""The certificates played hosts show: most renewed by machine, some self-signed, expired or for another name, some none."""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.market.goods import scatter
from sandbox.market.stage import Stage

KINDS = ("good",) * 6 + ("self_signed", "expired", "other_name", "none")
PERIOD = timedelta(days=90)


def kind_of(index: int) -> str:
    """What the shop of that index shows on port 443."""
    return KINDS[scatter(index, 41) % len(KINDS)]


def context_for(stage: Stage, host: str) -> ssl.SSLContext | None:
    """The TLS side of a played shop on the simulated day; None where nothing listens on port 443."""
    platform = stage.market.by_host.get(host.removeprefix("www."))
    if platform is None or kind_of(platform.index) == "none" or platform.ended(stage.day):
        return None
    kind = kind_of(platform.index)
    turn = int(stage.day + scatter(platform.index, 42) % 60) // 60
    since = stage.market.parameters.moment(60.0 * turn - scatter(platform.index, 42) % 60)
    if kind == "expired":
        since = stage.market.parameters.moment(-200.0)
    return _context(platform.host, platform.person, kind, since.astimezone(UTC))


@lru_cache(maxsize=256)
def _context(host: str, person: str, kind: str, since: datetime) -> ssl.SSLContext:
    key, authority_key = _key(), _key()
    subject = _name(person if kind == "self_signed" else host)
    own = kind == "self_signed"
    names = ["cdn-demo.test"] if kind == "other_name" else [host, f"*.{host}"]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if own else _name("Let's Encrypt (sandbox)"))
        .public_key(key.public_key())
        .serial_number(1 + scatter(len(host), int(since.timestamp())) % 10**9)
        .not_valid_before(since)
        .not_valid_after(since + PERIOD)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .sign(key if own else authority_key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "host.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context.load_cert_chain(file)
    return context


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(organisation: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
