"""`scrapy crawl`: as Scrapy's own, but it says what it needs, names what could not be read, and ends with an exit code that tells."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl

from crawler.source_spider import SourceSpider
from store.text.query import host_key
from store.text.refused_hosts import refusal, refusal_of_text
from store.text.safe_text import plain


class Command(ScrapyCrawl):
    """One spider over the hosts of `-a platform=…`; nothing is kept in the database."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Exit code 2 for a spider or host there is none of, 1 when a host or the source could not be read."""
        process = self.crawler_process
        assert process is not None
        if wrong := _wrong(args, process.spider_loader.list()):
            sys.stderr.write(f"错误 error: {wrong}\n")
            self.exitcode = 2
            return
        crawler = self._create_crawler(args[0])
        if wrong := _unaskable(
            crawler.spidercls, opts.spargs, process.settings.getlist("GUARD_ALLOWED_HOSTS")
        ):
            sys.stderr.write(f"错误 error: {wrong}\n")
            self.exitcode = 2
            return
        process.crawl(crawler, **opts.spargs)
        process.start()
        spider = crawler.spider
        if process.bootstrap_failed or not isinstance(spider, SourceSpider):
            self.exitcode = 1
            return
        for line in unread(spider):
            sys.stderr.write(f"{line}\n")
            self.exitcode = 1


def _wrong(args: list[str], known: list[str]) -> str | None:
    """What is wrong with the spiders named; None for one that there is."""
    if len(args) != 1:
        return "一次一个 one spider at a time; 例 e.g. scrapy crawl storefront -a platform=shop.example"
    if args[0] in known:
        return None
    return f"{args[0]}: 没有这个信息源 no such spider; 可用 use {', '.join(sorted(known))}"


def _unaskable(cls: type[Any], given: dict[str, Any], allowed: list[str]) -> str | None:
    """Why the platforms named cannot be asked about: none where some are needed, or one that can be no site."""
    platforms = [text for text in str(given.get("platform", "")).split(",") if text.strip()]
    if not platforms and issubclass(cls, SourceSpider) and not cls.whole_source:
        return f"{cls.name}: 采哪些网站？which platforms? 例 e.g. scrapy crawl {cls.name} -a platform=shop.example,b.example -O out.jsonl"
    for text in platforms:
        key = host_key(text)
        reason = refusal(key) or refusal_of_text(text)
        named = {key, key.rpartition(":")[0]} & set(allowed)
        if reason and not (reason.code == "inner" and named):
            return f"-a platform={plain(text, 60)}: {reason}"
    return None


def unread(spider: SourceSpider) -> Iterator[str]:
    """A line for each host that could not be read and for the source, with the reason."""
    hosts = [(host, visit) for host, visit in sorted(spider.visits.items()) if visit.outcome != "ok"]
    for host, visit in hosts:
        yield f"{spider.name} {host}: {visit.outcome}: {plain(visit.reason or '', 300)}"
    if spider.fault is not None:
        yield f"{spider.name}: {plain(spider.fault, 300)}"
    elif spider.outcome != "ok" and not hosts:
        yield f"{spider.name}: {spider.outcome}: {plain(spider.reason or '', 300)}"
