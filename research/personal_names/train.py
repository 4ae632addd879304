"""Trains what finds Chinese names of people that nothing leads to: python -m research.personal_names.train [--check].

It reads corpus/*.jsonl: texts of several writers with what must not survive of them ("secrets") or, without that, nothing. All people
are invented. Each text with names is read again with other names in their place, so that the model learns where names stand and how
they are made rather than these names. Without an option it writes store/redaction/names_model.json; --check instead trains on all
writers but one, says of that one how many names it finds and in how many texts without names it sees one, and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from store.redaction import likely_names
from store.redaction.likely_names import FAMILY, candidates, find_likely
from store.redaction.name_parts import COMMON, HAN, OTHERS, USUAL
from store.redaction.rules import fold

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "research/personal_names/corpus"
COMPLAINTS = ROOT / "research/complaint_kinds/corpus"
TARGET = ROOT / "store/redaction/names_model.json"
FREQUENT = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
"""Surnames of most people; the others are drawn less often."""
TWO = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "夏侯",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "宇文",
    "东方",
    "南宫",
    "端木",
    "独孤",
    "西门",
)
AGAIN = 8  # times each text with names is read with other names
OFTEN = 3  # texts a feature must be seen in
RIDGE = 1.0
QUIET = 2.0  # weight of a text that names nobody: taking its words away is what readers would see
COMPLAINT = 1.0  # of one written to tell kinds of complaints apart, with few people in it
LEAST = 5  # hundredths of log-odds below which a weight is left out
_USUALNESS = [1 / (nth + 60) for nth in range(len(USUAL))]
Example = tuple[list[str], bool, float]


def read(path: Path) -> list[tuple[str, list[str]]]:
    """Texts, folded, each with the Chinese names among what must not survive."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [(fold(r["text"]), [n for n in map(fold, r.get("secrets", ())) if _is_name(n)]) for r in rows]


def _is_name(secret: str) -> bool:
    return re.fullmatch(f"[{HAN}]{{2,4}}", secret) is not None and FAMILY.match(secret) is not None


def _another(rng: random.Random) -> str:
    """A name as they are made: the tables of the product begin with the usual ones."""
    draw = rng.random()
    family = rng.choice(FREQUENT if draw < 0.6 else COMMON + OTHERS if draw < 0.95 else TWO)
    first, second = rng.choices(USUAL, _USUALNESS, k=2)
    draw = rng.random()
    return family + (first if draw < 0.25 else first + first if draw < 0.31 else first + second)


def _read_again(text: str, names: list[str], rng: random.Random) -> tuple[str, list[str]]:
    others = [_another(rng) for _ in names]
    for name, other in zip(names, others, strict=True):
        text = text.replace(name, other)
    return text, others


def examples(text: str, names: list[str], weight: float) -> Iterator[Example]:
    """Each span made as a name is, and whether it is one."""
    spans = {match.span() for name in names for match in re.finditer(re.escape(name), text)}
    for start, end, seen in candidates(text):
        yield seen, (start, end) in spans, weight


def _gather(paths: list[Path], rng: random.Random) -> list[Example]:
    found: list[Example] = []
    for path in paths:
        for text, names in read(path):
            if not names:
                found += examples(text, [], QUIET)
                continue
            for again in range(1 + AGAIN):
                found += examples(
                    *(_read_again(text, names, rng) if again else (text, names)), 1 / (1 + AGAIN)
                )
    for path in sorted(COMPLAINTS.glob("*.jsonl")):
        for text, _ in read(path):
            found += examples(text, [], COMPLAINT)
    return found


def train(paths: list[Path]) -> dict[str, int]:
    """Weights of a logistic model with a ridge, in hundredths; the same corpora give the same weights."""
    found = _gather(paths, random.Random(2026))
    often = Counter(feature for seen, _, _ in found for feature in set(seen))
    place = {feature: nth for nth, feature in enumerate(sorted(f for f, n in often.items() if n >= OFTEN))}
    rows = [(nth, place[f]) for nth, (seen, _, _) in enumerate(found) for f in set(seen) if f in place]
    at, column = np.array(rows).T
    x = csr_matrix((np.ones(len(rows)), (at, column)), shape=(len(found), len(place)))
    y = np.array([is_name for _, is_name, _ in found], float)
    w = np.array([weight for _, _, weight in found])

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ b[1:] + b[0]
        off = w * (expit(z) - y)
        value = float(w @ (np.logaddexp(0, z) - y * z)) + RIDGE / 2 * float(b[1:] @ b[1:])
        return value, np.concatenate([[off.sum()], x.T @ off + RIDGE * b[1:]])

    best = minimize(loss, np.zeros(len(place) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    hundredths = dict(zip(["", *place], np.rint(best * 100).astype(int).tolist(), strict=True))
    return {feature: weight for feature, weight in hundredths.items() if not feature or abs(weight) >= LEAST}


def check(paths: list[Path]) -> None:
    """Print of each writer what a model finds that has read all others."""
    for left_out in paths:
        weights = train([path for path in paths if path != left_out])
        likely_names._weights = lambda weights=weights: weights  # type: ignore[assignment]
        names = found = quiet = seen = 0
        for text, among in read(left_out):
            spans = set(find_likely(text))
            names += len(among)
            found += sum(any(m.span() in spans for m in re.finditer(re.escape(n), text)) for n in among)
            quiet += not among
            seen += not among and bool(spans)
        print(f"{left_out.stem}: {found} of {names} names, {seen} of {quiet} texts without names changed")


def main() -> None:
    """Train, or check."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--check", action="store_true", help="leave out each writer in turn, write nothing")
    paths = sorted(CORPUS.glob("*.jsonl"))
    if options.parse_args().check:
        check(paths)
        return
    weights = train(paths)
    TARGET.write_text(
        json.dumps(weights, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8"
    )
    print(f"{len(weights)} weights, {TARGET.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
