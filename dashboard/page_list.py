"""Finds the pages: every module in dashboard/app_pages is one, and nothing is registered by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard import app_pages

if TYPE_CHECKING:
    from dashboard.components.page_context import View

GROUPS = ("check", "browse", "act", "trust")
"""Groups of the menu, in order."""


@dataclass(frozen=True)
class PageInfo:
    """What a page module declares; `url_path` "" is the first page, an invisible page is reached by links only."""

    module: str
    title_zh: str
    title_en: str
    url_path: str
    order: int
    group: str
    visible: bool
    render: Callable[[View], None]

    def title(self, lang: str) -> str:
        """The title in a language."""
        return self.title_zh if lang == "zh" else self.title_en


def discover() -> list[PageInfo]:
    """All pages by group and order; a module that lacks a declaration raises AttributeError naming it."""
    found = []
    for module_info in pkgutil.iter_modules(app_pages.__path__):
        module = importlib.import_module(f"{app_pages.__name__}.{module_info.name}")
        fields = {name: getattr(module, name) for name in PageInfo.__dataclass_fields__ if name != "module"}
        found.append(PageInfo(module=module_info.name, **fields))
    return sorted(found, key=lambda page: (GROUPS.index(page.group), page.order))
