"""Tables as CSV files that open correctly, and harmlessly, in a spreadsheet.

UTF-8 with a byte order mark for Excel, CRLF lines, and an apostrophe before anything a spreadsheet would run as a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from store.plain import cell_text


def cell(value: Any) -> str | int | float:
    """One value for a CSV cell: numbers stay numbers, text is one line and never begins like a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        value = " | ".join(str(v) for v in value)
    return cell_text(str(value))


def csv_bytes(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> bytes:
    """The rows as a CSV file with the given columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")
