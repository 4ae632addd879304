"""Goods of themes nobody wrote a parser for: every name and price exact, in any of the forms real themes have."""

from __future__ import annotations

import pytest

from crawler.shops import generic
from crawler.shops.page import Page
from tests.support.shops import observed_themes
from tests.support.shops.unknown_themes import THEMES, items


@pytest.mark.parametrize("theme", THEMES)
def test_names_and_prices_are_exact(theme: str) -> None:
    for seed in range(12):
        goods = items(seed)
        page = Page("http://shop.test/", THEMES[theme](goods))
        found = generic.home(page).goods or generic.embedded_goods(page)
        assert {g.name: g.price for g in found} == {g.name: g.price for g in goods}, f"seed {seed}"


@pytest.mark.parametrize("theme", observed_themes.THEMES)
def test_stock_and_sales_are_those_of_the_page(theme: str) -> None:
    make, shown = observed_themes.THEMES[theme]
    for seed in range(6):
        goods = items(seed)
        page = Page("http://shop.test/", make(goods))
        found = {g.name: g for g in generic.home(page).goods or generic.embedded_goods(page)}
        assert {name: g.price for name, g in found.items()} == {g.name: g.price for g in goods}
        for good in goods:
            read = found[good.name]
            assert "stock" not in shown or read.stock == good.stock, good
            assert "sold" not in shown.split("sold out")[0] or read.sold == good.sold, good
            assert "sold out" not in shown or (read.stock == 0) == (good.stock == 0), good
