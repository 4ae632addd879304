"""Places beside boards and registries that know something of a site: indexes of web archives, forums, a shop's own channel. Pure.

Authors and members are dropped before anything is kept; what they wrote is redacted.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement
from scrapy.selector import Selector

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats.json_api import REFUSALS, json_of, moment_of
from crawler.pages.safe_parse import parse_html_bounded, parse_json_bounded
from crawler.pages.shop_features import company_of, footer_numbers
from crawler.pages.visible_text import footer_of, prose, role_links, visible
from store.china_time import SHANGHAI
from store.redaction.natural_persons import without_person
from store.redaction.redact import clean
from store.text.site_keys import SiteKey

CDX_HEADING = ["timestamp", "original", "statuscode", "digest"]
_SEEN = ("200", "-")
"""Codes by which an index says that a page stood there: an answer, or one that was equal to an earlier one."""
_INDEX = re.compile(r"https?://[\w.-]+(?::\d+)?/[\w./-]*", re.ASCII)
LONGEST_TEXT = 6_000
MOST_POSTS = 200
_BREAKS = ("br", "p", "div", "li")


@dataclass(frozen=True)
class Post:
    """One topic of a forum or one message of a channel."""

    number: str
    at: dt.datetime
    title: str
    text: str
    link: str | None = None
    replies: int | None = None


def wayback_facts(status: int, text: str) -> dict[str, Any]:
    """first_on, last_on, count of months with a capture, from a CDX answer in JSON; an empty list is an answer.

    Raises SourceBlocked, NotAnswered (it refuses under load) or SourceChanged.
    """
    if status == 503:
        raise NotAnswered("HTTP 503: the index is overloaded")
    rows = json_of(status, text)
    if rows == []:
        return _facts([])
    if not isinstance(rows, list) or rows[0] != CDX_HEADING:
        raise SourceChanged("a list of captures without its heading row")
    if any(
        not isinstance(row, list) or [type(cell) for cell in row] != [str] * len(CDX_HEADING) for row in rows
    ):
        raise SourceChanged("a capture without its four columns of text")
    return _facts([row[0] for row in rows[1:] if row[2] in _SEEN])


def commoncrawl_facts(status: int, text: str) -> dict[str, Any]:
    """The same of a Common Crawl index: an object a line; 404 that says so means none, any other error does not."""
    if status == 404 and "No Captures found" in text:
        return _facts([])
    if status in (404, 503) or status >= 500:
        raise NotAnswered(f"HTTP {status}")
    if status in REFUSALS or text.lstrip().startswith("<"):
        raise SourceBlocked(f"HTTP {status}: no index")
    stamps = []
    for line in text.splitlines():
        try:
            row = parse_json_bounded(line)
            if row["status"] in _SEEN:
                stamps.append(str(row["timestamp"]))
        except (ValueError, KeyError, TypeError):
            raise SourceChanged(f"not a capture: {line[:40]!r}") from None
    return _facts(stamps)


def newest_collection(text: str) -> str:
    """The query address of Common Crawl's newest index; raises SourceChanged."""
    try:
        where = str(parse_json_bounded(text)[0]["cdx-api"])
    except (ValueError, KeyError, TypeError, IndexError):
        raise SourceChanged("no list of indexes") from None
    if not _INDEX.fullmatch(where):
        raise SourceChanged(f"no address of an index: {where[:40]!r}")
    return where


def _facts(stamps: Iterable[str]) -> dict[str, Any]:
    days = sorted(_day(stamp) for stamp in stamps)
    return {"first_on": days[0] if days else None, "last_on": days[-1] if days else None, "count": len(days)}


def _day(stamp: str) -> dt.date:
    """The China day of a capture's 14 digits, which are UTC; raises SourceChanged."""
    try:
        return dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC).astimezone(SHANGHAI).date()
    except (ValueError, OverflowError):
        raise SourceChanged(f"no time of a capture: {stamp[:20]!r}") from None


def found_topics(document: Any) -> list[Post]:
    """Topics a search of V2EX lists; a time without zone is China's, or seconds, or milliseconds. Raises SourceChanged."""
    hits = document.get("hits") if isinstance(document, dict) else None
    if not isinstance(hits, list):
        raise SourceChanged("a search without hits")
    posts = []
    for hit in hits:
        said = hit.get("_source") if isinstance(hit, dict) else None
        at = moment_of(said.get("created")) if isinstance(said, dict) else None
        if at is None or said is None or said.get("id") is None:
            raise SourceChanged("a topic without number or time")
        replies = said.get("replies")
        posts.append(
            Post(
                str(said["id"]),
                at,
                _plain(said.get("title")),
                _plain(said.get("content")),
                f"https://www.v2ex.com/t/{said['id']}",
                replies if isinstance(replies, int) and replies >= 0 else None,
            )
        )
    return posts


def keep_topics(document: Any) -> Any:
    """What may be kept of a search: no member, texts redacted."""
    hits = document.get("hits") if isinstance(document, dict) else None
    if not isinstance(hits, list):
        return {"message": str(document)[:80]} if not isinstance(document, dict) else {}
    kept = []
    for hit in hits:
        said = hit.get("_source") if isinstance(hit, dict) else None
        if isinstance(said, dict):
            texts = {key: clean(_plain(said.get(key))) for key in ("title", "content")}
            kept.append({"_source": {k: said.get(k) for k in ("id", "created", "replies")} | texts})
    return {"total": document.get("total"), "hits": kept}


def feed_topics(name: str, text: str) -> list[Post]:
    """Topics of an RSS 2.0 or Atom feed; raises SourceBlocked for a page in its place, SourceChanged for anything else."""
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html")):
        raise SourceBlocked("a page instead of a feed")
    feed = Selector(text=text, type="xml")
    feed.remove_namespaces()
    posts = []
    for item in feed.xpath("//item | //entry"):
        link = item.xpath("string(link[normalize-space()])").get("") or item.xpath("link/@href").get("")
        said = item.xpath("string(pubDate | published | updated)").get("")
        at = moment_of(said)
        number = re.search(r"/t/(?:[^/]+/)?(\d+)", link)
        if at is None or number is None:
            continue
        body = item.xpath("string(description | content | summary)").get("")
        title = item.xpath("string(title)").get("")
        posts.append(
            Post(  # V2EX is searched, too, and its topics bear their own number: one topic is one mention.
                number[1] if "v2ex" in link else f"{name}-{number[1]}",
                at,
                _plain(title),
                _plain(body),
                link.partition("#")[0].strip(),
            )
        )
    if not posts:
        raise SourceChanged("a feed without topics")
    return posts


def keep_feed(name: str, text: str) -> str:
    """The feed without authors, its texts redacted, as RSS again, so that what is archived can be read like the original."""
    try:
        posts = feed_topics(name, text)
    except SourceBlocked:
        return f"<html>{len(text)}</html>"
    except (SourceChanged, ValueError):
        return f"<unreadable>{len(text)}</unreadable>"
    items = "".join(
        f"<item><title>{escape(clean(p.title))}</title><link>{escape(p.link or '')}</link>"
        f"<pubDate>{p.at.isoformat()}</pubDate><description>{escape(clean(p.text))}</description></item>"
        for p in posts
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'


def channel_posts(text: str) -> list[Post]:
    """Messages of a channel's public preview, oldest first; none where the preview is switched off. Raises SourceChanged."""
    posts = []
    for message in parse_html_bounded(text).css(".tgme_widget_message[data-post]")[-MOST_POSTS:]:
        when = message.css_first("time[datetime]")
        at = moment_of(when.attributes["datetime"]) if when is not None else None
        if at is None:
            raise SourceChanged("a message without a time")
        body = message.css_first(".tgme_widget_message_text")
        posts.append(Post(message.attributes["data-post"] or "", at, "", _plain(body.html) if body else ""))
    return posts


def keep_channel(text: str) -> str:
    """The messages alone, redacted, under the same marks; of a page without messages that it had none."""
    try:
        posts = channel_posts(text)
    except (SourceChanged, ValueError):
        return '<div class="tgme_widget_message" data-post="unreadable"></div>'
    return (
        "".join(
            f'<div class="tgme_widget_message" data-post="{escape(p.number)}"><div class="tgme_widget_message_text">{escape(clean(p.text))}</div>'
            f'<time datetime="{p.at.isoformat()}"></time></div>'
            for p in posts
        )
        or "<div>no messages</div>"
    )


_DIGITS = re.compile(r"\d{14}")
_CAPTURE = (_DIGITS, re.compile(r".*"), re.compile(r"\d{3}|-"), re.compile(r"[A-Z0-9]{1,64}"))


def keep_captures_index(text: str) -> str:
    """Of an index of captures when, with which answer, and of the first page its address: others may hold what visitors typed."""
    try:
        document = parse_json_bounded(text)
    except ValueError:
        lines = [_read_line(line) for line in text.splitlines()]
        if lines and all(lines):
            return "\n".join(
                json.dumps({n: v for n, v in row.items() if n == "status" or n == "timestamp"})
                for row in lines
                if row
            )
        return json.dumps({"unreadable": len(text)})
    if isinstance(document, dict):
        said = "No Captures found" in str(document.get("message"))
        row = _read_line(text)
        return json.dumps({"message": "No Captures found"} if said else row or {"unreadable": len(text)})
    if not isinstance(document, list):
        return json.dumps({"unreadable": len(text)})
    return json.dumps([_kept_row(row) for row in document])


def _read_line(line: str) -> dict[str, str] | None:
    """Time and answer of one line of an index; None where it has no such."""
    try:
        row = parse_json_bounded(line)
        told = {name: str(row[name]) for name in ("timestamp", "status")}
    except (ValueError, KeyError, TypeError):
        return None
    fits = _DIGITS.fullmatch(told["timestamp"]) and _CAPTURE[2].fullmatch(told["status"])
    return told if fits else None


def _kept_row(row: Any) -> Any:
    if row == CDX_HEADING:
        return row
    if isinstance(row, dict):
        api = row.get("cdx-api")
        return {"cdx-api": api if isinstance(api, str) and _INDEX.fullmatch(api) else "none"}
    cells = row if isinstance(row, list) and len(row) == 4 and all(isinstance(c, str) for c in row) else []
    fits = cells and all(form.fullmatch(cell) for form, cell in zip(_CAPTURE, cells, strict=True))
    return [cells[0], _first_page(cells[1]) or "", *cells[2:]] if fits else []


def _first_page(url: str) -> str | None:
    """The address of a site's first page, without who asked and what was typed; None for any other."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return None
    there = (
        parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/") and not parts.query
    )
    return f"{parts.scheme}://{parts.hostname}{port}/" if there else None


OLD = dt.timedelta(days=120)
"""A capture is old from this age on: what a site says today it is asked itself."""
LONGEST_PAGE = 150_000
_OF_MONEY = re.compile(
    r"余额|充值|提现|退款|退回|手续费|赔|清零|到账|停止(?:运营|服务)|关站|停业|(?:新|备用|最新)(?:域名|网址|地址)"
)
"""Lines of an old page that are kept: what it says of customers' money, of its end and of where it moves to."""


def old_captures(text: str, now: dt.datetime) -> list[tuple[str, str]]:
    """(time in 14 digits, address) of the oldest and the newest old capture of a first page in an index that was read."""
    until = (now - OLD).astimezone(dt.UTC).strftime("%Y%m%d%H%M%S")
    rows = [row for row in parse_json_bounded(text)[1:] if row[2] == "200" and row[1] and row[0] < until]
    found = {row[3]: (row[0], row[1]) for row in sorted(rows, reverse=True)}  # of equal pages the oldest
    ordered = sorted(found.values())
    return ordered[:1] + ordered[1:][-1:]


def capture_time(stamp: str) -> dt.datetime:
    """The moment of a capture's 14 digits."""
    return dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)


def keep_old_page(url: str, text: str) -> str:
    """What may be kept of an archived page, as JSON: the filing number and company of its footer, its words about money redacted, where its terms are."""
    try:
        if len(text) > LONGEST_PAGE:
            raise ValueError("too long")
        tree = parse_html_bounded(text)
        links = role_links(tree, url, SiteKey.of(urlsplit(url).hostname or ""))
        shown = visible(tree)
        footer = footer_of(tree, shown)
        words = prose(text)
    except (ValueError, SourceChanged):
        return json.dumps({"unreadable": len(text)})
    if len(shown) < 20:
        return json.dumps({"unreadable": len(text)})
    company = without_person(company_of(footer))
    terms = links.get("terms", "")
    return json.dumps(
        {
            "footer_icp": footer_numbers(footer)[0],
            "company": clean(company) if company else None,
            "text": clean(
                "\n".join(line for line in words.splitlines() if _OF_MONEY.search(line))[:LONGEST_TEXT]
            ),
            "terms": terms
            if re.fullmatch(r"https?://[\w.:-]+/(?![\w./?=&-]*\d{7})[\w./?=&-]{1,80}", terms, re.ASCII)
            else None,
        },
        ensure_ascii=False,
    )


def _plain(said: Any) -> str:
    """The prose of a topic, which a search or a feed hands on with marks around words, tags, or tags written as entities."""
    text = str(said or "")[: 4 * LONGEST_TEXT].replace("\0", "")
    if "<" not in text and "&" not in text:
        return text[:LONGEST_TEXT].strip()
    return _prose(BeautifulSoup(text, "lxml"))[:LONGEST_TEXT]


def _prose(page: Tag) -> str:
    """The text in it: a line for each break and paragraph, links and emphasis inside the line they stand in; linear in its length."""
    pieces: list[str] = []
    left: list[PageElement | str] = [page]
    while left:
        at = left.pop()
        if isinstance(at, Tag):
            left += [*(["\n"] if at.name in _BREAKS else []), *reversed(at.contents)]
        elif type(at) in (NavigableString, str):  # no comments, no declarations
            pieces.append(str(at))
    lines = (" ".join(line.split()) for line in "".join(pieces).splitlines())
    return "\n".join(line for line in lines if line)
