"""Every spider, found not listed, is the same guest: robots.txt first, Crawl-delay on the real clock, one at a time, and a stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawler.run import spiders
from tests.support.servers.polite_server import Answer, Visits, serving

ROOT = Path(__file__).resolve().parents[3]
DELAY, JITTER = 3.0, 1.25
"""Seconds; without Crawl-delay 0.05 would be kept. A crowded machine stamps an arrival late: one spider alone is held to the
full delay in test_crawler_politeness.py."""
SPIDERS = [name for name in spiders() if name != "screenshot"]
"""The pictures are taken by a browser; its spider has tests of its own."""
PAGE = (
    "<html><body>"
    + "".join(f"<li>商品{n} ¥{n}.50 库存：{n}</li>" for n in range(1, 9))
    + '<a href="/terms">服务条款</a>'
)
CAPTCHA = "<html><title>安全验证</title><p>请拖动滑块完成验证</p></html>"
VARIANTS: dict[str, Answer] = {
    "delay": (200, "text/html; charset=utf-8", PAGE),
    "401": (401, "text/plain", "no"),
    "403": (403, "text/plain", "no"),
    "429": (429, "text/plain", "no"),
    "captcha": (200, "text/html; charset=utf-8", CAPTCHA),
}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Visits]:
    """What each spider's own servers saw, by `<spider>/<variant>`."""
    return run_all(str(tmp_path_factory.mktemp("data")))


def run_all(data_dir: str) -> dict[str, Visits]:
    """Run every spider once, each against a server of its own for each variant."""
    robots = (200, "text/plain", f"User-agent: *\nCrawl-delay: {DELAY}\nDisallow: /secret\n")
    with ExitStack() as stack:
        seen = {
            f"{name}/{variant}": stack.enter_context(
                serving(lambda path, said=said: robots if path == "/robots.txt" else said, seconds=0.02)
            )
            for name in SPIDERS
            for variant, said in VARIANTS.items()
        }
        ports = json.dumps({key: visit.port for key, visit in seen.items()})
        data = {"KAMENGWATCH_DATA_DIR": data_dir, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, str(ROOT / "tests/support/programs/every_spider.py"), ports],
            cwd=ROOT, env=os.environ | data, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2_000:]
        return seen


@pytest.mark.parametrize("name", SPIDERS)
def test_robots_comes_first_crawl_delay_is_kept_and_one_is_asked_at_a_time(
    visits: dict[str, Visits], name: str
) -> None:
    for variant in VARIANTS:
        visit = visits[f"{name}/{variant}"]
        assert len(visit.paths) >= 2, (
            f"{name} asked nothing: give its address to tests/support/programs/every_spider.py"
        )
        assert visit.paths[0] == "/robots.txt" and visit.most_open == 1
        assert all(agent.startswith("kamengwatch/") for agent in visit.agents)
        assert visit.shortest_gap >= DELAY - JITTER


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v != "delay"])
@pytest.mark.parametrize("name", SPIDERS)
def test_after_a_refusal_or_a_captcha_nothing_more_is_asked(
    visits: dict[str, Visits], name: str, variant: str
) -> None:
    assert len([path for path in visits[f"{name}/{variant}"].paths if path != "/robots.txt"]) == 1
