"""Run every spider at once on the real clock, each against local servers of its own; started by test_politeness_everywhere.py.

Arguments: a JSON object `<spider>/<variant>` → port. It must not set anything that decides how a host is treated.
"""

import json
import sys

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.utils.project import get_project_settings

from crawler.run import spiders

ADDRESSES = ("HEIMAO_BASE", "ICP_BASE", "RDAP_BASE", "REDNET_BASE", "GITHUB_BASE", "XIAOFEIBAO_BASE")


def main() -> None:
    """Crawl them all, then end."""
    process = AsyncCrawlerProcess(get_project_settings())
    for name, port in json.loads(sys.argv[1]).items():
        base = f"http://127.0.0.1:{port}"
        settings = get_project_settings()
        settings.setdict(dict.fromkeys(ADDRESSES, base), priority="cmdline")
        settings.setdict(
            {
                "BLOCKLISTS": json.dumps({"one": f"{base}/1.txt", "two": f"{base}/2.txt"}),
                "XIAOFEIBAO_BRANDS": json.dumps({f"127.0.0.1:{port}": 1}),
                "SHOP_SCHEMES": ["http"],
                "CONTROLS": [f"{base}/"],
                "GUARD_ALLOWED_HOSTS": ["127.0.0.1"],
                "DOWNLOAD_DELAY": 0.05,
                "AUTOTHROTTLE_START_DELAY": 0.05,
            },
            priority="cmdline",
        )
        spider = spiders()[name.partition("/")[0]]
        # A registry is asked about names only; the others visit or name the address itself.
        platform = f"127.0.0.1:{port}" if spider.name != "registration" else f"shop{port}.example"
        process.crawl(Crawler(spider, settings), platform=platform)
    process.start()


if __name__ == "__main__":
    main()
