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

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import github as wire
from crawler.formats import json_api
from crawler.pages.decoding import text_of
from crawler.pages.mentions import Watched
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
        blind_zh="软件的问题单说的是软件，不是网站；运营者指定的故障登记是网友的说法，未核实，不计入投诉；站长自行修改过的版本看不到；闭源系统没有公开问题单；报得多也可能只是用得多。",
        blind_en="Issues of software are about software, not sites; registries of failures the operator names are people's claims, unchecked, in no count; modified copies and closed systems are not seen; many reports may mean many users.",
        expected=Expected(1, 10_000, "crawl", "问题单", "issues", {"issue": 0.3}),
    )
    whole_source = True
    brings: ClassVar[tuple[str, ...]] = ("mention",)
    legal: ClassVar[tuple[str, str]] = (
        "使用其文档公开的 REST 接口，不登录，遵守其每小时限额；提交者账号在写盘之前即丢弃。",
        "The documented REST API, without login and within its hourly limit; authors' accounts are dropped before anything is kept.",
    )

    def __init__(self, days: str | int = 365, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self.days = int(days)
        self._found: dict[str, list[wire.Issue]] = {}
        self._watched = Watched(self.targets)

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
        for registry in filter(
            None, (n.strip() for n in str(self.settings.get("FAILURE_REGISTRIES") or "").split(","))
        ):
            yield self._registry(registry, 1)

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

    def read_registry(
        self, response: Response, host: None, repository: str, page: int
    ) -> Iterator[Record | Request]:
        """One page of a registry of failures; an entry is about a watched site only by the address or name its template states.

        A registry that is gone, or whose answer is no list, says so in `measured` and leaves the rest standing.
        """
        counts = self.measured.setdefault("registries", {}).setdefault(
            repository, {"entries": 0, "empty": 0, "named": 0}
        )
        try:
            if response.status == 404:
                raise SourceChanged("no such repository")
            entries = wire.failures_of(json_api.json_of(response.status, text_of(response)))
        except (SourceChanged, NotAnswered) as error:
            counts["unread"] = str(error)[:120]
            return
        for entry in entries:
            counts["entries"] += 1
            if entry is None:
                counts["empty"] += 1
                continue
            # The registry's own address in the field, as in a template nobody filled in, names no shop.
            target = self._watched.of(entry.address) or (self._watched.of(entry.name) if entry.name else None)
            if target is None:
                continue
            counts["named"] += 1
            yield {
                "kind": "mention", "source": self.name, "host": target.host, "by": "registry", "said_at": entry.at,
                "source_id": f"{repository.replace('/', ':')}:{entry.number}", "title": entry.title,
                "text": f"{entry.title} {entry.reachable} {entry.span}", "state": "solved" if entry.solved_at else "open",
                "state_at": entry.solved_at, "url": f"https://github.com/{repository}/issues/{entry.number}",
                "seen_at": self.at(None, response),
            }  # fmt: skip
        if len(entries) >= PAGE_SIZE and page < MOST_PAGES:
            yield self._registry(repository, page + 1)

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

    def _registry(self, repository: str, page: int) -> Request:
        since = self._since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.ask(
            f"{self._base}/repos/{repository}/issues?state=all&per_page={PAGE_SIZE}&since={since}&page={page}",
            "registry",
            known={"repository": repository, "page": page},
            headers={"Accept": "application/vnd.github+json"},
        )

    def closed(self, reason: str) -> None:
        """A crawl that read no repository found nothing out."""
        if self.outcome == "ok" and not self._found:
            self.outcome, self.reason = "failed", "no repository could be read"
        super().closed(reason)
