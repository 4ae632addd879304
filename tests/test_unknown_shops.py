"""Goods of themes nobody wrote a parser for: every name and price exact, in any of the forms real themes have."""

from __future__ import annotations

import pytest
from unknown_themes import THEMES, items

from crawler.shops import generic
from crawler.shops.page import Page


@pytest.mark.parametrize("theme", THEMES)
def test_names_and_prices_are_exact(theme: str) -> None:
    for seed in range(12):
        goods = items(seed)
        page = Page("http://shop.test/", THEMES[theme](goods))
        found = generic.home(page).goods or generic.embedded_goods(page)
        assert {g.name: g.price for g in found} == {g.name: g.price for g in goods}, f"seed {seed}"
