"""Run every spider at once on the real clock, each against local servers of its own; started by test_crawler_politeness.py.

It must not set anything that decides how a host is treated.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.utils.project import get_project_settings

from crawler.run import spiders
from crawler.settings import SANDBOX_SETTINGS
from tests.support.programs import forked

OF_A_HOST = {"archives", "registration"}
"""Spiders that ask about names and never about an address; the others visit or name the address itself."""
_ORIGIN = re.compile(r"https?://[^/\"]+")


def moved(value: Any, base: str) -> Any:
    """A setting of the sandbox with every address in it that of the local server."""
    if isinstance(value, dict):
        return {name: moved(one, base) for name, one in value.items()}
    if isinstance(value, list):
        return [moved(one, base) for one in value]
    return _ORIGIN.sub(base, value) if isinstance(value, str) else value


def main(ports: Mapping[str, int], environment: Mapping[str, str], streams: str) -> None:
    """Crawl them all, then end: in a process of its own, of `<spider>/<variant>` → port."""
    forked.become(environment, streams)
    process = AsyncCrawlerProcess(get_project_settings())
    for name, port in ports.items():
        base = f"http://127.0.0.1:{port}"
        settings = get_project_settings()
        addresses = {
            n: moved(v, base) for n, v in SANDBOX_SETTINGS.items() if isinstance(v, str | dict | list)
        }
        settings.setdict(addresses, priority="cmdline")
        settings.setdict(
            {
                "XIAOFEIBAO_BRANDS": json.dumps({f"127.0.0.1:{port}": 1}),
                "GUARD_ALLOWED_HOSTS": ["127.0.0.1"],
                "DOWNLOAD_DELAY": 0.05,
                "AUTOTHROTTLE_START_DELAY": 0.05,
            },
            priority="cmdline",
        )
        spider = spiders()[name.partition("/")[0]]
        platform = f"shop{port}.example" if spider.name in OF_A_HOST else f"127.0.0.1:{port}"
        process.crawl(Crawler(spider, settings), platform=platform)
    process.start()
