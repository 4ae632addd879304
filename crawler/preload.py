"""What every crawl process shares, imported once by the fork server. It must start no thread and install no reactor."""

import aiohttp.web
import scrapy.dupefilters
import scrapy.logformatter
import scrapy.pqueues
import scrapy.squeues
import scrapy.statscollectors
import uvloop

import crawler.capture
import crawler.direct
import crawler.fetch
import crawler.monitors
import crawler.run

# Scrapy imports these by name when a crawl starts; a demonstration run starts a hundred crawls.
SHARED = (
    aiohttp.web,
    uvloop,
    scrapy.dupefilters,
    scrapy.logformatter,
    scrapy.pqueues,
    scrapy.squeues,
    scrapy.statscollectors,
)
OURS = (crawler.capture, crawler.direct, crawler.fetch, crawler.monitors)
SPIDERS = crawler.run.spiders()
