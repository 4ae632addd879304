"""Every parser and importer on spoiled input: it reads it or refuses with a reason, within a second and within bounds.

The everyday run gives each a few dozen to a few hundred inputs; the soak gives each KAMENGWATCH_SOAK_FUZZ (100,000 unless set).
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.presenters import current_snapshot
from dashboard.web.api import PREFIX, ROUTES
from store.evidence import records
from store.redaction import redact
from store.text import query as names
from tests.support.hostile import fuzz_targets
from tests.support.hostile.fuzzing import LONGEST, hammer, spoiled
from tests.support.markets import snapshots

TARGETS = {target.name: target for target in fuzz_targets.targets()}
EVERYDAY = 80
SOAK = int(os.environ.get("KAMENGWATCH_SOAK_FUZZ", "100000"))
MEMORY_MB = 200


def test_every_parser_is_fuzzed():
    assert not fuzz_targets.unlisted(), (
        "give these modules of crawler/formats an entry in fuzz_targets.FORMATS"
    )
    assert len(TARGETS) > 30


@pytest.mark.parametrize("name", TARGETS)
def test_spoiled_input_is_read_or_refused_with_a_reason(name):
    target = TARGETS[name]
    found = hammer(name, target.run, target.seeds, target.refusals, EVERYDAY)
    assert not found.failures, "\n".join(found.failures[:20])


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", TARGETS)
def test_many_spoiled_inputs(name, record_property):
    target = TARGETS[name]
    found = hammer(name, target.run, target.seeds, target.refusals, SOAK)
    record_property("inputs", found.read + found.refused + len(found.failures))
    record_property("refused", found.refused)
    record_property("slowest ms", round(found.slowest * 1000))
    record_property("memory grown MB", found.grown)
    assert not found.failures, "\n".join(found.failures[:20])
    assert found.grown < MEMORY_MB


def test_the_same_number_makes_the_same_input():
    assert spoiled(fuzz_targets.LINES, 77, "x") == spoiled(fuzz_targets.LINES, 77, "x")
    assert all(len(spoiled(fuzz_targets.LINES, n, "x")) <= LONGEST for n in range(50))


@settings(max_examples=150, deadline=1000)
@given(st.text(max_size=400))
def test_any_text_is_a_query_a_line_and_a_text_to_clean(text):
    query = names.parse_query(text)
    assert query.host is None or names.parse_query(query.host).host == query.host
    assert not redact.contains_personal_data(redact.clean(text))
    with pytest.raises(records.RecordError):
        records.parse_line(text)


@pytest.fixture
def api(tmp_path, monkeypatch):
    snapshots.build(tmp_path)
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(tmp_path))
    current_snapshot.use_clock(None)
    return TestClient(Starlette(routes=ROUTES), raise_server_exceptions=True)


PARAMETERS = (
    "q",
    "lang",
    "text",
    "tier",
    "warning",
    "filing",
    "province",
    "software",
    "sells",
    "page",
    "since",
)


@pytest.mark.parametrize(
    "count", [15, pytest.param(SOAK // 10, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_any_address_of_the_api_is_answered(api, count, record_property):
    def ask(body: bytes) -> None:
        text = body.decode("utf-8", "replace")[:2000]
        query = {name: text[at : at + 200] for at, name in enumerate(PARAMETERS) if len(body) % (at + 2)}
        for path in (
            "check",
            "rank",
            "events",
            f"sites/{text[:80].replace('/', '')}",
            "sites/lan.test/" + text[:20].replace("/", ""),
        ):
            answer = api.get(
                f"{PREFIX}/{quote(path)}",
                params=query | {"q": text},
            )
            assert answer.status_code in (200, 307, 400, 404, 405), answer.status_code

    found = hammer("api", ask, fuzz_targets.SAID, (), count)
    record_property("inputs", count)
    record_property("slowest ms", round(found.slowest * 1000))
    assert not found.failures, "\n".join(found.failures[:20])


def test_a_day_no_calendar_has_is_named_as_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = snapshots.build(tmp_path)
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(tmp_path))
    file = folder / "ratings.parquet"
    table = pq.read_table(file)
    never = pa.array([2**31 - 1] * len(table), pa.int32()).cast(pa.date32())
    pq.write_table(
        table.set_column(table.schema.get_field_index("first_seen_on"), "first_seen_on", never), file
    )
    current_snapshot._open.cache_clear()
    with pytest.raises(current_snapshot.DamagedSnapshot, match="damaged"):
        current_snapshot.rows(current_snapshot.current(), "select * from ratings")


@pytest.mark.parametrize(
    "count", [20, pytest.param(SOAK // 20, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_a_spoiled_snapshot_is_read_or_named_as_damaged(tmp_path: Path, monkeypatch, count, record_property):
    folder = snapshots.build(tmp_path)
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(tmp_path))
    whole = {
        file: file.read_bytes()
        for file in (*folder.glob("*.parquet"), folder / "manifest.json", folder / "method.json")
    }
    files = sorted(whole)
    turn = iter(range(10**9))

    def read(body: bytes) -> None:
        current_snapshot._open.cache_clear()
        current_snapshot.facts.cache_clear()
        file = files[next(turn) % len(files)]
        file.write_bytes(spoiled([whole[file]], next(turn) + 1, file.name))
        try:
            snapshot = current_snapshot.current()
            current_snapshot.facts(snapshot)
            current_snapshot.rows(
                snapshot, f"select * from {file.stem if file.suffix == '.parquet' else 'ratings'}"
            )
        finally:
            file.write_bytes(whole[file])

    found = hammer("snapshot", read, [b"x"], (current_snapshot.DamagedSnapshot,), count)
    record_property("inputs", count)
    record_property("refused", found.refused)
    assert not found.failures, "\n".join(found.failures[:20])
