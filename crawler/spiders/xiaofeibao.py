"""消费保: how many complaints a brand has and what share of them was solved. Counters only, never a complaint.

    scrapy crawl xiaofeibao -a platform=a.example -s XIAOFEIBAO_BRANDS='{"a.example": 18293}' -O out.jsonl

The site offers no open search by name, so the operator says which brand number belongs to which watched host:
XIAOFEIBAO_BRANDS is a JSON object, a JSON file, or the address of one. Its lists ask for an encrypted form: not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.errors import SourceChanged
from crawler.formats import json_api
from crawler.pages.decoding import text_of
from crawler.pages.operator_mappings import mapping_of
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import NOT_CONFIGURED, Expected, SourceCard
from store.text.query import host_key

_FIELDS = ("total", "solve_rate")


class XiaofeibaoSpider(SourceSpider):
    """Arguments: `platform` hosts. Setting XIAOFEIBAO_BRANDS: host → brand number."""

    name = "xiaofeibao"
    card = SourceCard(
        id="xiaofeibao",
        kind="complaints",
        title_zh="消费保",
        title_en="Xiaofeibao brand statistics",
        publisher="消费保",
        family="xiaofeibao",
        tier="C",
        cadence_hours=24 * 7,
        blind_zh="只有投诉总量与解决率，没有投诉内容；解决率由该平台自行计算；只覆盖已建品牌页的商家。",
        blind_en="Only a total and a share solved, as the site itself counts it; no texts; only merchants with a brand page.",
        expected=Expected(1, 1, selectors={"counters.completed_total": 0.5}),
    )
    brings: ClassVar[tuple[str, ...]] = ("counters",)
    legal: ClassVar[tuple[str, str]] = (
        "品牌统计为公开页面所用的公开计数，不含个人信息；加密的列表接口不使用；来源页只写该计数所在的同站品牌页，与浏览器一致。",
        "Public counters shown on public pages, without personal data; its encrypted lists are not used; the referrer is the site's own brand page that shows them, as a browser sends it.",
    )

    def project(self, url: str, response: Response) -> bytes | None:
        """The counters alone; the operator's own list of brands is kept as it is."""
        if "/brand/" not in url:
            return None
        return json_api.projected(text_of(response), _kept).encode()

    def begin(self) -> Iterator[Request]:
        """One question for each watched host whose brand is known."""
        given = self.settings.get("XIAOFEIBAO_BRANDS")
        if not given:
            self.outcome, self.reason = (
                "failed",
                f"{NOT_CONFIGURED}: set KAMENGWATCH_XIAOFEIBAO_BRANDS (host → brand number)",
            )
            return
        try:
            brands = mapping_of(given)
        except ValueError as error:
            self.outcome, self.reason = "failed", f"KAMENGWATCH_XIAOFEIBAO_BRANDS: {error}"
            return
        if brands is None:
            yield self.ask(str(given), "brands")
        else:
            yield from self._questions(brands)

    def read_brands(self, response: Response, host: None) -> Iterator[Request]:
        """The operator's list, where it is kept at an address."""
        brands = json_api.json_of(response.status, text_of(response))
        if not isinstance(brands, dict):
            raise SourceChanged("the list of brands is not an object host → number")
        yield from self._questions(brands)

    def read_statistics(self, response: Response, host: str) -> Iterator[Record]:
        """Volume and share solved; a stated zero is a zero."""
        data = json_api.data_of(response.status, text_of(response))
        total, rate = data.get("total"), data.get("solve_rate")
        if isinstance(total, bool) or not isinstance(total, int) or total < 0:
            raise SourceChanged("no total in the statistics")
        solved = float(rate) if isinstance(rate, int | float | str) and _is_number(rate) else None
        if solved is not None and not 0 <= solved <= 100:
            raise SourceChanged(f"a share solved of {solved}")
        yield {
            "kind": "counters",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            "valid_total": total,
            "completed_total": None if solved is None else round(total * solved / 100),
        }

    def _questions(self, brands: dict[str, Any]) -> Iterator[Request]:
        base = str(self.settings["XIAOFEIBAO_BASE"]).rstrip("/")
        known = {host_key(host): str(number) for host, number in brands.items() if str(number).isdigit()}
        asked = 0
        for target in self.targets:
            if number := known.get(target.host):
                asked += 1
                url = f"{base}/brand/getBrandStatistics?brand_id={number}&type=all"
                page = f"{str(self.settings['XIAOFEIBAO_PAGES']).rstrip('/')}/brands/data_{number}.html"
                yield self.ask(url, "statistics", target.host, headers={"Referer": page})
        self.measured |= {"brands": len(known), "asked": asked}
        if not asked:
            self.outcome, self.reason = (
                "failed",
                "no watched host has a brand number in KAMENGWATCH_XIAOFEIBAO_BRANDS",
            )


def _kept(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    kept = json_api.picked(document, ("code", "msg", "message", "data"))
    return kept | {"data": json_api.picked(kept.get("data"), _FIELDS)}


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
