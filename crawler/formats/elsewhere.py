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
from xml.sax.saxutils import escape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement
from scrapy.selector import Selector

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats.json_api import REFUSALS, json_of, moment_of
from crawler.pages.safe_parse import parse_html_bounded, parse_json_bounded
from store.china_time import SHANGHAI
from store.redaction.redact import clean

CDX_HEADING = ["timestamp", "original", "statuscode", "digest"]
_SEEN = ("200", "-")
"""Codes by which an index says that a page stood there: an answer, or one that was equal to an earlier one."""
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
    if not re.fullmatch(r"https?://[\w.-]+(?::\d+)?/[\w./-]*", where, re.ASCII):
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


def keep_captures_index(text: str) -> str:
    """An index of captures names pages of the site only; of anything else its length."""
    return text if text.lstrip()[:1] in "[{" else json.dumps({"unreadable": len(text)})


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
