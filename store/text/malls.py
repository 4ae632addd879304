"""Malls and their merchants: which hosts hold many shops at a path, and which part of a path names one. Pure, no network.

The patterns are data (malls.toml). Of a path only the two parts that name a merchant are ever returned; of a path that no
pattern knows nothing is, because it may hold an order number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

_LIST = Path(__file__).with_name("malls.toml")
_PREFIXES = ("www.", "m.", "wap.", "mobile.", "h5.")
"""What the host of a mall is also called."""
_LIKE_MERCHANTS = frozenset(("shop", "shops", "store", "stores", "links", "merchant", "dianpu", "seller"))
"""First parts of paths at which malls keep their merchants; on a host that is no known mall they prove nothing."""
_SECTION = re.compile(r"[a-z0-9_-]{1,20}")
_NAMED_NEXT = re.compile(r"[A-Za-z0-9_-]{2,40}")
_END = re.compile(r"(?:\.html?)?[.,;:!'\")\]}>]*$")
"""What may follow a merchant's name: the ending of a page, and the punctuation of the sentence it stands in."""
_TELEPHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


class MallsError(ValueError):
    """A list of malls that cannot be read: one line that names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Mall:
    """One mall: its host, what its software is called, and how its paths are built (see malls.toml)."""

    host: str
    software: str
    zh: str
    en: str
    sections: frozenset[str]
    within: frozenset[str]
    name: re.Pattern[str] = field(repr=False)
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a path of a host means. `merchant`: `section/name`; `inside`: a page of some merchant that names none; `like`: at a
    host that is no known mall, the first part of a path that looks like a merchant's. All empty for any other path."""

    mall: Mall | None = None
    merchant: str = ""
    inside: bool = False
    like: str = ""


def mall_of(host: str) -> Mall | None:
    """The mall a host is, also under www. or m.; None for any other host. `host` is lower-case ASCII without port."""
    known = _malls()
    if (found := known.get(host)) is not None:
        return found
    return next(
        (known[bare] for p in _PREFIXES if host.startswith(p) and (bare := host[len(p) :]) in known), None
    )


def place_of(host: str, path: str) -> Place:
    """What `path` (with what may follow it: query, fragment, punctuation) means at `host`."""
    mall = mall_of(host)
    section, name, rest = _parts(path)
    if mall is None:
        like = section if section in _LIKE_MERCHANTS and _NAMED_NEXT.match(name) else ""
        return Place(like=like)
    if section in mall.sections:
        if (merchant := _name_in(mall, name, whole=not rest)) is not None:
            return Place(mall, f"{section}/{merchant}")
        return Place(mall, inside=bool(name))
    return Place(mall, inside=section in mall.within)


def host_part(key: str) -> str:
    """The host of a key: of a merchant the mall's, of any other the key itself."""
    return key.partition("/")[0]


def merchant_part(key: str) -> str:
    """What follows the host in the key of a merchant (`section/name`); empty for any other."""
    return key.partition("/")[2]


def is_merchant(key: str) -> bool:
    """Whether a key is one of a merchant in a mall."""
    return "/" in key


def most_exact(keys: Iterable[str]) -> list[str]:
    """The keys a text names, each once, without malls of which it names a merchant too: then it is about the merchant."""
    unique = list(dict.fromkeys(keys))
    malls = {host_part(key) for key in unique if is_merchant(key)}
    return [key for key in unique if key not in malls]


def _parts(path: str) -> tuple[str, str, str]:
    """First, second and further parts of a path, without query and fragment."""
    plain = re.split(r"[?#]", path, maxsplit=1)[0].replace("\\", "/")
    if "%" in plain:
        plain = unquote(plain, errors="replace")
    parts = [part for part in plain.split("/") if part]
    return (parts[0].lower() if parts else ""), (parts[1] if len(parts) > 1 else ""), "/".join(parts[2:])


def _name_in(mall: Mall, text: str, whole: bool) -> str | None:
    """The merchant's name a part of a path is; None where it is none. A telephone number is somebody's, and no name of a shop."""
    found = mall.name.match(text)
    if found is None or _TELEPHONE.search(found[0]):
        return None
    after = text[found.end() :]
    if after and not (whole and _END.fullmatch(after)):
        return None
    return found[0].lower() if mall.folded else found[0]


@cache
def _malls() -> dict[str, Mall]:
    """Every known mall by its host: ours, then those of the operator's own file."""
    from store.settings import SettingsError, settings

    try:
        own = settings().malls
    except SettingsError:  # told wherever settings are read to be used
        own = ""
    files = [_LIST, *([Path(own)] if own else [])]
    return {mall.host: mall for file in files for mall in read_malls(file)}


def read_malls(file: Path) -> Iterator[Mall]:
    """The malls of one file; raises MallsError."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MallsError(
            f"{file.name}: 读不了，需要 TOML cannot be read as TOML ({str(error)[:80]}); 样子见 see store/text/malls.toml"
        ) from error
    for software, table in tables.items():
        try:
            name = re.compile(table["name"])
            sections, within = frozenset(table["merchant"]), frozenset(table.get("within", ()))
            hosts, folded = table["hosts"], {"kept": False, "folded": True}[table["case"]]
            titles = (str(table["zh"]), str(table["en"]))
        except (KeyError, TypeError, re.error) as error:
            raise MallsError(
                f"{file.name}: [{software}] 缺少或写错 missing or wrong: {str(error)[:60]}; 样子见 see store/text/malls.toml"
            ) from error
        if not sections or not all(_SECTION.fullmatch(part) for part in sections | within):
            raise MallsError(
                f"{file.name}: [{software}] merchant、within: 路径的第一段，小写字母 first parts of paths in lower case"
            )
        if not all(
            isinstance(host, str) and host == host.lower() and "." in host and "/" not in host
            for host in hosts
        ):
            raise MallsError(
                f"{file.name}: [{software}] hosts: 小写域名，不带路径 hosts in lower case, without a path"
            )
        for host in hosts:
            yield Mall(host, software, *titles, sections, within, name, folded)
