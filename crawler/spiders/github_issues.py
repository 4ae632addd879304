"""Issues of the shop-software repositories through the documented REST API: how often each version drops orders.

    scrapy crawl github_issues [-a days=365] -O out.jsonl

It speaks of software, never of a platform, so it makes no observation: its counts are kept with the crawl (`measured`),
per software and version, and read from there (docs/decisions/0007).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.errors import SourceBlocked, SourceChanged
from crawler.formats import github as wire
from crawler.formats import json_api
from crawler.pages.decoding import text_of
from crawler.pages.operator_mappings import mapping_of
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard

REPOSITORIES = {
    "dujiaoka": "assimon/dujiaoka",
    "acg_faka": "lizhipay/acg-faka",
    "zfaka": "zlkbdotnet/zfaka",
    "card_system": "Tai7sy/card-system",
    "kamifaka": "Baiyuetribe/kamiFaka",
}
"""Software, as crawler/shops names it → its repository. Setting KAMENGWATCH_GITHUB_REPOSITORIES replaces it."""
PAGE_SIZE = 100
MOST_PAGES = 5


class GithubIssuesSpider(SourceSpider):
    """Arguments: `days` of history to count."""

    name = "github_issues"
    card = SourceCard(
        id="github_issues",
        kind="software",
        title_zh="发卡软件问题单",
        title_en="Issues of shop software",
        publisher="GitHub（各软件的公开仓库）",
        family="github",
        tier="C",
        cadence_hours=24 * 7,
        blind_zh="说的是软件，不是网站；站长自行修改过的版本看不到；闭源系统没有公开问题单；报得多也可能只是用得多。",
        blind_en="About software, not sites; modified copies and closed systems are not seen; many reports may mean many users.",
        expected=Expected(1, 10_000, "crawl", "问题单", "issues", {"issue": 0.3}),
    )
    whole_source = True
    legal: ClassVar[tuple[str, str]] = (
        "使用其文档公开的 REST 接口，不登录，遵守其每小时限额；提交者账号在写盘之前即丢弃。",
        "The documented REST API, without login and within its hourly limit; authors' accounts are dropped before anything is kept.",
    )

    def __init__(self, days: str | int = 365, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self.days = int(days)
        self._found: dict[str, list[wire.Issue]] = {}

    def project(self, url: str, response: Response) -> bytes:
        """What may be kept of an answer, as UTF-8."""
        return json_api.projected(text_of(response), wire.keep).encode()

    def begin(self) -> Iterator[Request]:
        """The newest issues of each repository."""
        self._since = self.clock.now() - dt.timedelta(days=self.days)
        self._base = str(self.settings["GITHUB_BASE"]).rstrip("/")
        given = self.settings.get("GITHUB_REPOSITORIES")
        try:
            repositories = REPOSITORIES if not given else mapping_of(given)
        except ValueError as error:
            self.outcome, self.reason = "failed", f"KAMENGWATCH_GITHUB_REPOSITORIES: {error}"
            return
        for software, repository in (repositories or {}).items():
            yield self._page(str(software), str(repository), 1)

    def read_issues(
        self, response: Response, host: None, software: str, repository: str, page: int
    ) -> Iterator[Record | Request]:
        """One page, newest first; goes on until the span is covered."""
        if response.status == 404:
            self.measured.setdefault("absent", []).append(repository)
            return
        if response.status in (403, 429) and response.headers.get("X-RateLimit-Remaining") == b"0":
            raise SourceBlocked("the hourly limit of the API is used up")
        items = wire.issues_of(json_api.json_of(response.status, text_of(response)))
        if not items and page == 1:
            raise SourceChanged(f"{repository} has no issue at all")
        issues = [issue for issue in items if issue is not None]
        self.tally("issue", len(issues), len(items))
        self._found.setdefault(software, []).extend(issues)
        covered = bool(issues) and min(issue.opened_at for issue in issues) < self._since
        self._count(software, repository, covered or len(items) < PAGE_SIZE)
        if len(items) >= PAGE_SIZE and not covered and page < MOST_PAGES:
            yield self._page(software, repository, page + 1)

    def counted(self) -> int | None:
        """Issues read, of all repositories."""
        return sum(len(issues) for issues in self._found.values())

    def _count(self, software: str, repository: str, complete: bool) -> None:
        found = {issue.number: issue for issue in self._found[software]}
        counts = wire.tally(list(found.values()), self._since)
        last = counts.pop("last_drop_on")
        self.measured.setdefault("software", {})[software] = {
            "repository": repository,
            "since": self._since.date().isoformat(),
            "complete": complete,
            **counts,
            "last_drop_on": last.date().isoformat() if last else None,
        }

    def _page(self, software: str, repository: str, page: int) -> Request:
        query = f"state=all&sort=created&direction=desc&per_page={PAGE_SIZE}&page={page}"
        return self.ask(
            f"{self._base}/repos/{repository}/issues?{query}",
            "issues",
            known={"software": software, "repository": repository, "page": page},
            headers={"Accept": "application/vnd.github+json"},
        )

    def closed(self, reason: str) -> None:
        """A crawl that read no repository found nothing out."""
        if self.outcome == "ok" and not self._found:
            self.outcome, self.reason = "failed", "no repository could be read"
        super().closed(reason)
