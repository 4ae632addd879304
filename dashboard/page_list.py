"""Finds the pages: every module in dashboard/app_pages is one, and nothing is registered by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard import app_pages
from dashboard.presenters.translations import say

if TYPE_CHECKING:
    from dashboard.components.page_context import View

GROUPS = ("check", "browse", "act", "trust")
"""Groups of the menu, in order."""


WITHOUT_DATA = frozenset({"help", "before", "report", "appeals", "about"})
"""Addresses of pages that are of use where no snapshot can be read: a reader in trouble must not find them closed."""


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


OF_SITES = frozenset({"rank", "alerts", "sector", "record", "bulletins", "compare", "cluster", "operator"})
"""Addresses of pages that have nothing but sites: where none is listed, filters, zeros and “none closed” would say something of none."""


def draw(page: PageInfo, view: View) -> None:
    """Draw a page; one that has nothing but sites says so where there are none."""
    if page.url_path in OF_SITES and not view.facts.count:
        view.title(page.title(view.lang))
        view.note(view.translate("app.empty_page"))
    else:
        page.render(view)


def discover() -> list[PageInfo]:
    """All pages by group and order; a module that lacks a declaration raises AttributeError naming it."""
    found = []
    for module_info in pkgutil.iter_modules(app_pages.__path__):
        module = importlib.import_module(f"{app_pages.__name__}.{module_info.name}")
        fields = {name: getattr(module, name) for name in PageInfo.__dataclass_fields__ if name != "module"}
        found.append(PageInfo(module=module_info.name, **fields))
    return sorted(found, key=lambda page: (GROUPS.index(page.group), page.order))


def menu(lang: str, current: str | None = None) -> list[dict[str, Any]]:
    """The menu's groups with their visible pages; `current` is the address of the page that is shown."""
    pages = [page for page in discover() if page.visible]
    return [
        {
            "name": say(lang, f"menu.{group}"),
            "words": say(lang, f"menu.{group}_words"),
            "pages": [
                {"path": p.url_path, "words": p.title(lang), "current": p.url_path == current}
                for p in pages
                if p.group == group
            ],
        }
        for group in GROUPS
    ]
