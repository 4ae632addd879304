"""Static pages, badges and feeds of single sites: rendered from published rows, linked from the snapshot before where nothing changed.

What the tables say about a site is all a file depends on; a site of which they say the same as in the snapshot before keeps
its files as hard links. Above FLAT sites the files lie in folders named by the beginning of the host's hash.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, TextIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from scoring.fork_pool import map_ordered
from scoring.publish.exports import csv_rows
from scoring.publish.feeds import OUTCOME_WORDS, feed_of, write_whole
from scoring.snapshot.integrity import sealed_at, written_at
from scoring.snapshot.reader import (
    TABLES,
    VERDICT_LOOK,
    WARNING_WORDS,
    quoted,
    titles_by_name,
    verdict_of,
    whole_points,
)
from scoring.snapshot.writer import linked
from store.durable_files import sha256_of
from store.settings import settings
from store.text.query import FLAT, host_part, is_merchant, site_files
from store.text.safe_text import cell_text, english_tokens, plain

_TITLES = {
    "蓝": ("目前未见明显异常", "Nothing notable seen (not a safety guarantee)"),
    "黄": ("有疑点", "Questions to resolve"),
    "橙": ("高风险迹象", "High-risk signs"),
    "红": ("严重警示", "Severe warning"),
    "灰": ("证据不足，不予评级", "Not rated: too little evidence"),
}
WORDS = {
    verdict: (shape, *_TITLES[verdict], colour, ink) for verdict, (shape, colour, ink) in VERDICT_LOOK.items()
}
_COLOURS = {"红": "Red", "橙": "Orange", "黄": "Yellow", "蓝": "Blue", "灰": "Grey"}
FILINGS = {
    "filed": ("已备案", "filed"),
    "not_filed": ("未查到备案", "none found"),
    "unknown": ("未知", "unknown"),
}
_OF_THE_MALL = ("属于商城，见商城的页面", "the mall's, see its page")
CORRECTED_DAYS = 30
"""A badge says for so long that something about the site was corrected."""
_EVIDENCE = 60
_LARGEST = 60_000
"""Bytes of a page, whatever a site writes: it is read on a phone with a poor connection."""
_LONGEST = (800, 300, 120, 50)
"""Characters of one foreign text on a page: the first that keeps the page below its size."""


def _printed(value: Any, longest: int) -> Any:
    """What an expression of a template prints: foreign text without control and bidi marks, nothing for None."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value, longest)
    return "" if value is None else value


_DAY = re.compile(r"20\d\d-\d\d-\d\d|[\u4e00-\u9fff]ICP备\d{4,12}号(?:-\d{1,4})?")


def _whole(value: Any, longest: int) -> Any:
    """What stands between tags, its days and filing numbers not broken at their hyphens."""
    said = _printed(value, longest)
    if isinstance(said, Markup) or not isinstance(said, str):
        return said
    return Markup(_DAY.sub(r'<span class="nb">\g<0></span>', str(escape(said))))  # noqa: S704 - escaped before


def _environment(longest: int = _LONGEST[0]) -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(_printed, longest=longest),
    )
    found.filters["whole_points"] = whole_points
    found.filters["whole"] = partial(_whole, longest=longest)
    found.filters["english_tokens"] = lambda said: english_tokens(str(said))
    return found


def badge_of(row: dict[str, Any], corrections: list[dict[str, Any]], page: str) -> str:
    """The badge of a rated site as SVG: the verdict's word and date with a link to the evidence, nothing that could be read as an
    endorsement; `page` leads from it to the site's page.

    It also says that an objection is open, or that something was amended or withdrawn in the last CORRECTED_DAYS.
    """
    amended = max((c["on"] for c in corrections if c["outcome"] in ("amended", "withdrawn")), default=None)
    verdict = verdict_of(row)
    shape, zh, en, colour, ink = WORDS[verdict]
    note = _note(row, amended)
    text = f"{plain(row['host'], 40)} · {verdict}·{zh} {row['as_of'].isoformat() if row['as_of'] else ''}{note[0]} · 卡盟信用观察"
    width = 45 + round(sum(13 if ord(c) > 0x2E80 else 4 if c in " .·:-/ijl" else 7.4 for c in text))
    said: str = _template("badge.svg").render(
        row=row, shape=shape, text=text, en=f"{en}{note[1]}", colour=colour, ink=ink, width=width, page=page
    )
    return said


def _note(row: dict[str, Any], on: dt.date | None) -> tuple[str, str]:
    if row["disputed"]:
        return " 异议处理中", " · an objection is being examined"
    if on and row["as_of"] and (row["as_of"] - on).days <= CORRECTED_DAYS:
        return f" {on} 有更正", f" · corrected on {on}"
    return "", ""


def page_of(
    row: dict[str, Any],
    parts: dict[str, list[dict[str, Any]]],
    up: str,
    feed: str,
    merchants: Sequence[str],
    sources: Mapping[str, tuple[str, str]],
) -> str:
    """The page of a rated site: verdict, filing, drop rate, warning state, reasons, findings and evidence, printable.

    `parts` are the rows about it by table; `up` leads from the page to the snapshot's folder, `feed` from there to its feed;
    `merchants` are those of a mall; `sources` are the titles of sources by id.
    """
    many = FLAT + 1 if up.count("/") > 1 else 0
    evidence = sorted(parts["evidence"], key=lambda e: (e["event_on"], e["id"]), reverse=True)
    return _fitting(
        row=row,
        name=plain(row["name"] or row["host"], 60),
        verdict=verdict_of(row),
        words=WORDS[verdict_of(row)],
        colour=_COLOURS[verdict_of(row)],
        settled=next((f for f in parts["figures"] if f["name"] == "settled" and f["of"]), None),
        state=WARNING_WORDS[row["warning_state"]],
        states=WARNING_WORDS,
        filing=_OF_THE_MALL if is_merchant(row["host"]) else FILINGS[row["filing_state"]],
        mall=host_part(row["host"]) if is_merchant(row["host"]) else "",
        mall_page=f"{up}{site_files(host_part(row['host']), many)['s']}",
        merchants=[(host, f"{up}{site_files(host, many)['s']}") for host in merchants],
        findings=[f for f in parts["findings"] if f["weight"]],
        evidence=evidence[:_EVIDENCE],
        hidden=max(0, len(evidence) - _EVIDENCE),
        warnings=parts["warnings"][-10:],
        responses=parts["responses"],
        corrections=parts["corrections"],
        outcomes=OUTCOME_WORDS,
        disputes=parts["disputes"],
        titles=titles_by_name(parts["findings"]),
        sources=sources,
        practices=next(iter(parts["practices"]), None),
        up=up,
        feed=up + feed,
        page=site_files(row["host"], many)["s"],
        base=settings().public_address,
    )


def _fitting(**shown: Any) -> str:
    """The page with as much of every text as keeps it below its size; the shortest when none does."""
    page = ""
    for longest in _LONGEST:
        page = _template("site.html", longest).render(**shown)
        if len(page.encode()) < _LARGEST:
            break
    return page


@cache
def _template(name: str, longest: int = _LONGEST[0]) -> Template:
    return _environment(longest).get_template(name)


KINDS = ("s", "badges", "feeds")
PARTS = ("findings", "figures", "evidence", "warnings", "responses", "corrections", "disputes", "practices")
"""The tables a site's files are made of, beside `ratings`."""
_TOGETHER = 500
_MERCHANTS = 200
"""Merchants that a mall's page lists."""
_MADE_BY = (
    "scoring/publish/site_pages.py",
    "scoring/publish/feeds.py",
    "scoring/publish/exports.py",
    "scoring/snapshot/reader.py",
    "scoring/templates/site.html",
    "scoring/templates/badge.svg",
    "store/text/safe_text.py",
)


@dataclass(frozen=True)
class Before:
    """The snapshot before: its folder, the sums of its files, and what made its files of single sites."""

    folder: Path
    sums: dict[str, str] = field(repr=False)
    made_by: str | None

    @cached_property
    def sealed_at(self) -> int:
        """When it was published (scoring/snapshot/integrity.py)."""
        return sealed_at(self.folder)

    def holds(self, *names: str) -> bool:
        """Are these files what its list says? Only then may they be read or linked: one may have been damaged since.

        One that nobody wrote to since it was published is not read: of a large market there are hundreds of thousands.
        """
        try:
            return all(self._holds(name) for name in names)
        except OSError:
            return False

    def _holds(self, name: str) -> bool:
        file = os.path.join(self.folder, name)
        if name not in self.sums or (at := written_at(file)) is None:
            return False
        return at <= self.sealed_at or sha256_of(Path(file)) == self.sums[name]


def write_site_files(folder: Path, before: Before | None = None) -> dict[str, str]:
    """Write page, badge and feed of every site, `feeds/all.atom` and `ratings.csv`; returns the sums found on the way."""
    ratings = pq.read_table(folder / "ratings.parquet", columns=["host", "as_of"])
    hosts = sorted(ratings["host"].to_pylist())
    as_of: dt.date = pc.max(ratings["as_of"]).as_py() or dt.date(1970, 1, 1)
    names = {host: site_files(host, len(hosts)) for host in hosts}
    for place in {*KINDS, *(name.rpartition("/")[0] for three in names.values() for name in three.values())}:
        (folder / place).mkdir(parents=True, exist_ok=True)
    sums = {f"{name}.parquet": sha256_of(folder / f"{name}.parquet") for name in ("ratings", *PARTS)}
    inside: dict[str, list[str]] = {}
    for host in filter(is_merchant, hosts):
        inside.setdefault(host_part(host), []).append(host)
    same = _unchanged(folder, before, names, sums) if before is not None else frozenset()
    same -= inside.keys()  # a mall's page lists its merchants, of which its own rows say nothing
    if before is not None:
        taken: dict[str, str] = {}
        for made in map_ordered(partial(_linked, folder, before, names), _groups(sorted(same))):
            taken |= made
        same = frozenset(host for host in same if names[host]["s"] in taken)
        sums |= taken

    def written() -> Iterator[str]:
        anew = _groups([host for host in hosts if host not in same])
        for lines, made in map_ordered(
            partial(written_files, folder, folder, before, names, as_of, inside, source_titles(folder)), anew
        ):
            sums.update(made)
            yield from lines

    fresh, past = written(), _past_lines(before.folder / "ratings.csv") if before is not None else iter(())
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as stream:
        csv_rows([TABLES["ratings"].names], stream)
        for host in hosts:
            stream.write(
                next(line for of, line in past if of == cell_text(host)) if host in same else next(fresh)
            )
    write_whole(folder, as_of, len(hosts))
    return sums


def made_by() -> str:
    """A hash of the code, the templates and the public address that make the files."""
    here = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for name in _MADE_BY:
        digest.update((here / name).read_bytes())
    digest.update(settings().public_address.encode())
    return digest.hexdigest()


def _unchanged(
    folder: Path, before: Before, names: dict[str, dict[str, str]], sums: dict[str, str]
) -> frozenset[str]:
    """The hosts about which every table says what it said in the snapshot before, and whose files can be linked."""
    changed = [
        name for name in ("ratings", *PARTS) if before.sums.get(f"{name}.parquet") != sums[f"{name}.parquet"]
    ]
    if before.made_by != made_by() or not before.holds(
        "ratings.csv", "sources.parquet", *(f"{name}.parquet" for name in changed)
    ):
        return frozenset()
    if source_titles(folder) != source_titles(before.folder):
        return frozenset()
    with duckdb.cursor() as db:
        db.register("present", _digests(folder, changed))
        db.register("past", _digests(before.folder, changed))
        other = db.sql(
            "select host from present full join past using (host) where present.digest is distinct from past.digest"
        ).fetchall()
    differ = {host for (host,) in other}
    return frozenset(
        host
        for host, three in names.items()
        if host not in differ and all(name in before.sums for name in three.values())
    )


def _digests(folder: Path, tables: Sequence[str]) -> pa.Table:
    """host, digest: one number for all rows of these tables about a site."""
    if not tables:
        return pa.table({"host": pa.array([], pa.string()), "digest": pa.array([], pa.uint64())})
    each = [
        f"select host, '{name}' as part, sum(hash(t)::uhugeint) as rows, count(*) as n from read_parquet('{quoted(folder / f'{name}.parquet')}') t group by host"  # noqa: S608 - fixed names, quoted path
        for name in tables
    ]
    query = f"select host, hash(list((part, rows, n) order by part)) as digest from ({' union all '.join(each)}) group by host"  # noqa: S608 - as above
    with duckdb.cursor() as db:
        return db.sql(query).to_arrow_table()


def _past_lines(file: Path) -> Iterator[tuple[str, str]]:
    """host, line: the records of a ratings.csv as they stand there; a line may have breaks in its cells."""
    taken: list[str] = []

    def lines(stream: TextIO) -> Iterator[str]:
        for line in stream:
            taken.append(line)
            yield line

    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(lines(stream)):
            yield row[0], "".join(taken)
            taken.clear()


def _groups(hosts: list[str]) -> list[list[str]]:
    return [hosts[at : at + _TOGETHER] for at in range(0, len(hosts), _TOGETHER)]


def _linked(
    folder: Path, before: Before, names: dict[str, dict[str, str]], hosts: Sequence[str]
) -> dict[str, str]:
    """Take over the files of these sites from the snapshot before, of a site all or none; returns their sums by name."""
    mine = [name for host in hosts if before.holds(*names[host].values()) for name in names[host].values()]
    for name in mine:
        linked(before.folder / name, folder / name)
    return {name: before.sums[name] for name in mine}


def written_files(
    folder: Path,
    tables: Path,
    before: Before | None,
    names: dict[str, dict[str, str]],
    as_of: dt.date,
    inside: dict[str, list[str]],
    sources: Mapping[str, tuple[str, str]],
    hosts: Sequence[str],
) -> tuple[list[str], dict[str, str]]:
    """Write the files of these sites from the tables in a folder; returns (their lines of ratings.csv, the sums of the files by name)."""
    lines: list[str] = []
    sums: dict[str, str] = {}
    parts = {name: _by_host(_of(tables, name, hosts)) for name in PARTS}
    for row in _of(tables, "ratings", hosts):
        host, line = row["host"], io.StringIO(newline="")
        csv_rows([[row[name] for name in TABLES["ratings"].names]], line)
        lines.append(line.getvalue())
        page, badge, feed = (names[host][kind] for kind in KINDS)
        mine = {name: found.get(host, []) for name, found in parts.items()}
        up = "../" * page.count("/")
        made = {
            page: page_of(row, mine, up, feed, inside.get(host, ())[:_MERCHANTS], sources).encode(),
            badge: badge_of(row, mine["corrections"], up + page).encode(),
            feed: feed_of(host, mine, as_of, up),
        }
        for name, content in made.items():
            sums[name] = hashlib.sha256(content).hexdigest()
            if before is not None and before.sums.get(name) == sums[name] and before.holds(name):
                linked(before.folder / name, folder / name)  # Rows changed, and nothing that is said here.
            else:
                (folder / name).write_bytes(content)
    return lines, sums


def source_titles(folder: Path) -> dict[str, tuple[str, str]]:
    """What readers call each source, Chinese and English."""
    names = ["source", "title_zh", "title_en"]
    rows = pq.read_table(folder / "sources.parquet", columns=names).to_pylist()
    return {r["source"]: (r["title_zh"], r["title_en"]) for r in rows}


def _of(folder: Path, table: str, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a table about some hosts (ascending), in the order of the file."""
    within = [("host", ">=", hosts[0]), ("host", "<=", hosts[-1]), ("host", "in", hosts)]
    found = pq.read_table(folder / f"{table}.parquet", filters=within, use_threads=False)
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _by_host(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        out.setdefault(row["host"], []).append(row)
    return out
