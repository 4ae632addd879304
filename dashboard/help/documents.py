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
    """A Word file without the day it was made."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    document.core_properties.author = document.core_properties.comments = ""
    document.add_heading(title, level=0)
    for section in sections:
        document.add_heading(section.title, level=2)
        for line in section.lines:
            document.add_paragraph(line)
        if len(section.table) > 1:
            table = document.add_table(rows=0, cols=len(section.table[0]), style="Table Grid")
            for row in section.table:
                for cell, said in zip(table.add_row().cells, row, strict=True):
                    cell.text = said
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
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

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
        )
        for size in (18, 13, 10, 7)
    }

    def text(said: str, size: int) -> Any:
        return Paragraph(html.escape(said), styles[size])

    story: list[Any] = [text(title, 18)]
    for section in sections:
        story += [text(section.title, 13), *(text(line, 10) for line in section.lines)]
        if len(section.table) > 1:
            table = Table([[text(cell, 7) for cell in row] for row in section.table], repeatRows=1)
            table.setStyle(
                TableStyle(
                    [("GRID", (0, 0), (-1, -1), 0.3, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
                )
            )
            story.append(table)
    buffer = io.BytesIO()
    SimpleDocTemplate(
        buffer, pagesize=A4, title=title, author="", invariant=1, leftMargin=48, rightMargin=48
    ).build(story)
    return buffer.getvalue()


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
