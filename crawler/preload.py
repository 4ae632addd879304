"""What every crawl process shares, imported once by the fork server. It must start no thread and install no reactor.

Scrapy, aiohttp and SQLAlchemy import these by name when a crawl starts, and a demonstration run starts a hundred crawls.
"""

import gc
from importlib import import_module
from importlib.util import find_spec

from scrapy.utils.project import get_project_settings

from crawler.run import spiders
from crawler.shops import systems
from store.text.hosts import registrable

LATE = ("aiohttp.web", "uvloop", "scrapy.dupefilters", "scrapy.logformatter", "scrapy.pqueues", "scrapy.squeues",
        "scrapy.statscollectors", "crawler.recording.capture", "crawler.download.direct_queries", "crawler.download.handlers", "crawler.recording.health")  # fmt: skip
PARTS = ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS")
"""Settings that name what a crawl is built of."""
spiders()
systems()
registrable("www.example.com")  # reads the list of public suffixes
for _name in LATE:
    import_module(_name)
_settings = get_project_settings()
for _setting in PARTS:
    for _part in _settings.getwithbase(_setting):
        import_module(_part.rpartition(".")[0])
if find_spec("psycopg"):
    import_module("psycopg")
# What is here stays for good: no crawl's collector need walk it, which would also copy memory the processes share.
gc.collect()
gc.freeze()
