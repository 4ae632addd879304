"""Files as a person would hand them in, and what an importer makes of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

from crawler.importers import BadRow, found

COMPANY = "广州云合示例科技有限公司"
CHECKED = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


def read(importer: str, path: Path) -> tuple[list[dict[str, Any]], list[BadRow]]:
    out = list(found()[importer].read(path, CHECKED))
    return [r for r in out if isinstance(r, dict)], [r for r in out if isinstance(r, BadRow)]


def sheet(path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


def document(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path
