"""The code by which who handed in a report looks it up again: shown once, kept as a keyed hash alone.

The key is made by kamengwatch; where there is none yet, a report is taken in without a code. What became of a report is read from `<data>/report-states/`, which kamengwatch writes
(kamengwatch/review/report_life.py); what its sender says of it is a line in the inbox. A wrong code and one that was let go look alike.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

from dashboard.forms import inbox, records
from dashboard.presenters import translations

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what is mistaken for something else: 0 and O, 1, I and L."""
LENGTH = 16
"""79 bits: nobody finds one by trying."""
STATES = "report-states"
SAID = ("settled", "withdrawn")
KEY = "report-codes.key"
_LARGEST = 4_000
_ALIKE = str.maketrans("０１２３４５６７８９", "0123456789")


def new_code() -> str:
    """A code nobody has: four groups of four."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, LENGTH, 4))


def keyed(data_dir: Path, code: str) -> str | None:
    """The keyed hash of a code as somebody typed it; None for what is none, and where there is no key."""
    plain = "".join(c for c in code[:100].translate(_ALIKE).upper() if c not in "-–—_ \t\u3000")
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET):
        return None
    try:
        key = (data_dir / KEY).read_bytes()
    except OSError:
        return None
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:32]


def state_of(data_dir: Path, hashed: str | None) -> dict[str, Any] | None:
    """What became of the report: `state` received, waiting, taken, refused or withdrawn, with its days; None where there is none."""
    if not hashed:
        return None
    try:
        file = data_dir / STATES / f"{hashed}.json"
        told = json.loads(file.read_text("utf-8")) if file.stat().st_size <= _LARGEST else None
    except (OSError, ValueError):
        told = None
    if isinstance(told, dict):
        return told
    return _in_inbox(data_dir, hashed)


def lines(known: dict[str, Any], lang: str) -> list[str]:
    """A report's state in sentences, each with its day."""
    days = {"received_on": "", "decided_on": "", "settled_on": "", "withdrawn_on": ""} | known
    told = [translations.say(lang, f"report.state_{known['state']}", **days)]
    if known.get("reason"):
        told.append(translations.say(lang, "report.reason", reason=known["reason"]))
    if known.get("settled_on") and known["state"] != "withdrawn":
        told.append(translations.say(lang, "report.settled_since", **days))
    return told


def say(data_dir: Path, hashed: str, what: str, today: dt.date) -> None:
    """Write down that a report was `settled` or is `withdrawn`; raises inbox.InboxClosed."""
    inbox.append(
        data_dir, records.line(records.report_state(secrets.token_hex(16), today, hashed, what)), today
    )


def _in_inbox(data_dir: Path, hashed: str) -> dict[str, Any] | None:
    """A report that was handed in and waits to be taken into the queue."""
    wanted = hashed.encode()
    for file in sorted((data_dir / "inbox").glob("????-??-??.jsonl"), reverse=True)[:3]:
        try:
            if file.is_symlink() or file.stat().st_size > inbox.LARGEST_DAY + inbox.LONGEST_LINE:
                continue
            lines = [line for line in file.read_bytes().splitlines() if wanted in line]
        except OSError:
            continue
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and found.get("kind") == "report" and found.get("code") == hashed:
                return {"state": "received", "received_on": found.get("received_on")}
    return None
