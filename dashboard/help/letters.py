"""The letters of a case: filled from fields, linted for vagueness, as text and as DOCX. Pure; nothing typed is kept anywhere."""

from __future__ import annotations

import datetime as dt
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

from dashboard.help.checklist import GROUPS
from dashboard.help.deadlines import LONGEST_UNREAD, fact
from dashboard.help.texts import text

_FILE = Path(__file__).with_name("letters.toml")
LETTERS = ("platform", "explanation", "day15", "r12315", "heimao", "payment", "small_claims")
"""To the site, the demand for a written explanation, after day 15, 12315, a public board, the payment channel, the court."""
REFUND_DAYS = 15
"""A refund outstanding longer than this after the demand may count as refused (legal fact refund_15)."""
ANSWER_DAYS = 3
"""Days the site is given to answer."""
_LONGEST = 200
_LONGEST_SAID = 800
_LAW = re.compile(r"\{law_(\w+)\}")
_VAGUE_WORDS = ("没到", "赶紧", "快点", "会员没", "SVIP没", "svip没", "有问题")
_ABUSE_WORDS = ("骗", "黑心", "垃圾", "无良", "奸商", "scam", "fraudster")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class Fields:
    """What a letter is filled from; empty fields become blanks to fill by hand.

    `case` and `branches` as in triage, `said` own words, `proofs` the groups of dashboard.help.checklist that are at hand (none: the usual),
    `filing` the filing number on record and its province.
    """

    site: str = ""
    product: str = ""
    amount: Decimal | None = None
    paid_on: dt.date | None = None
    payee: str = ""
    channel: str = ""
    order_no: str = ""
    company: str = ""
    case: str = "stuck"
    refund: bool = False
    demanded_on: dt.date | None = None
    said: str = ""
    proofs: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    filing: str = ""


@cache
def _texts() -> dict[str, dict[str, object]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def _phrase(group: str, key: str, lang: str, **values: object) -> str:
    entry = _texts()[group][key]
    assert isinstance(entry, dict)
    return str(entry[lang]).format(**values)


def title(letter: str, lang: str, refund: bool = False) -> str:
    """The letter's name, where only the money is asked for one that says so; raises KeyError for a letter not in LETTERS."""
    key = "title_refund" if refund and "title_refund" in _texts()[letter] else "title"
    return _phrase(letter, key, lang)


def file_name(letter: str, site: str, today: dt.date, lang: str, refund: bool = False) -> str:
    """What a saved letter is called, without its ending: what it is, whom it is about, its day."""
    parts = (title(letter, lang, refund), site, today.isoformat())
    return "-".join(name[:40] for part in parts if (name := re.sub(r"[^\w.]+", "-", _line(part)).strip("-.")))


def write(letter: str, fields: Fields, today: dt.date, lang: str = "zh") -> str:
    """The letter's text; raises KeyError for a letter not in LETTERS. Blanks stand where a field is empty."""
    template = str(_texts()[letter][lang]).strip()
    clean = {
        name: _line(getattr(fields, name))
        for name in ("site", "product", "payee", "channel", "order_no", "company")
    }
    blank = {name: clean[name] or _phrase("phrase", f"unknown_{name}", lang)
             for name in ("site", "product", "payee", "channel", "company")}  # fmt: skip
    unknown_day = _phrase("phrase", "unknown_date", lang)
    amount = f"{fields.amount:f}" if fields.amount is not None else _phrase("phrase", "unknown_amount", lang)
    lost = "no_order" if fields.case == "record_lost" else "unknown_order"
    order = ("order_no", {"order_no": clean["order_no"]}) if clean["order_no"] else (lost, {})
    demand = "demand_refund" if fields.refund else "demand_deliver"
    values = blank | {
        "amount": amount,
        "paid_at": str(fields.paid_on or unknown_day),
        "demanded_on": str(fields.demanded_on or unknown_day),
        "order_line": _phrase("phrase", order[0], lang, **order[1]),
        "anomaly": _phrase("phrase", fields.case, lang) if fields.case in _texts()["phrase"] else "",
        **{
            name: _phrase("phrase", name, lang, demanded_on=fields.demanded_on) if fields.demanded_on else ""
            for name in ("contacted", "contacted_court")
        },
        "overdue": _overdue(fields, today, lang),
        "demand": _phrase("phrase", demand, lang, amount=amount),
        "said": _phrase("phrase", "said", lang, said=_line(fields.said, _LONGEST_SAID))
        if _line(fields.said)
        else "",
        "attached": _attached(fields, lang),
        "domicile": _phrase(
            "phrase", "domicile" if fields.filing else "no_domicile", lang, filing=_line(fields.filing)
        ),
        "branch": "".join(
            _phrase(
                "phrase", "branch", lang, law=f"{fact(name).text(lang).rstrip('。.')}{fact(name).named(lang)}"
            )
            for name in _grounds(fields.branches)
        ),
        "deadline": str(today + dt.timedelta(days=ANSWER_DAYS)),
        "today": str(today),
    }
    for name in _LAW.findall(template):
        values[f"law_{name}"] = f"{fact(name).text(lang).rstrip('。.')}{fact(name).named(lang)}"
    return "\n".join(line.rstrip(" ") for line in template.format(**values).split("\n"))


def _overdue(fields: Fields, today: dt.date, lang: str) -> str:
    """That fifteen days have passed since the demand; where they have not, or nobody knows, when the letter may be sent."""
    if fields.demanded_on is None:
        return _phrase("phrase", "overdue_unknown", lang)
    first = fields.demanded_on + dt.timedelta(days=REFUND_DAYS + 1)
    return _phrase("phrase", "overdue" if today >= first else "overdue_from", lang, date=first)


def _attached(fields: Fields, lang: str) -> str:
    """What is attached: what was ticked, else the usual of the case (a lost record has no order page to show)."""
    usual = [g for g in GROUPS if not (g == "order" and fields.case == "record_lost")]
    groups = [g for g in GROUPS if g in fields.proofs] or usual
    return _phrase("phrase", "and", lang).join(_phrase("phrase", f"attached_{g}", lang) for g in groups)


def _line(text: str, longest: int = _LONGEST) -> str:
    """One line without control and bidi characters, cut; braces cannot reach the template."""
    return _CONTROL.sub(" ", text).strip()[:longest]


def _grounds(branches: tuple[str, ...]) -> list[str]:
    """The legal facts a letter adds for what applies besides; a balance of somebody who resells is no consumer's prepayment."""
    return [
        name
        for name in ("minor", "prepaid", "off_platform")
        if name in branches and not (name == "prepaid" and "reseller" in branches)
    ]


def laws(letter: str, lang: str, branches: tuple[str, ...] = ()) -> list[str]:
    """Ids of the legal facts a letter quotes, in order."""
    template = str(_texts()[letter][lang])
    more = _grounds(branches) if "{branch}" in template else []
    return list(dict.fromkeys(_LAW.findall(template) + more))


def lint(fields: Fields, said: str = "", lang: str = "zh") -> list[str]:
    """What is missing or vague: the fields a reader needs to find the order, and words in `said` that say nothing or insult."""
    missing = [name for name in ("site", "product", "amount", "paid_on", "payee", "order_no")
               if not getattr(fields, name) and not (name == "order_no" and fields.case == "record_lost")]  # fmt: skip
    found = [_phrase("lint", name, lang) for name in missing]
    found += [_phrase("lint", "vague", lang, word=word) for word in _VAGUE_WORDS if word in said]
    found += [_phrase("lint", "abuse", lang, word=word) for word in _ABUSE_WORDS if word in said.lower()]
    return found


def docx(heading: str, text: str) -> bytes:
    """The letter as a Word file, a paragraph a line, without author, machine names or times: the same letter, the same bytes."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.add_heading(_line(heading), level=1)
    for line in text.splitlines():
        document.add_paragraph(line)
    saved, buffer = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as timeless:
        for part in parts.namelist():
            timeless.writestr(zipfile.ZipInfo(part), parts.read(part), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# Whether a claim is small enough for small claims in a province: dated, sourced figures, or the words to ask the court. Pure.

_CLAIM_FILE = Path(__file__).with_name("small_claims.toml")
NEWEST = 2
"""A figure resting on the wage of more than so many years ago is an old one: the law wants that of the year before."""


@dataclass(frozen=True)
class Ceiling:
    """The two amounts of a province in yuan, since when, from which year's wage, announced where, read when and where."""

    province: str
    en: str
    ceiling: Decimal
    by_consent: Decimal
    wage_year: int
    since: dt.date
    source: str
    read_at: str
    verified_on: dt.date

    def old(self, on: dt.date) -> bool:
        """Whether a newer figure is to be expected."""
        return on.year - self.wage_year > NEWEST

    def unread(self, on: dt.date) -> bool:
        """Whether it was read too long ago to be repeated."""
        return on - self.verified_on > LONGEST_UNREAD


@cache
def provinces() -> tuple[str, ...]:
    """The provinces, municipalities and regions in their usual order."""
    with _CLAIM_FILE.open("rb") as file:
        return tuple(tomllib.load(file)["names"]["provinces"])


@cache
def ceilings() -> dict[str, Ceiling]:
    """The figures that were read, by province."""
    with _CLAIM_FILE.open("rb") as file:
        found = tomllib.load(file)
    amounts = ("ceiling", "by_consent")
    return {
        entry["province"]: Ceiling(**{k: Decimal(v) if k in amounts else v for k, v in entry.items()})
        for name, entry in found.items()
        if name != "names"
    }


def check(province: str, amount: Decimal | None, on: dt.date, lang: str, barred: bool = False) -> list[str]:
    """What to tell about a claim of `amount` yuan in a province; `barred`: the other side is missing or abroad.

    Raises ValueError for a province that is none.
    """
    if province not in provinces():
        raise ValueError(f"{province}: 不是省级地区 no province; 可选 one of {'、'.join(provinces())}")
    if barred:
        return [text("court", "barred", lang)]
    found = ceilings().get(province)
    if found is None or found.unread(on):
        return [text("court", "not_verified", lang).format(province=province), text("court", "ask", lang)]
    said = {
        "province": found.en if lang == "en" else province, "ceiling": f"{found.ceiling:f}",
        "by_consent": f"{found.by_consent:f}", "wage_year": found.wage_year, "since": found.since,
        "source": found.source, "verified_on": found.verified_on,
    }  # fmt: skip
    lines = [text("court", "figure", lang).format(**said)]
    if amount is not None:
        where = "within" if amount <= found.ceiling else "consent" if amount <= found.by_consent else "above"
        lines.append(text("court", where, lang).format(amount=f"{amount:f}"))
    if found.old(on):
        lines.append(text("court", "old", lang).format(year=found.wage_year))
        lines.append(text("court", "ask", lang))
    return lines
