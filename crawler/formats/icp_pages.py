"""Saved pages and answers of filing look-ups: rows of filings, a clear "no record", or a refusal; recognised by their form. Pure.

Used by the importer only: none of these sites is crawled. A challenge page or an unknown layout is an error, never "no record".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.pages.safe_parse import parse_html_bounded
from store.text.query import find_licences, host_of, parse_icp, registrable

_WALL = (
    "acw_sc__v2",
    "acw_tc",
    "安全验证",
    "请完成验证",
    "滑块",
    "captcha",
    "访问过于频繁",
    "请登录",
    "请先登录",
)
_NO_RECORD = re.compile(r"没有查询到记录|未查询到[^<]{0,10}备案|没有(?:找到|查到)[^<]{0,10}备案|未备案")
_SAVED = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)")
LONGEST_CELL = 400
DEEPEST = 150
"""An answer nests its elements below 40; tables inside tables are read once for each of them."""
_SITES = ("beianx.cn", "chinaz.com", "aizhan.com", "icplishi.com")
_DAY = re.compile(r"(?:19|20|21)\d{2}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True)
class Shown:
    """One filing as a page shows it; `past` where the page lists history and says nothing of the present."""

    site: str
    domain: str
    number: str
    entity: str | None
    nature: str | None
    limited: bool | None
    day: str | None
    past: bool = False


def read_page(html: str, named: str | None) -> tuple[str, str | None, list[Shown]]:
    """(site, domain asked, filings shown); an empty list means the page says there is none.

    `named`: the file's name, which may be the domain. Raises ValueError for a wall, an unknown page, or an unclear one.
    """
    low = html[:40_000].lower()
    try:
        tree = parse_html_bounded(html, DEEPEST)
    except ValueError as error:
        raise ValueError(f"页面嵌套过深或过大，不是查询结果 not an answer: {error}") from None
    for site, reader in (
        ("beianx", _beianx),
        ("chinaz", _chinaz),
        ("aizhan", _aizhan),
        ("icplishi", _icplishi),
    ):
        domain = _asked(tree, html, named)
        shown = reader(tree, domain)
        if shown is not None:
            return site, domain, shown
    if any(mark in low for mark in _WALL):
        raise ValueError("这是验证或登录页，不是查询结果 a challenge or login page, not an answer")
    raise ValueError("认不出的页面 not a page of beianx, chinaz, aizhan or icplishi")


def _beianx(tree: LexborHTMLParser, domain: str | None) -> list[Shown] | None:
    table = tree.css_first("table.table")
    if table is None:
        return None
    shown = []
    for row in table.css("tbody tr"):
        cells = _cells(row)
        if len(cells) >= 8 and (host := host_of(cells[5])):
            shown.append(Shown("beianx", registrable(host), _number(cells[3]), _name(cells[1]), cells[2] or None,
                               {"是": True, "否": False}.get(cells[7]), _day(cells[6])))  # fmt: skip
    return shown if shown else _none_said(_text(table))


def _chinaz(tree: LexborHTMLParser, domain: str | None) -> list[Shown] | None:
    number, name, kind = (tree.css_first(f"p#{key}") for key in ("license", "comName", "typ"))
    if number is None:
        older = tree.css("div.icpMainBox div.ztInfo p")
        if len(older) < 3:
            return None
        number, name, kind = older[2], older[0], older[1]
    texts = [_text(node) if node is not None else "" for node in (number, name, kind)]
    if all(text.strip("-—") == "" for text in texts) and texts[0]:
        return []
    return [Shown("chinaz", _known(domain), _number(texts[0]), _name(texts[1]), _name(texts[2]), None, None)]


def _aizhan(tree: LexborHTMLParser, domain: str | None) -> list[Shown] | None:
    number, name = tree.css_first("#icp_icp"), tree.css_first("#icp_company")
    if number is not None:
        return [
            Shown(
                "aizhan",
                _known(domain),
                _number(_text(number)),
                _name(_text(name) if name else ""),
                None,
                None,
                None,
            )
        ]
    pairs = [_cells(row) for row in tree.css("#icp-table tr")]
    if not pairs:
        return None
    found = {cells[0].rstrip("：:"): cells[1] for cells in pairs if len(cells) >= 2}
    numbers = [value for key, value in found.items() if "备案" in key and "号" in key]
    if not numbers:
        return _none_said(" ".join(found.values()))
    names = [value for key, value in found.items() if "名称" in key and "主办" in key]
    return [
        Shown(
            "aizhan", _known(domain), _number(numbers[0]), _name(names[0] if names else ""), None, None, None
        )
    ]


def _icplishi(tree: LexborHTMLParser, domain: str | None) -> list[Shown] | None:
    """History: what was filed on a day, which says nothing of today; a row without a day says nothing at all."""
    if tree.css_first("div.mod-panel div.c-bd table") is None:
        return None
    shown = []
    for row in tree.css("div.mod-panel div.c-bd table tr"):
        cells = _cells(row)
        number = next((c for c in cells if parse_icp(c) or find_licences(c)), None)
        day = next((d for c in cells if (d := _day(c))), None)
        if number and day:
            kind = next((c for c in cells if c in ("企业", "个人", "事业单位", "政府机关", "社会团体")), None)
            entity = next(
                (c for c in cells if c not in (number, kind) and not _DAY.search(c) and len(c) > 4), None
            )
            shown.append(
                Shown("icplishi", _known(domain), _number(number), entity, kind, None, day, past=True)
            )
    if not shown:
        raise ValueError("历史页没有带日期的记录 no dated row on the history page")
    return shown


def _asked(tree: LexborHTMLParser, html: str, named: str | None) -> str | None:
    """The domain a page was asked about: from where it was saved, its canonical link, or the file's name."""
    links = [found.group(1) for found in [_SAVED.search(html[:2000])] if found]
    for node in tree.css("link[rel=canonical], meta[property='og:url']"):
        links.append(node.attributes.get("href") or node.attributes.get("content") or "")
    for link in links:
        for part in re.split(r"[/?=&]", link.split("://", 1)[-1])[1:]:
            if (host := host_of(part)) and "." in part and not part.endswith((".htm", ".html")):
                return registrable(host)
        first = host_of(link)
        if first and not first.endswith(_SITES):
            return registrable(first)
    host = host_of(named) if named and "." in named else None
    return registrable(host) if host and not host.endswith(_SITES) else None


def _known(domain: str | None) -> str:
    if domain is None:
        raise ValueError(
            "页面没写查的是哪个域名：请把文件名改成域名 the page does not say its domain: name the file after it"
        )
    return domain


def _number(text: str) -> str:
    if parse_icp(text) is None and not find_licences(text):
        raise ValueError(f"不是备案号 not a filing number: {text[:40] or '(空 empty)'}")
    return text


def _none_said(text: str) -> list[Shown]:
    if _NO_RECORD.search(text):
        return []
    raise ValueError("页面既无备案也没说没有 the page shows no filing and does not say that there is none")


def _cells(row: LexborNode) -> list[str]:
    """Texts of a row's own cells, cut at LONGEST_CELL: those of tables inside it belong to rows of their own."""
    return [_text(cell)[:LONGEST_CELL] for cell in row.iter() if cell.tag == "td"]


def _text(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ", strip=True).split())


def _name(text: str) -> str | None:
    return text if text.strip("-— ") else None


def _day(text: str) -> str | None:
    found = _DAY.search(text)
    return found.group() if found else None


_Test = Callable[[dict[str, Any], dict[str, Any]], bool]
_FORMS: dict[str, _Test] = {
    "aliyun": lambda d, _: str(d.get("Status") or "") in ("DomainIsRegistration", "DomainNotRegistration"),
    "urlsec": lambda d, data: "reCode" in d,
    "fghwett": lambda d, data: "isRecorded" in data,
    "uutool": lambda d, data: "is_icp" in data,
    "yzxmz": lambda d, data: "exists" in data and ("number" in data or data["exists"] is False),
    "zeapi": lambda d, _: "total" in d and (d.get("data") == [] or bool(_rows(d, "domain_name"))),
    "yitd": lambda d, _: "result" in d and not isinstance(d["result"], dict) and ("icp" in d or "msg" in d),
    "vvhan": lambda d, _: "success" in d and ("info" in d or "message" in d) and "params" not in d,
    "uapis": lambda d, _: "serviceLicence" in d and "code" in d,
    "apihz": lambda d, _: "icp" in d and "unit" in d,
    "uomg": lambda d, _: "icp" in d and "code" in d,
}
"""Provider id → whether an answer has its form, given the document and its `data`; the surest forms first."""
_DOMAIN_KEYS = ("domain", "Domain", "DomainName", "domainName", "url", "host", "domain_name")


def provider_of(document: dict[str, Any]) -> str | None:
    """The service whose form an answer has; None for the registry's own form and for any other."""
    data = document.get("data")
    inner = data if isinstance(data, dict) else {}
    return next((name for name, fits in _FORMS.items() if fits(document, inner)), None)


def domain_of(document: dict[str, Any]) -> str | None:
    """The domain an answer names, if it does."""
    data = document.get("data")
    inner = data.get("results") if isinstance(data, dict) else None
    places = [document, data, inner, *_rows(document, "domain_name")]
    for place in places:
        if isinstance(place, dict):
            named = (host_of(str(place[key])) for key in _DOMAIN_KEYS if place.get(key))
            if host := next(filter(None, named), None):
                return host
    return None


def _rows(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = document.get("data")
    return [row for row in rows if isinstance(row, dict) and key in row] if isinstance(rows, list) else []
