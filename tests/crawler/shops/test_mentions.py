"""Which watched site a text speaks of: sure, or nobody's."""

from __future__ import annotations

import pytest

from crawler.pages.mentions import Watched
from store.evidence.crawl_ledger import Target

WATCHED = Watched(
    [
        Target(1, "zhuque-kami.test", "朱雀卡密屋", (), None),
        Target(2, "zhuque-cz.test", "朱雀自助充值", ("朱雀卡",), None),
    ]
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("在朱雀卡密屋买了会员没到账", "zhuque-kami.test"),
        ("朱雀卡买的月卡一直处理中", "zhuque-cz.test"),
        ("朱雀卡密屋不发货，朱雀卡也不发货", None),
        ("zhuque-cz.test 不发货，说是朱雀卡密屋", "zhuque-cz.test"),
        ("朱雀不发货", None),
    ],
)
def test_of_names_within_names_the_whole_one_counts(text: str, host: str | None) -> None:
    found = WATCHED.of(text)
    assert (found.host if found else None) == host
