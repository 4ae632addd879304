"""The documentation as a reader meets it: the site builds with every link, and the notebook page does what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import kamengwatch as kw
from scoring.snapshot.reader import SnapshotError

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/notebooks.md").read_text("utf-8"), re.DOTALL)
COMPLAINTS = [
    {
        "kind": "complaint",
        "source": "heimao",
        "source_id": f"{n}",
        "host": f"{'ab'[n % 2]}.example",
        "filed_at": f"2026-11-{1 + n % 28:02d} 10:00",
        "title": "付款后没有发货",
        "text": f"买了第{n}种卡，付款后一直没有到账",
        "amount": 20.5 + n if n % 3 else None,
        "status": "open",
    }
    for n in range(24)
]


@pytest.fixture(scope="module")
def market() -> kw.Market:
    return kw.rate_evidence(pd.DataFrame(COMPLAINTS), "2026-11-30")


def test_the_site_builds_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    commands = (tmp_path / "site/commands/index.html").read_text("utf-8")
    assert "kamengwatch check" in commands and "--exit-code" in commands
    assert "KAMENGWATCH_DATA_DIR" in (tmp_path / "site/settings/index.html").read_text("utf-8")


def test_the_notebook_page_runs_from_top_to_bottom(
    market: kw.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/snapshots").mkdir(parents=True)
    (tmp_path / "data/snapshots/latest").symlink_to(market.path)
    seen: dict[str, object] = {}
    for block in BLOCKS:
        exec(block, seen)
    assert set(seen["ratings"]["host"]) == {"a.example", "b.example"}  # type: ignore[index]
    assert seen["complaints"].num_rows == 12  # type: ignore[attr-defined]
    assert len(seen["why"]) > 20  # type: ignore[arg-type]
    mine = seen["mine"]
    assert isinstance(mine, kw.Market) and list(mine.ratings()["host"]) == ["a.example"]
    assert [number for number, _ in mine.refused] == [4] and "kind" in mine.refused[0][1]


def test_a_data_frame_is_rated_as_the_same_records_one_by_one(market: kw.Market) -> None:
    rows = [{k: v for k, v in record.items() if v is not None} for record in COMPLAINTS]
    again = kw.rate_evidence(rows, market.as_of)
    for table in ("ratings", "findings", "history", "evidence"):
        pd.testing.assert_frame_equal(market.table(table), again.table(table))
    assert market.ratings()["complaints_30d"].sum() == 24


def test_what_cannot_be_read_is_said(market: kw.Market, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="kamengwatch publish"):
        kw.open_snapshot(tmp_path)
    with pytest.raises(ValueError, match="ratings"):
        market.table("rating")
    with pytest.raises(ValueError, match="leave out host"):
        market.table("sector", "a.example")
    with pytest.raises(TypeError, match="several"):
        kw.classify("没到账")
    with pytest.raises(ValueError, match="kind"):
        kw.rate_evidence([{"kind": "nonsense"}], "2026-11-30")
    assert len(market.findings("https://www.A.example/item?id=1")) == len(market.findings("a.example")) > 0
