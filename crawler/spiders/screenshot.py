"""Pictures of a site's home, notice and terms pages, stored as captures beside the pages they show.

    scrapy crawl screenshot -a platform=a.example

Only where a browser is installed. The page loads its own styles and images, one part at a time, under the same guard and
robots.txt; contact numbers are masked in the page before the picture is taken. It reads nothing and makes no records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.download.browser import available, one_at_a_time
from crawler.download.politeness import RobotsMiddleware
from crawler.download.tls import SHOP_PAGE
from crawler.errors import SourceBlocked
from crawler.guard import Guard, Refused
from crawler.pages.block_pages import place_of, wall_of
from crawler.pages.decoding import text_of
from crawler.pages.visible_text import role_links
from crawler.shops.page import Page
from crawler.source_spider import HostVisit, Record, SourceSpider
from store.evidence.crawl_ledger import NOT_CONFIGURED, Expected, SourceCard
from store.text.site_keys import SiteKey

WIDTH, TALLEST = 1280, 6_000
"""Pixels. A longer page is cut; its text is kept whole by the storefront source."""
HEAVIEST = 2 * 1024 * 1024
"""Bytes of one picture."""
MOST_PARTS = 60
MOST_SITES = 40
"""Sites a crawl, those longest without a picture first: a picture costs a hundred times a page."""
MOST_SITES_PLAYED = 2
_PARTS = {"image", "font", "stylesheet"}
_ROLES = ("notice", "terms")
MASK = r"""() => {
  const rules = [
    [/(^|\D)(1[3-9]\d)\d{8}(?!\d)/g, '$1$2●●●●●●●●'],
    [/(^|\D)[1-6]\d{5}(19|20)\d\d[01]\d[0-3]\d{4}[\dXx](?!\d)/g, '$1●●●●●●●●'],
    [/((?:QQ|qq|扣扣)(?:群|号)?[:：\s]{0,3})\d{5,11}(?!\d)/g, '$1●●●●●●'],
    [/((?:微信|VX|vx|V信)(?:号)?[:：\s]{0,3})[A-Za-z][\w-]{5,19}/g, '$1●●●●●●'],
    [/[\w.+-]{2,}@[\w-]+(?:\.\w{2,})+/g, '●●●●●●'],
  ];
  const walker = document.createTreeWalker(document.body || document.documentElement, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode())
    for (const [found, instead] of rules) n.data = n.data.replace(found, instead);
}"""
"""Masks telephone and ID numbers, chat accounts and e-mail addresses; filing numbers, prices and credit codes stay."""


class ScreenshotSpider(SourceSpider):
    """Arguments: `platform` hosts. Settings SCREENSHOT_SITES: sites a crawl."""

    name = "screenshot"
    card = SourceCard(
        id="screenshot",
        kind="evidence",
        title_zh="页面截图",
        title_en="Screenshots",
        publisher="本项目自行观测",
        family="self",
        tier="B",
        cadence_hours=24 * 30,
        blind_zh="只有装有浏览器的机器能截图；过长的页面被截断；其他网站提供的图片与脚本不加载，因此可能与访客所见略有不同。",
        blind_en="Only machines with a browser; long pages are cut; parts from other sites are not loaded, so it may differ a little from what a visitor sees.",
        expected=Expected(1, 120, "crawl", "截图", "pictures", {"picture": 0.3}),
    )
    visits_platforms = True
    legal: ClassVar[tuple[str, str]] = (
        "仅作存证，不公开整页；联系方式在截图之前遮盖。",
        "Kept as evidence, whole pages are not republished; contact numbers are masked before the picture is taken.",
    )

    def begin(self) -> Iterator[Request]:
        """The home pages of the sites that have waited longest."""
        if not available():
            self.outcome, self.reason = (
                "failed",
                f"{NOT_CONFIGURED}: no browser on this machine: run make browser, or set CHROMIUM",
            )
            return
        taken: dict[str, str] = self.books.previous().get("taken") or {}
        self.measured |= {
            "taken": {t.host: taken[t.host] for t in self.targets if t.host in taken},
            "pictures": 0,
        }
        played = bool(self.settings.get("SANDBOX_PROXY"))
        most = self.settings.getint("SCREENSHOT_SITES") or (MOST_SITES_PLAYED if played else MOST_SITES)
        for target in sorted(self.targets, key=lambda t: (taken.get(t.host, ""), t.host))[:most]:
            # Tried counts as taken: a site that is down for good must not keep the others waiting.
            self.measured["taken"][target.host] = self.clock.now().isoformat()
            scheme = self.settings.getlist("SHOP_SCHEMES")[0]
            yield self._picture(SiteKey.of(target.host).url(scheme), target.host, "home", scheme)

    def read_picture(
        self, response: Response, host: str, role: str, scheme: str
    ) -> Iterator[Request | Record]:
        """Keep the picture as a capture; from the home page go on to notice and terms."""
        if wall := wall_of(response.body):
            raise SourceBlocked(f"a {wall} page")
        text = text_of(response)
        place = place_of(response.status, text)
        if place == "waf_block":
            raise SourceBlocked(f"{role}: HTTP {response.status}")
        # A closed, frozen or broken page is what a visitor sees: its picture is evidence too.
        self._keep_picture(response, host, role)
        if role == "home" and place is None:
            links = role_links(Page(response.url, text).tree, response.url, SiteKey.of(host))
            for wanted in _ROLES:
                if url := links.get(wanted):
                    yield self._picture(url, host, wanted, scheme)

    def fallback_request(self, request: Request, kind: str) -> Request | None:
        """The plain-HTTP home page, when there was no answer over HTTPS."""
        known, host = request.cb_kwargs["known"], request.cb_kwargs["host"]
        plain = "http" in self.settings.getlist("SHOP_SCHEMES")
        if (
            known["role"] == "home"
            and known["scheme"] == "https"
            and plain
            and kind not in ("disallowed", "unwelcome", "refused")
        ):
            return self._picture(SiteKey.of(host).url("http"), host, "home", "http")
        return None

    def finished(self, host: str, visit: HostVisit) -> Iterator[Record]:
        """A visit without a picture was not a good one."""
        if not visit.notes.get("pictures") and not visit.missing:
            visit.downgrade("failed", "no picture could be taken")
        return iter(())

    def counted(self) -> int | None:
        """Pictures taken."""
        return int(self.measured["pictures"])

    def _keep_picture(self, response: Response, host: str, role: str) -> None:
        request = response.request
        assert request is not None
        methods = request.meta.get("playwright_page_methods") or []
        picture: bytes | None = getattr(methods[-1], "result", None) if methods else None
        taken = picture is not None and picture.startswith(b"\x89PNG")
        self.tally("picture", int(taken), host=host)
        if picture is None or not taken:
            return
        if len(picture) > HEAVIEST:
            self.visit(host).downgrade(
                "failed", f"{role}: the picture is too large: {len(picture):,} of at most {HEAVIEST:,} bytes"
            )
            return
        visit = self.visit(host)
        visit.notes["pictures"] = visit.notes.get("pictures", 0) + 1
        self.measured["pictures"] += 1
        if self.archive is None:
            return
        at: dt.datetime = request.meta.get("fetched_at") or self.clock.now()
        headers = [("Content-Type", "image/png"), ("X-Page-Role", role)]
        stored = self.archive.write(response.url, at, response.status, headers, picture)
        request.meta["captures"] = [*request.meta.get("captures", ()), stored]

    def _picture(self, url: str, host: str, role: str, scheme: str) -> Request:
        from scrapy_playwright.page import PageMethod

        clip = {"x": 0, "y": 0, "width": WIDTH, "height": TALLEST}
        methods = [
            PageMethod("evaluate", MASK),
            PageMethod(
                "screenshot", full_page=True, clip=clip, type="png", animations="disabled", timeout=15_000
            ),
        ]
        meta = {
            "playwright": True,
            SHOP_PAGE: True,
            "playwright_page_methods": methods,
            "playwright_page_init_callback": self._dress,
        }
        return self.ask(url, "picture", host, known={"role": role, "scheme": scheme}, meta=meta)

    async def _dress(self, page: Any, request: Request) -> None:
        """Let the page load its own styles, images and fonts, which the browser otherwise leaves out."""
        guard = Guard.of(self.crawler)
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        left = [MOST_PARTS]

        async def part(route: Any) -> None:
            asked = route.request
            own = self._own_part(asked, request.url, guard) and (robots is None or robots.permits(asked.url))
            if own and left[0] > 0:
                left[0] -= 1
                await route.continue_()
            else:
                await route.fallback()

        await page.route("**/*", part)
        await one_at_a_time(page, request)

    def _own_part(self, asked: Any, page_url: str, guard: Guard) -> bool:
        if asked.resource_type not in _PARTS or asked.url.split("/")[:3] != page_url.split("/")[:3]:
            return False
        try:
            guard.check_url(asked.url)
        except Refused:
            return False
        return True
