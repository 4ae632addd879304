"""What the full path reads off a shop's pages, written the usual way: BeautifulSoup and one ORM row committed per item.

The same fields of the same pages as the storefront spider stores. Where the spider asks a function about a piece of plain
text (numbers in a footer, promises in a sentence), this one asks the same function: only reading the HTML and storing differ.
It archives and redacts nothing, recognises one shop system, and would store a page seen twice twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from sqlalchemy import JSON, Boolean, Float, Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from crawler.pages.shop_features import (
    company_of,
    contact_values,
    footer_numbers,
    orders_shown,
    promises_of,
    signs_of,
)

_STOCK = re.compile(r"库存[:：]\s*(\d+)")
_PRICE = re.compile(r"\d+(?:\.\d+)?")
_ROLES = {"terms": re.compile("条款|协议|退款|售后|声明|规则|免责"), "notice": re.compile("公告|通知|须知|必读|新闻"),
          "contact": re.compile("联系|关于我们|客服中心")}  # fmt: skip


class _Base(DeclarativeBase):
    pass


class Good(_Base):
    """One product as offered."""

    __tablename__ = "good"
    id = mapped_column(Integer, primary_key=True)
    host = mapped_column(String)
    product = mapped_column(String)
    price = mapped_column(Float)
    stock = mapped_column(Integer)
    automatic = mapped_column(Boolean)


class Shown(_Base):
    """One page: its text and what it shows."""

    __tablename__ = "shown"
    id = mapped_column(Integer, primary_key=True)
    host = mapped_column(String)
    role = mapped_column(String)
    text = mapped_column(String)
    number = mapped_column(String)
    company = mapped_column(String)
    found = mapped_column(JSON)


class Reader:
    """Reads every page it is given into a SQLite file of its own."""

    def __init__(self, folder: Path) -> None:
        """Make the tables in `<folder>/usual.db`."""
        engine = create_engine(f"sqlite:///{folder}/usual.db")
        _Base.metadata.create_all(engine)
        self.session, self.goods = Session(engine), 0

    def __call__(self, response: Any) -> None:
        """Read one response; one that is no page is passed over."""
        if response.status != 200:
            return
        soup = BeautifulSoup(response.text, "html.parser")
        where = urlsplit(response.url)
        host, path = where.hostname or "", where.path
        if path == "/":
            self._home(soup, response, host)
        elif path.startswith("/buy/"):
            self._product(soup, host)
        else:
            text = _prose(soup)
            self._keep(Shown(host=host, role=path[1:], text=text, found={"promises": promises_of(text)}))

    def _home(self, soup: BeautifulSoup, response: Any, host: str) -> None:
        for card in soup.select("#group-all .card"):
            badges = " ".join(badge.get_text() for badge in card.select(".badge"))
            self._good(
                host, card.select_one(".card-title"), card.select_one("strong"), card, "自动" in badges
            )
        notice = "\n".join(part.get_text("\n", strip=True) for part in soup.select(".notice"))
        links = {}
        for link in soup.select("a[href]"):
            for role, pattern in _ROLES.items():
                if role not in links and pattern.search(link.get_text()):
                    links[role] = urljoin(response.url, str(link["href"]))
        footer = "\n".join(str(part) + part.get_text() for part in soup.select("footer, .footer"))
        text = _prose(soup)
        number, numbers = footer_numbers(footer)
        signs = signs_of(response.text, f"{notice}\n{text}", [])
        contacts = contact_values(response.text)
        found = {**signs, **numbers, **orders_shown(text), "contacts": contacts, "links": links}
        self._keep(Shown(host=host, role="home", text=text[:3_000], number=number, company=company_of(footer), found=found))  # fmt: skip
        if notice:
            self._keep(Shown(host=host, role="notice", text=notice, found={"promises": promises_of(notice)}))

    def _product(self, soup: BeautifulSoup, host: str) -> None:
        form = soup.select_one("form#buy-form")
        if form is not None:
            self._good(host, form.select_one(".goods-name"), form.select_one(".buy-price"), form, None)

    def _good(
        self, host: str, name: Tag | None, price: Tag | None, about: Tag, automatic: bool | None
    ) -> None:
        stock = _STOCK.search(about.get_text())
        shown = _PRICE.search(price.get_text()) if price else None
        self._keep(
            Good(
                host=host,
                product=name.get_text() if name else "",
                price=float(shown.group()) if shown else None,
                stock=int(stock.group(1)) if stock else None,
                automatic=automatic,
            )
        )
        self.goods += 1

    def _keep(self, row: _Base) -> None:
        self.session.add(row)
        self.session.commit()


def _prose(soup: BeautifulSoup) -> str:
    for part in soup(["script", "style", "noscript", "template", "nav"]):
        part.decompose()
    return soup.get_text("\n", strip=True)[:5_000]
