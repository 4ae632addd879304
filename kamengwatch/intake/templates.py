"""Empty sheets of the manual sources, to be filled in by hand and imported again."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line

if TYPE_CHECKING:
    from crawler.importers import Importer

_WIDTH = 18


def write(config: Config, source: str, out: Path | None) -> None:
    """Write the empty sheet of `source`: CSV on standard output, or to `out` (.csv or .xlsx), which must not exist yet."""
    from crawler.importers import found

    importer = found().get(source)
    if importer is None:
        names = ", ".join(f"{i.id} ({_title(config, i)})" for i in found().values())
        raise UserError(f"--template {source}: 没有这个人工来源 no such manual source; 可用 use {names}")
    if out is None:
        sys.stdout.buffer.write(_csv(importer))
        return
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise UserError(f"-o {out}: 只写 .csv 或 .xlsx only .csv or .xlsx can be written")
    if out.exists():
        raise UserError(
            f"-o {out}: 文件已存在，不覆盖 exists and is not overwritten; 换个名字 use another name"
        )
    body = _csv(importer) if out.suffix.lower() == ".csv" else _xlsx(importer)
    try:
        out.write_bytes(body)
    except OSError as error:
        raise UserError(f"-o {out}: 写不了 cannot be written ({error.strerror})") from error
    log_line(
        config.say(
            f"空表已写到 {out}；填好后：kamengwatch import {out}",
            f"empty sheet written to {out}; when filled in: kamengwatch import {out}",
        )
    )


def _title(config: Config, importer: Importer) -> str:
    from crawler.source_docs import card_of

    card = card_of(importer)
    return config.say(card.title_zh, card.title_en)


def _csv(importer: Importer) -> bytes:
    """With a byte order mark: without it a Chinese Excel reads UTF-8 as GBK."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(importer.template_rows())
    return stream.getvalue().encode("utf-8-sig")


def _xlsx(importer: Importer) -> bytes:
    """The sheet, and a second one that explains each column."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = importer.id
    for row in importer.template_rows():
        sheet.append(row)
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("说明 notes")
    notes.append(["列 column", "必填 required", "也认这些列名 also known as"])
    for column in importer.columns:
        notes.append([column.title, "是 yes" if column.required else "", "、".join(column.names)])
    for sentence in (importer.hint, *importer.legal):
        if sentence:
            notes.append([sentence])
    for one in (sheet, notes):
        for number in range(1, one.max_column + 1):
            one.column_dimensions[get_column_letter(number)].width = _WIDTH
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
