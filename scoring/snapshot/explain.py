"""Every contribution to a site's score in order of weight, its interval, and what could not be seen. From a snapshot only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scoring.snapshot.reader import Snapshot


@dataclass(frozen=True)
class Part:
    """One contribution in points."""

    indicator: str
    title: str
    outcome: str
    points: float
    sentence: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Otherwise:
    """What would move the site to another tier: the fewest facts (indicator ids) and the sentence, "" where there is none."""

    facts: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """How a score comes about; `total` is the sum of the parts and equals the score before it is withheld as NR."""

    host: str
    lang: str
    as_of: str
    method_version: str
    verdict: str
    grade: str
    score: float | None
    low: float | None
    high: float | None
    coverage: float
    total: float
    parts: tuple[Part, ...]
    unseen: tuple[str, ...]
    better: Otherwise
    worse: Otherwise
    improve: tuple[str, ...] = ()
    """For the site: what the practices its pages do not state call for."""

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """As text, one line each."""
        zh = self.lang == "zh"
        score = "—" if self.score is None else f"{self.score:.1f}"
        if self.score is not None and self.low is not None:
            score += f" [{self.low:.1f}–{self.high:.1f}]"
        elif self.score is not None:
            score += "（封顶，无区间）" if zh else " (capped, no interval)"
        head = [
            f"{self.host} · {self.verdict if zh else _ENGLISH[self.verdict]} · {self.grade} · {score}",
            f"{'截至' if zh else 'as of'} {self.as_of} · {'方法' if zh else 'method'} {self.method_version} · {'证据充分度' if zh else 'coverage'} {self.coverage:.0f}%",
        ]
        body = [
            f"{part.points:+7.2f}  {part.title}{'：' if zh else ': '}{part.sentence}" for part in self.parts
        ]
        total = f"{self.total:+7.2f}  {'合计' if zh else 'sum'}"
        what_if = "什么会改变这一档" if zh else "what would change the tier"
        return [
            *head,
            *body,
            total,
            *(
                f"{what_if}{'：' if zh else ': '}{o.sentence}"
                for o in (self.better, self.worse)
                if o.sentence
            ),
            ("看不到：" if zh else "not seen: ") + ("；" if zh else "; ").join(self.unseen),
            *(f"{'网站可以改进：' if zh else 'the site could: '}{what}" for what in self.improve),
        ]


_ENGLISH = {"蓝": "blue", "黄": "yellow", "橙": "orange", "红": "red", "灰": "grey"}


def explain(snapshot: Snapshot, host: str, lang: str = "zh") -> Explanation:
    """The arithmetic of one site. Raises KeyError for a site that is not in the snapshot."""
    row = snapshot.site(host)
    if row is None:
        raise KeyError(host)
    found = snapshot.of("findings", host)
    parts = [
        Part(
            f["indicator"],
            f[f"title_{lang}"],
            f["outcome"],
            f["contribution"],
            f[f"sentence_{lang}"],
            tuple(f["evidence"] or ()),
        )
        for f in found
    ]
    return Explanation(
        host=host,
        lang=lang,
        as_of=row["as_of"].isoformat(),
        method_version=row["method_version"],
        verdict=row["verdict"],
        grade=row["grade"],
        score=row["score"],
        low=None if row["score_cap"] else row["score_low"],
        high=None if row["score_cap"] else row["score_high"],
        coverage=row["coverage"],
        total=sum(p.points for p in parts),
        parts=tuple(sorted(parts, key=lambda p: (-abs(p.points), p.indicator))),
        unseen=tuple(row[f"blind_spots_{lang}"] or ()),
        better=_otherwise(row, "better", lang),
        worse=_otherwise(row, "worse", lang),
        improve=tuple(w for p in snapshot.of("practices", host) for w in p[f"improve_{lang}"]),
    )


def _otherwise(row: dict[str, Any], which: str, lang: str) -> Otherwise:
    """The counterfactual as published; a snapshot from before there was one has none."""
    return Otherwise(tuple(row.get(f"{which}_facts") or ()), row.get(f"{which}_{lang}") or "")
