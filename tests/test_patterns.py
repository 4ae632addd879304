"""Pages that are written to make a reader slow: what is searched in whole pages answers in a moment, however long the run."""

import contextlib

import pytest

from crawler.promises import promises_of
from crawler.shops import card_system, dujiaoka
from crawler.shops.page import Page
from scoring.promise_words import PROMISES
from store.kinds import classify_many
from store.redact import clean

LONG = 60_000
RUNS = (
    "9",
    " ",
    "九",
    "1 ",
    "库存 ",
    "<a ",
    "goodsMsg=[",
    "var config = {",
    "\n",
    "[",
    "张1",
    "a.",
    "支持退",
)


def config(text: str) -> None:
    with pytest.raises(card_system.SourceChanged):
        card_system._config(Page("http://a.test/", text))


def home(text: str) -> None:
    with contextlib.suppress(card_system.SourceChanged):
        dujiaoka.home(Page("http://a.test/", text))


READERS = {
    "promises": promises_of,
    "card_system": config,
    "dujiaoka": home,
    "promise ledger": lambda text: [list(pattern.finditer(text[:20_000])) for pattern in PROMISES.values()],
    "redaction": clean,
    "kinds": lambda text: classify_many([text]),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("reader", READERS)
def test_a_long_run_of_one_thing_is_read_in_a_moment(reader):
    """Without bounds these took minutes to days: a hang is what fails here, by the time limit above."""
    for run in RUNS:
        READERS[reader](run * (LONG // len(run)))
