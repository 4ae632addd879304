"""The published method, generated from the code: docs/methodology*.md, docs/snapshot.md, docs/figures.md and method.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scoring import method
from scoring.features.drop_rate import reporting_range
from scoring.figures import NAMES as FIGURES
from scoring.finding import Definition, definitions
from scoring.rating.score_caps import TITLES, sentence
from scoring.snapshot.reader import TABLES

_NAMES = {
    "Why": ("为什么看", "Why"),
    "ok": ("未见异常", "nothing notable"),
    "concern": ("有疑点", "concern"),
    "unknown": ("未知", "unknown"),
    "hidden": ("网站隐藏", "hidden by the site"),
    "not_applicable": ("不适用", "not applicable"),
    "Limits": ("局限", "Limits"),
}
_ZH, _EN = 0, 1
_COLON = ("：", ": ")


def _share(end: int) -> str:
    """The lower or upper end of the range of the share that complains, in per cent with two digits."""
    return f"{100 * reporting_range()[end]:.2g}"


def method_json() -> dict[str, Any]:
    """What the dashboard's method page shows."""
    return {
        "version": method.METHOD_VERSION,
        "zh": {"markdown": methodology(_ZH, indicators=False)},
        "en": {"markdown": methodology(_EN, indicators=False)},
        "indicators": [_indicator(d) for d in _ordered()],
        "rules": [
            {"zh": sentence(n)[0], "en": sentence(n)[1], "id": n, "cap": c} for n, c in method.CAPS.items()
        ],
        "figures": {name: {"zh": told.zh, "en": told.en} for name, told in sorted(FIGURES.items())},
        "bands": [{"grade": g, "from": c} for g, c in method.GRADES] + [{"grade": "E", "from": 0.0}],
    }


def _ordered() -> list[Definition]:
    return sorted(definitions(), key=lambda d: (d.dimension or "Z", -d.weight, d.id))


def _indicator(d: Definition) -> dict[str, Any]:
    return {
        "id": d.id,
        "dimension": d.dimension,
        "weight": d.weight,
        "title_zh": d.title[0],
        "title_en": d.title[1],
        "question_zh": d.texts["Why"][0],
        "question_en": d.texts["Why"][1],
        "definition_zh": _definition(d, _ZH),
        "definition_en": _definition(d, _EN),
        "limits_zh": d.texts["Limits"][0],
        "limits_en": d.texts["Limits"][1],
        "reads": list(d.reads),
        "law": list(d.law),
    }


def _definition(d: Definition, lang: int) -> str:
    heads = [h for h in ("ok", "concern", "unknown", "hidden", "not_applicable") if h in d.texts]
    return " ".join(
        f"{_NAMES[h][lang]}：{d.texts[h][lang]}" if lang == _ZH else f"{_NAMES[h][lang]}: {d.texts[h][lang]}"
        for h in heads
    )


def methodology(lang: int, indicators: bool = True) -> str:
    """The methodology page in Markdown; `lang` 0 Chinese, 1 English."""
    lines = _opening(lang) + _dimensions(lang) + _caps(lang) + _warning(lang)
    if indicators:
        lines += ["", ("## 指标", "## Indicators")[lang]]
        for d in _ordered():
            weight = f"{d.weight:g}" if d.weight else ("不计分", "not scored")[lang]
            lines += [
                "",
                f"### {d.title[lang]} (`{d.id}`)",
                "",
                f"{('权重：', 'Weight: ')[lang]}{weight} · {('读取：', 'Reads: ')[lang]}{', '.join(d.reads)}",
                "",
            ]
            lines += [f"- **{_NAMES[h][lang]}**{_COLON[lang]}{text[lang]}" for h, text in d.texts.items()]
    return "\n".join(lines) + "\n"


def _opening(lang: int) -> list[str]:
    floor, days = method.COVERAGE_FLOOR, method.OBSERVED_DAYS
    if lang == _ZH:
        return [
            "# 方法",
            "",
            f"方法版本 {method.METHOD_VERSION}。本页由代码生成。",
            "",
            "三个互不合并的答案：**信用分**（0–100，附 90% 区间与等级 A–E 或 NR 不予评级）、**资金链状态**、**证据充分度**。"
            "本分反映公开证据，这不等于安全；投诉是单方说法，不等于事实。",
            "",
            "每个维度：S = (κ·u0 + Σ w·e·v) / (κ + Σ w·e)，v = f·u + (1−f)·min(u, u0)，κ 为适用权重之和的 "
            f"{method.PRIOR_SHARE:.0%}。u 为指标效用，w 权重，e 证据强度，f 新鲜度。缺失的证据不会被其余证据替代，而是退回略低于普通网站的先验；"
            "坏于先验的结论不随时间淡出，所以沉默不会提高分数。",
            "",
            f"不予评级：观察不足 {days} 天，或证据充分度低于 {floor:g}%，或订单量未知且投诉人不足 {method.MIN_COMPLAINANTS} 名，或网站启用不足 {method.NEW_DAYS} 天。",
            f"等级：A、B 须 P(分数≥界) ≥ {method.PROOF_GOOD:g}；D、E 须 P(分数<界) ≥ {method.PROOF_BAD:g} 且至少 {method.BAD_FAMILIES} 类独立来源；其余为 C。所以界线是起点而不是结论：证据不足以证明时保留较好的等级，例如 38 分而 P(分数<40) 不足 0.9 的是 D，73 分而 P(分数≥70) 不足 0.8 的是 C（黄）。变动须超过 {method.HYSTERESIS:g} 分。",
            "各项贡献（含每维度先验 `prior_*` 与上限 `cap_*`）之和等于分数。",
            "**掉单率**：有订单明细时按近 90 天、满 24 小时的已付订单逐单计数；否则由投诉与订单量估计，先给出相对同行中位数的倍数及其 90% 区间，无订单量时为未知。"
            f"受害者中公开投诉的比例无人知晓：取中位 {method.REPORTING_MEAN:.0%}、对数标准差 {method.REPORTING_GLOBAL_SD:g}（90% 在 {_share(0)}%–{_share(1)}%），只由逐单已知、未经挑选的订单校正。"
            "它在倍数里抵消，掉单率本身则带着它的全部不确定性，只是一个很宽的范围；得分只用各站自己的那一部分。依据："
            "消费者调查中约 1%–5% 会越级投诉（TARP，Goodman）；美国三次全国调查里约 45% 的受害者向某一方投诉过，30% 向卖家投诉过（Anderson, To Whom Do Victims of Mass-Market Consumer Fraud Complain?, 2021）。"
            "公开投诉平台只是其中一部分，所以取得很宽。最近几天尚未显示的投诉按各站的显示延迟折算，其误差计入区间。",
            f"**订单与计数**：逐单已知的订单与估计合成一个后验。网站自己交来的订单，不利者即时计入；占其计数 {method.FEED_WHOLE:.0%} 以上且不与投诉矛盾时才作为计数。网站自己写的计数要与销量、库存变动、年限相近的同行对照（评论与排名没有来源提供）；"
            "没有其他印证时不影响得分，离谱的按虚构处理；只有部分商品显示销量时，销量是订单的下限。",
            f"**沉默**：投诉平台上的平静按实际看到的编号比例计。经常读取的网站，其页面 {method.CADENCE_DAYS} 天未读到时把握降一级，{method.OWN_STALE_DAYS} 天未读到时蓝、黄转灰（数据陈旧）；已确认的红在无人能查看期间保持为最后已知。",
        ]
    return [
        "# Method",
        "",
        f"Method version {method.METHOD_VERSION}. This page is generated from the code.",
        "",
        "Three answers, never merged: a **score** (0–100 with a 90% interval and a grade A–E or NR, not rated), the **cash-flow state**, "
        "and **coverage**. The score reflects public evidence and is no guarantee; complaints are claims, not facts.",
        "",
        f"Each dimension: S = (κ·u0 + Σ w·e·v) / (κ + Σ w·e), v = f·u + (1−f)·min(u, u0), κ being {method.PRIOR_SHARE:.0%} of the applicable weight; u utility, w weight, "
        "e strength of the evidence, f freshness. Missing evidence is not replaced by the rest but falls back to a prior slightly below an ordinary "
        "site; a finding worse than the prior does not fade, so that silence never lifts a score.",
        "",
        f"Not rated: observed for less than {days} days, or coverage below {floor:g}%, or orders unknown and fewer than {method.MIN_COMPLAINANTS} complainants, or a site less than {method.NEW_DAYS} days old.",
        f"Grades: A and B need P(score ≥ cut) ≥ {method.PROOF_GOOD:g}; D and E need P(score < cut) ≥ {method.PROOF_BAD:g} and {method.BAD_FAMILIES} independent kinds of sources; C otherwise. So a cut is where a grade may begin, not where it does: without that proof a score of 38 is D (P(score < 40) below 0.9) and one of 73 is C, hence yellow (P(score ≥ 70) below 0.8). A change must exceed {method.HYSTERESIS:g} points.",
        "Contributions (with a `prior_*` row per dimension and a `cap_*` row where one applies) sum to the score.",
        "**Drop rate**: counted order by order over paid orders of the last 90 days at least 24 h old where order records exist; else estimated from complaints and the number of orders, told first as a multiple of the sector's median with its 90% interval; unknown without orders. "
        f"How many of the victims complain in public nobody knows: a median of {method.REPORTING_MEAN:.0%} with a log deviation of {method.REPORTING_GLOBAL_SD:g} (90%: {_share(0)}% to {_share(1)}%), corrected only by orders known one by one and not chosen. It cancels in the multiple; the rate itself carries all of its uncertainty and is a wide range; the score goes by a site's own part. "
        "Grounds: in consumer surveys some 1 to 5% escalate a complaint (TARP, Goodman); in three national surveys of the United States about 45% of victims complained to anybody, 30% to the seller (Anderson, To Whom Do Victims of Mass-Market Consumer Fraud Complain?, 2021). Public boards are a part of these, hence the width. "
        "Complaints of the latest days that are not shown yet are allowed for by the delay with which they usually appear, and its error is in the interval.",
        f"**Orders and counters**: orders known one by one and the estimate make one posterior. Orders a site hands in count against it at once, and as a count when they make up {method.FEED_WHOLE:.0%} of its counter and complaints do not contradict them. A counter a site writes itself is held against sales, stock movements and peers of like age (no source brings reviews or ranks); "
        "alone it moves no score, a fantastic one is taken as made up, and sales of some products are a lower bound of the orders.",
        f"**Silence**: the calm of a board counts as far as its numbers were seen. A site read regularly whose own pages were not read for {method.CADENCE_DAYS} days is known with less confidence, for {method.OWN_STALE_DAYS} days it turns from blue or yellow to grey (old data); a confirmed red stays as last known while nobody can look.",
    ]


def _dimensions(lang: int) -> list[str]:
    head = ("| 维度 | 分值 | 先验 u0 |", "| Dimension | Points | Prior u0 |")[lang]
    rows = [
        f"| {code} {titles[lang]} | {method.DIMENSIONS[code]:g} | {method.PRIOR_UTILITY[code]:g} |"
        for code, titles in method.DIMENSION_TITLES.items()
    ]
    bands = " · ".join(f"{g} ≥ {c:g}" for g, c in method.GRADES)
    return [
        "",
        head,
        "|---|---|---|",
        *rows,
        "",
        f"{('等级：', 'Grades: ')[lang]}{bands} · E < {method.GRADES[-1][1]:g}",
    ]


def _caps(lang: int) -> list[str]:
    lines = ["", ("## 上限", "## Caps")[lang], ""]
    return lines + [
        f"- **{TITLES[name][lang]}**{_COLON[lang]}{sentence(name)[lang]}" for name in (*method.CAPS, "pace")
    ]


def _warning(lang: int) -> list[str]:
    t = method.THETA
    streams = ("、", ", ")[lang].join(s[lang] for s in method.STREAMS.values())
    if lang == _ZH:
        text = (
            f"逐日证据为各类迹象相对网站自身过去（56 天与 120 天中较小者）的对数似然比，投诉类合计每日至多 +{method.COMPLAINT_CAP:g}，其他每类至多 +{method.OTHER_CAP:g}；"
            f"没有成功采集的日子计 0，不算平静。对数几率 ≥ {t['watch']:g} 且 {method.COMPLAINANT_WINDOW} 天内至少 {method.WATCH_COMPLAINANTS} 名投诉人（或非投诉信号）为关注；"
            f"≥ {t['warning']:g} 且至少 {method.WARNING_COMPLAINANTS} 名投诉人、{method.WARNING_STREAMS} 类信号（含资金类）、两类来源，并有一阵投诉以外的旁证（自家降价、条款收紧、明显的积压或打不开，或者投诉持续数周）为预警；≥ {method.WARNING_STRONG:g} 时不要求资金类，若其中有我们自己看到的积压或收紧的条款，有 {method.WARNING_OWN[0]} 名投诉人、或另有一类网站自身的信号即可；≥ {t['alarm']:g} 且至少 {method.ALARM_STREAMS} 类信号时提议警报，须人工确认。"
            "每次只降一级，且只在看到新内容的日子。首次查看投诉平台时，其列表之前的日子视为未观测，不当作没有投诉。"
            f"积压或降价在后续访问中不再显示时，{method.DROP_WINDOW} 天内按不变计，且只能计为不利。"
        )
    else:
        text = (
            f"Daily evidence is the log-likelihood ratio of each stream against the platform's own past (the smaller of 56 and 120 days), complaints together at most +{method.COMPLAINT_CAP:g} a day, each other stream +{method.OTHER_CAP:g}; "
            f"days without a healthy crawl add 0 and are not calm. Watch: log odds ≥ {t['watch']:g} with {method.WATCH_COMPLAINANTS} complainants in {method.COMPLAINANT_WINDOW} days (or another signal). "
            f"Warning: ≥ {t['warning']:g} with {method.WARNING_COMPLAINANTS} complainants, {method.WARNING_STREAMS} kinds of signals (one about money) and two families of sources, and something beside one burst of complaints: the site's own price cut, tightened terms, a marked backlog or unreachability, or complaints that go on for weeks. From {method.WARNING_STRONG:g} on none about money is asked for, and where the site's own backlog or tightened terms are among them, {method.WARNING_OWN[0]} complainant or a second sign about the site itself suffices. Alarm is proposed at ≥ {t['alarm']:g} with {method.ALARM_STREAMS} kinds of signals and needs a person. One step down at a time, on days that say something. On a first look at a complaint site the days before its list count as unseen, not as free of complaints. "
            f"A backlog or a price cut that visits no longer find counts as unchanged for {method.DROP_WINDOW} days, and only against."
        )
    return [
        "",
        ("## 资金链状态", "## Cash-flow state")[lang],
        "",
        text,
        "",
        f"{('迹象：', 'Streams: ')[lang]}{streams}",
    ]


def snapshot_page() -> str:
    """docs/snapshot.md: the data dictionary, from the schema."""
    lines = [
        "# Snapshot tables",
        "",
        "Generated from scoring/snapshot/reader.py. Shares are 0–1, scores and coverage 0–100, days are Asia/Shanghai dates, times UTC.",
        "complaints_total counts every matched complaint except spam. Above 20,000 sites the files of single sites lie one folder deeper, named by the",
        "first two digits of the SHA-256 of the host.",
        "",
        "`clusters` are the sites that rows of `links` join, directly or through others, under the first of their hosts by name. `moves`: other hosts of the",
        "site's own, by redirect or notice, and those on one certificate with it, which is a hint and no move by itself. `identifiers`: what a site was called",
        "and registered as, with the days it was seen so; of natural persons nothing. `notify`: whom one may tell, a row for each role; `name` is null where it",
        "is not known, and the sentence says why. `places`: the last look of each place we look from (empty: our own), only of sites another place looked at;",
        "`agreed`: most of those that looked say down, a diversion being no word of either kind. They are empty in snapshots of before.",
    ]
    for name, schema in TABLES.items():
        lines += [
            "",
            f"## {name}",
            "",
            "| column | type |",
            "|---|---|",
            *[f"| {f.name} | {f.type} |" for f in schema],
        ]
    lines += ["", "## Other files", "", "| file | content |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in _FILES.items()]
    return "\n".join([*lines, "", *_PARTIAL, "", *_DELTAS]) + "\n"


_PARTIAL = (
    "## Partial snapshots",
    "",
    "`publish --platform` makes a snapshot that tells a few sites anew. Its manifest has `partial`: `of` and `sha256` (the whole snapshot it stands on, in the folder",
    "beside it, and the hash of its manifest), `sites`, `rated_at` of each, and `as_of`, their day; the `as_of` of the manifest stays that of all sites. The folder holds",
    "`sites/<table>.parquet` with all rows about these sites, which take the place of those in the whole snapshot's tables; their pages, badges, feeds and captures; the files of",
    "`lists/` that changed; and, over all sites, `ranked.parquet`, `sought.parquet`, `feeds/all.atom` and `captures/pictures.json`. Every other file, the tables without a",
    "column `host`, `ratings.csv` and `datapackage.json` are those of the whole snapshot. It is chained, summed and signed like any other, each carries on the sites of",
    "the partial one before it, and the next full publication is whole. `Snapshot` in scoring/snapshot/reader.py reads both as one.",
)


_DELTAS = (
    "## Deltas",
    "",
    "Every full publication writes what it changed of the snapshot before as `snapshots/delta.zip`, in place of the last one; the dashboard offers it as `/delta.zip` and",
    "tells its hash on the page 数据与接口. An erasure that changes a snapshot takes the file away until the next publication.",
    "",
    "`kamengwatch delta OLDER NEWER -o FILE.zip` writes what changed between two snapshots (without names: from the one before to the latest): a zip, uncompressed, of",
    "`removed/<table>.parquet` and `added/<table>.parquet`, with the columns above. A file that is not there has no rows. Tables are bags of rows: one that stands twice counts",
    "twice, and their order is not told. A row that changed is removed as it was and added as it is. A partial snapshot is taken as the reader shows it, with the whole one",
    "it stands on. `delta.json` has `older` and `newer` (`id`, `manifest_sha256`, `as_of`, `method_version`), of each table `rows` in the newer snapshot, `removed` and",
    "`added`, the SHA-256 of each of the `files`, and `restated`: columns of `ratings` whose value is told once, as `[older, newer]`. Rows that have the older value have the newer one",
    "before anything is removed; all other values are compared as they are. A delta is not signed: `manifest_sha256` says which snapshots it is of, and",
    "`kamengwatch delta --verify FILE.zip`, where both are kept, whether it leads exactly from one to the other. To apply it by hand (DuckDB; in the unpacked delta, `OLD` the older snapshot):",
    "",
    "```sql",
    "create table ratings as",
    "(select * replace (if(as_of = '2026-11-20', date '2026-11-21', as_of) as as_of,",
    "   if(method_version = '2026.12.1', '2026.12.2', method_version) as method_version) from 'OLD/ratings.parquet'",
    " except all select * from 'removed/ratings.parquet')",
    "union all select * from 'added/ratings.parquet';",
    "```",
)


def figures_page() -> str:
    """docs/figures.md: what each figure of the table `figures` counts."""
    lines = [
        "# Figures",
        "",
        "Generated from scoring/figures.py. 句子里的每个数字在表 `figures` 里都有一行；下面是每个名称的定义。",
        "Every number a sentence of a snapshot states has a row in the table `figures`; a sentence and its figures are made of the same values. "
        "What is marked *method* is a result of the method and cannot be had by counting alone; everything else can be counted again from the observations "
        "(`kamengwatch verify --recompute`).",
        "",
        "## Terms",
        "",
        *(f"- **{word}**: {text}" for word, text in _TERMS.items()),
        "",
        "## Names",
        "",
        "| name | unit | what it counts | 含义 |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {f.unit}{'' if f.counted else ' (*method*)'} | {f.en} | {f.zh} |"
            for name, f in FIGURES.items()
        ),
    ]
    return "\n".join(lines) + "\n"


_TERMS = {
    "day": "a date in Asia/Shanghai; `as_of` is the last day of the snapshot and ends at the midnight after it.",
    "window": "`since` to `until`, both inclusive; a complaint lies in it by its day of filing (`filed_at`), an order by its day of payment, anything else by its day of observation (`observed_at`), a penalty by `decided_on`.",
    "standing": "an observation of a watched platform that was seen by the end of `as_of` (`seen_at`) and was not withdrawn by then (`withdrawn_at`).",
    "complaint shown": "a standing complaint whose kinds (`primary_kind` and `kinds`) do not hold `spam`.",
    "counted complaint": "a complaint shown that is not set aside on the day in question: table `set_aside` lists copies, and complaints held back as a possible campaign from the day `since` until the day before `until` (for good where it is empty).",
    "copy": "a complaint shown whose text nearly repeats that of one about the same site, or that is by the same person (`complainant`), seen at most 14 days before; a text that is common wording, or of some ten characters or fewer, repeats none. It is decided among the complaints shown on the day in question: one that is spam, or withdrawn by then, makes no other a copy, as if it had never been.",
    "complaint set aside": "a complaint shown that is no counted complaint on the day in question.",
    "answered": "`replied_at` or `replied_seen_at` lies before the end of `as_of`. The second is when it was first seen as answered where the source names no day.",
    "settled": "`completed_at` or `completed_seen_at` lies before the end of `as_of`. It is settled on a **known day** when `completed_at` does, else on an **unknown day**.",
    "complaint of a drop": "its kinds hold `drop.payment_not_synced`, `drop.stuck`, `drop.record_lost`, `drop.unspecified` or `out_of_stock_after_payment`.",
    "complaint about refunds": "its kinds hold `refund_delayed` or `refund_refused`.",
    "complaint of a stream": "a complaint of a drop, about refunds, or whose kinds hold `withdrawal_blocked`, `balance_frozen`, `upstream_funds`, `unreachable` or `site_gone`.",
    "usable probe": "a standing probe with outcome `ok`, `slow` or `down`; one that is `down` is not usable on a day our own line was at fault.",
    "known order, dropped": "as `docs/evidence-format.md` says of orders: paid in the window and 24 h old; dropped where not delivered within `promised_hours` (24 where none is named) of payment, or its state is `missing`.",
}
"""Words the definitions of figures use."""

_FILES = {
    "ratings.csv": "the table `ratings` as CSV, UTF-8; lists as JSON",
    "ranked.parquet": "the ratings in ranking order, few columns",
    "sought.parquet": "every name and company (in small letters), alias, filing number and company code with its host, sorted",
    "captures/<sha256>.txt": "the redacted text of an archived page the evidence cites, by the hash of the page",
    "captures/<sha256>.jpg": "the top of a screenshot, small, by the hash of the screenshot",
    "captures/pictures.json": "which screenshots those are: host, url, fetched_at, sha256; of a first page `front` (difference hash of the small picture, 64 bits) and `alike` (other hosts, bits that differ) or `shared_by`",
    "bulletins/<id>.json": "what happened in a finished week or month (`week-` or `month-` and its first day), written once after it and linked from then on",
    "s/<host>.html": "the page of a site that needs no JavaScript",
    "badges/<host>.svg": "the dated badge of a site",
    "feeds/<host>.atom": "changes and corrections of a site; `feeds/all.atom` of all; `feeds/bulletins.atom` lists the bulletins",
    "method.json": "the method that made the snapshot, with the definition of every figure",
    "datapackage.json": "Frictionless description of the tables, with licence and hashes",
    "manifest.json": "method and code versions, the newest crawls, the hash of the snapshot before; the hashes of all files but those of single sites, and `content_sha256` over the list of all",
    "SHA256SUMS": "the hash of every file, as `sha256sum -c` reads it",
    "manifest.sig": "where the operator has a key: its Ed25519 signature of `manifest.json` (base64), and the id of the key",
    "keys.json": "the public keys so far, each handed over to the next by a signature",
}
"""Files of a snapshot beside its tables."""


def write(docs: Path) -> None:
    """Write methodology.zh.md, methodology.md, snapshot.md and figures.md into `docs`."""
    for name, text in pages().items():
        (docs / name).write_text(text, "utf-8")


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {
        "methodology.zh.md": methodology(_ZH),
        "methodology.md": methodology(_EN),
        "snapshot.md": snapshot_page(),
        "figures.md": figures_page(),
    }


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "docs")
