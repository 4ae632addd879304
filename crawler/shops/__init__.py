"""The shop systems: one file each, found by listing this folder. Each tells how it is recognised and how it is read.

A system's module has ID, NAME, SIGNS, and any of OF_MERCHANTS (it reads one merchant of a mall by the page's address), VERSION (where its pages print their version), `home(page)`, `more(page)`, `lists(page, what)`: what its home page
shows, which public lists it leads to (never orders, logins or payments), and what those say. Nothing here fetches.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

from crawler.errors import SourceChanged
from crawler.shops.page import Found, More, Page

ENOUGH = 4
"""Weight of signs from which a page is taken to run a system; an unknown system is an allowed answer."""


@cache
def systems() -> dict[str, ModuleType]:
    """System id -> module."""
    found = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {module.ID: module for module in found if hasattr(module, "SIGNS")}


def recognise(page: Page) -> str | None:
    """The id of the system the page runs, by weighed signs; None when none is sure or two are equal."""
    scores = sorted(((_score(page, module), id_) for id_, module in systems().items()), reverse=True)
    best = scores[0]
    if best[0] < ENOUGH or best[0] == scores[1][0]:
        return None
    return best[1]


def read_home(system: str, page: Page) -> tuple[Found, list[More]]:
    """What the home page of `system` shows, and the public lists it leads to; raises SourceChanged."""
    module = systems()[system]
    with _as_written():
        found: Found = module.home(page) if hasattr(module, "home") else Found()
        more: list[More] = module.more(page) if hasattr(module, "more") else []
        if not found.version and hasattr(module, "VERSION") and (told := module.VERSION.search(page.text)):
            found.version = next(filter(None, told.groups()), "")
    return found, more


def read_list(system: str, page: Page, what: str) -> tuple[Found, list[More]]:
    """What one public list of `system` says, and the further lists it leads to; raises SourceChanged."""
    with _as_written():
        found, more = systems()[system].lists(page, what)
    return found, more


@contextmanager
def _as_written() -> Iterator[None]:
    """A value of another kind than the system writes (a word where a row should be) is a change of the source."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise SourceChanged(f"not as this system writes it: {type(error).__name__}: {error}"[:160]) from error


def _score(page: Page, module: ModuleType) -> int:
    return sum(weight for sign, weight in module.SIGNS if _shows(page.text, sign))


def _shows(text: str, sign: tuple[str, ...] | re.Pattern[str]) -> bool:
    """Whether a sign is there: any of some literals (fast, so most signs are), or an expression."""
    return any(word in text for word in sign) if isinstance(sign, tuple) else bool(sign.search(text))
