"""RUN: the command line, configuration and scheduling; imports all, imported by none.

For notebooks: `import kamengwatch` offers `open_snapshot`, `rate_evidence`, `classify` and `parse_query` (docs/notebooks.md).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kamengwatch.notebook import Market, classify, open_snapshot, parse_query, rate_evidence

__all__ = ["Market", "classify", "open_snapshot", "parse_query", "rate_evidence"]


def __getattr__(name: str) -> Any:
    """Load the notebook's functions when one is asked for: the command line needs none of them to start."""
    if name in __all__:
        from kamengwatch import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
