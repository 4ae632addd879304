"""What every crawl process shares, imported once by the fork server. It must start no thread and install no reactor."""

import crawler.fetch
import crawler.run

SPIDERS = crawler.run.spiders()
