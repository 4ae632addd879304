"""Papers to be handed on, as DOCX, PDF or text: a title and sections of paragraphs and tables. No clock: the same sections give the same bytes."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Section:
    """A heading, its paragraphs, and a table (rows of cells, the first its head) if there is one."""

    title: str
    lines: list[str] = field(default_factory=list)
    table: list[list[str]] = field(default_factory=list)


def as_text(title: str, sections: Sequence[Section]) -> bytes:
    """Plain text, tables as lines."""
    lines = [title]
    for section in sections:
        lines += ["", f"## {section.title}", *section.lines, *(" | ".join(row) for row in section.table)]
    return ("\n".join(lines) + "\n").encode()


def as_docx(title: str, sections: Sequence[Section]) -> bytes:
    """A Word file without the day it was made, on A4, its pages numbered."""
    from docx import Document
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.title = title
    paper = document.sections[0]
    paper.page_width, paper.page_height = Mm(210), Mm(297)
    paper.left_margin = paper.right_margin = Pt(_MARGIN)
    room = Mm(210).pt - 2 * _MARGIN
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    paper.footer.paragraphs[0].alignment = 2
    paper.footer.paragraphs[0]._p.append(page)
    document.add_heading(title, level=0)
    for section in sections:
        document.add_heading(section.title, level=2)
        for line in section.lines:
            document.add_paragraph(line)
        if len(section.table) > 1:
            widths = [Pt(width) for width in _widths(section.table, room)]
            table = document.add_table(rows=len(section.table), cols=len(widths), style="Table Grid")
            table.autofit = False
            for column, width in zip(table.columns, widths, strict=True):
                column.width = width
            table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
            for at, (row, said) in enumerate(zip(table.rows, section.table, strict=True)):
                for cell, width, text in zip(row.cells, widths, said, strict=True):
                    cell.width = width
                    cell.paragraphs[0].paragraph_format.space_after = Pt(0)
                    run = cell.paragraphs[0].add_run(text)
                    run.font.size, run.bold = Pt(7.5), at == 0
    saved, buffer = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as timeless:
        for part in parts.namelist():
            timeless.writestr(zipfile.ZipInfo(part), parts.read(part), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def as_pdf(title: str, sections: Sequence[Section]) -> bytes:
    """A PDF in a font every viewer brings for Chinese."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import (
        CondPageBreak,
        KeepTogether,
        Paragraph,
        SimpleDocTemplate,
        Table,
        TableStyle,
    )

    font = "STSong-Light"
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    styles = {
        size: ParagraphStyle(
            f"s{size}",
            fontName=font,
            fontSize=size,
            leading=size * 1.45,
            spaceAfter=size * 0.4,
            wordWrap="CJK",
            spaceBefore=size * 0.9 if size == 13 else 0,
        )
        for size in (18, 13, 10, 7)
    }

    def text(said: str, size: int) -> Any:
        # The font has no middle dot where viewers bring one of their own for it.
        return Paragraph(html.escape(said.replace("·", "・")), styles[size])

    def number(canvas: Any, document: Any) -> None:
        canvas.setFont(font, 8)
        canvas.drawRightString(A4[0] - _MARGIN, 28, str(document.page))

    story: list[Any] = [text(title, 18)]
    for section in sections:
        # A line cut in two by a page's end would lose the spaces at which it was wrapped.
        lines = [KeepTogether(text(line, 10)) for line in section.lines]
        story += [CondPageBreak(90), text(section.title, 13), *lines]
        if len(section.table) > 1:
            cells = [[text(cell, 7) for cell in row] for row in section.table]
            table = Table(cells, _widths(section.table, A4[0] - 2 * _MARGIN), repeatRows=1)
            table.setStyle(
                TableStyle(
                    [
                        ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
                        ("VALIGN", (0, 0), (-1, -1), "TOP"),
                        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                    ]
                )
            )
            story.append(table)
    buffer = io.BytesIO()
    SimpleDocTemplate(
        buffer, pagesize=A4, title=title, author="", invariant=1, leftMargin=_MARGIN, rightMargin=_MARGIN
    ).build(story, onFirstPage=number, onLaterPages=number)
    return buffer.getvalue()


_MARGIN = 48
_GLYPH = 7.2
"""Points that a Chinese character of a table takes; others take about half."""


def _widths(table: Sequence[Sequence[str]], room: float) -> list[float]:
    """Widths of the columns that fill the room: a date or a word stays on its line, the rest goes by how much there is to say."""

    def wide(said: str) -> float:
        return sum(_GLYPH if ord(c) > 0x2E80 else _GLYPH * 0.55 for c in said)

    columns = list(zip(*table, strict=True))
    least = [
        14 + min(60.0, max(wide(part) for cell in cells for part in (cell.split() or [""])))
        for cells in columns
    ]
    wanted = [14 + min(400.0, sum(map(wide, cells)) / len(cells) * 1.5) for cells in columns]
    spare = room - sum(least)
    if spare <= 0:
        return [room * one / sum(least) for one in least]
    more = [max(0.0, want - has) for want, has in zip(wanted, least, strict=True)]
    return [
        has + spare * (one / sum(more) if sum(more) else 1 / len(least))
        for has, one in zip(least, more, strict=True)
    ]


MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
}
WRITERS: dict[str, Callable[[str, Sequence[Section]], bytes]] = {
    "docx": as_docx,
    "pdf": as_pdf,
    "txt": as_text,
}
"""What writes a paper, by the ending of its name."""
