"""No page needs an exception from the policy: a browser draws each of them, charts included, and reports nothing that was blocked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard import page_list
from tests.support.markets import snapshots
from tests.support.servers.browsing import served

HOST = next(r["host"] for r in snapshots.ratings() if r["verdict"] == "橙")
QUERIES = {
    "": f"?q={HOST}",
    "site": f"?host={HOST}",
    "compare": f"?h={HOST}&h={snapshots.ratings()[0]['host']}",
}
_WATCH = """window.blocked = []; document.addEventListener('securitypolicyviolation',
  (e) => window.blocked.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile} ${e.sample}`))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("policy")
    snapshots.build(data)
    with served(data) as address:
        yield address


@pytest.fixture(scope="module")
def context(chromium):
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    made.add_init_script(_WATCH)
    yield made
    made.close()


@pytest.mark.parametrize("page", [page.url_path for page in page_list.discover()])
def test_nothing_a_page_needs_is_blocked(context, site, page):
    tab = context.new_page()
    tab.goto(f"{site}/{page}{QUERIES.get(page, '')}")
    tab.locator("#root .kw-foot").wait_for(timeout=30_000)
    tab.wait_for_timeout(300)
    if charts := tab.locator("[data-testid=stVegaLiteChart]").count():
        tab.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").nth(
            charts - 1
        ).wait_for(state="attached")
    # A quicker arithmetic of the client's; without it the client calculates in script.
    blocked = [line for line in tab.evaluate("window.blocked") if "wasm-eval" not in line]
    tab.close()
    assert not blocked
