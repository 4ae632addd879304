"""From a checked record to the row that is stored: redacted, classified, with its natural key. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Any

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
_SKIP = {"kind", "host", "platform", "mentions", "source", "seen_at", "capture"}


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
    """Give complaint rows their kinds, all at once: the classifier is some twenty times faster on many texts."""
    texts = [f"{row['title'] or ''} {row['text'] or ''}".strip() for row in rows]
    for row, found in zip(rows, classify_many(texts), strict=True):
        row["primary_kind"], row["kinds"] = found.primary, list(found.kinds)


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
    replied = record.replied_at or (observed if record.status != "open" else None)
    completed = record.completed_at or (observed if record.status == "completed" else None)
    values.pop("source_id")
    if record.steps is not None:
        values["steps"] = [step.model_dump(mode="json") for step in record.steps]
    return values | {
        "source_key": source_key,
        "title": title or None,
        "text": text or None,
        "replied_at": replied,
        "completed_at": completed,
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
        values["entity"] = clean(entity)
    if record.domain:
        values["domain"] = host_key(record.domain)
    return values


def _order(record: OrderRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["order_key"] = hmac.new(key, values.pop("order_ref").encode(), hashlib.sha256).hexdigest()
    return values


def _page(record: PageRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["text"] = clean(record.text)[:20_000] if record.text else None
    values["company"] = clean(record.company) if record.company else None
    values["signs"] = _cleaned(record.signs) if record.signs else None
    return values


def _price(record: PriceRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["product"] = clean(record.product)[:200]
    return values


def _penalty(record: PenaltyRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["reason"] = clean(record.reason)
    return values


def _rank(record: RankRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["field"] = clean(record.field)
    return values


def _certificate(record: CertificateRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["names"] = list(record.names)
    values["issuer"] = clean(record.issuer) if record.issuer else None
    return values


def _resolution(record: ResolutionRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["name_servers"] = list(record.name_servers)
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
