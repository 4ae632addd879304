"""The spiders, found by Scrapy through SPIDER_MODULES: one file per source, file name = source id."""
