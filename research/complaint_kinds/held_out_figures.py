"""Figures of the complaint-kind classifier: python research/complaint_kinds/held_out_figures.py [CORPUS.jsonl].

Prints macro-F1, drops against the rest, precision, recall and F1 of each kind on a labelled corpus (the held-out one
by default) and how many texts one core classifies in a second. It changes nothing; a figure of the held-out corpus
may be reported, never tuned to.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from store.complaint_kinds.classify import KINDS, classify_many

ROOT = Path(__file__).resolve().parents[2]


def newest_held_out():
    """The held-out corpus with the highest number in its name, or None where there is none yet."""
    found = (ROOT / "tests/corpora/kinds").glob("heldout*.jsonl")
    return max(found, key=lambda path: int(path.stem.removeprefix("heldout") or 0), default=None)


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 of one class, and how many texts truly are of it."""

    precision: float
    recall: float
    f1: float
    support: int


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def score(true, found, wanted):
    """The Score of the label `wanted` among paired true and found labels; 0 where nothing was found."""
    hits = sum(a == b == wanted for a, b in zip(true, found, strict=True))
    named, real = Counter(found)[wanted], Counter(true)[wanted]
    return Score(hits / max(1, named), hits / max(1, real), 2 * hits / max(1, named + real), real)


def measure(records):
    """The figures of the shipped classifier on labelled records."""
    return figures(records, classify_many([record["text"] for record in records]))


def figures(records, found):
    """Per-kind Scores, macro-F1 over the kinds that occur, F1 of drops against the rest, and of further kinds."""
    true = [record["primary"] for record in records]
    primary = [answer.primary for answer in found]
    kinds = {kind: score(true, primary, kind) for kind in KINDS if kind in true}
    drops = score([k.startswith("drop.") for k in true], [k.startswith("drop.") for k in primary], True)
    real = [set(record["kinds"]) - {record["primary"]} for record in records]
    named = [set(answer.kinds) - {answer.primary} for answer in found]
    hits = sum(len(a & b) for a, b in zip(real, named, strict=True))
    total_real, total_named = sum(map(len, real)), sum(map(len, named))
    further = Score(
        hits / max(1, total_named),
        hits / max(1, total_real),
        2 * hits / max(1, total_real + total_named),
        total_real,
    )
    macro = sum(entry.f1 for entry in kinds.values()) / len(kinds)
    return {"macro_f1": macro, "drops": drops, "kinds": kinds, "further": further}


def speed(texts, at_least=20_000):
    """Texts classified in a second of processor time, the model already read."""
    many = texts * (at_least // len(texts) + 1)
    classify_many(texts[:1])
    start = time.process_time()
    classify_many(many)
    return len(many) / (time.process_time() - start)


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else newest_held_out()
    if path is None:
        sys.exit(
            "research/complaint_kinds/held_out_figures.py: there is no held-out corpus; name a labelled corpus"
        )
    records = read(path)
    found = measure(records)
    print(f"{path.name}: {len(records)} texts · macro-F1 {found['macro_f1']:.3f}")
    for name, entry in {"drops": found["drops"], "further": found["further"], **found["kinds"]}.items():
        print(
            f"{name:28} P {entry.precision:.2f}  R {entry.recall:.2f}  F1 {entry.f1:.3f}  n {entry.support}"
        )
    print(f"{speed([record['text'] for record in records]):,.0f} texts/s on one core")


if __name__ == "__main__":
    main()
