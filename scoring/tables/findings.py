"""Rows of the findings table: every indicator's answer on the last day, and what priors and caps contribute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from scoring import method
from scoring.finding import OUTCOMES, Definition, Finding
from scoring.rating.assessment import Assessment
from scoring.rating.score_caps import TITLES, sentence
from scoring.snapshot.reader import TABLES
from scoring.tables.evidence import codes
from scoring.tables.sentences import told

_PRIOR = (
    "证据不足的部分按略低于普通网站的水平计。",
    "What is not evidenced counts as slightly below an ordinary site.",
)


def finding_table(judged: Assessment) -> pa.Table:
    """The findings of every platform of a chunk, evidence as codes, with pseudo-rows for priors and caps."""
    schema = TABLES["findings"]
    schema = schema.set(schema.get_field_index("evidence"), pa.field("evidence", pa.list_(pa.int64())))
    hosts = pa.array([site.host for site in judged.facts.sites], pa.string())
    blocks = [_answers(judged, hosts, name, *found) for name, found in judged.found.items()]
    blocks += list(_pseudo(judged, hosts))
    return pa.concat_tables([pa.table(b, schema=schema) for b in blocks] or [schema.empty_table()])


def _answers(
    judged: Assessment, hosts: pa.Array, name: str, definition: Definition, finding: Finding
) -> dict[str, Any]:
    """One indicator's rows, a platform each."""
    n = len(hosts)
    said, cited = told(judged, name)
    outcome = finding.outcome[:, -1]
    value, points = finding.value[:, -1], judged.points.get(name)
    zh, en = zip(*said, strict=True) if said else ((), ())
    return {
        "host": hosts,
        "indicator": [name] * n,
        "dimension": [definition.dimension] * n,
        "title_zh": [definition.title[0]] * n,
        "title_en": [definition.title[1]] * n,
        "outcome": pa.array(OUTCOMES).take(pa.array(outcome)),
        "value": pa.array(value, pa.float64(), mask=~np.isfinite(value)),
        "unit": [finding.unit] * n,
        "n": _floats(finding.n[:, -1]),
        "weight": _floats(np.full(n, definition.weight)),
        "utility": pa.array(_plain(finding.utility[:, -1]), mask=outcome == 2),
        "strength": _floats(finding.strength[:, -1] * finding.freshness[:, -1]),
        "contribution": _floats(np.zeros(n) if points is None else points[:, -1]),
        "sentence_zh": zh,
        "sentence_en": en,
        "evidence": [codes(one) for one in cited],
        "limits_zh": [definition.texts["Limits"][0]] * n,
        "limits_en": [definition.texts["Limits"][1]] * n,
    }


def _plain(values: Any) -> Any:
    return np.ascontiguousarray(values, dtype=np.float64)


def _floats(values: Any) -> pa.Array:
    return pa.array(_plain(values))


def _pseudo(judged: Assessment, hosts: pa.Array) -> Iterator[dict[str, Any]]:
    """Rows for the priors and the caps that apply, so that contributions sum to the score."""
    for name, panel in judged.points.items():
        points = panel[:, -1]
        kind, _, what = name.partition("_")
        if kind == "prior":
            zh, en = method.DIMENSION_TITLES[what]
            titles = (f"{zh}：证据不足部分的默认分", f"{en}: default where evidence is short")
            yield _block(hosts, name, what, titles, _PRIOR, points)
        elif kind == "cap":
            there = points != 0.0
            yield _block(hosts.filter(pa.array(there)), name, "", TITLES[what], sentence(what), points[there])


def _block(
    hosts: pa.Array,
    name: str,
    dimension: str,
    titles: Sequence[str],
    said: Sequence[str],
    points: Any,
) -> dict[str, Any]:
    n = len(hosts)
    lowers = (points < 0) & name.startswith("cap")
    none = pa.nulls(n, pa.float64())
    return {
        "host": hosts,
        "indicator": [name] * n,
        "dimension": [dimension] * n,
        "title_zh": [titles[0]] * n,
        "title_en": [titles[1]] * n,
        "outcome": np.where(lowers, "concern", "not_applicable").tolist(),
        "value": none,
        "unit": [""] * n,
        "n": _floats(np.zeros(n)),
        "weight": _floats(np.zeros(n)),
        "utility": none,
        "strength": none,
        "contribution": _floats(points),
        "sentence_zh": [said[0]] * n,
        "sentence_en": [said[1]] * n,
        "evidence": [[]] * n,
        "limits_zh": [""] * n,
        "limits_en": [""] * n,
    }
