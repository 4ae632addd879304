"""Open block lists in their four notations, read into hosts with what each entry covers. Pure.

Plain lines, `*.host`, hosts files, Adblock rules and lists of addresses. Only hosts are kept of any of them: paths of
listed addresses may hold a victim's e-mail address.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from crawler.errors import SourceBlocked, SourceChanged
from store.text.query import host_key, host_of, registrable

_ADBLOCK = re.compile(r"(@@)?\|\|([^\s^/$|*]+)\^?(?:\$([\w,~=|.\-]+))?$")
_WHOLE = {"all", "important", "document", "doc", "popup", "third-party", "3p"}
_HOSTS_LINE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?|::0)\s+(\S+)")
_LOCAL = {"localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0"}  # noqa: S104 (a name in a file)
_STAMP = re.compile(
    r"(?:last[ -]modified|last[ -]updated?|updated|date|时间|更新)\s*[:：]?\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})",
    re.I,
)
_DAY = re.compile(r"^[#!]\s*(\d{4})-(\d{2})-(\d{2})\b")
_PLAIN = re.compile(r"(?!.*xn--)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_HEAD = 40
_GIVE_UP = 1_000
"""Lines at the top of a list in which it says what it is."""


@dataclass(frozen=True)
class BlockList:
    """Hosts listed exactly, hosts listed with everything below them, exceptions, and the day the list gives itself."""

    exact: frozenset[str]
    below: frozenset[str]
    excepted: frozenset[str]
    dated: dt.date | None
    entries: int
    unread: int

    def entry_for(self, host: str) -> str | None:
        """The entry that covers `host`, None when no entry does; never one above its registrable domain."""
        key = host_key(host)
        top = registrable(key)
        labels = key.split(".")
        above = [".".join(labels[i:]) for i in range(len(labels) - len(top.split(".")) + 1)]
        if any(name in self.excepted for name in above):
            return None
        if key in self.exact:
            return key
        return next((f"*.{name}" for name in above if name in self.below), None)


def read_list(text: str) -> BlockList:
    """A list in any of the notations; raises SourceBlocked for a page in its place, SourceChanged when most is unreadable."""
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head")):
        raise SourceBlocked("an HTML page instead of a list (login or captcha)")
    lines = text.splitlines()
    head = "\n".join(line for line in lines[:_HEAD] if line.startswith(("#", "!", "[")))
    wildcard = "wildcard" in head.lower()
    exact: set[str] = set()
    below: set[str] = set()
    excepted: set[str] = set()
    unread = 0
    for line in lines:
        entry = line.strip()
        if not entry or entry.startswith(("#", "!", "[")):
            continue
        found = _entry(entry.split(" #")[0].strip(), wildcard)
        if found is None:
            unread += 1
            if unread % _GIVE_UP == 0 and unread > len(exact) + len(below):
                break  # it is no list, however long it goes on
        elif found[1]:
            {"exact": exact, "below": below, "excepted": excepted}[found[0]].add(found[1])
    entries = len(exact) + len(below)
    if unread > max(5, entries):
        raise SourceChanged(f"not a block list: {unread} of the lines read could not be understood")
    if not entries:
        raise SourceChanged("the list is empty, which it never is")
    return BlockList(frozenset(exact), frozenset(below), frozenset(excepted), _dated(head), entries, unread)


def keep(text: str) -> str:
    """What may be kept of a list: its head and its hosts in plain notation; of a page in its place only its length."""
    try:
        found = read_list(text)
    except SourceBlocked:
        return f"<html>{len(text)}</html>"
    except SourceChanged:
        return f"unreadable list (length {len(text)})" if len(text) > 5_000 else text
    dated = f"# Last modified: {found.dated}\n" if found.dated else ""
    rules = [f"||{host}^" for host in sorted(found.below)] + [
        f"0.0.0.0 {host}" for host in sorted(found.exact)
    ]
    return dated + "\n".join(rules + [f"@@||{host}^" for host in sorted(found.excepted)]) + "\n"


def _entry(entry: str, wildcard: bool) -> tuple[str, str | None] | None:
    """(what it covers, host) of a line; host None where the line is not about a whole host; None when unreadable."""
    if rule := _ADBLOCK.fullmatch(entry):
        options = set((rule.group(3) or "").split(",")) - {""}
        return ("excepted" if rule.group(1) else "below"), _key(rule.group(2)) if options <= _WHOLE else None
    if entry.startswith(("||", "@@", "|", "/")) or "##" in entry:
        return "exact", None
    if line := _HOSTS_LINE.fullmatch(entry):
        return "exact", _key(line.group(1)) if line.group(1) not in _LOCAL else None
    covers = "exact"
    if entry.startswith("*."):
        entry, covers = entry[2:], "below"
    elif "://" not in entry and wildcard:
        covers = "below"
    key = _key(entry) if not re.search(r"\s", entry) else None
    return (covers, key) if key else None


def _key(text: str) -> str | None:
    """The key of a host; lists are long, so an ordinary name is not sent through the reading of people's spellings."""
    low = text.lower()
    if len(low) <= 253 and _PLAIN.fullmatch(low):
        return low.removeprefix("www.")
    return _spelled(text)


@lru_cache(maxsize=4096)
def _spelled(text: str) -> str | None:
    """Lists name the same host in line after line, and an international name takes fifty times an ordinary one."""
    host = host_of(text)
    return host_key(host) if host else None


def _dated(head: str) -> dt.date | None:
    found = _STAMP.search(head) or next(filter(None, map(_DAY.match, head.splitlines())), None)
    try:
        return dt.date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
