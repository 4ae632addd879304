"""A card handed on in a chat: as a picture with a QR code, as text to copy, and as the tags a preview is made of.

What is drawn comes from the card: the host in its canonical form and our own sentences; of a shop's own words only its name, without
marks that reorder, hide or stack. A card goes stale as the pages say it does (`current_snapshot.STALE_AFTER_DAYS`), so each form names
the day it holds until. Links and QR code need the operator's public address; without it there are none. It must not import streamlit.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageFont

from dashboard.forms import looks
from dashboard.presenters import current_snapshot, first_look, verdict_card
from dashboard.presenters.translations import LANGUAGES, say
from scoring.snapshot.reader import Snapshot
from store.settings import settings
from store.text.query import parse_query
from store.text.safe_text import plain

WIDTH = 1080
_MARGIN = 64
_INNER = WIDTH - 2 * _MARGIN
_QR = 264
"""Pixels of the code's side; of a long address it is as near to that as whole modules allow."""
_INK, _SOFT, _LINE, _PAPER, _PANEL = "#1B1F24", "#4A525C", "#C9CFD6", "#FFFFFF", "#F3F5F8"
_MOST_IN_A_LINE = 120
"""Characters of the smallest type that a line could hold; what is longer is not measured."""
_STEPS = 3
"""Of the self-check that a grey card's advice points at, so many are drawn."""
_MADE_BY = 2
"""Counted up when the picture is drawn otherwise, so that nobody keeps the old one."""
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts",
)  # fmt: skip
_FACES = (
    "NotoSansCJK*", "NotoSansSC*", "SourceHanSans*", "PingFang*", "Hiragino Sans GB*", "STHeiti*", "wqy-*", "DroidSansFallback*",
    "NotoSerifCJK*", "*CJK*",
)  # fmt: skip
"""Families that draw Chinese, the better first: those `scripts/browser.py` installs or finds, and the systems' own."""
_TOKEN = re.compile(r"\s+|[（“《【(]*(?:[!-'*-~]+|.)[，。；：！？、）”》】…,.;:!?)]*", re.DOTALL)
"""A piece of text a line may be broken after: a Latin word or one Chinese character, with the marks that belong to it."""
_STRAIGHT = str.maketrans("“”‘’", "\"\"''")
"""A Chinese font draws the other quotation marks as wide as a character, which tears an English sentence."""
_Font = ImageFont.FreeTypeFont
_drawing = threading.Lock()


class NoFont(Exception):
    """No font on this machine draws Chinese; the message says what to do."""


def card_of(snapshot: Snapshot, text: str, lang: str) -> verdict_card.Card | None:
    """The card a picture may be made of: of a site on record, of one that was looked at, or grey; None where no host is named."""
    host = parse_query(text[:300]).host
    if not host:
        return None
    if known := verdict_card.card_for(snapshot, host, lang):
        return known
    facts, folder = current_snapshot.facts(snapshot), current_snapshot.data_dir()
    look = looks.look_of(folder, host, looks.desk(folder))
    if look and look["state"] == "done":
        return first_look.card(look, lang)
    return verdict_card.unknown_card(host, lang, facts.as_of, facts.demo)


def holds_until(card: verdict_card.Card) -> str:
    """The last day on which a page would show this card without saying that its data is old; empty where it has no date."""
    try:
        return (
            date.fromisoformat(card.as_of) + timedelta(days=current_snapshot.STALE_AFTER_DAYS)
        ).isoformat()
    except ValueError:
        return ""


def page_of(card: verdict_card.Card) -> str:
    """The address of the site's page; empty where the operator's settings name no public address."""
    base = settings().public_address
    more = "" if card.lang == LANGUAGES[0] else f"&lang={card.lang}"
    place = f"site?host={quote(card.host, safe='')}" if card.known else f"?q={quote(card.host, safe='')}"
    return f"{base}{place}{more}" if base else ""


def picture_path(host: str, lang: str) -> str:
    """Where the picture of a site lies, below the dashboard's address."""
    more = "" if lang == LANGUAGES[0] else f"?lang={lang}"
    return f"api/v1/picture/{quote(host)}.png{more}"


def text(card: verdict_card.Card) -> str:
    """The card as lines to paste into a chat."""
    lang, until = card.lang, holds_until(card)
    dates = [say(lang, "card.as_of", date=card.as_of)]
    dates += [say(lang, "share.until", date=until)] if until else []
    named = f"{card.host}  {_name(card)}".rstrip()
    return "\n".join(
        filter(
            None,
            (
                f"{card.shape} {card.word}",
                named,
                _told(card),
                *(f"{figure.label}{say(lang, 'look.colon')}{figure.value}" for figure in card.figures),
                " · ".join(dates),
                say(lang, "app.demo_mark") if card.demo else "",
                page_of(card) or say(lang, "app.name"),
            ),
        )
    )


def tag_of(card: verdict_card.Card) -> str:
    """What the picture of a card depends on, as an ETag."""
    told = f"{_MADE_BY}{card}{settings().public_address}{font_files()}"
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def picture(card: verdict_card.Card) -> bytes:
    """The card as PNG, 1080 pixels wide; raises NoFont. One is drawn at a time, and the last few dozen are kept."""
    if not font_files():
        raise NoFont(say(card.lang, "share.no_font"))
    with _drawing:
        return _png(card, page_of(card))


@lru_cache(maxsize=48)
def _png(card: verdict_card.Card, page: str) -> bytes:
    sheet = _Sheet(card.lang)
    _draw(sheet, card, page)
    stream = io.BytesIO()
    sheet.finished(say(card.lang, "app.demo_mark") if card.demo else "").save(stream, "PNG", compress_level=6)
    return stream.getvalue()


# --- Fonts -----------------------------------------------------------------------------------------------------------


def font_files() -> tuple[Path, Path] | None:
    """(regular, bold) font files that draw Chinese: KAMENGWATCH_FONT, else the best found in the system's folders; None for none."""
    return _found(settings().font)


@cache
def _found(named: str) -> tuple[Path, Path] | None:
    for file in [Path(named)] if named else _candidates():
        if _draws_chinese(file):
            bold = file.with_name(re.sub(r"(?i)regular|light|demilight|medium", "Bold", file.name))
            return file, bold if bold.is_file() else file
    return None


def _candidates() -> Iterator[Path]:
    folders = [folder for name in _FOLDERS if (folder := Path(name).expanduser()).is_dir()]
    for pattern in _FACES:
        found = [file for folder in folders for file in folder.rglob(pattern)]
        found = [file for file in found if file.suffix.lower() in (".ttc", ".otf", ".ttf", ".otc")]
        yield from sorted(found, key=lambda file: ("regular" not in file.name.lower(), file.name))


def _draws_chinese(file: Path) -> bool:
    try:
        font = ImageFont.truetype(str(file), 20)
        drawn, nothing = font.getmask("卡"), font.getmask("\U000fffff")
        return bytes(drawn) != bytes(nothing) and drawn.getbbox() is not None
    except (OSError, ValueError):
        return False


@cache
def _font(size: int, bold: bool) -> _Font:
    files = font_files()
    assert files is not None
    file = str(files[1 if bold else 0])
    return ImageFont.truetype(file, size, index=_simplified(file))


@cache
def _simplified(file: str) -> int:
    """Which face of a collection has the forms of simplified Chinese; the first of a file that does not say."""
    for index in range(12):
        try:
            family = str(ImageFont.truetype(file, 12, index=index).getname()[0])
        except OSError:
            break
        if family.endswith((" SC", "SC Regular", "GB")):
            return index
    return 0


# --- Drawing ---------------------------------------------------------------------------------------------------------


class _Sheet:
    """A white sheet that is written on from the top down, and cut where the writing ends."""

    _TALLEST = 4_000

    def __init__(self, lang: str) -> None:
        self._marks = {} if lang == "zh" else _STRAIGHT
        self.image = Image.new("RGB", (WIDTH, self._TALLEST), _PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.y = 0

    def wrap(self, words: str, size: int, bold: bool, width: int, most: int) -> list[str]:
        """A text in the lines that `lines` draws of it."""
        return wrapped(words.translate(self._marks), _font(size, bold), width, most)

    def lines(
        self, words: str, size: int, ink: str = _INK, bold: bool = False, most: int = 3, x: int = _MARGIN, width: int = _INNER
    ) -> None:  # fmt: skip
        """Text in at most so many lines, none wider than `width`."""
        font = _font(size, bold)
        for line in self.wrap(words, size, bold, width, most):
            self.pen.text((x, self.y), line, ink, font)
            self.y += round(size * 1.45)

    def finished(self, watermark: str) -> Image.Image:
        """The sheet as it was written on; with a watermark across all of it where one is given."""
        image = self.image.crop((0, 0, WIDTH, min(self.y, self._TALLEST)))
        return _marked(image, watermark) if watermark else image


def wrapped(words: str, font: _Font, width: int, most: int) -> list[str]:
    """`words` in at most `most` lines of at most `width` pixels; what does not fit ends in an ellipsis."""
    lines, line, used = [], "", 0.0
    for token in _TOKEN.findall(words[: most * _MOST_IN_A_LINE]):
        for piece in [token] if font.getlength(token.strip()) <= width else list(token):
            piece = piece if line else piece.lstrip()
            long = font.getlength(piece)
            if used + font.getlength(piece.rstrip()) > width:
                lines.append(line.rstrip())
                line, used = "", 0.0
                piece = piece.lstrip()
                long = font.getlength(piece)
            line, used = line + piece, used + long
    lines = [each for each in [*lines, line.rstrip()] if each]
    if len(lines) > most:
        last = lines[most - 1]
        while last and font.getlength(f"{last}…") > width:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last}…"]
    return lines


def _told(card: verdict_card.Card) -> str:
    return f"{card.sentence}{'' if card.lang == 'zh' else ' '}{card.advice}"


def _name(card: verdict_card.Card) -> str:
    """The shop's own name where it is not the host; letters, digits and plain marks only, none stacked."""
    kept = (
        c
        for c in unicodedata.normalize("NFC", plain(card.name, 60))
        if unicodedata.category(c)[0] in "LNPZ" or c in "+|~"
    )
    name = " ".join("".join(kept).split())
    return name if name and card.name != card.host else ""


def _draw(sheet: _Sheet, card: verdict_card.Card, page: str) -> None:
    state = verdict_card.STATES[card.verdict]
    _head(sheet, card, state)
    sheet.y += 34
    sheet.lines(card.host, 46, bold=True, most=8)
    if name := _name(card):
        sheet.lines(name, 34, _SOFT, most=2)
    if card.mall:
        sheet.lines(card.mall, 30, _SOFT, most=2)
    sheet.y += 14
    sheet.lines(card.sentence, 38, most=5)
    sheet.lines(card.advice, 38, bold=True, most=4)
    sheet.y += 20
    for figure in card.figures:
        _figure(sheet, figure)
    for n, step in enumerate(card.next_steps[:_STEPS] if card.code == "grey" else (), 1):
        sheet.lines(f"{n}. {step}", 32, _SOFT, most=3)
    _foot(sheet, card, page)
    sheet.y += 40
    bottom = sheet.y
    sheet.pen.rectangle((0, bottom - 14, WIDTH, bottom), state.light)


def _head(sheet: _Sheet, card: verdict_card.Card, state: verdict_card.State) -> None:
    """The verdict's word on its colour."""
    words = wrapped(card.word, _font(62, True), _INNER - 110, 2)
    sheet.pen.rectangle((0, 0, WIDTH, 116 + 90 * len(words)), state.light)
    sheet.y = 26
    sheet.lines(say(card.lang, "app.name"), 30, state.light_ink, most=1)
    top = sheet.y + 10
    _shape(sheet.pen, state.code, (_MARGIN, top + 12, _MARGIN + 70, top + 82), state.light_ink)
    sheet.y = top
    for line in words:
        sheet.pen.text((_MARGIN + 100, sheet.y), line, state.light_ink, _font(62, True))
        sheet.y += 90
    sheet.y = 116 + 90 * len(words)


def _shape(pen: ImageDraw.ImageDraw, code: str, box: tuple[int, int, int, int], ink: str) -> None:
    """The verdict's shape, so that it is not told by colour alone."""
    left, top, right, bottom = box
    middle = (left + right) // 2, (top + bottom) // 2
    if code == "blue":
        pen.ellipse(box, ink)
    elif code == "yellow":
        pen.polygon([(middle[0], top), (right, middle[1]), (middle[0], bottom), (left, middle[1])], ink)
    elif code == "orange":
        pen.polygon([(middle[0], top), (right, bottom), (left, bottom)], ink)
    elif code == "red":
        pen.regular_polygon((*middle, (right - left) // 2), 6, fill=ink)
    else:
        pen.ellipse(box, None, ink, 6)
        pen.text(middle, "?", ink, _font(44, True), "mm")


def _figure(sheet: _Sheet, figure: verdict_card.Figure) -> None:
    """One of the three figures on a panel of its own."""
    parts = [
        (figure.label, 28, False, 1, _SOFT),
        (figure.value, 38, True, 2, _INK),
        (figure.note, 28, False, 3, _SOFT),
    ]
    high = sum(
        round(size * 1.45) * len(sheet.wrap(words, size, bold, _INNER, most))
        for words, size, bold, most, _ in parts
    )
    top = sheet.y
    sheet.pen.rounded_rectangle((_MARGIN - 24, top, WIDTH - _MARGIN + 24, top + high + 26), 16, _PANEL)
    sheet.y += 16
    for words, size, bold, most, ink in parts:
        sheet.lines(words, size, ink, bold, most)
    sheet.y = top + high + 44


def _foot(sheet: _Sheet, card: verdict_card.Card, page: str) -> None:
    """Dates, and the code that leads to the site's page where there is an address to lead to."""
    sheet.y += 10
    sheet.pen.line((_MARGIN, sheet.y, WIDTH - _MARGIN, sheet.y), _LINE, 2)
    top = sheet.y + 28
    side = _code(sheet.image, page, WIDTH - _MARGIN, top) if page else 0
    width = _INNER - side - 36 if side else _INNER
    until = holds_until(card)
    sheet.y = top
    sheet.lines(say(card.lang, "card.as_of", date=card.as_of), 32, bold=True, most=1, width=width)
    if until:
        sheet.lines(say(card.lang, "share.until", date=until), 32, bold=True, most=1, width=width)
    sheet.lines(
        say(card.lang, "share.changes" if page else "share.changes_no_code"), 28, _SOFT, most=3, width=width
    )
    if page:
        sheet.lines(settings().public_address, 28, _SOFT, most=2, width=width)
    sheet.y = max(sheet.y, top + side)


def modules(address: str) -> list[list[bool]]:
    """The dark and light modules of the QR code that holds an address."""
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(address)
    code.make()
    n = code.getModuleCount()
    return [[bool(code.isDark(row, column)) for column in range(n)] for row in range(n)]


def _code(image: Image.Image, address: str, right: int, top: int) -> int:
    """Draw the QR code with its quiet zone of four modules, its upper right corner at a place; returns its side."""
    rows = modules(address)
    scale = max(3, _QR // (len(rows) + 8))
    side = scale * (len(rows) + 8)
    code = Image.new("1", (len(rows) + 8, len(rows) + 8), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                code.putpixel((x + 4, y + 4), 0)
    image.paste(code.resize((side, side), Image.Resampling.NEAREST).convert("RGB"), (right - side, top))
    return side


def _marked(image: Image.Image, words: str) -> Image.Image:
    """The watermark of demonstration data, across the whole picture and faint enough to read through."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    stamp = Image.new("RGBA", (760, 120), (0, 0, 0, 0))
    ImageDraw.Draw(stamp).text((380, 60), words, (110, 0, 23, 46), _font(72, True), "mm")
    turned = stamp.rotate(24, expand=True, resample=Image.Resampling.BICUBIC)
    for n, y in enumerate(range(120, image.height, 330)):
        layer.alpha_composite(turned, (0 if n % 2 else 320, min(y, max(0, image.height - turned.height))))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


# --- Previews --------------------------------------------------------------------------------------------------------


def preview_tags(cards: Sequence[verdict_card.Card], lang: str) -> list[tuple[str, str]]:
    """What a chat makes its preview of (Open Graph, and Twitter's card): of the one card a page shows, else of the site in general.

    Addresses in them are whole, so there are none without the operator's public address.
    """
    base, name = settings().public_address, say(lang, "app.name")
    title, about, image, page = name, say(lang, "app.tagline"), "", base
    if len(cards) == 1:
        card = cards[0]
        title = say(lang, "share.title", host=card.host, word=card.word, date=card.as_of)
        about, page = _told(card), page_of(card)
        image = f"{base}{picture_path(card.host, lang)}" if base and font_files() else ""
    tags = [("og:type", "website"), ("og:site_name", name), ("og:locale", "zh_CN" if lang == "zh" else "en_GB"),
            ("og:title", title), ("og:description", about)]  # fmt: skip
    tags += [("og:url", page)] if page else []
    tags += [("og:image", image), ("og:image:width", str(WIDTH)), ("og:image:alt", title)] if image else []
    return [*tags, ("twitter:card", "summary_large_image" if image else "summary")]
