"""Trains the complaint-kind model from the development corpora: python benchmarks/train_kinds.py [--check].

Without an option it trains on everything and writes store/kinds_model.npz. --check cross-validates instead and
writes nothing. It must never read the held-out corpus of the tests or a sentence of the sandbox.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from store.kinds import KINDS
from store.kinds_model import features, matrix

ROOT = Path(__file__).resolve().parent.parent
CORPORA = (ROOT / "store/corpus/kinds.jsonl", ROOT / "store/corpus/kinds_more.jsonl")
TARGET = ROOT / "store/kinds_model.npz"
MIN_TEXTS = 2  # a feature seen in one text only says nothing about another
STRENGTH = 30.0  # of the data against the L2 penalty 1/2·|W|²
FURTHER_SHARE = 0.3  # of a text's label mass that goes to its further kinds
STEPS = 120


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def targets(records):
    """Rows of label mass: all on the primary kind, or 0.7 on it and 0.3 shared by the further kinds."""
    mass = np.zeros((len(records), len(KINDS)))
    for row, record in enumerate(records):
        further = [kind for kind in record["kinds"] if kind != record["primary"]]
        mass[row, KINDS.index(record["primary"])] = 1.0 - FURTHER_SHARE * bool(further)
        for kind in further:
            mass[row, KINDS.index(kind)] += FURTHER_SHARE / len(further)
    return mass


def vocabulary_of(blocks):
    """The sorted codes of every feature found in at least MIN_TEXTS texts."""
    kept = []
    for rows, codes in blocks:
        pairs = np.unique(np.stack([codes, rows.astype(np.uint64)], axis=1), axis=0)
        found, texts = np.unique(pairs[:, 0], return_counts=True)
        kept.append(found[texts >= MIN_TEXTS])
    return np.sort(np.concatenate(kept))


def fit(inputs, mass):
    """Multinomial logistic regression with an L2 penalty on the weights, by L-BFGS: weights and bias."""
    count, kinds = inputs.shape[1], mass.shape[1]
    turned = inputs.T.tocsr()

    def loss(flat):
        weights, bias = flat[: count * kinds].reshape(count, kinds), flat[count * kinds :]
        scores = inputs @ weights + bias
        logs = scores - logsumexp(scores, axis=1, keepdims=True)
        error = STRENGTH * (np.exp(logs) - mass)
        gradient = np.concatenate([(turned @ error + weights).ravel(), error.sum(axis=0)])
        return -STRENGTH * (mass * logs).sum() + 0.5 * (weights**2).sum(), gradient

    start = np.zeros((count + 1) * kinds)
    flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return flat[: count * kinds].reshape(count, kinds), flat[count * kinds :]


def train(records):
    """Vocabulary, weights and bias learned from records."""
    blocks = features([record["text"] for record in records])
    vocabulary = vocabulary_of(blocks)
    weights, bias = fit(matrix(blocks, len(records), vocabulary), targets(records))
    return vocabulary, weights, bias


def predict(trained, records):
    """Probabilities of every kind for every record."""
    vocabulary, weights, bias = trained
    blocks = features([record["text"] for record in records])
    scores = matrix(blocks, len(records), vocabulary) @ weights + bias
    return np.exp(scores - logsumexp(scores, axis=1, keepdims=True))


def f1(true, found, kind):
    """F1 of one kind, or of any class of labels."""
    hits = sum(a == b == kind for a, b in zip(true, found, strict=True))
    return 2 * hits / max(1, Counter(true)[kind] + Counter(found)[kind])


def report(records, probabilities):
    true = [record["primary"] for record in records]
    found = [KINDS[best] for best in probabilities.argmax(axis=1)]
    scores = {kind: f1(true, found, kind) for kind in KINDS}
    drops = f1(
        [kind.startswith("drop.") for kind in true], [kind.startswith("drop.") for kind in found], True
    )
    print(f"  macro-F1 {np.mean(list(scores.values())):.3f}  drops against the rest {drops:.3f}")
    print("  " + "  ".join(f"{kind} {score:.2f}" for kind, score in scores.items()))
    for limit in (0.06, 0.08, 0.1, 0.12, 0.15, 0.2):
        wanted = named = hit = 0
        for record, row in zip(records, probabilities, strict=True):
            more = {KINDS[i] for i in np.argsort(-row)[1:3] if row[i] >= limit} - {"other", "spam"}
            real = set(record["kinds"]) - {record["primary"]}
            wanted, named, hit = wanted + len(real), named + len(more), hit + len(more & real)
        print(
            f"  further kinds from {limit}: precision {hit / max(1, named):.2f} recall {hit / max(1, wanted):.2f}"
        )


def check():
    """Across writers both ways, then five folds of the first writer with the second always in training."""
    first, second = (read(path) for path in CORPORA)
    print("first writer → second")
    report(second, predict(train(first), second))
    print("second writer → first")
    report(first, predict(train(second), first))
    fold = np.random.default_rng(0).permutation(len(first)) % 5
    rows = np.zeros((len(first), len(KINDS)))
    for number in range(5):
        held = np.flatnonzero(fold == number)
        known = [first[row] for row in np.flatnonzero(fold != number)]
        rows[held] = predict(train(known + second), [first[row] for row in held])
    print("five folds of the first writer")
    report(first, rows)


def write(trained):
    """Int8 weights, one scale a kind; the sorted codes as steps, which compress well."""
    vocabulary, weights, bias = trained
    scale = np.abs(weights).max(axis=0) / 127
    np.savez_compressed(
        TARGET,
        steps=np.diff(vocabulary, prepend=np.uint64(0)),
        weights=np.round(weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=bias.astype(np.float32),
        kinds=np.array(KINDS),
    )
    print(f"{TARGET.name}: {len(vocabulary)} features, {TARGET.stat().st_size / 1024:.0f} KiB")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="cross-validate and write nothing")
    if options.parse_args().check:
        check()
    else:
        write(train([record for path in CORPORA for record in read(path)]))


if __name__ == "__main__":
    main()
