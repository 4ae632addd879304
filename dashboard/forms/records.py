"""What the public may hand in, as records: a report, a site's response, an objection. Pure: nothing is read, kept or shown here.

Every free text is cut to its length and redacted before it becomes part of a record, so a preview of the record is exactly what
would be kept. It must not import streamlit.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

from dashboard.presenters.translations import say
from store.complaint_kinds.classify import KINDS
from store.redaction.redact import clean
from store.text.query import Refusal, parse_query, refusal, refusal_of_text
from store.text.safe_text import plain

HAPPENED = tuple(kind for kind in KINDS if kind not in ("spam", "price_bait", "upstream_funds"))
"""What a report may be about: the kinds of complaints, without those a buyer does not see."""
BANDS = ("unknown", "0-10", "10-50", "50-100", "100-500", "500-2000", "2000+")
"""Amounts in yuan; a band says enough and tells less about the person."""
PRODUCTS = ("unknown", "svip", "topup", "game_card")
STATES = ("open", "delivered", "refunded", "refused")
LONGEST = {"report": 500, "response": 800, "dispute": 800, "feed": 800, "about": 80, "name": 60}
"""Characters of each free text."""
EARLIEST = dt.date(2010, 1, 1)
TOKEN_NAME = "kamengwatch-proof"  # noqa: S105 - the name of a public record, no secret
PROOF_FILE = "/.well-known/kamengwatch.txt"
_ID = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Incomplete(Exception):
    """The form cannot be handed in yet; `missing` are catalogue keys saying why, in the order of its fields, `refused` says why the
    site that was named can be nobody's own."""

    def __init__(self, missing: Sequence[str], refused: Refusal | None = None) -> None:
        super().__init__(", ".join(missing))
        self.missing = tuple(missing)
        self.refused = refused

    def reasons(self, lang: str) -> list[str]:
        """Why, a sentence each, in the language asked for."""
        refused = [getattr(self.refused, lang)] if self.refused else []
        return refused + [say(lang, key) for key in self.missing]


def report(
    id_: str,
    today: dt.date,
    *,
    site: str,
    happened: str | None,
    band: str,
    on: dt.date | None,
    product: str,
    state: str,
    text: str = "",
    code: str | None = None,
) -> dict[str, Any]:
    """A report as it would be kept: host or name, kind, band, day, product, state, redacted words, and the keyed hash of the
    `code` by which its sender finds it again. Raises Incomplete."""
    host, name, refused = _whom(site)
    day_known = on is not None and EARLIEST <= on <= today
    wrong = [
        key
        for key, bad in (
            ("form.need_site", not host and not name and not refused),
            ("form.need_happened", happened not in HAPPENED),
            ("form.need_day", not day_known),
        )
        if bad
    ]
    if wrong or refused:
        raise Incomplete(wrong, refused)
    record: dict[str, Any] = {"kind": "report", "id": _checked(id_), "received_on": today.isoformat()}
    record |= {"code": _checked(code)} if code else {}
    record |= {"host": host} if host else {"name": name}
    record |= {
        "happened": happened,
        "amount_band": _one_of(band, BANDS),
        "on": on.isoformat() if on else None,
        "product": _one_of(product, PRODUCTS),
        "state": _one_of(state, STATES),
    }
    words = _words(text, LONGEST["report"])
    return record | ({"text": words} if words else {})


def answer(
    kind: str, id_: str, token: str, today: dt.date, *, site: str, text: str, about: str = ""
) -> dict[str, Any]:
    """A response, a dispute or the offer of a feed of orders (`kind`) as it would be kept, with the token its sender is to show on the site. Raises Incomplete."""
    host, _, refused = _whom(site)
    words, subject = _words(text, LONGEST[kind]), _words(about, LONGEST["about"])
    wrong = [
        key
        for key, bad in (
            ("form.need_host", not host and not refused),
            ("form.need_about", kind == "dispute" and not subject),
            ("form.need_text", not words),
        )
        if bad
    ]
    if wrong or refused:
        raise Incomplete(wrong, refused)
    record = {
        "kind": kind,
        "id": _checked(id_),
        "received_on": today.isoformat(),
        "host": host,
        "proof": _checked(token),
    }
    return record | ({"about": subject} if kind == "dispute" else {}) | {"text": words}


def about_site(kind: str, id_: str, today: dt.date, site: str) -> dict[str, Any]:
    """What one press asks about a site: `look` at it now, or `include` it. Of what was typed the host or mall merchant alone is kept.

    Raises Incomplete where the text names none, or one that many share.
    """
    host, _, refused = _whom(site)
    if refused or not host:
        raise Incomplete(() if refused else ("form.need_host",), refused)
    return {"kind": kind, "id": _checked(id_), "received_on": today.isoformat(), "host": host}


def report_state(id_: str, today: dt.date, code: str, state: str) -> dict[str, Any]:
    """What the sender of a report, known by the keyed hash of its code, says of it later: settled or withdrawn."""
    record = {"kind": "report_state", "id": _checked(id_), "received_on": today.isoformat()}
    return record | {"code": _checked(code), "state": "withdrawn" if state == "withdrawn" else "settled"}


def line(record: dict[str, Any]) -> str:
    """The record as the one line that is kept, without its end of line."""
    return json.dumps(record, ensure_ascii=False)


def proof_text(token: str) -> str:
    """What is to stand in the TXT record or in the file."""
    return f"{TOKEN_NAME}={token}"


def _whom(site: str) -> tuple[str, str, Refusal | None]:
    """(host, "", None) of an address, whose path and query are dropped; ("", name, None) of anything else, redacted; ("", "", why) of
    an address that is no public site of anybody's own."""
    text = _CONTROL.sub(" ", site[:300])
    query = parse_query(text)
    if refused := refusal_of_text(text) or (refusal(query.host) if query.host else None):
        return "", "", refused
    if query.host:
        return query.host, "", None
    return "", clean(plain(query.name or "", LONGEST["name"])), None


def _words(text: str, longest: int) -> str:
    """Free text without control characters, cut, redacted; a line of its own file can hold it."""
    kept = "\n".join(part.rstrip() for part in _CONTROL.sub(" ", text[: longest * 4]).split("\n")).strip()
    return clean(kept[:longest])


def _one_of(value: str, allowed: Sequence[str]) -> str:
    return value if value in allowed else allowed[0]


def _checked(id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise ValueError("an id has 32 hexadecimal digits")
    return id_
