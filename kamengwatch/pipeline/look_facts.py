"""What a look found, told from the store step by step: facts in two languages, each with its source and its moment.

The crawler wrote the evidence (kamengwatch/pipeline/look.py starts it); nothing here asks anybody.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from crawler.errors import SourceBlocked, SourceChanged
from crawler.formats import blocklists as wire
from crawler.pages.decoding import decode
from crawler.pages.operator_mappings import mapping_of
from crawler.shops import systems
from crawler.spiders.blocklists import CATEGORY
from dashboard.presenters.translations import word
from scoring.engine.rate import medians_in
from scoring.indicators.payment_channels import _NAMES as CHANNELS
from scoring.observations.dataset import Site
from scoring.observations.product_names import ware
from scoring.observations.sql_columns import read_rows
from scoring.rating.first_look import LookedAt, beside_median, sure_links, verdict_of_look
from store.archive import warc
from store.china_time import SHANGHAI
from store.db.tables import (
    OBSERVATIONS,
    Capture,
    Certificate,
    Complaint,
    Crawl,
    Filing,
    Page,
    Penalty,
    Platform,
    Price,
    Probe,
    Registration,
    Resolution,
    Source,
)
from store.text.safe_text import in_number, plain

Words = tuple[str, str]
STEPS = ("home", "shop", "terms", "filing", "domain", "lists", "complaints", "links")
"""The steps of a look, in the order they are shown."""
OF_SOURCE = {"home": "storefront", "shop": "storefront", "terms": "storefront", "filing": "icp", "domain": "registration"}  # fmt: skip
"""Step → the source that is asked for it; the other steps read what is stored."""
_MOST_SISTERS = 12
_CONTACTS = {"qq": ("QQ", "QQ"), "qq_group": ("QQ 群", "a QQ group"), "wechat": ("微信", "WeChat"), "telegram": ("Telegram", "Telegram"),
             "phone": ("电话", "a telephone number"), "email": ("邮箱", "e-mail"), "analytics": ("统计代码", "an analytics account")}  # fmt: skip
_PROMISES = {"no_refund": ("写明不退款", "it says that nothing is refunded"), "compensation": ("承诺赔付", "it promises compensation"),
             "refund": ("写有退款条件", "it states when it refunds"), "delivery_time": ("写有发货时限", "it states a time of delivery"),
             "delay_notice": ("写有延迟说明", "it states what happens when delivery is late")}  # fmt: skip
_CLASSES = {
    "dns_gone": ("域名不存在", "the name does not exist"), "diverted": ("域名被运营商改了指向", "the name is diverted"),
    "tls_error": ("证书无效，连不上", "its certificate is not valid"), "timeout": ("一直没有回应", "it does not answer in time"),
    "connect_refused": ("连接被拒绝", "it refuses the connection"), "broken": ("连接中断", "the connection breaks off"),
    "js_challenge": ("要先通过机器人验证", "a robot check stands before it"), "waf_block": ("被防火墙拦截", "a firewall blocks us"),
    "server_error": ("服务器出错", "the server fails"), "not_found": ("页面不存在", "there is no such page"),
    "placeholder": ("只有占位页面", "a placeholder page"), "frozen": ("店铺已被冻结", "the shop is frozen"),
    "expired": ("域名或主机已到期", "its domain or hosting has expired"), "blocked_unfiled": ("因未备案被拦下", "it is stopped for lack of a filing"),
    "closed_by_owner": ("网站自己说已关闭", "it says that it has closed"), "maintenance": ("只有维护页面", "a maintenance page"),
    "hold": ("域名被停止解析", "its domain is on hold"), "parked": ("域名停放页面", "a parked domain"),
}  # fmt: skip


@dataclass
class Fact:
    """One thing found: what it says, by which source, seen when; `counts` where the method lets it say something by itself."""

    zh: str
    en: str
    source: str
    at: str
    counts: bool = False


@dataclass
class Found:
    """The facts of each step, and what of them counts by itself."""

    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    penalties: int = 0
    listings: int = 0
    closed_sisters: list[str] = field(default_factory=list)
    elsewhere: bool = False
    """The home page leads to another site, so that neither its goods nor its terms were there to see."""

    @property
    def verdict(self) -> str:
        """橙 or 灰."""
        return verdict_of_look(LookedAt(self.penalties, self.listings, tuple(self.closed_sisters)))

    def add(self, step: str, words: Words, source: str, at: dt.datetime | None, counts: bool = False) -> None:
        """Put a fact under its step; a moment is kept to the minute, in China."""
        if any(fact.zh == plain(words[0], 300) for fact in self.facts[step]):
            return  # several pages say the same
        when = at.astimezone(SHANGHAI).isoformat(timespec="minutes") if at else ""
        self.facts[step].append(Fact(plain(words[0], 300), plain(words[1], 300), source, when, counts))


class Neighbours:
    """Which watched sites show a contact, account, company code, filing entity or certificate domain: kept for a while, for many looks ask."""

    KEPT = dt.timedelta(hours=6)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._held: dict[str, set[int]] = {}
        self._read_at: dt.datetime | None = None

    def sharing(self, keys: Iterable[str], but: int, now: dt.datetime) -> list[int]:
        """The ids of watched sites that show one of the keys, without those half the market shows."""
        with self._lock:
            if self._read_at is None or abs(now - self._read_at) > self.KEPT:
                self._held, self._read_at = self._read(), now
        found = (self._held.get(key, set()) for key in keys)
        return sorted({id_ for ids in found if len(ids) <= _MOST_SISTERS for id_ in ids} - {but})

    def _read(self) -> dict[str, set[int]]:
        held: dict[str, set[int]] = defaultdict(set)
        with self._engine.connect() as connection:
            watched = set(connection.scalars(select(Platform.id).where(Platform.status == "watched")))
            for id_, keys in _keys(connection, None):
                if id_ in watched:
                    for key in keys:
                        held[key].add(id_)
        return held


def _keys(connection: Connection, platform: int | None) -> Iterator[tuple[int, list[str]]]:
    """(platform, what it shows that few show) by its newest home page, filing and certificate."""
    for table, columns in ((Page, (Page.signs,)), (Filing, (Filing.entity, Filing.number)), (Certificate, (Certificate.names,))):  # fmt: skip
        newest = select(func.max(table.id)).where(table.platform_id.is_not(None))
        if table is Page:
            newest = newest.where(Page.role == "home")
        if platform is not None:
            newest = newest.where(table.platform_id == platform)
        rows = select(table.platform_id, *columns).where(table.id.in_(newest.group_by(table.platform_id)))
        for id_, *values in connection.execute(rows):
            yield id_, list(_values(values))


def _values(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):  # a page's signs
            for kind, keys in (value.get("contact_keys") or {}).items():
                yield from (f"{kind}:{key}" for key in keys)
            yield from map(str, value.get("credit_codes") or ())
        elif isinstance(value, list):
            yield from (str(name).lower().removeprefix("*.") for name in value)
        elif value:
            yield str(value)


def gather(
    engine: Engine, archive: Path, data_dir: Path, host: str, platform: int, since: dt.datetime, now: dt.datetime,
    neighbours: Neighbours, lists: Mapping[str, str], closed: set[str],
) -> Found:  # fmt: skip
    """Everything the store knows of the site by `now`; pages, prices and probes only of the look that began at `since`.

    `lists`: name → address or file of the open lists; `closed`: watched hosts whose published state is closed.
    """
    found = Found()
    with engine.connect() as connection:
        _home(found, connection, platform, since)
        _shop(found, connection, platform, since, data_dir)
        _filing(found, connection, platform)
        _domain(found, connection, platform)
        _complaints(found, connection, platform, host, now)
        _penalties(found, connection, platform)
        _listed(found, connection, archive, host, lists)
    _links(found, engine, platform, host, now, neighbours, closed)
    return found


def _home(found: Found, connection: Connection, platform: int, since: dt.datetime) -> None:
    probe = connection.execute(
        select(Probe.outcome, Probe.class_.label("told"), Probe.status, Probe.latency_ms, Probe.observed_at).where(Probe.platform_id == platform, Probe.source_id == "storefront", Probe.observed_at >= since)
        .order_by(Probe.observed_at.desc(), Probe.id.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    if probe is not None:
        status = f"HTTP {probe.status}" if probe.status else ""
        told = _CLASSES.get(probe.told or "", (probe.told or "", probe.told or ""))
        if probe.outcome in ("ok", "slow"):
            took = f"{status}, {probe.latency_ms or 0} ms"
            words = (f"首页能打开（{took}）。", f"The home page opens ({took}).")
        else:
            words = (
                f"首页没有显示店铺：{told[0]}（{status or '没有回应'}）。",
                f"The home page shows no shop: {told[1]} ({status or 'no answer'}).",
            )
        found.add("home", words, "storefront", probe.observed_at)
    pages = connection.execute(
        select(Page).where(Page.platform_id == platform, Page.source_id == "storefront", Page.observed_at >= since)
        .order_by(Page.observed_at, Page.id)
    ).all()  # fmt: skip
    for page in pages:
        signs = page.signs or {}
        if page.role == "home":
            _of_home(found, page, signs)
        kinds = list(dict.fromkeys(p.get("kind") for p in signs.get("promises") or ()))
        told_of = [_PROMISES[kind] for kind in kinds if kind in _PROMISES]
        if told_of:
            zh, en = "、".join(t[0] for t in told_of), ", ".join(t[1] for t in told_of)
            found.add(
                "terms", (f"页面条款：{zh}。", f"Terms on its pages: {en}."), "storefront", page.observed_at
            )
        elif page.role in ("terms", "notice"):
            found.add(
                "terms",
                (
                    "读到了条款或公告，里面没有写发货、退款或赔付。",
                    "Terms or a notice were read; they say nothing of delivery, refunds or compensation.",
                ),
                "storefront",
                page.observed_at,
            )


def _of_home(found: Found, page: Any, signs: dict[str, Any]) -> None:
    at = page.observed_at
    if moved := signs.get("moved_to"):
        words = (f"首页跳转到另一个域名 {moved}。", f"The home page leads to another domain, {moved}.")
        if moved.startswith("["):  # redacted: a number in the place of a name
            words = ("首页跳转到一个没有域名的地址。", "The home page leads to an address that has no name.")
        found.add("home", words, "storefront", at)
        found.elsewhere = True
        return
    system = systems().get(page.software)
    name = getattr(system, "NAME", None)
    words = (f"店铺软件：{name}。", f"Shop software: {name}.") if name else ("店铺软件认不出。", "Its shop software is not recognised.")  # fmt: skip
    found.add("home", words, "storefront", at)
    if page.company:
        found.add("home", (f"页面写的公司：{page.company}（未核实）。", f"Company named on the page: {page.company} (not verified)."), "storefront", at)  # fmt: skip
    if page.footer_icp:
        found.add("home", (f"页脚写的备案号：{page.footer_icp}（与登记对照见备案一栏）。", f"Filing number in the footer: {page.footer_icp} (held against the registry under filing)."), "storefront", at)  # fmt: skip
    seen = {p.get("class") for p in signs.get("payments") or ()} | set(signs.get("payment_hints") or ())
    channels = [CHANNELS[c] for c in CHANNELS if c in seen]
    if channels:
        zh, en = "、".join(c[0] for c in channels), ", ".join(c[1] for c in channels)
        found.add("shop", (f"公开页面可见的支付方式：{zh}。", f"Payment channels seen on public pages: {en}."), "storefront", at)  # fmt: skip
    else:
        found.add("shop", ("公开页面没有列出支付方式。", "The public pages name no payment channel."), "storefront", at)  # fmt: skip
    kinds = [_CONTACTS.get(k, (k, k)) for k, n in (signs.get("contacts") or {}).items() if n and k != "analytics"]  # fmt: skip
    if kinds:
        zh, en = "、".join(k[0] for k in kinds), ", ".join(k[1] for k in kinds)
        found.add("shop", (f"联系方式：{zh}。", f"Contacts: {en}."), "storefront", at)
    else:
        found.add("shop", ("页面上没有看到联系方式。", "No contact was seen on its pages."), "storefront", at)
    if (signs.get("goods") or {}).get("hidden"):
        found.add("shop", ("商品要登录或输入密码才看得到。", "Goods are shown only behind a login or password."), "storefront", at)  # fmt: skip


def _shop(found: Found, connection: Connection, platform: int, since: dt.datetime, data_dir: Path) -> None:
    rows = connection.execute(
        select(Price.product, Price.price, Price.observed_at).where(
            Price.platform_id == platform, Price.source_id == "storefront", Price.observed_at >= since
        )
    ).all()
    if not rows:
        return
    at = max(row.observed_at for row in rows)
    prices = {ware(row.product): row.price for row in rows if row.price}
    known, middle = beside_median(prices, medians_in(data_dir))
    if middle is None:
        words = (
            f"看到 {len(rows)} 种商品；能和同行比价的{f'只有 {known} 种，不足以比较' if known else '一种也没有'}。",
            f"{in_number(f'{len(rows)} product(s)')} seen; {f'only {known}' if known else 'none'} can be compared with other shops{', too few' if known else ''}.",
        )
    else:
        words = (
            f"看到 {len(rows)} 种商品；{known} 种有同行中位价，标价与它之比的中位数是 {middle:.2f}。",
            f"{in_number(f'{len(rows)} product(s)')} seen; for {known} of them the sector's median price is known, and the median of the asking price over it is {middle:.2f}.",
        )
    found.add("shop", words, "storefront", at)


def _newest(connection: Connection, table: Any, platform: int) -> Any:
    return connection.execute(
        select(table).where(table.platform_id == platform, table.withdrawn_at.is_(None))
        .order_by(table.observed_at.desc(), table.id.desc()).limit(1)
    ).one_or_none()  # fmt: skip


def _filing(found: Found, connection: Connection, platform: int) -> None:
    filing = _newest(connection, Filing, platform)
    if filing is None:
        return
    if filing.found:
        number, name = str(filing.number or ""), plain(filing.entity or filing.nature or "", 80)
        zh = "，".join(filter(None, (number, name)))
        en = ", ".join(filter(None, (number, f"“{name}”" if name else "")))
        words = (
            f"登记系统查到备案{'：' if zh else ''}{zh}。",
            f"The registry has a filing{': ' if en else ''}{en}.",
        )
    else:
        words = ("查询服务没有查到这个域名的备案。", "The query service has no filing of this domain.")
    found.add("filing", words, "icp", filing.observed_at)


def _domain(found: Found, connection: Connection, platform: int) -> None:
    if one := _newest(connection, Registration, platform):
        days = (one.observed_at.date() - one.registered_on).days if one.registered_on else None
        if days is not None:
            since = (
                (f"，至今 {days} 天", in_number(f", {days} day(s) before we looked"))
                if days > 0
                else ("", "")
            )
            words = (
                f"域名 {one.registered_on} 注册{since[0]}（注册不等于开站）。",
                f"The domain was registered on {one.registered_on}{since[1]} (which is not when the site opened).",
            )
            found.add("domain", words, "registration", one.observed_at)
    if cert := _newest(connection, Certificate, platform):
        fits = ("", "") if cert.matches else ("，但不是给这个域名的", ", but not for this host")
        ends = cert.not_after.astimezone(SHANGHAI).date()
        words = (f"证书有效到 {ends}{fits[0]}。", f"Its certificate runs until {ends}{fits[1]}.")
        found.add("domain", words, "registration", cert.observed_at)
    if name := _newest(connection, Resolution, platform):
        words = ("域名能解析。", "The name resolves.") if name.found else ("域名不存在。", "The name does not exist.")  # fmt: skip
        found.add("domain", words, "registration", name.observed_at)


def _complaints(found: Found, connection: Connection, platform: int, host: str, now: dt.datetime) -> None:
    """What is stored already, also from before the site was known: complaints that wait under its host."""
    about = or_(Complaint.platform_id == platform, Complaint.subject == host)
    rows = connection.execute(
        select(Complaint.primary_kind, Complaint.filed_at).where(
            about, Complaint.withdrawn_at.is_(None), Complaint.filed_at > now - dt.timedelta(days=365)
        )
    ).all()
    if not rows:
        words = (
            "已存的投诉里，近一年没有点名它的（没有收录不等于没有投诉）。",
            "No stored complaint of a year names it (which is not the same as no complaint).",
        )
        found.add("complaints", words, "store", now)
        return
    month = sum(row.filed_at > now - dt.timedelta(days=30) for row in rows)
    kinds: dict[str, int] = defaultdict(int)
    for row in rows:
        kinds[row.primary_kind] += 1
    top = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:3]
    zh = "、".join(f"{word('zh', 'report_kind', kind)} {n}" for kind, n in top)
    en = ", ".join(f"{word('en', 'report_kind', kind)} {n}" for kind, n in top)
    words = (
        f"已存的投诉里，近一年点名它的有 {len(rows)} 起，近 30 天 {month} 起：{zh}（投诉是单方说法，未经核实）。",
        f"Stored complaints that name it: {len(rows)} in a year, {month} in 30 days: {en} (claims, not verified).",
    )
    found.add("complaints", words, "store", max(row.filed_at for row in rows))


def _penalties(found: Found, connection: Connection, platform: int) -> None:
    rows = connection.execute(
        select(Penalty.decided_on, Penalty.category, Penalty.seen_at, Penalty.source_id).where(
            Penalty.platform_id == platform, Penalty.withdrawn_at.is_(None), Penalty.ended_on.is_(None),
            Penalty.category != CATEGORY,
        ).order_by(Penalty.decided_on)
    ).all()  # fmt: skip
    for row in rows[-5:]:
        words = (
            f"公示记录：{row.category}（{row.decided_on}），没有移出。",
            f"A published record stands: {row.category} ({row.decided_on}).",
        )
        found.add("lists", words, row.source_id, row.seen_at, counts=True)
    found.penalties = len(rows)


def _listed(found: Found, connection: Connection, archive: Path, host: str, lists: Mapping[str, str]) -> None:
    """The open lists as they were last fetched; nobody is asked anew for one site."""
    for name, place in lists.items():
        read = _stored_list(connection, archive, str(place))
        if read is None:
            continue
        list_, at = read
        entry = list_.entry_for(host)
        if entry:
            found.listings += 1
            words = (f"公开名单“{name}”列有它，条目 {entry}。", f"It is on the open list “{name}”, entry {entry}.")  # fmt: skip
        else:
            words = (f"公开名单“{name}”没有列它（{list_.entries} 条；没有列不说明什么）。", f"It is not on the open list “{name}” (entries in it: {list_.entries:,}; that it is not listed proves nothing).")  # fmt: skip
        found.add("lists", words, "blocklists", at, counts=bool(entry))


def _stored_list(
    connection: Connection, archive: Path, place: str
) -> tuple[wire.BlockList, dt.datetime] | None:
    if not place.startswith(("http://", "https://")):
        try:
            stat = Path(place).stat()
            return _read_file(place, stat.st_mtime_ns), dt.datetime.fromtimestamp(stat.st_mtime, dt.UTC)
        except (OSError, SourceBlocked, SourceChanged):
            return None
    row = connection.execute(
        select(Capture.archive, Capture.offset, Capture.fetched_at).join(Crawl, Crawl.id == Capture.crawl_id)
        .where(Crawl.source_id == "blocklists", Capture.url == place, Capture.status == 200)
        .order_by(Capture.fetched_at.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    try:
        return _read_archived(archive, row.archive, row.offset), row.fetched_at
    except (OSError, ValueError, warc.ArchiveError, SourceBlocked, SourceChanged):
        return None


@lru_cache(maxsize=16)
def _read_file(place: str, _changed: int) -> wire.BlockList:
    return wire.read_list(decode(Path(place).read_bytes()))


@lru_cache(maxsize=16)
def _read_archived(archive: Path, name: str, offset: int) -> wire.BlockList:
    return wire.read_list(warc.read(archive, name, offset).payload.decode("utf-8", "replace"))


def lists_of(given: Any) -> dict[str, str]:
    """Name → address or file of the lists the operator set; none where the setting is empty or cannot be read."""
    try:
        return {str(name): str(place) for name, place in (mapping_of(given) or {}).items()} if given else {}
    except (ValueError, OSError):
        return {}


def _links(
    found: Found, engine: Engine, platform: int, host: str, now: dt.datetime, neighbours: Neighbours,
    closed: set[str],
) -> None:  # fmt: skip
    """Watched sites with which it shares two independent keys, by the method's own rules (scoring/linkage/links.py)."""
    with engine.connect() as connection:
        shown = [key for _, keys in _keys(connection, platform) for key in keys]
        ids = [platform, *neighbours.sharing(shown, platform, now)]
        found_sites = connection.execute(
            select(Platform.id, Platform.host, Platform.name, Platform.software, Platform.opened_on, Platform.demo)
            .where(Platform.id.in_(ids)).order_by(Platform.host)
        ).all()  # fmt: skip
        sources = {
            id_: at for at, id_ in enumerate(connection.scalars(select(Source.id).order_by(Source.id)))
        }
    sites = [Site(p.id, p.host, p.name, p.software, None, p.opened_on, p.demo) for p in found_sites]
    links = []
    if len(sites) > 1:
        index = {site.id: at for at, site in enumerate(sites)}
        end = now + dt.timedelta(days=1)
        rows = {kind: read_rows(engine, kind, index, sources, end, only=ids) for kind in OBSERVATIONS}
        links = sure_links(rows, sites, host)
    for link in links[:5]:
        zh, en = link.reason()
        gone = link.other in closed
        if gone:
            found.closed_sisters.append(link.other)
        words = (
            f"与{'已停运的' if gone else ''}已观察网站 {link.other} 相连：{zh}",
            f"Linked with {link.other}, a watched site{' that is closed' if gone else ''}: {en}",
        )
        found.add("links", words, "store", now, counts=gone)
    if not links:
        words = (
            "没有和已观察网站共用两个独立特征。",
            "It shares no two independent features with a watched site.",
        )
        found.add("links", words, "store", now)


__all__ = ["Fact", "Found", "Neighbours", "OF_SOURCE", "STEPS", "gather", "lists_of"]
