"""From a checked record to the row that is stored: redacted, classified, with its natural key. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Any

from store.complaint_kinds.classify import classify_many
from store.evidence.records import (
    About,
    CertificateRecord,
    ComplaintRecord,
    FilingRecord,
    MentionRecord,
    MoveRecord,
    OrderRecord,
    PageRecord,
    PriceRecord,
    ProbeRecord,
    RegistrationRecord,
    ResolutionRecord,
    SightingRecord,
)
from store.redaction.fields import names_nobody
from store.redaction.natural_persons import is_person, without_person
from store.text.minhash import signatures, wording
from store.text.query import host_key

_NOT_TEXT = re.compile(r"\[[^\]]*\]|[\W\d_]+")
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

    The last of the personal data ends here (texts were redacted when the record was checked, store/redaction/fields.py): a
    natural person's filing keeps only its nature, an order number only its keyed hash.
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
    title, text = record.title or "", record.text or ""
    source_key = (
        _own_key(record, key)
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


def _own_key(record: ComplaintRecord | MentionRecord, key: bytes) -> str | None:
    """The source's number of a complaint or mention; of one that may be a person's, only a keyed hash."""
    number = record.source_id
    if number is None or names_nobody(record.source, number):
        return number
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32].translate(_LETTERS)


def _filing(record: FilingRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    personal = is_person(record.entity, record.nature)
    if personal:
        sole_trader = record.nature == "个体工商户"
        values |= {"entity": None, "nature": record.nature if sole_trader else _PERSONAL}
    if record.domain:
        values["domain"] = host_key(record.domain)
    if personal:  # the name of a natural person's site is often the person's
        values["site_name"] = None
    return values


def _order(record: OrderRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["order_key"] = hmac.new(key, values.pop("order_ref").encode(), hashlib.sha256).hexdigest()
    return values


def _page(record: PageRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["text"] = record.text[:20_000] if record.text else None
    values["company"] = without_person(record.company)
    signs = dict(record.signs) if record.signs else {}
    if said := values.pop("contacts"):
        signs["contact_keys"] = {kind: contact_keys(kind, numbers, key) for kind, numbers in said.items()}
    values["signs"] = signs or None
    values.pop("site_name")  # the site's, not the page's (store/evidence/ingest.py)
    return values


def contact_keys(kind: str, numbers: Sequence[str], key: bytes) -> list[str]:
    """Keyed hashes that tell whether two shops name the same contact, and nothing else; in letters only.

    A QQ or telephone number has too few digits for a hash without a key to hide it; digits would look like a number.
    """
    said = sorted({number.strip().lower() for number in numbers} - {""})[:20]
    digests = (hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest()[:24] for number in said)
    return [digest.translate(_LETTERS) for digest in digests]


def _price(record: PriceRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    if record.currency not in (None, "CNY"):
        values["price"] = values["list_price"] = None
    else:
        values["currency"] = None
    return values


def _certificate(record: CertificateRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["names"] = list(record.names)
    values["issuer"] = without_person(record.issuer)
    return values


def _resolution(record: ResolutionRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["name_servers"] = list(record.name_servers)
    values["places"] = None if record.places is None else sorted(set(record.places))
    values["network_owner"] = without_person(record.network_owner)
    return values


def _move(record: MoveRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["to_host"] = host_key(record.to_host)
    return values


def _sighting(record: SightingRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["names"] = list(record.names)
    return values


OWN_RULES = {
    "balance_lapses": re.compile(r"余额[^。；\n]{0,20}(?:清零|作废|归(?:本站|平台)|自动清除)"),
    "refund_to_balance": re.compile(
        r"退款[^。；\n]{0,16}(?:退回|退至|退到|退入)[^。；，\n]{0,6}余额|不支持原路退"
    ),
    "withdrawal_stopped": re.compile(
        r"(?:暂停|停止|关闭|不再支持)[^。；，\n]{0,6}提现|提现[^。；，\n]{0,8}(?:暂停|停止|关闭|维护)"
    ),
    "closing": re.compile(r"(?:停止运营|停止服务|关站|停业|闭店)"),
}
"""What a site's own channel announces about its customers' money → the words that say so."""


def _mention(record: MentionRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    said = f"{record.title or ''} {record.text or ''}".strip()
    values["kinds"] = list(classify_many([said])[0].kinds)
    if record.by == "site":
        values["kinds"] = [name for name, pattern in OWN_RULES.items() if pattern.search(said)]
    else:
        values["text"] = None
    values["source_key"] = _own_key(record, key)
    values.pop("source_id")
    return values


def _registration(record: RegistrationRecord, values: dict[str, Any], key: bytes) -> dict[str, Any]:
    values["registrar"] = without_person(record.registrar)
    return values


_SHAPES: dict[type[Any], Callable[[Any, dict[str, Any], bytes], dict[str, Any]]] = {
    ComplaintRecord: _complaint,
    FilingRecord: _filing,
    OrderRecord: _order,
    PageRecord: _page,
    PriceRecord: _price,
    RegistrationRecord: _registration,
    ProbeRecord: _probe,
    CertificateRecord: _certificate,
    ResolutionRecord: _resolution,
    MoveRecord: _move,
    SightingRecord: _sighting,
    MentionRecord: _mention,
}
