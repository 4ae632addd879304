"""What a shop says in its own public channel: the preview pages of channels its home page names, and no others.

    scrapy crawl channel -a platform=a.example -O out.jsonl

Never a group, never a member. A channel without a preview hides its words: that is unknown, not silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.download.tls import SHOP_PAGE
from crawler.errors import NotAnswered, SourceBlocked
from crawler.formats import elsewhere as wire
from crawler.formats.json_api import REFUSALS
from crawler.home_addresses import home_addresses
from crawler.pages.block_pages import WALLS, place_of, wall_of
from crawler.pages.decoding import text_of
from crawler.pages.shop_features import announced_hosts
from crawler.shops import generic
from crawler.shops.page import Page
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard

_NAMED = re.compile(r"(?:t|telegram)\.me/(?:s/)?([a-z]\w{4,31})(?![\w/+])", re.I)
_NONE = (
    "joinchat",
    "addstickers",
    "share",
    "proxy",
    "socks",
    "contact",
    "telegram",
    "username",
    "yourname",
    "example",
)
_PLACE = re.compile(r'<html data-place="(\w*)">')
"""How the archive keeps a home page: what stood in its place, and its links."""
MOST_CHANNELS = 2


class ChannelSpider(SourceSpider):
    """Arguments: `platform` hosts."""

    name = "channel"
    card = SourceCard(
        id="channel",
        kind="site",
        title_zh="网站自己的公开频道",
        title_en="The site's own public channel",
        publisher="各网站（其首页写明的 Telegram 频道）",
        family="self",
        tier="B",
        cadence_hours=24,
        blind_zh="只看首页写明的公开频道；关闭预览的看不到，那是未知，不是沉默；群组与成员从不读取；大陆线路上打不开，记录以观测处为准。",
        blind_en="Only public channels the home page names; one without a preview is unknown, not silent; groups and members never; not reachable "
        "from mainland lines, so what is recorded depends on where we look from.",
        expected=Expected(0, 400, "host", "频道消息", "messages", {"home": 0.3}),
    )
    visits_platforms = True
    brings: ClassVar[tuple[str, ...]] = ("mention", "move")
    legal: ClassVar[tuple[str, str]] = (
        "网站自己公布的频道的公开预览页，无需登录，每天一次；频道名与联系方式不保存，消息先脱敏。",
        "The public preview of channels the site itself names, no login, once a day; the channel's name and contacts are not kept, messages are redacted.",
    )

    def project(self, url: str, response: Response) -> bytes:
        """Of a channel its messages, redacted; of the home page, which other sources keep, its links to channels and what stands in its place."""
        text = text_of(response)
        if url.startswith(self._base):
            return wire.keep_channel(text).encode()
        links = "".join(f'<a href="https://t.me/{name}"></a>' for name in channels_in(text))
        return f'<html data-place="{_place(response, text)}">{links}'.encode()

    @property
    def _base(self) -> str:
        return f"{str(self.settings['TELEGRAM_BASE']).rstrip('/')}/s/"

    def begin(self) -> Iterator[Request]:
        """Every home page once, at its first address that answers."""
        for target in self.targets:
            left = home_addresses(target.host, self.settings.getlist("SHOP_SCHEMES"))
            yield self._home(target.host, left)

    def fallback_request(self, request: Request, kind: str) -> Request | None:
        """The next address of a home page."""
        left = request.cb_kwargs["known"].get("left")
        return self._home(request.cb_kwargs["host"], left) if left else None

    def read_home(self, response: Response, host: str, left: list[str]) -> Iterator[Request]:
        """The channels the page names, if any."""
        if response.status in REFUSALS:
            raise SourceBlocked(f"HTTP {response.status}")
        if response.status != 200:
            raise NotAnswered(f"HTTP {response.status}")
        text = text_of(response)
        if (kept := _PLACE.match(text)) and (place := kept[1]):
            raise (SourceBlocked if place in WALLS else NotAnswered)(f"{place} (HTTP 200)")
        self.tally("home", 1, host=host)
        names = channels_in(text)
        if not names:
            self.visit(host).reason, self.visit(host).stated_nothing = "the page names no channel", True
        for name in names:
            yield self.ask(f"{self._base}{name}", "preview", host)

    def read_preview(self, response: Response, host: str) -> Iterator[Record]:
        """The messages shown; none means that the preview is off, or that it is no channel."""
        if response.status in REFUSALS:
            raise SourceBlocked(f"HTTP {response.status}")
        if response.status != 200:
            raise NotAnswered(f"HTTP {response.status}")
        posts = wire.channel_posts(text_of(response))
        if not posts:
            self.visit(host).notes["channel"] = "no preview"
            self.visit(host).stated_nothing = True
        for post in posts:
            yield {
                "kind": "mention", "source": self.name, "host": host, "by": "site", "source_id": post.number,
                "said_at": post.at, "text": post.text, "seen_at": self.at(host),
            }  # fmt: skip
            for to_host in announced_hosts(post.text, host):
                yield {"kind": "move", "source": self.name, "host": host, "to_host": to_host, "via": "notice",
                       "observed_at": post.at, "seen_at": self.at(host)}  # fmt: skip

    def _home(self, host: str, addresses: list[str]) -> Request:
        return self.ask(addresses[0], "home", host, known={"left": addresses[1:]}, meta={SHOP_PAGE: True})


def _place(response: Response, text: str) -> str:
    """What stands in the place of the shop's page; empty where it speaks itself, if only to say goodbye."""
    if wall := wall_of(response.body):
        return wall
    place = place_of(response.status, text)
    if place in (None, "closed_by_owner", "maintenance") or generic.sells(Page(response.url, text)):
        return ""
    return str(place)


def channels_in(text: str) -> list[str]:
    """Names of public channels a page links to, each once, at most MOST_CHANNELS; links into groups are none."""
    found = dict.fromkeys(name.lower() for name in _NAMED.findall(text))
    return [name for name in found if name not in _NONE and not name.endswith("bot")][:MOST_CHANNELS]
