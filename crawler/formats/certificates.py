"""What a host's certificate says: issuer, period, host names. To whom it was issued is never kept. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from store.names import host_of

MOST_NAMES = 100
_NO_END = dt.datetime(9998, 12, 31, tzinfo=dt.UTC)
"""The last day a record may have: a certificate without an end (RFC 5280, 4.1.2.5) says the last second of 9999."""
_AUTOMATED = ("let's encrypt", "zerossl", "google trust services", "buypass", "cloudflare")
"""Issuers that certify control of a host name only, free and by machine: their certificate says nothing of the owner."""


def facts_of(der: bytes) -> dict[str, Any]:
    """The facts of one certificate, JSON-ready; raises ValueError when it is none.

    Keys: issuer (None when the host signed it itself), issuer_kind `self_signed` `automated` `other`, not_before and
    not_after (ISO 8601, UTC), names (host names, `*.` kept, at most 100), fingerprint (sha256 of the certificate).
    """
    try:
        found = x509.load_der_x509_certificate(der)
    except x509.InvalidVersion as error:  # no ValueError of its own
        raise ValueError(str(error)) from error
    own = found.issuer == found.subject
    issuer = None if own else _named(found.issuer)
    kind = "self_signed" if own else "automated" if (issuer or "").lower().startswith(_AUTOMATED) else "other"
    return {
        "issuer": issuer,
        "issuer_kind": kind,
        "not_before": found.not_valid_before_utc.isoformat(),
        "not_after": min(found.not_valid_after_utc, _NO_END).isoformat(),
        "names": _names(found),
        "fingerprint": hashlib.sha256(der).hexdigest(),
    }


def project(der: bytes) -> str:
    """What may be kept of a certificate, as JSON."""
    try:
        return json.dumps(facts_of(der), ensure_ascii=False)
    except ValueError:
        return json.dumps({"unreadable": len(der)})


def covers(names: list[str], host: str) -> bool:
    """Whether a certificate for `names` is for `host`; `*.` stands for exactly one label (RFC 6125 §6.4.3)."""
    host = host.lower().rstrip(".")
    _, _, parent = host.partition(".")
    return host in names or bool(parent) and f"*.{parent}" in names


def _named(name: x509.Name) -> str | None:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if values := name.get_attributes_for_oid(oid):
            return str(values[0].value)[:200]
    return None


def _names(found: x509.Certificate) -> list[str]:
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except (x509.ExtensionNotFound, ValueError):
        return []
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    said = (name.lower().rstrip(".") for name in extension.value.get_values_for_type(x509.DNSName))
    return [name for name in dict.fromkeys(said) if host_of(name.removeprefix("*."))][:MOST_NAMES]
