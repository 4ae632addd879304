"""What every crawl process shares, imported and read once by the fork server. It must start no thread and install no reactor.

Scrapy, aiohttp and SQLAlchemy import these by name when a crawl starts, and a demonstration run starts a hundred crawls. The tables
of the redaction, the model of complaints and the authorities of certificates are read at the first page otherwise, by each anew.
"""

import gc
from importlib import import_module
from importlib.util import find_spec

from scrapy.utils.project import get_project_settings

from crawler.download import tls
from crawler.pages.redacted_projection import without_people
from crawler.pages.shop_features import without_credits
from crawler.run import spiders
from crawler.shops import systems
from store.complaint_kinds.classify import classify
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
for _package, _name in (("psycopg", "psycopg"), ("playwright", "scrapy_playwright.handler")):
    if find_spec(_package):
        import_module(_name)
tls.verified()
without_people("<p>" + "付款后没有收到卡密，客服不回复。" * 40 + "</p>")
without_credits("powered by a maker")
classify(
    "付款后没有收到卡密，联系客服也不回复。钱已经扣了，订单里什么都没有。后来客服把我拉黑，要求退款被拒绝。"
)
# What is here stays for good: no crawl's collector need walk it, which would also copy memory the processes share.
gc.collect()
gc.freeze()
