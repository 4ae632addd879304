"""A second place that looks for us: whose reports are taken, which are refused and why, and when a site is down by a majority."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kamengwatch.config import Config, UserError
from kamengwatch.intake import observing, watchlist
from kamengwatch.recompute.database import load
from scoring.engine.load_market import load_dataset
from scoring.observations.dataset import NEVER
from scoring.snapshot import signing
from scoring.tables.registers import source_health
from scoring.warning.site_signals import reachability
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import judged

NOW = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
HOSTS = ("a.example", "b.example", "c.example", "d.example")


def ago(hours: float) -> str:
    return (NOW - dt.timedelta(hours=hours)).isoformat()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = Config(tmp_path / "data", fixed_now=NOW - dt.timedelta(days=12))
    watchlist.add_sites(made, [(host, None, ()) for host in HOSTS])
    signing.create_key(made.data_dir, made.now())
    observing.hand_out(made, tmp_path / "hosts.json")
    return Config(tmp_path / "data", fixed_now=NOW)


@pytest.fixture
def key(config: Config, tmp_path: Path) -> Ed25519PrivateKey:
    return trusted(config, tmp_path, "上海电信")


def trusted(config: Config, folder: Path, place: str, mainland: bool = True) -> Ed25519PrivateKey:
    made = Ed25519PrivateKey.generate()
    pem = made.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    (folder / "place.pem").write_bytes(pem)
    observing.trust(config, folder / "place.pem", place, mainland)
    return made


def report(
    folder: Path, key: Ed25519PrivateKey, looks: list[dict[str, Any]], made: str = "", controls: Any = None, listed: str = ""
) -> Path:  # fmt: skip
    told = json.loads((folder / "hosts.json").read_text("utf-8"))
    head = {"kind": "place-report", "format": 1, "list": listed or observing.list_id(told), "made_at": made or ago(1), "key": "",
            "controls": {"answered": ["control.example"], "silent": {}} if controls is None else controls}  # fmt: skip
    file = folder / f"{len(list(folder.glob('*.jsonl')))}.jsonl"
    file.write_bytes(observing.signed_report([head, *looks], key))
    return file


def look(host: str = "a.example", outcome: str = "down", hours: float = 2, **more: Any) -> dict[str, Any]:
    return {"host": host, "observed_at": ago(hours), "outcome": outcome, **more}


def swapped(old: bytes, new: bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(file.read_bytes().replace(old, new)) and None  # type: ignore[func-returns-value]


def test_a_report_is_taken_once(config: Config, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    file = report(tmp_path, key, [look(), look("b.example", "ok", status=200)])
    taken = observing.take_one(config, file)
    assert (taken.place, taken.looks, taken.refused) == ("上海电信", 2, [])
    again = observing.take_one(config, file)
    assert again.looks == 0 and "收过了" in again.refused[0][1]


@pytest.mark.parametrize(
    ("dishonest", "why"),
    [
        (lambda file: file.write_bytes(b"\n".join(file.read_bytes().splitlines()[:-1])), "没有签名"),
        (lambda file: file.write_bytes(b""), "没有签名"),
        (lambda file: file.write_bytes(b"\x00\xff{"), "没有签名"),
        (lambda file: file.unlink(), "读不了"),
        (swapped(b'"down"', b'"ok"'), "改动过"),
        (swapped(b"control.example", b"another.example"), "改动过"),
        (lambda file: file.write_bytes(file.read_bytes().split(b"\n", 1)[1]), "改动过"),
    ],
)  # fmt: skip
def test_what_is_not_as_the_place_signed_it_is_refused_whole(
    config: Config, key: Ed25519PrivateKey, tmp_path: Path, dishonest: Callable[[Path], Any], why: str
) -> None:
    file = report(tmp_path, key, [look()])
    dishonest(file)
    taken = observing.take_one(config, file)
    assert taken.looks == 0 and why in taken.refused[0][1], taken.refused


def test_keys_lists_and_times_that_are_none_of_ours_are_refused_whole(
    config: Config, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    stranger = Ed25519PrivateKey.generate()
    cases = [
        (report(tmp_path, stranger, [look()]), "不认识的密钥"),
        (report(tmp_path, key, [look()], listed="0" * 64), "不是我们发出的名单"),
        (report(tmp_path, key, [look()], listed="../../keys/keys"), "不是我们发出的名单"),
        (report(tmp_path, key, [look()], made=ago(-2)), "未来"),
        (report(tmp_path, key, [look()], made=ago(24 * 8)), "太旧"),
        (report(tmp_path, key, [look()], made="yesterday"), "不是时间"),
    ]
    for file, why in cases:
        assert why in observing.take_one(config, file).refused[0][1]
    assert observing.take_one(config, report(tmp_path, key, [look()], made=ago(1))).looks == 1
    older = observing.take_one(config, report(tmp_path, key, [look("b.example")], made=ago(3)))
    assert "比收过的旧" in older.refused[0][1]
    observing.distrust(config, "上海电信")
    assert (
        "已撤销" in observing.take_one(config, report(tmp_path, key, [look()], made=ago(0.5))).refused[0][1]
    )


def test_wrong_lines_are_named_and_the_rest_is_taken(config: Config, key: Ed25519PrivateKey, tmp_path: Path) -> None:  # fmt: skip
    looks = [look(), look("stranger.example"), look(), look("b.example", "fine"), look("c.example", hours=-3), look("d.example", hours=24 * 30),
             look("d.example", "ok")]  # fmt: skip
    taken = observing.take_one(config, report(tmp_path, key, looks))
    assert taken.looks == 2
    assert [number for number, _ in taken.refused] == [3, 4, 5, 6, 7]
    with pytest.raises(UserError):
        observing.take(config, [report(tmp_path, key, looks, made=ago(0.5))], as_json=False)


def test_a_place_whose_controls_are_silent_is_out(config: Config, key: Ed25519PrivateKey, tmp_path: Path) -> None:  # fmt: skip
    silent = [{"answered": [], "silent": {"control.example": "timeout"}}, {}, {"answered": "control.example"}]
    for controls, made in zip(silent, map(ago, (3, 2, 1)), strict=True):
        taken = observing.take_one(config, report(tmp_path, key, [look()], controls=controls, made=made))
        assert taken.looks == 0 and not taken.line_works and not taken.refused
    place = next(
        row for row in source_health(config.engine, NOW + dt.timedelta(seconds=1)) if row["kind"] == "place"
    )
    assert place["source"] == "place:上海电信" and place["health"] == "failed" and place["last_ok_at"] is None


def test_only_what_the_operator_signed_is_looked_at(config: Config, tmp_path: Path) -> None:
    there = Config(tmp_path / "there", fixed_now=NOW)
    (tmp_path / "operator.pem").write_text(signing.public_pem(config.data_dir) or "")
    with pytest.raises(UserError, match="observe init"):
        observing.look(there, tmp_path / "hosts.json", tmp_path / "out.jsonl", "http://127.0.0.1:1")
    observing.initialise(there, tmp_path / "operator.pem")
    for old, new in (("a.example", "victim.example"), ('"signature": "', '"signature": "A')):
        text = (tmp_path / "hosts.json").read_text("utf-8").replace(old, new)
        (tmp_path / "altered.json").write_text(text, "utf-8")
        with pytest.raises(UserError, match="没有观测"):
            observing.look(there, tmp_path / "altered.json", tmp_path / "out.jsonl", "http://127.0.0.1:1")
    assert not (tmp_path / "out.jsonl").exists()


# Down by a majority.


def probes(config: Config, host: str, outcome: str) -> None:
    records = [
        {"kind": "probe", "source": "availability", "host": host, "observed_at": ago(24 * n + 3), "outcome": outcome, "class": "timeout"}
        for n in range(10)
    ]  # fmt: skip
    import_records(Ingest(config.engine, NOW), records)


def down(config: Config) -> bool:
    """Whether a.example counts as not reachable on the last day; the others answer us."""
    facts = load_dataset(config.engine, NOW.date())
    _, run = reachability(facts)
    return bool(run[[s.host for s in facts.sites].index("a.example"), -1] >= 0)


def taken_back_again(config: Config) -> set[int]:
    """Probes that the second path takes back, by its own SQL."""
    with duckdb.connect() as db:
        load(db, config.engine)
        db.execute("set variable as_of = ?::date", [NOW.date()])
        for file in ("visible.sql", "places.sql"):
            db.execute(files("kamengwatch.recompute").joinpath("sql", file).read_text("utf-8"))
        return {id_ for (id_,) in db.sql("select id from taken_back").fetchall()}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], True),
        ([("down", "timeout")], True),
        ([("ok", "up")], False),
        ([("refused", "waf_block")], False),
        ([("refused", "diverted")], True),  # a diversion saw nothing of the site: no voice
        ([("ok", "up"), ("down", "timeout")], True),
        ([("ok", "up"), ("ok", "up")], False),
        ([("refused", "diverted"), ("ok", "up")], False),
    ],
)
def test_down_needs_a_majority_of_the_places_that_looked(
    config: Config, tmp_path: Path, others: list[tuple[str, str]], expected: bool
) -> None:
    probes(config, "a.example", "down")
    for host in HOSTS[1:]:
        probes(config, host, "ok")
    for number, (outcome, told) in enumerate(others):
        key = trusted(config, tmp_path, f"第{number}处")
        looks = [look("a.example", outcome, hours=24 * n + 4, **{"class": told}) for n in range(1)]
        assert observing.take_one(config, report(tmp_path, key, looks)).looks == 1
    assert down(config) is expected
    facts = load_dataset(config.engine, NOW.date())
    own = facts.rows["probe"]
    assert {int(i) for i in own.id[own.gone < facts.days]} == taken_back_again(config), "verify --recompute"
    assert {row["host"] for row in facts.places} == ({"a.example"} if others else set())
    if others:
        assert len(facts.places) == 1 + len(others)
        assert all(row["agreed"] is expected for row in facts.places)


def test_a_place_alone_calls_nobody_down(config: Config, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    for host in HOSTS:
        probes(config, host, "ok")
    other = trusted(config, tmp_path, "广州移动")
    for one in (key, other):
        assert observing.take_one(config, report(tmp_path, one, [look()])).looks == 1
    assert not down(config)


def test_without_a_second_place_nothing_is_taken_back(config: Config) -> None:
    for host in HOSTS:
        probes(config, host, "down" if host == "a.example" else "ok")
    facts = load_dataset(config.engine, NOW.date())
    assert np.all(facts.rows["probe"].gone == NEVER) and not facts.places


@pytest.mark.parametrize(
    ("ours", "others", "voices"),
    [
        ("down", [], 1),
        ("down", ["down"], 1),  # agreeing, another place is no second voice: the site is seen to be down once
        ("down", ["down", "down"], 1),
        ("down", ["ok", "ok"], 0),  # a majority against us takes ours away
        ("ok", ["down", "down"], 0),  # and by itself it is none
    ],
)
def test_another_place_adds_no_independent_family_to_a_warning(
    config: Config, tmp_path: Path, ours: str, others: list[str], voices: int
) -> None:
    for host in HOSTS:
        probes(config, host, ours if host == "a.example" else "ok")
    for number, outcome in enumerate(others):
        key = trusted(config, tmp_path, f"第{number}处")
        assert (
            observing.take_one(config, report(tmp_path, key, [look("a.example", outcome, hours=4)])).looks
            == 1
        )
    found = judged(config.engine, NOW.date())
    site = [s.host for s in found.facts.sites].index("a.example")
    assert int(found.warned.families[site, -1]) == voices
