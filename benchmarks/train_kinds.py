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
from scipy.special import expit, logsumexp

from store.kinds import KINDS, further, primaries
from store.kinds_model import Model, features, matrix

ROOT = Path(__file__).resolve().parent.parent
CORPORA = (ROOT / "store/corpus/kinds.jsonl", ROOT / "store/corpus/kinds_more.jsonl")
TARGET = ROOT / "store/kinds_model.npz"
MIN_TEXTS = 2  # a feature seen in one text only says nothing about another
STRENGTH = 30.0  # of the data against the L2 penalty 1/2·|W|²
FURTHER_SHARE = 0.3  # of a text's label mass that goes to its further kinds
STEPS = 120
JOINED = 3000  # texts of two grievances made for the second head


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


def membership(records):
    """A row of 0 and 1 for each record: every kind it is of, primary or further."""
    return np.array([[float(kind in record["kinds"]) for kind in KINDS] for record in records])


def joined(records):
    """Texts with two grievances, made by joining two of one grievance each: what further kinds look like."""
    draw = np.random.default_rng(1)
    single = [r for r in records if len(r["kinds"]) == 1 and r["primary"] not in ("other", "spam")]
    made = []
    for first, second in draw.integers(len(single), size=(JOINED, 2)):
        one, two = single[first], single[second]
        made.append({"text": one["text"] + "," + two["text"], "kinds": [one["primary"], two["primary"]]})
    return made


def softmax_loss(scores, mass):
    logs = scores - logsumexp(scores, axis=1, keepdims=True)
    return -(mass * logs).sum(), np.exp(logs) - mass


def sigmoid_loss(scores, members):
    return (np.logaddexp(0, scores) - members * scores).sum(), expit(scores) - members


def fit(inputs, wanted, loss):
    """A linear model with an L2 penalty on its weights, by L-BFGS: (features × kinds) weights and bias."""
    count, kinds = inputs.shape[1], wanted.shape[1]
    turned = inputs.T.tocsr()

    def objective(flat):
        weights, bias = flat[: count * kinds].reshape(count, kinds), flat[count * kinds :]
        value, error = loss(inputs @ weights + bias, wanted)
        gradient = np.concatenate(
            [(STRENGTH * (turned @ error) + weights).ravel(), STRENGTH * error.sum(axis=0)]
        )
        return STRENGTH * value + 0.5 * (weights**2).sum(), gradient

    start = np.zeros((count + 1) * kinds)
    flat = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    weights, bias = flat[: count * kinds].reshape(count, kinds), flat[count * kinds :]
    return weights.astype(np.float32), bias.astype(np.float32)


def train(records):
    """The model of records: primary kinds from softmax, membership of further kinds from one sigmoid a kind."""
    texts = [record["text"] for record in records]
    blocks = features(texts)
    vocabulary = vocabulary_of(blocks)
    primary = fit(matrix(blocks, len(texts), vocabulary), targets(records), softmax_loss)
    more = records + joined(records)
    inputs = matrix(features([record["text"] for record in more]), len(more), vocabulary)
    return Model(vocabulary, *primary, *fit(inputs, membership(more), sigmoid_loss))


def f1(true, found, kind):
    """F1 of one kind, or of any class of labels."""
    hits = sum(a == b == kind for a, b in zip(true, found, strict=True))
    return 2 * hits / max(1, Counter(true)[kind] + Counter(found)[kind])


def report(records, probabilities, members):
    true = [record["primary"] for record in records]
    found = primaries([record["text"] for record in records], probabilities)
    scores = {kind: f1(true, found, kind) for kind in KINDS}
    drops = f1(
        [kind.startswith("drop.") for kind in true], [kind.startswith("drop.") for kind in found], True
    )
    print(f"  macro-F1 {np.mean(list(scores.values())):.3f}  drops against the rest {drops:.3f}")
    print("  " + "  ".join(f"{kind} {score:.2f}" for kind, score in scores.items()))
    for limit in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        wanted = named = hit = 0
        for record, row, primary in zip(records, members, found, strict=True):
            more = set(further(primary, row, limit))
            real = set(record["kinds"]) - {record["primary"]}
            wanted, named, hit = wanted + len(real), named + len(more), hit + len(more & real)
        print(
            f"  further kinds from {limit}: precision {hit / max(1, named):.2f} recall {hit / max(1, wanted):.2f}"
        )


def check():
    """Across writers both ways, then five folds of the first writer with the second always in training."""
    first, second = (read(path) for path in CORPORA)
    print("first writer → second")
    report(second, *train(first).judge([record["text"] for record in second]))
    print("second writer → first")
    report(first, *train(second).judge([record["text"] for record in first]))
    fold = np.random.default_rng(0).permutation(len(first)) % 5
    rows, members = np.zeros((len(first), len(KINDS))), np.zeros((len(first), len(KINDS)))
    for number in range(5):
        held = np.flatnonzero(fold == number)
        known = [first[row] for row in np.flatnonzero(fold != number)]
        rows[held], members[held] = train(known + second).judge([first[row]["text"] for row in held])
    print("five folds of the first writer")
    report(first, rows, members)


def packed(name, weights, bias):
    """Int8 weights with one scale a kind, under names that begin with `name`."""
    scale = np.abs(weights).max(axis=0) / 127
    whole = np.round(weights / scale).astype(np.int8)
    return {f"{name}_weights": whole, f"{name}_scale": scale.astype(np.float32), f"{name}_bias": bias}


def write(model):
    """The sorted codes are stored as steps, which compress well."""
    np.savez_compressed(
        TARGET,
        steps=np.diff(model.vocabulary, prepend=np.uint64(0)),
        **packed("primary", model.weights, model.bias),
        **packed("member", model.member_weights, model.member_bias),
    )
    print(f"{TARGET.name}: {len(model.vocabulary)} features, {TARGET.stat().st_size / 1024:.0f} KiB")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="cross-validate and write nothing")
    if options.parse_args().check:
        check()
    else:
        write(train([record for path in CORPORA for record in read(path)]))


if __name__ == "__main__":
    main()
