"""Whose sheet, answer or page a file is, by its content: the mark of our own empty sheet, else the columns it has.

It never guesses between two: then the person is asked to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.formats.icp_pages import provider_of
from crawler.importers.base import Importer
from crawler.importers.files import BROKEN, Read, rows_in
from store.text.hosts import find_hosts, prepare

_PERSONAL = re.compile(r"姓名|手机|电话|身份证|邮箱|住址|收货|mobile|phone|id_?card|e-?mail|address", re.I)


def importer_of(read: Read, importers: dict[str, Importer]) -> Importer:
    """The importer that reads this content; raises ValueError with the ids to choose from when none or several do."""
    if read.answer is not None:
        return importers["registration"]
    if read.page is not None:
        return _only([i for i in importers.values() if "html" in i.reads], importers)
    if isinstance(read.document, dict):
        if {"objectClassName", "services"} & set(read.document):
            return importers["registration"]
        if isinstance(read.document.get("result"), dict) and "status" in read.document["result"]:
            return importers["heimao_export"]
        if _registry_answer(read.document) or provider_of(read.document):
            return importers["icp"]
    for importer in importers.values():
        if any(str(cell).startswith(importer.mark) for row in _first(read, 2) for cell in row.values()):
            return importer
    headings = {*read.titles, *(key for row in _first(read, 5) for key in row)}
    likeness = {id_: importer.likeness(headings) for id_, importer in importers.items()}
    best = max(likeness.values(), default=0)
    likely = [importers[id_] for id_, n in likeness.items() if n == best] if best > 1 else []
    if not likely and _names_sites(read):
        raise ValueError(
            "这是网站名单，没有证据可导入；要观察这些网站，请用 a list of sites without evidence; to watch them use: kamengwatch watch import"
        )
    return _only(likely, importers)


def _names_sites(read: Read) -> bool:
    """Whether most rows begin with the address of a site."""
    rows = [list(row.values()) for row in _first(read, 20)]
    named = sum(bool(row) and bool(find_hosts(prepare(str(row[0])[:200]))) for row in rows)
    return bool(rows) and named > 0.6 * len(rows)


def identity_in(read: Read, importer: Importer) -> list[str]:
    """Columns of the file that say who somebody is, by this source's own list or by their name; none of them is read."""
    return [h for h in _unread(read, importer) if h.lower() in importer.identity or _PERSONAL.search(h)]


def unread_in(read: Read, importer: Importer) -> list[str]:
    """Other columns of a sheet or list of rows that this source's reader does not know; an answer is read as a whole."""
    if isinstance(read.document, dict):
        return []
    identity = set(identity_in(read, importer))
    return [heading for heading in _unread(read, importer) if heading not in identity]


def _unread(read: Read, importer: Importer) -> list[str]:
    headings = dict.fromkeys([*read.titles, *(str(key) for row in _first(read, 20) for key in row)])
    return [h for h in headings if h != BROKEN and not importer.reads_column(h)]


def _first(read: Read, most: int) -> Iterator[dict[str, Any]]:
    rows = [row for _, row in read.rows] or rows_in(read.document)
    yield from rows[:most]


def _registry_answer(document: Any) -> bool:
    """The filing registry's own answer, or its error: an object with `params`, or a code without any list."""
    return isinstance(document, dict) and (
        "params" in document or ("code" in document and not rows_in(document.get("data")))
    )


def _only(found: list[Importer], importers: Iterable[str]) -> Importer:
    if len(found) == 1:
        return found[0]
    if found:
        ids = "、".join(importer.id for importer in found)
        raise ValueError(
            f"可能属于几个来源，请用 --format 指明 several sources fit, say which with --format: {ids}"
        )
    ids = "、".join(importers)
    raise ValueError(
        f"认不出是哪个来源的文件，请用 --format 指明，或填 kamengwatch import --template 来源 给出的空表 not known whose file this is: say so with --format or fill the sheet of --template: {ids}"
    )
