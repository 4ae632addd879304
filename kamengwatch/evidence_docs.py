"""The open evidence format as published: its JSON Schema and its pages, from the records: `python -m kamengwatch.evidence_docs`.

Writes docs/evidence-format.md, docs/evidence-format.zh.md and docs/evidence-format.schema.json; a test asks for them to be current.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from store.evidence import vocabulary as words
from store.evidence.field_docs import FIELDS, KINDS, meaning
from store.evidence.records import json_schema

SCHEMA_ID = "evidence-format.schema.json"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "platform": {"host": "a.example", "name": "甲卡盟", "aliases": ["jia.example"], "operator": "甲科技有限公司"},
    "crawl": {"source": "heimao", "started_at": "2026-03-02T09:00:00+08:00", "finished_at": "2026-03-02T09:10:00+08:00", "outcome": "ok", "hosts": ["a.example"]},
    "complaint": {"source": "heimao", "source_id": "17398613248", "host": "a.example", "filed_at": "2026-03-01T10:00:00+08:00", "title": "付款后不发货", "text": "付款三天没有收到卡密", "amount": 129.0, "status": "replied", "replied_at": "2026-03-02T10:00:00+08:00"},
    "counters": {"source": "heimao", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "valid_total": 60, "replied_total": 47, "completed_total": 36},
    "rank": {"source": "heimao", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "board": "black", "span": "week", "field": "虚拟充值", "place": 3},
    "filing": {"source": "icp", "provider": "miit", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "found": True, "number": "粤ICP备18046372号-1", "entity": "甲科技有限公司", "nature": "企业"},
    "orders": {"source": "storefront", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "total": 10234, "processed": 10201, "today": 120},
    "price": {"source": "storefront", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "product": "视频会员月卡", "price": 9.9, "face_value": 25.0, "stock": 130, "sold": 4021},
    "probe": {"source": "availability", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "outcome": "ok", "class": "up", "status": 200, "latency_ms": 321},
    "page": {"source": "storefront", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "role": "notice", "text": "本店公告", "footer_icp": "粤ICP备18046372号-1"},
    "registration": {"source": "registration", "provider": "rdap", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "registered_on": "2024-02-20", "expires_on": "2027-02-20"},
    "certificate": {"source": "registration", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "issuer_kind": "automated", "not_before": "2026-01-01T00:00:00Z", "not_after": "2026-04-01T00:00:00Z", "names": ["a.example"], "matches": True},
    "resolution": {"source": "registration", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "found": True, "ipv4": 2, "ipv6": 0, "name_servers": ["ns1.dns.example"]},
    "move": {"source": "storefront", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "to_host": "jia.example", "via": "notice"},
    "sighting": {"source": "archives", "host": "a.example", "observed_at": "2026-03-02T10:00:00+08:00", "provider": "wayback", "first_on": "2023-04-05", "last_on": "2026-02-01", "count": 17},
    "mention": {"source": "forums", "source_id": "1220207", "host": "a.example", "by": "people", "said_at": "2026-03-01T10:00:00+08:00", "title": "发卡网付款后没发货", "replies": 12},
    "penalty": {"source": "gsxt", "host": "a.example", "decided_on": "2026-03-02", "category": "经营异常", "reason": "通过登记的住所无法联系"},
    "order": {"source": "feed", "host": "a.example", "order_ref": "A-1", "paid_at": "2026-03-02T10:00:00+08:00", "state": "processing"},
}  # fmt: skip
_WORDS: dict[str, Mapping[str, Any]] = {
    "complaint.status": words.COMPLAINT_STATUS,
    "filing.found": words.FOUND,
    "filing.nature": words.NATURE,
    "probe.outcome": words.PROBE_OUTCOME,
    "page.role": words.PAGE_ROLE,
    "order.state": words.ORDER_STATE,
    "order.drop_kind": words.DROP_KIND,
    "crawl.outcome": words.CRAWL_OUTCOME,
}
_TYPES = {
    "string": ("文字", "text"),
    "number": ("数", "number"),
    "integer": ("整数", "whole number"),
    "boolean": ("true / false", "true / false"),
    "array": ("列表", "list"),
    "object": ("对象", "object"),
    "date-time": ("时间（带时区）", "time with offset"),
    "date": ("日期", "date"),
}
_PAGE = """\
{% if zh %}# 开放证据格式

这一页由 `python -m kamengwatch.evidence_docs` 从代码生成。机器可读的版本：[JSON Schema](evidence-format.schema.json)，或 `kamengwatch import --schema`。

每行一条 JSON 记录，UTF-8（JSON Lines）。监督组织交来不能自动采集的东西、测试和外部评测输入数据、`export --evidence` 输出数据，都用它。
第一行是标题、含 `kind` 一列的 CSV 或 XLSX 也可以。

    kamengwatch import --check evidence.jsonl   # 只说会怎样，什么也不写
    kamengwatch import evidence.jsonl

## 规则

- 时间是带时区的 ISO 8601（`2026-03-02T10:00:00+08:00`），日期是 `2026-03-02`。
- `host` 或 `platform`（名称）说明是谁；名称对不上的留着等人复核，不丢。
- 错的行按行号和原因拒收，其余保存，退出码 2；每一行要么收下，要么已有，要么等复核，要么被拒，四个数加起来就是行数。
- 同一个文件再导入一次，什么也不会变。
- 格式没有的字段不保存，按名称和次数列出来。
- 没有登记过的信息源整行拒收，并指出最接近的；确是新来源请加 `--new-source`。
- 有固定取值的字段也认人们常用的词（见文末）；不认识的词整行拒收，从不变成默认值。
- 姓名、电话、账号、订单号在保存前脱敏，或只留加密摘要。

## “查过”由 `crawl` 记录说明

投诉、备案、页面等记录只说明看到了什么。没看到的东西有两种：查过而没有，和没有查过。区别只在 `crawl` 记录：某个来源、某段时间、这些网站，
结果 `ok`，才算查过。没有 `crawl`，或结果是 `failed`、`blocked`，就是“未知”，从不当作零。不写 `hosts` 的 `crawl` 表示查遍了整个来源。
交一份投诉台账时，请为查过的每一天（或整段时间）各附一条 `crawl`。

## 记录种类
{% else %}# The open evidence format

This page is generated from the code by `python -m kamengwatch.evidence_docs`. For machines: [JSON Schema](evidence-format.schema.json), or `kamengwatch import --schema`.

One JSON record a line, UTF-8 (JSON Lines). It is how a watchdog hands in what no spider may fetch, how tests and outside evaluations feed the
product, and how data leaves it (`export --evidence`). A CSV or XLSX whose heading has a column `kind` is read too.

    kamengwatch import --check evidence.jsonl   # says what would happen, writes nothing
    kamengwatch import evidence.jsonl

## Rules

- Times are ISO 8601 with an offset (`2026-03-02T10:00:00+08:00`), days are `2026-03-02`.
- `host` or `platform` (a name) says whom a record is about; one whose name matches nothing is kept and waits for a person.
- A wrong line is refused with its number and reason, the rest is kept, and the exit code is 2. Every line is new, known, waiting or refused; the four numbers add up to the lines.
- A second import of the same file changes nothing.
- Keys the format does not have are not kept; they are named and counted.
- A record of a source nobody declared is refused, naming the nearest one; if it is new, add `--new-source`.
- Fields with fixed values also take the words people use (at the end); a row with an unknown word is refused, it never becomes a default.
- Names, telephone numbers, accounts and order numbers are redacted before storage, or kept as keyed hashes only.

## `crawl` records establish what was looked at

Complaints, filings and pages say what was seen. What was not seen is either not there, or nobody looked. Only a `crawl` record tells the two apart:
one source, one span of time, these sites, outcome `ok`. Without a `crawl`, or with outcome `failed` or `blocked`, the answer is “unknown” and never
zero. A `crawl` without `hosts` covered its whole source. With a ledger of complaints hand in one `crawl` for each day, or span, that was looked through.

## Kinds of record
{% endif %}
{% for kind in kinds %}
### {{ kind.name }}

{{ kind.says }}

    {{ kind.example }}

| {{ "字段" if zh else "field" }} | {{ "类型" if zh else "type" }} | {{ "必填" if zh else "required" }} | {{ "取值" if zh else "allowed" }} | {{ "含义" if zh else "meaning" }} |
|---|---|---|---|---|
{% for f in kind.fields -%}
| `{{ f.name }}` | {{ f.type }} | {{ ("是" if zh else "yes") if f.required else "" }} | {{ f.allowed }} | {{ f.says }} |
{% endfor %}
{%- endfor %}
## {{ "也认的词" if zh else "Words that are known too" }}

{{ "大小写、空格和标点不计。" if zh else "Case, spaces and punctuation do not matter." }}

| {{ "字段" if zh else "field" }} | {{ "取值" if zh else "value" }} | {{ "词" if zh else "words" }} |
|---|---|---|
{% for row in words -%}
| `{{ row.field }}` | `{{ row.value }}` | {{ row.words }} |
{% endfor -%}
"""


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line, with what every kind and field means in both languages."""
    made = json_schema()
    for kind, definition in _definitions(made).items():
        definition["description"] = " ".join(KINDS[kind])
        for name, field in definition["properties"].items():
            field.pop("title", None)
            field["description"] = " ".join(meaning(kind, name))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "kamengwatch open evidence format, one line",
        **made,
    }


def page(lang: str) -> str:
    """docs/evidence-format.md (`en`) or docs/evidence-format.zh.md (`zh`)."""
    environment = Environment(trim_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown
    at = 0 if lang == "zh" else 1
    definitions = _definitions(json_schema())
    kinds = [
        {
            "name": kind,
            "says": KINDS[kind][at],
            "example": json.dumps({"kind": kind, **_EXAMPLES[kind]}, ensure_ascii=False),
            "fields": list(_fields(kind, definitions[kind], at)),
        }
        for kind in FIELDS
    ]
    text = environment.from_string(_PAGE).render(zh=lang == "zh", kinds=kinds, words=list(_word_rows()))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\n(?=#{2,3} )", "\n\n", text))


def write(docs: Path) -> list[Path]:
    """Write the three files into `docs`; returns their paths."""
    made = {
        "evidence-format.md": page("en"),
        "evidence-format.zh.md": page("zh"),
        SCHEMA_ID: json.dumps(schema(), ensure_ascii=False, indent=2) + "\n",
    }
    for name, text in made.items():
        (docs / name).write_text(text, encoding="utf-8")
    return [docs / name for name in made]


def _definitions(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Kind → the schema of its record."""
    found = (d for d in made["$defs"].values() if "kind" in d["properties"])
    return {d["properties"]["kind"]["const"]: d for d in found}


def _fields(kind: str, definition: dict[str, Any], at: int) -> Iterator[dict[str, Any]]:
    required = set(definition.get("required", ()))
    for name in sorted(definition["properties"], key=lambda name: _place(kind, name)):
        if name in ("kind", "_capture"):
            continue
        field = definition["properties"][name]
        shapes = [shape for shape in field.get("anyOf", [field]) if shape.get("type") != "null"]
        yield {
            "name": name,
            "type": " / ".join(dict.fromkeys(_type(shape, at) for shape in shapes)),
            "required": name in required,
            "allowed": "; ".join(filter(None, map(_allowed, shapes))),
            "says": meaning(kind, name)[at],
        }


def _place(kind: str, name: str) -> tuple[bool, int]:
    """What is the kind's own after what all have, each in the order in which it is described."""
    own = list(FIELDS[kind])
    return (True, own.index(name)) if name in own else (False, 0)


def _type(shape: dict[str, Any], at: int) -> str:
    kind = shape.get("format") if shape.get("format") in _TYPES else shape.get("type", "string")
    return _TYPES[str(kind if "$ref" not in shape else "object")][at]


def _allowed(shape: dict[str, Any]) -> str:
    """What a field may hold: its values, or its bounds."""
    if values := shape.get("enum"):
        return " · ".join(f"`{value}`" for value in values)
    inner = shape.get("items", {})
    if values := inner.get("enum"):
        return " · ".join(f"`{value}`" for value in values)
    low, high = shape.get("minimum"), shape.get("maximum")
    if low is not None:
        return f"{low:g}–{high:g}" if high is not None else f"≥ {low:g}"
    if pattern := shape.get("pattern") or inner.get("pattern"):
        return f"`{pattern}`"
    return f"≤ {shape['maxLength']:,}" if "maxLength" in shape else ""


def _word_rows() -> Iterator[dict[str, str]]:
    for field, table in _WORDS.items():
        for value in dict.fromkeys(table.values()):
            said = [word for word, meant in table.items() if meant == value and word != value]
            shown = str(value).lower() if isinstance(value, bool) else value
            if said:
                yield {"field": field, "value": shown, "words": "、".join(w for w in said if w != shown)}


def main() -> int:
    """Write the pages and the schema."""
    for path in write(Path("docs")):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
