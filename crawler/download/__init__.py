"""How bytes come in: what may be asked, at which pace, from which host, and what an answer that is none is called. Entered by Scrapy (crawler/settings.py)."""
