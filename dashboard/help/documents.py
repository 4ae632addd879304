"""Papers to be handed on, as DOCX, PDF or text: a title and sections of paragraphs and tables. No clock: the same sections give the same bytes."""

from __future__ import annotations

import html
import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
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
    from docx.shared import Mm, Pt, RGBColor

    document = Document()
    for name, size, chinese in (
        ("Normal", 10.5, "SimSun"),
        ("Title", 20, "SimHei"),
        ("Heading 2", 13, "SimHei"),
    ):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = (
            "Times New Roman",
            Pt(size),
            RGBColor(0, 0, 0),
        )
        fonts = style.element.rPr.rFonts
        for theme in [key for key in fonts.attrib if "heme" in key]:
            del fonts.attrib[theme]  # it would win over the names
        fonts.set(qn("w:eastAsia"), chinese)
        style.element.rPr.append(tongue := OxmlElement("w:lang"))  # the schema wants it last
        tongue.set(qn("w:val"), "en-US")
        tongue.set(qn("w:eastAsia"), "zh-CN")
        if name == "Normal":
            style.paragraph_format.space_after = Pt(5)
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
    """A PDF in fonts every viewer brings: a Song face for Chinese, Times for all else."""
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

    pdfmetrics.registerFont(UnicodeCIDFont(_SONG))
    styles = {
        (size, face): ParagraphStyle(
            f"{face}{size}",
            fontName=face,
            fontSize=size,
            leading=size * 1.45,
            spaceAfter=size * 0.4,
            spaceBefore=size * 0.9 if size == 13 else 0,
        )
        for size in (18, 13, 10, 7)
        for face in ("Times-Roman", "Times-Bold")
    }

    def text(said: str, size: int, room: float) -> Any:
        # The Song face has no bold one, and half a heading in bold looks like a mistake.
        style = styles[
            size, "Times-Bold" if size > 10 and not re.search(rf"[{_CHINESE}]", said) else "Times-Roman"
        ]
        lines = _lines(said, room, lambda part: sum(
            pdfmetrics.stringWidth(run, font or style.fontName, size) for font, run in _runs(part, said)
        ))  # fmt: skip
        marked = (
            "".join(f'<font name="{font}">{html.escape(run)}</font>' if font else html.escape(run) for font, run in _runs(line, said))
            for line in lines
        )  # fmt: skip
        return Paragraph("<br/>".join(marked), style)

    def number(canvas: Any, document: Any) -> None:
        canvas.setFont("Times-Roman", 8)
        canvas.drawRightString(A4[0] - _MARGIN, 28, str(document.page))

    room = A4[0] - 2 * _MARGIN - 12
    story: list[Any] = [text(title, 18, room)]
    for section in sections:
        # A line cut in two by a page's end would lose the spaces at which it was wrapped.
        lines = [KeepTogether(text(line, 10, room)) for line in section.lines]
        story += [CondPageBreak(90), text(section.title, 13, room), *lines]
        if len(section.table) > 1:
            widths = _widths(section.table, room)
            cells = [
                [text(cell, 7, width - 13) for cell, width in zip(row, widths, strict=True)]
                for row in section.table
            ]
            table = Table(cells, widths, repeatRows=1)
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


_SONG = "STSong-Light"
_CHINESE = "\u2e80-\U0003ffff"
_EITHER = "“”‘’…—"
"""Marks that Chinese and English share; each writes them as wide as its own letters."""
_OPENS, _CLOSES = r"“‘（《〈「『【〔［", r"”’）》〉」』】〕］，。、；：？！…％,.;:!?%)\]"
_PIECE = re.compile(rf"[{_OPENS}]*(?:[{_CHINESE}]|[^\s{_CHINESE}“”‘…]+)[{_CLOSES}]*\s*|\S\s*")
"""What a line may end after: a Chinese character or a word, with the marks that may not stand apart from it."""


def _runs(part: str, said: str) -> Iterator[tuple[str, str]]:
    """The part in runs of one font: that of Chinese, or none for the style's own."""
    chinese = len(re.findall(rf"[{_CHINESE}]", said)) * 4 > len(said)

    def song(letter: str) -> bool:
        if letter in _EITHER:
            return chinese
        return not letter.encode("cp1252", "ignore")

    for is_song, letters in itertools.groupby(part, song):
        yield _SONG if is_song else "", "".join(letters)


def _lines(said: str, room: float, wide: Callable[[str], float]) -> list[str]:
    """A text in lines no wider than the room, broken as Chinese and English are; what is wider by itself is cut where it must be."""
    lines = [""]
    for piece in _PIECE.findall(said):
        if wide((lines[-1] + piece).rstrip()) <= room:
            lines[-1] += piece
            continue
        lines += [piece] if lines[-1] else []
        lines[-1] = piece
        while wide(lines[-1].rstrip()) > room and len(lines[-1]) > 1:
            rest = lines[-1]
            fits = next((n for n in range(len(rest) - 1, 1, -1) if wide(rest[:n]) <= room), 1)
            lines[-1:] = [rest[:fits], rest[fits:]]
    return [line.rstrip() for line in lines]


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
