"""Every indicator answers every documented outcome: one case file per indicator, found not registered."""

import datetime as dt
import json
from pathlib import Path

import pytest

from scoring.finding import OUTCOMES, definitions
from tests.support.markets.judged_records import database, expand, judged

CASES = Path(__file__).resolve().parents[2] / "cases"
_HEADS = ("ok", "concern", "unknown", "hidden", "not_applicable")


def _cases():
    for definition in definitions():
        file = CASES / f"{definition.id}.json"
        for number, case in enumerate(json.loads(file.read_text("utf-8")) if file.is_file() else []):
            yield pytest.param(
                definition.id, case, id=f"{definition.id}-{number}-{case['expect']['outcome']}"
            )


@pytest.mark.parametrize("indicator", [d.id for d in definitions()])
def test_every_documented_outcome_has_a_case(indicator):
    definition = next(d for d in definitions() if d.id == indicator)
    file = CASES / f"{indicator}.json"
    assert file.is_file(), (
        f"write tests/cases/{indicator}.json: a list of {{given, as_of, expect}}, one for every outcome"
    )
    shown = {case["expect"]["outcome"] for case in json.loads(file.read_text("utf-8"))}
    missing = [h for h in _HEADS if h in definition.texts and h not in shown]
    assert not missing, f"tests/cases/{indicator}.json lacks a case with outcome {', '.join(missing)}"


@pytest.mark.parametrize(("indicator", "case"), list(_cases()))
def test_case(indicator, case, tmp_path):
    engine = database(tmp_path, expand(case["given"]))
    result = judged(engine, dt.date.fromisoformat(case["as_of"]))
    site = [s.host for s in result.facts.sites].index(case.get("host", "a.example"))
    finding = result.found[indicator][1]
    outcome = OUTCOMES[finding.outcome[site, -1]]
    assert outcome == case["expect"]["outcome"], finding.say(site)
    if "value" in case["expect"]:
        assert finding.value[site, -1] == pytest.approx(case["expect"]["value"], rel=1e-3)
    zh, en = finding.say(site)
    assert zh and en and zh.endswith(("。", "？")) and en.endswith(".")
    if outcome == "concern":
        assert finding.cite(site), "a concern must cite what it rests on"
