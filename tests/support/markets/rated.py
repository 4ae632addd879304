"""Small markets as a person lives through them: what was seen on which day, and what was decided in between."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import insert, select

from kamengwatch.config import Config
from kamengwatch.review import decisions, disputes, responses, withdrawals
from kamengwatch.review.decisions import Selection
from scoring.engine.rate import Run, rate
from store.db.tables import Complaint, Dispute, Platform, Review
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import empty_database

START = dt.date(2026, 1, 1)
HOSTS = ("a.example", "b.example", "c.example")
DAYS = 40
"""Days of a market; everything in it is seen on one of them."""
_TEXTS = (
    "付款成功但一直没到账，订单卡在处理中",
    "付款之后卡密没有到账",
    "申请退款拖着一直不退，客服不回复",
    "余额提现一直失败",
    "网站打不开了，余额还在里面",
)
_NUMBERS = ("粤ICP备18046372号-1", "京ICP备12345678号-1")
_COMPANIES = ("甲科技有限公司", "乙网络有限公司")


def at(day: int, hour: int = 12) -> str:
    """A moment of a market's day, as records tell it."""
    return f"{START + dt.timedelta(days=day)}T{hour:02d}:00:00+08:00"


@dataclass
class Market:
    """`seen`: day -> what became visible on it; `done`: day -> what a person did on it, as (verb, arguments)."""

    seen: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    done: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        """Everything seen, in the order of the days."""
        return [record for day in sorted(self.seen) for record in self.seen[day]]

    def until(self, day: int) -> Market:
        """What was seen and done by the end of a day."""
        return Market(
            {d: some for d, some in self.seen.items() if d <= day},
            {d: some for d, some in self.done.items() if d <= day},
        )


_day = st.integers(1, DAYS - 1)
_hour = st.sampled_from([9, 12])  # few, so that there are ties
_money = st.sampled_from([9.9, 12.5, 20.0])
_count = st.integers(0, 40)
_maybe = st.booleans()
_TWICE = ("probe", "page", "filing", "registration", "orders")
"""Kinds that two sources tell of at the same moment."""


def _observed(kind: str, source: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    sources = st.sampled_from([source, "second"]) if kind in _TWICE else st.just(source)
    about = {"kind": st.just(kind), "source": sources, "host": st.sampled_from(HOSTS)}
    return st.fixed_dictionaries({**about, "_day": _day, "_hour": _hour, **more})


_RECORDS = st.one_of(
    _observed("complaint", "heimao", _n=st.integers(0, 30), _text=st.integers(0, 4), _age=st.integers(0, 9)),
    _observed("complaint", "heimao", _n=st.integers(0, 30), _text=st.integers(0, 4), _age=st.integers(0, 9)),
    _observed("order", "feed", _n=st.integers(0, 30), state=st.sampled_from(["delivered", "missing", "processing"])),
    _observed("orders", "storefront", total=st.integers(900, 1500), processed=st.integers(800, 900), hidden=_maybe),
    _observed("probe", "availability", outcome=st.sampled_from(["ok", "slow", "down", "refused"])),
    _observed("price", "storefront", product=st.sampled_from(["腾讯视频月卡", "优酷周卡"]), price=_money, sold=_count),
    _observed("page", "storefront", role=st.sampled_from(["home", "notice", "terms"]),
              text=st.sampled_from(["付款后概不退款。", "未到账七日内退款。", ""]),
              footer_icp=st.sampled_from([*_NUMBERS, None]), company=st.sampled_from([*_COMPANIES, None])),
    _observed("filing", "icp", found=_maybe, number=st.sampled_from(_NUMBERS), entity=st.sampled_from(_COMPANIES),
              nature=st.just("企业"), domain=st.sampled_from(HOSTS), provider=st.sampled_from(["miit", "other"])),
    _observed("registration", "registration", registered_on=st.sampled_from(["2024-02-20", "2025-12-01"]),
              expires_on=st.sampled_from(["2027-02-20", "2026-02-01"])),
    _observed("counters", "heimao", valid_total=_count, replied_total=_count, completed_total=_count),
    _observed("certificate", "registration", issuer_kind=st.just("automated"), not_before=st.just(at(0)),
              not_after=st.sampled_from([at(20), at(90)]), names=st.just(list(HOSTS[:2])), matches=_maybe),
    _observed("move", "storefront", to_host=st.sampled_from(HOSTS), via=st.sampled_from(["redirect", "notice"])),
    _observed("penalty", "gsxt", category=st.just("经营异常"), reason=st.sampled_from(["失联", "弄虚作假"])),
    _observed("crawl", "heimao", outcome=st.sampled_from(["ok", "ok", "failed", "blocked"]), _all=_maybe),
    _observed("crawl", "storefront", outcome=st.sampled_from(["ok", "ok", "failed"]), _all=_maybe),
)  # fmt: skip


def _written(drawn: dict[str, Any]) -> dict[str, Any]:
    """A drawn record in the open format, without what would be the same record with other content."""
    record = {k: v for k, v in drawn.items() if not k.startswith("_")}
    day, hour, host, kind = drawn["_day"], drawn["_hour"], drawn["host"], drawn["kind"]
    if kind == "crawl":
        del record["host"]
        record |= {"started_at": at(day, hour - 8), "finished_at": at(day, hour)}
        return record if drawn["_all"] else record | {"hosts": [host]}
    record["seen_at"] = at(day, hour)
    if kind == "complaint":
        n = f"{host}{drawn['_n']}"
        text = f"{_TEXTS[drawn['_text']]}，第{drawn['_n']}单"
        return record | {"source_id": n, "filed_at": at(day - drawn["_age"], hour), "text": text}
    if kind == "order":
        return record | {"order_ref": f"{host}{drawn['_n']}", "paid_at": at(day - 1, hour)}
    if kind == "penalty":
        return record | {"decided_on": str(START + dt.timedelta(days=day))}
    return record | {"observed_at": at(day, hour)}


def _natural(record: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two records one: of such, a market holds the first, and later looks at complaints and orders."""
    return tuple(
        str(record.get(k))
        for k in ("kind", "source", "host", "hosts", "source_id", "order_ref", "observed_at", "started_at",
                  "product", "role", "to_host", "via", "decided_on", "reason")
    )  # fmt: skip


def _later(record: dict[str, Any], days: int) -> dict[str, Any]:
    """The same complaint or order looked at again: answered or delivered meanwhile."""
    day = (dt.date.fromisoformat(record["seen_at"][:10]) - START).days + days
    if record["kind"] == "order":
        return record | {"state": "delivered", "delivered_at": at(day, 8), "seen_at": at(day, 9)}
    if days % 2:
        return record | {"status": "replied", "replied_at": at(day, 8), "amount": 29.0, "seen_at": at(day, 9)}
    done = {"status": "completed", "replied_at": at(day - 1, 8), "completed_at": at(day, 8)}
    return record | done | {"seen_at": at(day, 9)}


@st.composite
def markets(draw: Any, later_states: bool = True) -> Market:
    """A random market with later looks, withdrawals, answers, objections and decisions; orders change if `later_states`."""
    sites = [{"kind": "platform", "host": host, "name": f"{host[0]}卡盟"} for host in HOSTS]
    sites[0]["operator"] = sites[1]["operator"] = _COMPANIES[0]
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for drawn in draw(st.lists(_RECORDS, min_size=60, max_size=120)):
        record = _written(drawn)
        found.setdefault(_natural(record), record)
    market = Market({0: sites[:2], draw(st.integers(1, 20)): sites[2:]}, {})
    for record in found.values():
        _show(market, record)
        if record["kind"] in (("complaint", "order") if later_states else ("complaint",)) and draw(_maybe):
            _show(market, _later(record, draw(st.integers(1, 9))))
    for verb in draw(st.lists(st.sampled_from(sorted(VERBS)), max_size=8)):
        day = draw(_day)
        market.done.setdefault(day, []).append((verb, draw(st.sampled_from(HOSTS)), draw(st.integers(0, 99))))
    return market


def _show(market: Market, record: dict[str, Any]) -> None:
    moment = record.get("seen_at") or record["finished_at"]
    day = (dt.date.fromisoformat(moment[:10]) - START).days
    if day < DAYS:
        market.seen.setdefault(day, []).append(record)


class Folder:
    """A data folder with its database, on a day of the market's calendar."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True)
        shutil.copyfile(empty_database(), path / "kamengwatch.db")
        self.path = path
        self.runs: dict[int, Run] = {}

    @staticmethod
    def now(day: int) -> dt.datetime:
        """The afternoon of a day."""
        return dt.datetime.combine(START + dt.timedelta(days=day), dt.time(10), dt.UTC)

    def on(self, day: int) -> Config:
        """Its settings on the afternoon of a day."""
        return Config(self.path, fixed_now=self.now(day))

    def take(self, records: list[dict[str, Any]], day: int) -> None:
        """Import, as `kamengwatch import` does."""
        config = self.on(day)
        saved = import_records(Ingest(config.engine, config.now(), accept_new=True), records)
        config.engine.dispose()
        assert not saved.refused, saved.refused[:3]

    def rated(self, day: int, as_of: int | None = None) -> Run:
        """Rate as `kamengwatch rate` does."""
        config = self.on(day)
        run = rate(
            config.engine, self.path, START + dt.timedelta(days=day if as_of is None else as_of), config.now()
        )
        config.engine.dispose()
        return run

    def do(self, what: tuple[Any, ...], day: int, market: Market) -> None:
        """What a person does on a day; it must be possible whether or not the market was rated before."""
        verb, host, n = what
        config = self.on(day)
        try:
            VERBS[verb](config, host, n, market.until(day))
        finally:
            config.engine.dispose()


def _withdraw(config: Config, host: str, n: int, market: Market) -> None:
    ids = _ids(config, host, market)
    if ids:
        withdrawals.withdraw(config, [ids[n % len(ids)]], "投诉人写错了网站", "wrong site")


def _ids(config: Config, host: str, market: Market) -> list[str]:
    """Ids of complaints about the host that stand, as pages show them."""
    query = (
        select(Complaint.source_id, Complaint.source_key)
        .join(Platform)
        .where(Platform.host == host, Complaint.withdrawn_at.is_(None), Complaint.seen_at <= config.now())
        .order_by(Complaint.source_key)
    )
    with config.engine.connect() as connection:
        return [f"complaint:{r.source_id}:{r.source_key}" for r in connection.execute(query)]


def _respond(config: Config, host: str, n: int, market: Market) -> None:
    responses.respond(config, host, f"我们已处理第{n}单", None, None, True)


def _dispute(config: Config, host: str, n: int, market: Market) -> None:
    disputes.open_dispute(config, host, "icp_filing", f"第{n}条不对", None, True)


def _decide(config: Config, host: str, n: int, market: Market) -> None:
    with config.engine.connect() as connection:
        waiting = connection.scalars(
            select(Dispute.id).where(Dispute.decided_at.is_(None)).order_by(Dispute.id)
        ).all()
    if waiting:
        disputes.decide(config, waiting[0], ("upheld", "amended")[n % 2], "已核对", "checked")


def _correct(config: Config, host: str, n: int, market: Market) -> None:
    responses.add_correction(config, host, "amended", f"第{n}条有误", f"number {n} was wrong")


def _review(config: Config, host: str, n: int, market: Market) -> None:
    """Decide an alarm, a red verdict or a campaign of the days before; who never rated has no such question, so it is put."""
    today = config.today()
    keys = [f"alarm:{host}:{today - dt.timedelta(days=n % 5)}", f"red:{host}", f"campaign:{host}:{today}"]
    key = keys[n % 3]
    with config.engine.begin() as connection:
        row = connection.execute(select(Review).where(Review.key == key)).one_or_none()
        if row is None:
            detail = {"host": host}
            connection.execute(
                insert(Review).values(
                    kind=key.split(":")[0], key=key, subject=host, detail=detail, opened_at=config.now()
                )
            )
            row = connection.execute(select(Review).where(Review.key == key)).one()
    if row.decision is None:
        action, chosen = ("accept", "reject")[n % 2], Selection([str(row.id)])
        decisions.decide(config, action, chosen, None, None, "a person", False)


VERBS: dict[str, Any] = {
    "withdraw": _withdraw,
    "respond": _respond,
    "dispute": _dispute,
    "decide": _decide,
    "correct": _correct,
    "review": _review,
}


def lived(market: Market, folder: Path, rated: tuple[int, ...]) -> Folder:
    """The market taken in day by day, rated on some of them."""
    out = Folder(folder)
    for day in range(DAYS):
        if day in market.seen:
            out.take(market.seen[day], day)
        for what in market.done.get(day, ()):
            out.do(what, day, market)
        if day in rated:
            out.runs[day] = out.rated(day)
    return out


def told_at_once(market: Market, folder: Path, mixed: Any = None) -> Folder:
    """The same evidence in one import on the last day, then what was decided, in its order; nothing rated."""
    out = Folder(folder)
    records = market.records()
    if mixed is not None:
        mixed.shuffle(records)
    out.take(records, DAYS - 1)
    for day in sorted(market.done):
        for what in market.done[day]:
            out.do(what, day, market)
    return out
