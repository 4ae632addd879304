"""Single sites rated and published against the stored context: what a full run would say of them, and nothing half."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, delete, insert, select, update

from kamengwatch.config import Config
from kamengwatch.intake import changed_sites
from scoring import method
from scoring.engine import rate as rating
from scoring.engine.load_market import all_sources, counted_from, watched_sites
from scoring.engine.rate import Run, rate
from scoring.engine.sector_context import SectorContext
from scoring.engine.single_sites import _copied, full_rating, rate_sites
from scoring.features import population
from scoring.linkage.campaigns import elsewhere
from scoring.observations.day_index import end_of_day
from scoring.observations.disk_columns import NONE
from scoring.observations.sql_columns import read_rows
from scoring.publish import partial
from scoring.publish.partial import publish_sites
from scoring.publish.publisher import publish
from scoring.snapshot import signing
from scoring.snapshot.reader import OF_SITES, TABLES, Snapshot
from scoring.snapshot.writer import single_ratings
from store.db.engine import default_url, open_engine
from store.db.tables import Alias, Complaint, Correction, Dispute, Page, Platform, Response
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import database, product
from tests.support.markets.scoring import at, complaints, market
from tests.support.programs.in_process_cli import command

DAYS = 70
DAY = dt.date(2026, 1, 1) + dt.timedelta(days=DAYS - 1)
NOW = dt.datetime(2026, 3, 12, 3, tzinfo=dt.UTC)
MALL, MERCHANT = "16688.com.cn", "16688.com.cn/shop/zhizao1"
CLOSED = "closed.example"
SAMPLE = 3
"""Sites that the sector's figures are learned from here, so that the others are not among them."""


def records() -> list[dict[str, Any]]:
    found = market(np.random.default_rng(5), 4, DAYS)
    for n, host in enumerate(("m0.example", "m1.example", "m2.example", MALL)):
        found += complaints(host, range(4 + n, DAYS - 8, 5 + n), n % 4)
        pages = {"kind": "page", "source": "storefront", "host": host, "role": "home", "signs": {"contact_keys": {"qq": [f"k{n % 2}"]}},
                 "footer_icp": f"京ICP备1234567{n % 2}号", "text": "七天内退款，秒到账"}  # fmt: skip
        prices = [{"kind": "price", "source": "storefront", "host": host, "observed_at": at(day), "product": product(p), "price": 5.0 + p + n}
                  for day in range(1, DAYS, 9) for p in range(3)]  # fmt: skip
        found += (
            [pages | {"observed_at": at(day)} for day in (2, 30)] + prices + [filed(host, "甲乙"[n % 2], 3)]
        )
    found += complaints(MERCHANT, range(5, DAYS - 8, 11), 3, "merchant")
    found += [filed(CLOSED, "丙", 3), home(CLOSED, "k9", 3)]
    found += [{"kind": "probe", "source": "availability", "host": host, "observed_at": at(day, 8), "outcome": "ok" if host != CLOSED or day < 20 else "down"}
              for day in range(1, DAYS) for host in (CLOSED, MALL)]  # fmt: skip
    return [{"kind": "platform", "host": host} for host in (MALL, MERCHANT, CLOSED)] + found


def home(host: str, contact: str, day: int) -> dict[str, Any]:
    return {"kind": "page", "source": "storefront", "host": host, "observed_at": at(day), "role": "home", "text": "首页",
            "signs": {"contact_keys": {"qq": [contact]}}}  # fmt: skip


def filed(host: str, company: str, day: int) -> dict[str, Any]:
    return {"kind": "filing", "source": "icp", "host": host, "observed_at": at(day), "found": True, "domain": host,
            "number": f"粤ICP备1804637{'甲乙丙'.index(company)}号-1", "entity": f"{company}科技有限公司", "nature": "企业"}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """A folder with a full rating, published and signed."""
    folder = tmp_path_factory.mktemp("single")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(method, "FIT_SAMPLE", SAMPLE)
        engine = database(folder, records())
        signing.create_key(folder, NOW)
        run = rate(engine, folder, DAY, NOW)
        publish(engine, folder, NOW)
        engine.dispose()
        yield folder, run


@pytest.fixture
def data(filled: tuple[Path, Run], tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(filled[0], copy, symlinks=True)
    return copy


def opened(data: Path) -> Engine:
    return open_engine(default_url(data))


def public(data: Path) -> Any:
    key = signing.private_key(data)
    assert key is not None
    return key.public_key()


def outside(engine: Engine) -> list[str]:
    """The hosts the sector's figures are not learned from, as they are chosen."""
    from scoring.engine.load_market import load_dataset

    facts = load_dataset(engine, DAY)
    sampled = {site.host for site in population._sample(facts).sites}
    return [site.host for site in facts.sites if site.host not in sampled]


def told(folder: Path, host: str) -> dict[str, list[dict[str, Any]]]:
    """Every row about a site, by table."""
    return {
        name: pq.read_table(folder / f"{name}.parquet").filter(pc.field("host") == host).to_pylist()
        for name in OF_SITES
        if (folder / f"{name}.parquet").is_file()
    }


def differing(a: dict[str, list[dict[str, Any]]], b: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """(table, row, column, both values) of what two ratings say otherwise."""
    out: list[Any] = [
        (name, len(a[name]), len(b[name])) for name in a.keys() & b if len(a[name]) != len(b[name])
    ]
    for name in a.keys() & b:
        for one, other in zip(a[name], b[name], strict=False):
            out += [(name, one.get("indicator"), k, one[k], other[k]) for k in one if one[k] != other[k]]
    return out[:9]


def test_every_site_rated_singly_is_what_the_full_rating_says_to_the_byte(data: Path, filled: Any) -> None:
    engine = opened(data)
    hosts = pq.read_table(filled[1].folder / "ratings.parquet")["host"].to_pylist()
    for some in ([host] for host in (MALL, MERCHANT, "m1.example")):
        folder, day = rate_sites(engine, data, some, DAY, NOW)
        assert day == DAY
        assert all(
            rows == told(filled[1].folder, host)[name]
            for host in some
            for name, rows in told(folder, host).items()
        )
    folder, _ = rate_sites(engine, data, hosts, DAY, NOW)
    for name in (file.stem for file in folder.glob("*.parquet")):
        full = pq.read_table(filled[1].folder / f"{name}.parquet")
        assert pq.read_table(folder / f"{name}.parquet").equals(full.filter(pc.is_in(full["host"], pq.read_table(folder / "ratings.parquet")["host"].combine_chunks()))), name  # fmt: skip


def complain(engine: Engine, host: str) -> None:
    new = complaints(host, (DAYS - 4, DAYS - 3, DAYS - 2), 4, "new") + [
{"kind": "price", "source": "storefront", "host": host, "observed_at": at(DAYS - 2), "product": product(1), "price": 2.5}
    ]  # fmt: skip
    assert not import_records(Ingest(engine, NOW), new).refused


def take_back(engine: Engine, host: str) -> None:
    with engine.begin() as connection:
        site = connection.scalar(select(Platform.id).where(Platform.host == host))
        connection.execute(update(Complaint).where(Complaint.platform_id == site, Complaint.id % 2 == 0).values(withdrawn_at=NOW - dt.timedelta(days=1)))  # fmt: skip
        connection.execute(insert(Correction).values(platform_id=site, made_at=NOW - dt.timedelta(days=1), outcome="withdrawn", sentence_zh="撤回一条证据。", sentence_en="One withdrawn."))  # fmt: skip
        connection.execute(insert(Response).values(platform_id=site, received_at=NOW - dt.timedelta(days=2), text="已退款。"))  # fmt: skip
        for every in connection.scalars(
            select(Platform.id)
        ).all():  # the others' rows are no part of what is said of this site
            connection.execute(insert(Dispute).values(platform_id=every, received_at=NOW - dt.timedelta(days=2), about="掉单率", text="不对"))  # fmt: skip
            connection.execute(insert(Alias).values(platform_id=every, kind="name", key=f"别名{every}", text=f"别名{every}", source="watch", seen_at=NOW - dt.timedelta(days=2)))  # fmt: skip


def erase(engine: Engine, host: str) -> None:
    with engine.begin() as connection:
        site = connection.scalar(select(Platform.id).where(Platform.host == host))
        for table in (Complaint, Page):
            newest = connection.scalar(
                select(table.id).where(table.platform_id == site).order_by(table.id.desc())
            )
            connection.execute(delete(table).where(table.id == newest))


def probe_late(engine: Engine, host: str) -> None:
    """Probes of days that were rated already, by an import: of this site alone, so that the line may be at fault on some."""
    probes = [{"kind": "probe", "source": "availability", "host": host, "observed_at": at(DAYS - back, hour), "outcome": "down"}
              for back in range(1, 9) for hour in (3, 9, 21)]  # fmt: skip
    assert not import_records(Ingest(engine, NOW), probes).refused


def file_anew(engine: Engine, host: str) -> None:
    """The registry gives the site to the company of a closed one, whose contact it shows now: another link, another's trouble."""
    rows = [filed(host, "丙", DAYS - 3), home(host, "k9", DAYS - 3)]
    assert not import_records(Ingest(engine, NOW), rows).refused


def lead_on(engine: Engine, host: str) -> None:
    """The site leads to another that shows its contact, and the page that showed it first is taken back."""
    to = "m0.example" if host != "m0.example" else "m2.example"
    move = {
        "kind": "move",
        "source": "storefront",
        "host": host,
        "to_host": to,
        "via": "redirect",
        "observed_at": at(DAYS - 2),
    }
    assert not import_records(Ingest(engine, NOW), [move]).refused
    with engine.begin() as connection:
        site = connection.scalar(select(Platform.id).where(Platform.host == host))
        first = select(Page.id).where(Page.platform_id == site).order_by(Page.id).limit(1).scalar_subquery()
        connection.execute(
            update(Page).where(Page.id == first).values(withdrawn_at=NOW - dt.timedelta(days=1))
        )


@pytest.mark.parametrize("change", [complain, take_back, erase, probe_late, file_anew, lead_on])
def test_after_a_change_a_site_is_what_the_next_full_rating_says_of_it_and_published_so(
    data: Path, change: Any, filled: Any
) -> None:
    """Of a site that the sector's figures are not learned from; the next full rating is what it would be without the single one."""
    engine = opened(data)
    host = next(h for h in outside(engine) if h.startswith("m"))
    change(engine, host)
    folder, _ = rate_sites(engine, data, [host], DAY, NOW)
    assert told(folder, host) != told(filled[1].folder, host)
    if change in (file_anew, lead_on):
        before, after = (
            json.dumps(told(one, host)["links"], default=str) for one in (filled[1].folder, folder)
        )
        assert before != after and ("closed.example" in after) == (change is file_anew), (before, after)
    assert all(set(pq.read_table(file)["host"].to_pylist()) <= {host} for file in folder.glob("*.parquet"))
    single = told(folder, host)
    path = publish_sites(engine, data, [host], NOW + dt.timedelta(minutes=1))
    assert not list(signing.history_errors(data / "snapshots", public(data)))
    told_once = Snapshot(path)
    files = {name: (path / name).read_bytes() for name in _of_all(path)}

    full = rate(engine, data, DAY, NOW)
    if change is complain:  # whether it had been rated singly or not
        assert full.sha256 == rate(engine, data.with_name("other"), DAY, NOW).sha256
    assert differing(single, told(full.folder, host)) == []
    again = Snapshot(publish(engine, data, NOW + dt.timedelta(minutes=2)))
    assert not list(signing.history_errors(data / "snapshots", public(data)))
    for name in (*TABLES, "ranked", "sought"):
        if name in OF_SITES or name in ("ranked", "sought"):
            query = f"select * from {name} where host = ? order by all"
            assert told_once.rows(query, [host]) == again.rows(query, [host]), name
    for name, content in files.items():
        assert content == again.file(name).read_bytes(), name


WORDS = {
    "theirs": "充值会员三天了还没有到账，客服一直说在处理，要求退款也没有人理，希望平台尽快给个说法",
    "newer": "下单买的点卡卡密提示已经被使用过，联系商家不承认，提交截图之后直接把我拉黑了，太气人了",
    "late": "钱付了订单显示待发货整整一个星期，电话打不通，网页也打不开，请大家不要再上当受骗",
    "own": "包月套餐第二天就失效，重新登录显示账号不存在，让补差价才肯换，这样的店请有关部门查一查",
}


def said(engine: Engine, host: str, *words: str, day: int = DAYS - 5) -> None:
    rows = [{"kind": "complaint", "source": "heimao", "source_id": f"{word}{host}", "host": host, "filed_at": at(day), "text": WORDS[word]}
            for word in words]  # fmt: skip
    assert not import_records(Ingest(engine, NOW), rows).refused


def holding_words_of_others(engine: Engine, data: Path, host: str) -> set[str]:
    """Which of WORDS a site's complaints have from others', as a rating of it says by what was kept; and so says one of all complaints."""
    end, context = end_of_day(DAY), SectorContext.opened(full_rating(engine, data))
    with engine.connect() as connection:
        sites = watched_sites(connection)
        number = {source.id: source.index for source in all_sources(connection, end)}
        keys = dict(connection.execute(select(Complaint.id, Complaint.source_key)).all())
    place = {site.id: at for at, site in enumerate(sites)}
    (site,) = (site.id for site in sites if site.host == host)
    every = counted_from(read_rows(engine, "complaint", place, number, end), context.first_day)
    mine = counted_from(
        read_rows(engine, "complaint", {site: 0}, number, end, NONE, [site]), context.first_day
    )
    found = _copied(engine, mine, {site: 0}, number, end, context.first_day, context)
    assert set(mine.id[found]) == set(every.id[elsewhere(every) & (every.platform == place[site])])
    return {word for word in WORDS for id_ in mine.id[found] if keys[id_].startswith(word)}


def test_the_words_of_other_sites_are_found_by_what_was_kept_and_what_came_since(data: Path) -> None:
    """Of others' complaints only those that share words are read: erased, unwatched, new and newly watched ones included."""
    engine = opened(data)
    said(engine, "m1.example", "theirs", day=DAYS - 9)
    said(engine, "m2.example", "theirs", day=DAYS - 8)
    assert not import_records(Ingest(engine, NOW), [{"kind": "platform", "host": "late.example"}]).refused
    said(engine, "late.example", "late", day=DAYS - 9)
    with engine.begin() as connection:
        connection.execute(update(Platform).where(Platform.host == "late.example").values(status="candidate"))
    rate(engine, data, DAY, NOW)
    said(engine, "m0.example", *WORDS)
    assert holding_words_of_others(engine, data, "m0.example") == {"theirs"}
    said(engine, "m1.example", "newer", day=DAYS - 6)
    assert holding_words_of_others(engine, data, "m0.example") == {"theirs", "newer"}
    with engine.begin() as connection:
        connection.execute(update(Platform).where(Platform.host == "late.example").values(status="watched"))
        connection.execute(delete(Complaint).where(Complaint.source_key == "theirsm1.example"))
    assert holding_words_of_others(engine, data, "m0.example") == {"theirs", "newer", "late"}
    with engine.begin() as connection:
        connection.execute(update(Platform).where(Platform.host == "m2.example").values(status="paused"))
    assert holding_words_of_others(engine, data, "m0.example") == {"newer", "late"}


def _of_all(path: Path) -> list[str]:
    """Files of a partial snapshot that a whole one has as well."""
    names = (p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    own = ("manifest.json", "SHA256SUMS", "manifest.sig", "ranked.parquet", "sought.parquet")
    return [name for name in names if name not in own and not name.startswith("sites/")]


def test_two_in_turn_are_both_at_once_and_whoever_is_not_told_anew_stays(data: Path) -> None:
    engine = opened(data)
    before = Snapshot.latest(data)
    hosts = [host for host in outside(engine) if host.startswith("m")][:2] or ["m0.example"]
    for host in hosts:
        complain(engine, host)
    other = data.with_name("once")
    shutil.copytree(data, other, symlinks=True)
    for minute, host in enumerate(hosts):
        rate_sites(engine, data, [host], DAY, NOW)
        publish_sites(engine, data, [host], NOW + dt.timedelta(minutes=minute))
    rate_sites(opened(other), other, hosts, DAY, NOW)
    publish_sites(opened(other), other, hosts, NOW)
    turn, once = Snapshot.latest(data), Snapshot.latest(other)
    assert turn.manifest["content_sha256"] == once.manifest["content_sha256"]
    marks = ", ".join("?" * len(hosts))
    for name in OF_SITES:
        query = f"select * from {name} where host is null or host not in ({marks}) order by all"
        assert turn.rows(query, hosts) == before.rows(query, hosts), name
        assert len(turn.rows(f"select * from {name}")) == len(once.rows(f"select * from {name}"))
    assert publish_sites(engine, data, hosts[-1:], NOW + dt.timedelta(hours=1)) == turn.path


@pytest.mark.parametrize("step", ["write_parquet", "sync_tree", "write_manifest", "point_latest_at"])
def test_an_interrupted_publication_leaves_the_old_state_and_the_next_one_ends(
    data: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened(data)
    latest = (data / "snapshots/latest").resolve()
    rate_sites(engine, data, ["m0.example"], DAY, NOW)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(partial, step, killed)
        with pytest.raises(KeyboardInterrupt):
            publish_sites(engine, data, ["m0.example"], NOW)
    assert (data / "snapshots/latest").resolve() == latest
    assert publish_sites(engine, data, ["m0.example"], NOW + dt.timedelta(minutes=1)) != latest


@pytest.mark.parametrize("step", ["write_parquet", "sync_tree", "sync_folder"])
def test_an_interrupted_single_rating_leaves_what_was_rated_before(
    data: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring.engine import single_sites

    engine = opened(data)
    folder, _ = rate_sites(engine, data, ["m0.example"], DAY, NOW)
    first = told(folder, "m0.example")
    complain(engine, "m0.example")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(single_sites, step, killed)
        with pytest.raises(KeyboardInterrupt):
            rate_sites(engine, data, ["m0.example"], DAY, NOW)
    kept = [told(one, "m0.example") for one, _ in single_ratings(folder.parent.parent)]
    assert kept[-1] == first
    second, _ = rate_sites(engine, data, ["m0.example"], DAY, NOW)
    assert told(second, "m0.example") != first


def test_what_cannot_stand_on_a_full_rating_is_one_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-12T11:00:00+08:00")

    def refused(*words: object) -> str:
        line = command(capsys, *words, "--lang", "en", expect=2).err
        assert len(line.splitlines()) == 1, line
        return line

    (tmp_path / "new").mkdir()
    assert "no full rating" in refused("rate", "--platform", "a.example", "--data-dir", tmp_path / "new")
    assert "not watched" in refused("rate", "--platform", "nobody.example", "--data-dir", data)
    assert "not rated singly" in refused("publish", "--platform", "m1.example", "--data-dir", data)
    done = command(capsys, "rate", "--platform", "m1.example", "--publish", "--json", "--data-dir", data).out
    rated, published = map(json.loads, done.splitlines())
    assert rated["sites"] == ["m1.example"]
    assert (data / "snapshots" / "latest").resolve().name == published["snapshot"]
    assert "as of 2026-03-11" in refused(
        "rate", "--platform", "m1.example", "--as-of", "2026-03-01", "--data-dir", data
    )
    about = next((data / "rated").glob("*/context/about.json"))
    told_ = json.loads(about.read_text("utf-8"))
    about.write_text(json.dumps(told_ | {"method_version": "2020.1.1"}), "utf-8")
    assert "method 2020.1.1" in refused("rate", "--platform", "m1.example", "--data-dir", data)
    about.write_text(json.dumps(told_), "utf-8")
    (about.parent / "days.npz").write_bytes(b"")
    assert "days.npz" in refused("rate", "--platform", "m1.example", "--data-dir", data)


def test_on_the_day_after_a_site_is_rated_as_of_that_day_and_the_page_keeps_its_own(data: Path) -> None:
    engine = opened(data)
    complain(engine, "m0.example")
    folder, day = rate_sites(engine, data, ["m0.example"], DAY + dt.timedelta(days=1), NOW)
    assert day == DAY + dt.timedelta(days=1)
    assert told(folder, "m0.example")["history"][-1]["on"] == day
    snapshot = Snapshot(publish_sites(engine, data, ["m0.example"], NOW))
    days = {row["host"]: row["as_of"] for row in snapshot.rows("select host, as_of from ratings")}
    assert days.pop("m0.example") == day and set(days.values()) == {DAY}
    assert (
        snapshot.manifest["as_of"] == DAY.isoformat()
        and snapshot.manifest["partial"]["as_of"] == day.isoformat()
    )


def test_a_site_is_due_once_after_a_decision_or_an_import_and_not_again(data: Path) -> None:
    later = NOW + dt.timedelta(hours=1)
    config, settled = Config(data, fixed_now=later), dt.timedelta(seconds=10)
    assert changed_sites.due(config, settled) == []
    with config.engine.begin() as connection:
        site = connection.scalar(select(Platform.id).where(Platform.host == "m1.example"))
        connection.execute(insert(Response).values(platform_id=site, received_at=later, text="已退款。"))
    before = changed_sites.newest_rows(config)
    complain(config.engine, "m0.example")
    changed_sites.note_since(config, before)
    assert changed_sites.due(config, settled) == [], "not before the last change has settled"
    soon = Config(data, fixed_now=later + dt.timedelta(seconds=30))
    assert changed_sites.due(soon, settled) == ["m0.example", "m1.example"]
    for hosts in (["m0.example"], ["m1.example"]):
        rate_sites(soon.engine, data, hosts, DAY, soon.now())
        publish_sites(soon.engine, data, hosts, soon.now())
        assert hosts[0] not in changed_sites.due(soon, settled)
    assert changed_sites.due(soon, settled) == []
    rating.rate(soon.engine, data, DAY, soon.now())
    assert changed_sites.due(soon, settled) == [], "a full rating that is not published yet knows of them"


@pytest.mark.parametrize("n", [0, 2, 400])
def test_the_service_rates_and_publishes_what_is_due_and_all_where_it_is_much(
    data: Path, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kamengwatch.pipeline import scheduler

    monkeypatch.setattr(scheduler, "require_contact", lambda: None)
    hosts = [f"m{at}.example" for at in range(n)]
    monkeypatch.setattr(scheduler.changed_sites, "due", lambda *_: hosts)
    service = scheduler.Service(Config(data, fixed_now=NOW))
    steps: list[tuple[str, ...]] = []
    monkeypatch.setattr(service, "_step", lambda *words: not steps.append(words))
    assert service.judge_single()
    few = [("rate", "--publish", *(w for host in hosts for w in ("--platform", host)))]
    assert steps == ([] if not n else few if n == 2 else [("rate",), ("publish",)])
    taken: list[int] = []
    monkeypatch.setattr(scheduler.form_inbox, "take_in", lambda config: taken.append(1))
    (data / "inbox").mkdir(exist_ok=True)
    for words in ("one\n", "one\n", "one\ntwo\n"):  # what a sender says is taken in within seconds, and once
        if (file := data / "inbox" / "2026-04-01.jsonl").exists() is False or file.read_text() != words:
            file.write_text(words)
        service.judge_single()
    assert len(taken) == 2


def test_a_single_rating_begins_without_pandas_and_who_wants_it_later_has_it() -> None:
    code = """
import sys
from kamengwatch.pipeline.single_sites import _quick_imports
with _quick_imports():
    import scoring.engine.single_sites, scoring.publish.partial
import pyarrow
table = pyarrow.Table.from_pylist([{"n": 1}])
print("pandas" in sys.modules, table.to_pandas()["n"].sum(), "pandas" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "1", "True"]
    assert not ran.stderr, "libraries complain at the end of what was frozen"
