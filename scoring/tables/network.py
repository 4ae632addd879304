"""Rows of the tables links, clusters, moves, identifiers and notify: with whom a site is linked, what it was called and where it went, whom to tell.

From what registries, certificates and the site's own pages say; each row with its source, its days and its evidence. A natural person is
in none of them: of a personal filing nothing but its number is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scoring.features.filings import number_key, own_filings
from scoring.features.shop_pages import homes
from scoring.finding import Cited, of_site
from scoring.linkage.attributes import other_certificate_names
from scoring.linkage.links import reason_of
from scoring.linkage.operators import operator_of
from scoring.observations.dataset import Dataset, ObservationColumns, Site
from scoring.observations.day_index import date_of
from scoring.observations.market import Link
from store.text.malls import host_part, is_merchant
from store.text.query import parse_icp
from store.text.registration_numbers import PROVINCES, PROVINCES_EN, province_of_uscc

_PERSONAL = "个人"
_MUNICIPAL = ("北京", "天津", "上海", "重庆")
_REGIONS = {"内蒙古": "内蒙古自治区", "广西": "广西壮族自治区", "西藏": "西藏自治区", "宁夏": "宁夏回族自治区", "新疆": "新疆维吾尔自治区"}  # fmt: skip
_CHANNELS = {"licensed": ("持牌支付机构", "a licensed payment institution"), "aggregator": ("聚合支付", "an aggregator"),
             "epay": ("易支付等第四方接口", "a fourth-party interface (epay)"), "usdt": ("加密货币", "a cryptocurrency"),
             "personal_qr": ("个人收款码", "a personal QR code"), "manual": ("人工转账", "a manual transfer"), "balance": ("站内余额", "a prepaid balance")}  # fmt: skip
_TELLING = ("licensed", "aggregator", "epay")
"""Classes of channels behind which an institution stands that can be told."""


def link_rows(sites: Sequence[Site], links: dict[str, list[Link]], first_day: int) -> list[dict[str, Any]]:
    """Rows of the links table for these platforms."""
    return [
        {
            "host": site.host,
            "other": link.other,
            "relation": link.relation,
            "since": date_of(first_day + link.day),
            "confidence": link.confidence,
            "reason_zh": reason_of(link)[0],
            "reason_en": reason_of(link)[1],
            "evidence": list(link.cited),
        }
        for site in sites
        for link in links.get(site.host, ())
    ]


def cluster_rows(links: Mapping[str, Sequence[Link]]) -> list[dict[str, Any]]:
    """Rows of the clusters table: connected components of the links of all sites, by the first host of each."""
    head: dict[str, str] = {}

    def root(host: str) -> str:
        while head.setdefault(host, host) != host:
            head[host] = head[head[host]]
            host = head[host]
        return host

    for host, some in links.items():
        for link in some:
            a, b = sorted((root(host), root(link.other)))
            head[b] = a
    return [{"cluster": root(host), "site": host} for host in sorted(head, key=lambda h: (root(h), h))]


def move_rows(facts: Dataset) -> list[dict[str, Any]]:
    """Rows of the moves table for a chunk of platforms."""
    rows, found = facts.rows["move"], []
    for site, about in enumerate(facts.sites):
        first: dict[tuple[str, str], dict[str, Any]] = {}
        for at in of_site(rows, site, facts.days):
            key = (str(rows["to_host"][at]), str(rows["via"][at]))
            first.setdefault(key, _dated(facts, rows, at, {"to_host": key[0], "via": key[1]}))
        for name, (kind, at) in sorted(other_certificate_names(facts.rows, about, site).items()):
            told = {"to_host": name, "via": "certificate"}
            first.setdefault((name, "certificate"), _dated(facts, facts.rows[kind], at, told))
        found += [
            {"host": about.host, **row}
            for row in sorted(first.values(), key=lambda r: (r["on"], r["to_host"]))
        ]
    return found


def _dated(facts: Dataset, rows: ObservationColumns, at: int, said: dict[str, Any]) -> dict[str, Any]:
    return said | {
        "on": date_of(facts.first_day + int(rows.day[at])),
        "source": facts.sources[int(rows.source[at])].id,
        "evidence": [(rows.kind, int(rows.id[at]))],
    }


def identifier_rows(facts: Dataset) -> list[dict[str, Any]]:
    """Rows of the identifiers table for a chunk of platforms, but for the aliases a person accepted (scoring/tables/registers.py)."""
    found = []
    for site, about in enumerate(facts.sites):
        known: dict[tuple[str, str], dict[str, Any]] = {}
        for kind, value, rows, at in _said(facts, site):
            row = known.setdefault(
                (kind, value),
                {"host": about.host, "kind": kind, "value": value, **_dated(facts, rows, at, {})},
            )
            day = row.pop("on", None)
            row.setdefault("since", day)
            row["until"] = date_of(facts.first_day + int(rows.day[at]))
        found += sorted(known.values(), key=lambda r: (r["kind"], r["since"], r["value"]))
    return found


def _is_person(name: str) -> bool:
    from store.redaction.natural_persons import (
        is_person,  # its patterns take a tenth of rating one site, and most name nobody
    )

    return is_person(name)


def _said(facts: Dataset, site: int) -> Iterator[tuple[str, str, ObservationColumns, int]]:
    """(kind, value, rows, position) of everything a site was called or registered as, the oldest first."""
    own = not is_merchant(facts.sites[site].host)  # filing, registration and addresses are its mall's
    filings, pages = own_filings(facts), facts.rows["page"]
    for at in of_site(filings, site, facts.days) if own else ():
        if not filings["found"][at]:
            continue
        personal = filings["nature"][at] == _PERSONAL
        if number := number_key(filings["number"][at]):
            yield "filing", number, filings, at
        entity, site_name = filings["entity"][at], filings["site_name"][at]
        if entity and not personal and not _is_person(str(entity)):
            yield "company", str(entity), filings, at
        if site_name and not personal:
            yield "site_name", str(site_name), filings, at
    for at in of_site(pages, site, facts.days):
        company = pages["company"][at]
        if company and not _is_person(str(company)):
            yield "footer_company", str(company), pages, at
    registrations, resolutions = facts.rows["registration"], facts.rows["resolution"]
    for at in of_site(registrations, site, facts.days) if own else ():
        if registrations["registrar"][at]:
            yield "registrar", str(registrations["registrar"][at]), registrations, at
    for at in of_site(resolutions, site, facts.days) if own else ():
        if resolutions["alias_of"][at]:
            yield "dns_alias", str(resolutions["alias_of"][at]), resolutions, at
        for place in resolutions["places"][at] or ():
            yield "country", str(place), resolutions, at


def notify_rows(facts: Dataset) -> list[dict[str, Any]]:
    """Rows of the notify table for a chunk of platforms: a row for each role, also where nobody is known."""
    found = []
    for site, about in enumerate(facts.sites):
        mall = is_merchant(about.host)
        roles = (_mall, _payment, _market) if mall else (_registrar, _network, _payment, _filing, _market)
        found += [{"host": about.host, "source": None, "observed_on": None, "evidence": [], **role(facts, site)} for role in roles]  # fmt: skip
    return found


def _role(role: str, name: str | None, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "name": name, "sentence_zh": zh, "sentence_en": en, **more}


def _newest(
    facts: Dataset, rows: ObservationColumns, site: int, name: str
) -> tuple[str, dict[str, Any]] | None:
    """(the newest value a registry stated, its source, day and evidence), None where it stated none."""
    for at in reversed(of_site(rows, site, facts.days)):
        if rows[name][at]:
            told = _dated(facts, rows, at, {})
            told["observed_on"] = told.pop("on")
            return str(rows[name][at]), told
    return None


def _registrar(facts: Dataset, site: int) -> dict[str, Any]:
    rows = facts.rows["registration"]
    if (known := _newest(facts, rows, site, "registrar")) is None:
        why = ("注册局的答复没有写明注册商", "the registry's answer names none") if of_site(rows, site, facts.days) else (
            "还没有查到域名登记", "the registration has not been read")  # fmt: skip
        return _role("registrar", None, f"注册商未知：{why[0]}。", f"Registrar unknown: {why[1]}.")
    told = known[0].rstrip(".")  # Co., Ltd.
    return _role("registrar", known[0], f"域名注册商（注册局的答复）：{told}。", f"Registrar, as the registry answered: {_quoted(told)}.", **known[1])  # fmt: skip


def _network(facts: Dataset, site: int) -> dict[str, Any]:
    rows = facts.rows["resolution"]
    # The newest resolution of which somebody is known: the address registry's word, else the name it leads to, else the country.
    for at in reversed(of_site(rows, site, facts.days)):
        owner, desk, alias, places = (
            rows[name][at] for name in ("network_owner", "network_abuse", "alias_of", "places")
        )
        if not (owner or alias or places):
            continue
        told = _dated(facts, rows, at, {})
        told["observed_on"] = told.pop("on")
        if owner:
            more_zh = f"，登记的投诉信箱是 {desk} 的 abuse 信箱" if desk else ""
            more_en = f"; its registered desk for abuse is the mailbox “abuse” at {desk}" if desk else ""
            leads = (
                (f"，域名经 {alias} 解析到它", f"; the name leads there by way of {alias}")
                if alias
                else ("", "")
            )
            return _role(
                "network", str(owner),
                f"网站所在 IP 地址属于“{owner}”（地址登记机关的答复）{more_zh}{leads[0]}。",
                f"The site's IP address belongs to {_quoted(str(owner).rstrip('.'))}, as the address registry answered{more_en}{leads[1]}.", **told,
            )  # fmt: skip
        if alias:
            return _role(
                "network", str(alias),
                f"域名解析指向 {alias}，由该域名的持有者提供接入；没有读到 IP 的归属。",
                f"The name leads to {alias}, whose owner carries the traffic; who owns the addresses was not read.", **told,
            )  # fmt: skip
        return _role(
            "network", None,
            f"主机商未知：没有读到 IP 的归属；地址登记在 {'、'.join(map(str, places))}。",
            f"Host unknown: who owns the addresses was not read; they are registered in {', '.join(map(str, places))}.", **told,
        )  # fmt: skip
    return _role(
        "network",
        None,
        "主机商未知：没有读到 IP 的归属。",
        "Host unknown: who owns the addresses was not read.",
    )


def _payment(facts: Dataset, site: int) -> dict[str, Any]:
    home = homes(facts)[site]
    signs: dict[str, Any] = home[0] if home else {}
    listed = [p for p in signs.get("payments") or () if isinstance(p, dict)]
    classes = dict.fromkeys(
        [*(str(p.get("class")) for p in listed), *map(str, signs.get("payment_hints") or ())]
    )
    seen = [c for c in _CHANNELS if c in classes]
    if home is None or not seen:
        why = (
            ("公开页面没有列出", "the public pages name none")
            if home
            else ("没有读到首页", "no home page was read")
        )
        return _role(
            "payment",
            None,
            f"收款机构或通道未知：{why[0]}。",
            f"Payment institution or channel unknown: {why[1]}.",
        )
    named = dict.fromkeys(str(p.get("name")) for p in listed if p.get("class") in _TELLING and p.get("name"))
    zh, en = "、".join(_CHANNELS[c][0] for c in seen), ", ".join(_CHANNELS[c][1] for c in seen)
    shown = "、".join([*named][:6]) or None
    en += f" ({', '.join(map(_quoted, [*named][:6]))})" if shown else ""
    return _role(
        "payment", shown,
        f"页面列出的收款方式：{zh}{f'（{shown}）' if shown else ''}；实际收款方以付款凭证为准。",
        f"Channels the pages list: {en}; the payee is whom the receipt of a payment names.",
        source=_source(facts, home[1]), observed_on=_day(facts, home[1]), evidence=[home[1]],
    )  # fmt: skip


def _filing(facts: Dataset, site: int) -> dict[str, Any]:
    known = _newest(facts, own_filings(facts), site, "number")
    number = parse_icp(known[0]) if known else None
    province = PROVINCES.get(number.province) if number else None
    if known is None or province is None:
        return _role(
            "filing_authority",
            None,
            "备案省份未知：没有查到备案。",
            "Filing province unknown: no filing was found.",
        )
    name = f"{_full(province)}通信管理局"
    return _role("filing_authority", name, f"备案号 {known[0]} 属{province}，由{name}管理。", f"The filing {known[0]} belongs to {PROVINCES_EN[province]}; the communications administration there (“{name}”) is in charge of it.", **known[1])  # fmt: skip


def _market(facts: Dataset, site: int) -> dict[str, Any]:
    code = operator_of(facts, site).uscc
    province = province_of_uscc(code) if code else None
    if code is None or province is None:
        return _role("market_authority", None, "登记机关所在地未知：没有公司的统一社会信用代码。", "Registration place unknown: no company code is known.")  # fmt: skip
    name = f"{_full(province)}市场监督管理部门"
    on = date_of(facts.last_day)
    return _role("market_authority", name, f"信用代码 {code} 的登记地在{province}，由{name}管理。", f"The company code {code} was issued in {PROVINCES_EN[province]}; the market authority there (“{name}”) is in charge.",
                 source=_uscc_source(facts, site), observed_on=on)  # fmt: skip


def _mall(facts: Dataset, site: int) -> dict[str, Any]:
    mall = host_part(facts.sites[site].host)
    return _role("mall", mall, f"这是商城 {mall} 里的商户，可向该商城反映。", f"A merchant of the mall {mall}, which can be told.",
                 source="storefront", observed_on=date_of(facts.last_day))  # fmt: skip


def _uscc_source(facts: Dataset, site: int) -> str:
    home = homes(facts)[site]
    return "import" if facts.sites[site].uscc or home is None else (_source(facts, home[1]) or "import")


def _full(province: str) -> str:
    """北京 → 北京市, 广东 → 广东省."""
    return _REGIONS.get(province) or f"{province}{'市' if province in _MUNICIPAL else '省'}"


def _quoted(name: str) -> str:
    """A name as it stands in an English sentence: in quotes where it is Chinese."""
    return name if name.isascii() else f"“{name}”"


def _position(rows: ObservationColumns, id_: int) -> int | None:
    found = (rows.id == id_).nonzero()[0]
    return int(found[0]) if len(found) else None


def _source(facts: Dataset, cited: Cited) -> str | None:
    rows = facts.rows[cited[0]]
    at = _position(rows, cited[1])
    return None if at is None else facts.sources[int(rows.source[at])].id


def _day(facts: Dataset, cited: Cited) -> dt.date | None:
    rows = facts.rows[cited[0]]
    at = _position(rows, cited[1])
    return None if at is None else date_of(facts.first_day + int(rows.day[at]))
