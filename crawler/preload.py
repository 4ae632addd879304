"""What every crawl process shares, imported once by the fork server. It must start no thread and install no reactor.

Scrapy and aiohttp import these by name when a crawl starts, and a demonstration run starts a hundred crawls.
"""

from importlib import import_module

import crawler.run

LATE = ("aiohttp.web", "uvloop", "scrapy.dupefilters", "scrapy.logformatter", "scrapy.pqueues", "scrapy.squeues",
        "scrapy.statscollectors", "crawler.capture", "crawler.direct", "crawler.fetch", "crawler.monitors")  # fmt: skip
for _name in LATE:
    import_module(_name)
crawler.run.spiders()
