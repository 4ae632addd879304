"""Five written scenarios from the first question to the letters, the dates and the evidence pack, and what nobody keeps of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from icalendar import Calendar
from starlette.formparsers import MultiPartParser

from dashboard.components import help_tools
from dashboard.help import deadlines
from dashboard.help.deadlines import clocks
from dashboard.help.letters import check, laws, title, write
from dashboard.help.texts import text
from dashboard.help.triage import letters_for, path_for
from tests.support.programs import scenarios
from tests.support.programs.in_process_cli import command
from tests.support.programs.scenarios import PAGE, SCENARIOS, TODAY, Scenario, walk
from tests.support.servers.browsing import Visit, served

ROOT = Path(__file__).parents[2]
WARNED = SCENARIOS[1]
each = pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=lambda s: s.case + "".join(f"-{b}" for b in sorted(s.answers.branches))
)


def letter_of(scenario: Scenario, name: str) -> str:
    path = path_for(scenario.answers, scenario.state)
    filled = {
        "site": scenario.site,
        "case": path.case,
        "refund": path.refund_first,
        "branches": path.branches,
    }
    return write(name, type(scenario.fields)(**(vars(scenario.fields) | filled)), TODAY)


@each
def test_a_scenario_leads_to_its_letters_dates_and_advice(scenario: Scenario) -> None:
    path = path_for(scenario.answers, scenario.state)
    assert path.case == scenario.case and letters_for(path) == scenario.letters
    written = {name: letter_of(scenario, name) for name in scenario.letters}
    for name, phrases in scenario.says.items():
        for phrase in phrases:
            assert phrase in written[name], f"{name}: {phrase}"
    for name, body in written.items():
        body += title(name, "zh", path.refund_first)
        assert not [word for word in scenario.never if word in body], f"{name} must not say {scenario.never}"
    fields, consumer = scenario.fields, "reseller" not in path.branches
    assert fields.paid_on
    found = clocks(fields.paid_on, fields.demanded_on, scenario.complained_on, None, consumer)
    assert {clock.id: str(clock.on) for clock in found} == scenario.clocks
    assert scenario.court in " ".join(check(scenario.province, fields.amount, TODAY, "zh", path.barred))
    assert path.refund_first == (scenario.state in ("warning", "closed"))
    steps = " ".join(text("step", step.id, "zh") for step in path.steps)
    assert not path.refund_first or "补发或" not in steps, "the whole flow asks for the money back"


@each
def test_no_letter_or_step_states_a_rule_without_article_and_date(scenario: Scenario) -> None:
    path = path_for(scenario.answers, scenario.state)
    for name in scenario.letters:
        body = letter_of(scenario, name)
        for rule in (deadlines.fact(quoted) for quoted in laws(name, "zh", path.branches)):
            assert rule.name("zh") in body
            assert f"{rule.verified_on} 核对" in rule.cite("zh")
    for step in path.steps:
        says_law = re.search(r"法|受理|时效|诉讼|十五日|15 日|三倍", text("step", step.id, "zh"))
        assert step.laws or not says_law, f"step {step.id} speaks of the law without naming an article"


@each
def test_the_written_page_says_what_the_product_does(scenario: Scenario) -> None:
    page = (ROOT / "docs/scenarios.md").read_text("utf-8")
    section = page.split(f"## {scenario.name}")[1].split("\n## ")[0]
    for day in scenario.clocks.values():
        assert day in section
    refund = scenario.state in ("warning", "closed")
    for name in scenario.letters:
        assert title(name, "zh", refund) in section
    assert text("case", scenario.case, "zh") in section and f"{scenario.fields.amount:f} 元" in section
    left_out = [n for n in scenarios.ALL if n not in scenario.letters and title(n, "zh", refund) in section]
    assert not left_out, f"the page offers {left_out}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    data, temporary = tmp_path_factory.mktemp("scenarios"), tmp_path_factory.mktemp("temporary")
    scenarios.prepare(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))  # where the server would put a file
        patch.setenv("KAMENGWATCH_LOG", "json")
        with served(data, scenarios.NOW) as address:
            yield address, data, temporary


MARK = "痕迹Xq7Zk3vW9b"


def files(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(f): (f.stat().st_size, f.stat().st_mtime_ns) for f in folder.rglob("*") if f.is_file() and f.name != "serve.log"}  # fmt: skip


def holds(folder: Path, mark: str) -> list[str]:
    return [str(file) for file in folder.rglob("*") if file.is_file() and mark.encode() in file.read_bytes()]


@pytest.mark.browser
def test_a_warned_site_in_a_real_browser_and_nothing_typed_is_kept_anywhere(
    chromium, site, tmp_path, capsys
) -> None:
    """Help, letters, pack and check are given a mark; afterwards no file, log, temporary folder or foreign request knows it."""
    address, data, temporary = site
    before = files(data)
    marks = {name: f"{MARK}{name}" for name in ("product", "payee", "channel", "company", "said")}
    original = tmp_path / "bill.png"
    original.write_bytes(b"PNG " + MARK.encode() * 100_000)  # 1.7 MB: what a telephone's screenshot may have
    visit = Visit(chromium, address, 360)
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    taken = walk(visit.open("/help"), WARNED, original, ("platform", "day15"), marks)
    assert visit.page.get_by_text("一律先要退款").first.is_visible() and visit.overflow() <= 0
    check_taken(taken, WARNED, ("platform", "day15"), tmp_path, capsys)
    visit.open(f"/?q=https://{MARK}.test/order?token={MARK}")
    assert MARK in taken["platform.txt"].decode("utf-8-sig"), "the mark was really typed"
    visit.context.close()
    assert not visit.troubles, visit.troubles
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
    assert files(data) == before, "nothing was written"
    assert not holds(data, MARK), "neither data nor log knows it"
    assert not holds(temporary, MARK), "nor the folder for temporary files"


def test_no_upload_is_large_enough_to_reach_the_disk() -> None:
    help_tools.keep_in_memory()
    assert help_tools.megabytes() * 2**20 < MultiPartParser.spool_max_size


@pytest.mark.browser
@pytest.mark.soak
@each
def test_every_scenario_in_a_real_browser(chromium, site, tmp_path, capsys, scenario) -> None:
    visit = Visit(chromium, site[0], 1280)
    original = tmp_path / "bill.png"
    original.write_bytes(b"PNG bill")
    page = visit.open("/help")
    taken = walk(page, scenario, original, scenario.letters)
    assert page.get_by_text(text("case", scenario.case, "zh")).first.is_visible()
    for day in scenario.clocks.values():
        assert page.get_by_text(day).first.is_visible()
    assert page.get_by_text(scenario.court, exact=False).first.is_visible()
    check_taken(taken, scenario, scenario.letters, tmp_path, capsys)
    visit.context.close()
    assert not visit.troubles, visit.troubles


def check_taken(
    taken: dict[str, bytes], scenario: Scenario, letters: tuple[str, ...], folder: Path, capsys
) -> None:
    """Letters as text and Word say the same, the calendar has the dates, the pack is verified by the command."""
    for name in letters:
        body = taken[f"{name}.txt"].decode("utf-8-sig")
        word = "\n".join(p.text for p in Document(io.BytesIO(taken[f"{name}.docx"])).paragraphs)
        assert word.endswith(body) or body.strip() in word
        for phrase in scenario.says.get(name, ()):
            assert phrase in body
    events = Calendar.from_ical(taken["kamengwatch.ics"]).walk("VEVENT")
    assert sorted(str(e.decoded("dtstart")) for e in events) == sorted(scenario.clocks.values())
    file = folder / "pack.zip"
    file.write_bytes(taken["evidence-pack.zip"])
    command(capsys, "pack", "--verify", file)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert [n for n in names if n.startswith("originals/")] == ["originals/001_bill.png"]
        captures = [archive.read(n) for n in names if n.startswith("captures/")]
        assert captures == [PAGE], "one click adds our archived captures"
        cover = archive.read("cover.html").decode()
        assert "不能证明之前的内容真实" in cover and scenario.site in cover
