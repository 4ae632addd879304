"""Every politeness and safety setting of the crawler, each stated explicitly. No spider may override one.

Library defaults are unpolite (robots off, 8 requests a domain, no delay, 1 GiB bodies, a remote console), so nothing
is left to them. Values that depend on the run (clock, sandbox, source addresses) are given by `crawler.run` or `-s`.
"""

import sys

from crawler.download.browser import launch_options
from store.settings import SettingsError, scrapy_settings, settings

try:
    _operator = settings()
except SettingsError as _error:  # for `scrapy`; our own command line has said so before it comes here
    sys.stderr.write(f"错误 error: {_error}\n")
    raise SystemExit(2) from None

BOT_NAME = "kamengwatch"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"

# Who we are. ROBOTSTXT_USER_AGENT is the product token robots.txt files are matched with.
CONTACT = _operator.contact
"""Empty: nobody answers for a crawl, so nothing leaves this machine but to the sandbox (crawler/guard.py)."""
USER_AGENT = f"kamengwatch/0.1 (public-interest monitor of card-trading sites; +{CONTACT or 'sandbox'})"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "kamengwatch"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}

# Pace: one request at a time per host, a second and more apart, slower when the host is slow.
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = (
    1  # Scrapy starts that many tasks for every answer; a page's records go through none of them
)
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0.3
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 3.0
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
LONGEST_CRAWL_DELAY = 120.0
"""Seconds. A host that asks for more between two requests is left alone: a visit would never end."""

# Limits.
DOWNLOAD_TIMEOUT = 20
CONNECT_TIMEOUT = 8
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024
DOWNLOAD_WARNSIZE = 2 * 1024 * 1024
MOST_HEADERS = 100
LONGEST_HEADER = 8190
"""Bytes of one header's name or value, and of the status line."""
DOWNLOAD_FAIL_ON_DATALOSS = True
# Certificates are verified by our own handler (crawler/download/handlers.py, crawler/download/tls.py); Scrapy's would read the authorities anew for each crawl.
DOWNLOAD_VERIFY_CERTIFICATES = False
DEPTH_LIMIT = 60
URLLENGTH_LIMIT = 2083
REDIRECT_ENABLED = True
# What an error page says of a host is read, too; redirects of the same site are followed.
HTTPERROR_ALLOW_ALL = True
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
RETRY_ENABLED = True
RETRY_TIMES = 1
RETRY_HTTP_CODES = [500, 502, 504, 522, 524]  # not 429 and 503: those say "later"
RETRY_EXCEPTIONS = [  # without the default's error of a handler that is not ours and takes 0.3 s to load
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
    OSError,
]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
COOKIES_ENABLED = False
COMPRESSION_ENABLED = True
REFERER_ENABLED = True
# As a browser does it, and shops' lists want it; no other site learns where we came from.
REFERRER_POLICY = "scrapy.spidermiddlewares.referer.SameOriginPolicy"
HTTPPROXY_ENABLED = False  # a proxy from the environment would hide addresses from the guard
HTTPCACHE_ENABLED = False
CLOSESPIDER_TIMEOUT = 6 * 3600
MEMUSAGE_ENABLED = True
MEMUSAGE_LIMIT_MB = 2048

# What judges a crawl at its end (Spidermon suites; crawler.source_spider runs them before the ledger is closed).
SPIDERMON_SPIDER_CLOSE_MONITORS = ["crawler.recording.health.CollectionHealth"]

# Off: one runs posted code, the other opens a shell.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# Process.
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
ASYNCIO_EVENT_LOOP = "uvloop.Loop"
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.handlers.GuardedHandler",
    "https": "crawler.download.handlers.GuardedHandler",
    "whois": "crawler.download.direct_queries.DirectHandler",
    "tls": "crawler.download.direct_queries.DirectHandler",
    "dns": "crawler.download.direct_queries.DirectHandler",
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
DNS_TIMEOUT = 10
WARN_ON_GENERATOR_RETURN_VALUE = False  # it parses the source of every callback, for a mistake mypy finds
LOG_LEVEL = "WARNING"
LOGSTATS_INTERVAL = 0
FEED_EXPORT_ENCODING = "utf-8"

# Responses pass from 900 (network) to 50 (spider): decompressed at 590, kept at 585 before anything reads them.
DOWNLOADER_MIDDLEWARES = {
    "crawler.guard.GuardMiddleware": 40,
    "crawler.download.politeness.HostStopMiddleware": 60,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.download.politeness.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.download.politeness.SameSiteRedirectMiddleware": 570,
    "crawler.recording.capture.CaptureMiddleware": 585,
    "crawler.recording.trial.TrialMiddleware": 586,
    "crawler.download.api_key.SecretMiddleware": 587,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
}
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.download.politeness.CrawlDelayThrottle": 0,
}

# The browser, started only when a page asks for it.
PLAYWRIGHT_BROWSER_TYPE = "chromium"
PLAYWRIGHT_LAUNCH_OPTIONS = launch_options()
_VISITOR = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "service_workers": "block"}
PLAYWRIGHT_CONTEXTS = {"default": _VISITOR, "shops": _VISITOR | {"ignore_https_errors": True}}
"""`shops` for rated sites, whose pages are read whatever their certificate."""
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 1
PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT = 20_000

# The run. Empty means: real clock given by Scrapy's own start time, real network, turns at a host in this process only.
KAMENGWATCH_NOW = ""
NOW_SHOWN_AT: float | None = None
KAMENGWATCH_JOB = ""
TURNS_FOLDER = ""
ICP_CONTROL_FIRST = True  # whether the filing service's control is asked before the sites, too
SITES_SHARED = False  # whether another spider of the job visits the same sites meanwhile, so that they take turns there, too
SANDBOX_PROXY = ""
GUARD_ALLOWED_HOSTS: list[str] = []  # hosts the operator names that may lie in a private network, on any port
EGRESS_PORTS = [int(port) for port in _operator.egress_ports.split(",")]

# Where the sources are. A source without an address is not configured, which is never "nothing found".
# The operator's: HEIMAO_BASE, REDNET_BASE, XIAOFEIBAO_BASE and _BRANDS, GITHUB_BASE and _REPOSITORIES, ICP_BASE, _PROVIDER and _KEY,
# RDAP_BASE, PLACES_FILE, BLOCKLISTS (store/settings.py).
globals().update(scrapy_settings())
CONTROLS = [name.strip() for name in _operator.controls.split(",") if name.strip()]
RDAP_BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
RDAP_NETWORKS = "https://rdap.arin.net/registry"  # leads on to the registry of the address's region
WHOIS_SERVERS: dict[
    str, str
] = {}  # ending of a name -> server, beside those of crawler/formats/domain_records.py
DNS_SERVERS: list[str] = []  # empty: the system's
DIRECT_PORTS: dict[str, int] = {}  # whois, tls, dns: other ports than the usual ones
SHOP_SCHEMES = ["https", "http"]
LOOK_SETTINGS = {
    "AUTOTHROTTLE_START_DELAY": DOWNLOAD_DELAY,
    "DOWNLOAD_TIMEOUT": 8,
    "CONNECT_TIMEOUT": 4,
    "RETRY_ENABLED": False,
    "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": 10_000,
    "RDAP_BOOTSTRAP": "",
}
"""A look while somebody waits: the same rules and the same pace, less patience, and no list of registries fetched for one name."""
SANDBOX_SETTINGS = {
    "HEIMAO_BASE": "http://tousu.sina.test",
    "REDNET_BASE": "http://rednet.sandbox.test",
    "REDNET_BOARD": "http://rednet.sandbox.test/",
    "XIAOFEIBAO_PAGES": "http://xiaofeibao.sandbox.test",
    "XIAOFEIBAO_BASE": "http://xiaofeibao.sandbox.test",
    "XIAOFEIBAO_BRANDS": "http://lists.sandbox.test/xiaofeibao-brands.json",
    "GITHUB_BASE": "http://github.sandbox.test",
    "GITHUB_REPOSITORIES": "",
    "BLOCKLISTS": {
        f"演示名单{n}": f"http://lists.sandbox.test/lists/{n}.txt" for n in ("wildcard", "adblock", "hosts")
    },
    "ICP_PROVIDER": "ymicp",
    "ICP_BASE": "http://icp.sandbox.test",
    "ICP_KEY": "",
    "ICP_CONTROL": "sandbox.test",
    "RDAP_BASE": "http://rdap.sandbox.test",
    "CT_BASE": "http://elsewhere.sandbox.test",
    "WAYBACK_BASE": "http://elsewhere.sandbox.test",
    "COMMONCRAWL_BASE": "http://elsewhere.sandbox.test",
    "V2EX_SEARCH": "http://elsewhere.sandbox.test",
    "TELEGRAM_BASE": "http://elsewhere.sandbox.test",
    "FORUM_FEEDS": {"v2ex": "http://elsewhere.sandbox.test/index.xml"},
    "FAILURE_REGISTRIES": "",
    "WHOIS_SERVERS": {"faka.test": "whois.sandbox.test"},
    "SHOP_SCHEMES": ["http"],
    "CONTROLS": ["http://reference.sandbox.test/"],
    "DOWNLOAD_DELAY": 0.0,
    "AUTOTHROTTLE_ENABLED": False,
    "RETRY_ENABLED": False,
}
"""Sandbox mode: pace counts on the simulated calendar, so the real delay is nil; one at a time per host still holds."""
