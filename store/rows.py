"""From a checked record to the row that is stored: redacted, classified, with its natural key. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Any

from store.copies import signatures, wording
from store.kinds import classify_many
from store.names import host_key
from store.records import (
    ComplaintRecord,
    FilingRecord,
    OrderRecord,
    PageRecord,
    PenaltyRecord,
    PriceRecord,
    ProbeRecord,
    RankRecord,
)
from store.records_base import About
from store.records_domain import CertificateRecord, MoveRecord, ResolutionRecord
from store.redact import clean

_NOT_TEXT = re.compile(r"\[[^\]]*\]|[\W\d_]+")
_LEGAL_ENTITY = re.compile(
    r"公司|厂|店|部|中心|行|社|集团|工作室|学校|医院|协会|基金|局|院|所|站|馆|企业|Ltd|Inc|LLC|Co\b", re.I
)
_PERSONAL = "个人"
_LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")
_SKIP = {
    "kind",
    "host",
    "platform",
    "mentions",
    "source",
    "seen_at",
    "capture",
    "complainant",
    "complainant_key",
}


def row_of(record: About, platform_id: int | None, subject: str, key: bytes) -> dict[str, Any]:
    """Column values for `record`; `key` is the secret under which order numbers are hashed.

    Personal data ends here: texts are redacted, a natural person's filing keeps only its nature, an order number
    only its keyed hash.
    """
    seen_at = record.seen_at or record.when()
    row: dict[str, Any] = {
        "platform_id": platform_id,
        "subject": subject,
        "source_id": record.source.lower(),
        "crawl_id": None,
        "capture_id": None,
        "seen_at": seen_at,
    }
    values = {name: getattr(record, name) for name in type(record).model_fields if name not in _SKIP}
    return row | _SHAPES.get(type(record), _plain)(record, values, key)


def classify_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Give complaint rows their kinds and signatures, all at once: both are some twenty times faster on many texts."""
    texts = [f"{row['title'] or ''} {row['text'] or ''}".strip() for row in rows]
    for row, found in zip(rows, classify_many(texts), strict=True):
        row["primary_kind"], row["kinds"] = found.primary, list(found.kinds)
    wordings = [wording(row["title"], row["text"]) for row in rows]
    for row, signature in zip(rows, signatures(wordings), strict=True):
        row["signature"] = signature


def fingerprint(text: str) -> str | None:
    """A key shared by copies of one complaint: what remains without digits, tokens, spaces and punctuation."""
    kept = _NOT_TEXT.sub("", text)
    return hashlib.sha256(kept.encode()).hexdigest()[:32] if len(kept) >= 12 else None


def _plain(record: Any, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    return values


def _probe(record: ProbeRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["class"] = values.pop("class_")
    return values


def _complaint(record: ComplaintRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    title, text = clean(record.title or ""), clean(record.text or "")
    source_key = (
        record.source_id
        or hashlib.sha256(
            "|".join(
                (record.host or record.platform or "", record.filed_at.isoformat(), title, text)
            ).encode()
        ).hexdigest()
    )
    observed = values.pop("observed_at")
    # A status without its date is known from when it was seen; when it came to be is not known, and is not made up.
    told = [record.seen_at or record.filed_at, record.replied_at, record.completed_at]
    seen = observed or max(moment for moment in told if moment is not None)
    if record.status in ("replied", "completed") and record.replied_at is None:
        values["replied_seen_at"] = record.replied_seen_at or seen
    if record.status == "completed" and record.completed_at is None:
        values["completed_seen_at"] = record.completed_seen_at or seen
    values.pop("source_id")
    if record.steps is not None:
        values["steps"] = [step.model_dump(mode="json") for step in record.steps]
    return values | {
        "source_key": source_key,
        "title": title or None,
        "text": text or None,
        "fingerprint": fingerprint(title + text),
    }


def _filing(record: FilingRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    entity = record.entity
    personal = record.nature == _PERSONAL or (
        entity and len(entity) <= 4 and not _LEGAL_ENTITY.search(entity)
    )
    if personal:
        values |= {"entity": None, "nature": _PERSONAL}
    elif entity:
        values["entity"] = clean(entity)[:200]
    if record.domain:
        values["domain"] = host_key(record.domain)
    # The name of a natural person's site is often the person's.
    for name in ("site_name", "content"):
        values[name] = (
            clean(values[name])[:200] if values[name] and not (personal and name == "site_name") else None
        )
    return values


def _order(record: OrderRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["order_key"] = hmac.new(key, values.pop("order_ref").encode(), hashlib.sha256).hexdigest()
    return values


def _page(record: PageRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["text"] = clean(record.text)[:20_000] if record.text else None
    values["company"] = clean(record.company)[:200] if record.company else None
    signs = _cleaned(record.signs) if record.signs else {}
    if said := values.pop("contacts"):
        signs["contact_keys"] = {kind: contact_keys(kind, numbers, key) for kind, numbers in said.items()}
    values["signs"] = signs or None
    values.pop("site_name")  # the site's, not the page's (store/ingest.py)
    return values


def contact_keys(kind: str, numbers: Sequence[str], key: bytes) -> list[str]:
    """Keyed hashes that tell whether two shops name the same contact, and nothing else; in letters only.

    A QQ or telephone number has too few digits for a hash without a key to hide it; digits would look like a number.
    """
    said = sorted({number.strip().lower() for number in numbers} - {""})[:20]
    digests = (hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest()[:24] for number in said)
    return [digest.translate(_LETTERS) for digest in digests]


def _price(record: PriceRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["product"] = clean(record.product)[:200]
    if record.currency not in (None, "CNY"):
        values["price"] = values["list_price"] = None
    else:
        values["currency"] = None
    return values


def _penalty(record: PenaltyRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["reason"] = clean(record.reason)[:400]
    return values


def _rank(record: RankRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["field"] = clean(record.field)[:40]
    return values


def _certificate(record: CertificateRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["names"] = list(record.names)
    values["issuer"] = clean(record.issuer)[:200] if record.issuer else None
    return values


def _resolution(record: ResolutionRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["name_servers"] = list(record.name_servers)
    values["places"] = None if record.places is None else sorted(set(record.places))
    return values


def _move(record: MoveRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["to_host"] = host_key(record.to_host)
    return values


def _cleaned(value: Any) -> Any:
    """Redact every string inside a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(k)): _cleaned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_cleaned(v) for v in value]
    return value


_SHAPES: dict[type[Any], Callable[[Any, dict[str, Any], bytes], dict[str, Any]]] = {
    ComplaintRecord: _complaint,
    FilingRecord: _filing,
    OrderRecord: _order,
    PageRecord: _page,
    PriceRecord: _price,
    PenaltyRecord: _penalty,
    ProbeRecord: _probe,
    RankRecord: _rank,
    CertificateRecord: _certificate,
    ResolutionRecord: _resolution,
    MoveRecord: _move,
}
