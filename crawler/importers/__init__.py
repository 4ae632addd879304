"""Importers: what no spider may fetch, handed in by a person as a sheet, a pasted answer or a saved page.

One file per source, found and not registered: a module with an `IMPORTER`. No network, no clock, no database here.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from crawler.importers.base import BadRow, Importer
from store.evidence.crawl_ledger import SourceCard

__all__ = ["BadRow", "Importer", "cards", "found", "reads_column"]


@lru_cache(maxsize=1)
def found() -> dict[str, Importer]:
    """Importer id → importer, by id."""
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    made = [module.IMPORTER for module in modules if hasattr(module, "IMPORTER")]
    return {importer.id: importer for importer in sorted(made, key=lambda importer: importer.id)}


def reads_column(heading: str) -> bool:
    """Whether any importer reads a column of this name: so the line of headings is told from a title above it."""
    return any(importer.reads_column(heading) for importer in found().values())


def cards() -> list[SourceCard]:
    """The cards of sources that only an importer knows; a source with a spider is declared there."""
    return [importer.card for importer in found().values() if importer.card is not None]
