"""所用软件的问题单."""

from __future__ import annotations

from scoring import method
from scoring.features.shop_pages import software_of, software_version_of
from scoring.figures import count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Cited, Finding, pages_of, unscored_finding
from scoring.observations.dataset import Dataset


def software_trouble(facts: Dataset) -> Finding:
    """所用软件的掉单报告 — Drop reports of its software

    Why: 掉单常出在发卡软件本身：回调丢失、卡住不发货；同一版本的其他站长会在问题单里先说。 | Drops often come from the shop software itself: lost callbacks, stuck deliveries; others who run the same version report them first.
    Reads: page
    ok: 这个软件（版本）近一年的问题单里，说掉单的不到两成。 | Of the last year's issues of this software (version) fewer than a fifth tell of drops.
    concern: 至少 10 张问题单里，说掉单的占两成及以上。 | Of ten issues or more, a fifth or more tell of drops.
    unknown: 不知道所用软件，或没有它的公开问题单。 | The software is not known, or has no public issues.
    Limits: 说的是软件，不是这个网站；报得多也可能只是用得多；自行修改过的版本看不到。 | About the software, not this site; many reports may mean many users; modified copies are not seen.
    """
    return unscored_finding(
        facts, [_answer(facts, site) for site in range(len(facts.sites))], method.STRENGTH_CLAIM, "share"
    )


def _answer(facts: Dataset, site: int) -> Answer:
    software = software_of(facts, site)
    told = facts.software.get(software or "")
    if not told:
        return Answer(
            UNKNOWN,
            "不知道所用软件，或它没有公开问题单。",
            "Its software is not known, or has no public issues.",
        )
    version = software_version_of(facts, site)
    row = (told.get("versions") or {}).get(version or "")
    of = told if row is None else row
    name = f"{software} {version}" if row is not None else str(software)
    issues, drops = (
        count("software_issues_365d", of.get("issues") or 0),
        count("software_drops_365d", of.get("drops") or 0),
    )
    share = drops.value / issues.value if issues.value else 0.0
    few = ("没有一张", "none") if not drops.value else (f"其中 {drops.value:.0f} 张", f"{drops.value:.0f}")
    told_zh, told_en = (
        (
            f"有 {issues.value:.0f} 张公开问题单，{few[0]}说掉单",
            f"{issues.value:.0f} public issue(s) of the last year, {few[1]} of them about dropped orders",
        )
        if issues.value
        else ("没有公开问题单", "no public issues of the last year")
    )
    return Answer(
        CONCERN
        if issues.value >= method.SOFTWARE_ISSUES_FEW and share >= method.SOFTWARE_DROPS_CONCERN
        else OK,
        f"它所用的 {name} 近一年{told_zh}（说的是软件，不是这个网站）。",
        f"{name}, which it runs, has {told_en} (about the software, not this site).",
        share,
        issues.value,
        _page(facts, site),
        (issues, drops),
    )


def _page(facts: Dataset, site: int) -> tuple[Cited, ...]:
    """The newest page by which the software was recognised."""
    rows = facts.rows["page"]
    newest = next((at for at in reversed(pages_of(facts, site)) if rows["software"][at]), None)
    return () if newest is None else (("page", int(rows.id[newest])),)
