"""Trains the complaint-kind model from the development corpora: python research/complaint_kinds/train.py [--asides | --check].

Without an option it trains on everything and writes store/complaint_kinds/kinds_model.npz. --asides trains what tells asides from
the matter of a complaint and writes asides_model.npz: do it first. --check cross-validates instead and writes nothing. It must never read an unopened held-out corpus of the tests or a sentence of the sandbox.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, softmax

from benchmarks import kinds_stories
from benchmarks.kinds_stories import stories
from research.complaint_kinds.held_out_figures import figures
from store.complaint_kinds import asides
from store.complaint_kinds.classify import KINDS, Classified, further, primaries
from store.complaint_kinds.lexicon import normalise, sentences
from store.complaint_kinds.model import Model, Network, features, matrix, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "research/complaint_kinds/corpus"
# Texts of one writer, each judged by a model that has not seen it; the others are always in training.
JUDGED = tuple(
    FOLDER / f"{name}.jsonl"
    for name in ("kinds", *(f"kinds_spent{number}" for number in ("", 2, 3, 4, 5, 6, 7, 8, 10, 11)))
)
ALWAYS = tuple(
    FOLDER / f"kinds_{name}.jsonl"
    for name in ("more", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
)
TARGET = ROOT / "store/complaint_kinds/kinds_model.npz"
ASIDES_TARGET = ROOT / "store/complaint_kinds/asides_model.npz"
RIDGE = 0.3
MIN_TEXTS = 3  # a feature seen in fewer texts says little about another
FURTHER_SHARE = 0.3  # of a text's label mass that goes to its further kinds
MIN_STORIES = 60  # what is told around a grievance recurs; what comes of putting two texts together does not
READER_FOLDS, READER_STORIES = 3, 6000
READER = (20, 0.05, 0.2)  # epochs, shares left out of its inputs and of its hidden layer
JOINED = 1500  # texts of two grievances made for the second head
TWICE_FROM = 30  # characters: the corpora are shorter than complaints are, so their longer texts count twice
STORIES = 5000  # long texts made from the short ones (benchmarks/kinds_stories.py)
NETWORKS = 2
HIDDEN = 64
EPOCHS, BATCH, RATE = 10, 64, 3e-3
DROPPED_FEATURES, DROPPED_HIDDEN = (
    0.4,
    0.4,
)  # shares left out of each step, so that no one feature is relied on
START = 0.1  # spread of the random start
MEMBER_SHARE = 0.5  # weight of the second head's loss against the first's


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def targets(records):
    """Rows of label mass: all on the primary kind, or 0.7 on it and 0.3 shared by the further kinds."""
    mass = np.zeros((len(records), len(KINDS)), np.float32)
    for row, record in enumerate(records):
        more = [kind for kind in record["kinds"] if kind != record["primary"]]
        mass[row, KINDS.index(record["primary"])] = 1.0 - FURTHER_SHARE * bool(more)
        for kind in more:
            mass[row, KINDS.index(kind)] += FURTHER_SHARE / len(more)
    return mass


def vocabulary_of(blocks, least=MIN_TEXTS):
    """The sorted codes of every feature found in at least `least` texts."""
    kept = []
    for rows, codes in blocks:
        pairs = np.unique(np.stack([codes, rows.astype(np.uint64)], axis=1), axis=0)
        found, texts = np.unique(pairs[:, 0], return_counts=True)
        kept.append(found[texts >= least])
    return np.unique(np.concatenate(kept))


def membership(records):
    """A row of 0 and 1 for each record: every kind it is of, primary or further."""
    return np.array([[float(kind in record["kinds"]) for kind in KINDS] for record in records], np.float32)


def joined(records):
    """Texts with two grievances, made by joining two of one grievance each: what further kinds look like."""
    draw = np.random.default_rng(1)
    single = [r for r in records if len(r["kinds"]) == 1 and r["primary"] not in ("other", "spam")]
    made = []
    for first, second in draw.integers(len(single), size=(JOINED, 2)):
        one, two = single[first], single[second]
        made.append({"text": one["text"] + "," + two["text"], "kinds": [one["primary"], two["primary"]]})
    return made


class Adam:
    """Kingma & Ba 2015 (arXiv 1412.6980, algorithm 1) on one array, only the rows a step has touched."""

    def __init__(self, values):
        self.values, self.mean, self.square = values, np.zeros_like(values), np.zeros_like(values)

    def step(self, gradient, rate, count, rows=...):
        """Moves the rows against their gradient; count is the number of steps so far, this one included."""
        mean, square = self.mean[rows], self.square[rows]
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (gradient * gradient - square)
        self.mean[rows], self.square[rows] = mean, square
        spread = np.sqrt(square)
        spread *= (1 - 0.999**count) ** -0.5
        spread += 1e-8
        np.divide(mean, spread, out=spread)
        spread *= rate / (1 - 0.9**count)
        self.values[rows] -= spread


def thinned(inputs, draw, dropped):
    """The inputs with a random share of their features left out and the rest scaled up to the same sum."""
    thin = inputs.copy()
    thin.data = thin.data * (draw.random(thin.nnz) >= dropped).astype(np.float32)
    thin.data /= 1 - dropped
    return thin


def network(
    inputs, mass, members, seed, epochs=EPOCHS, dropped=DROPPED_FEATURES, dropped_hidden=DROPPED_HIDDEN
):
    """One hidden layer and two heads. A row of mass without any label teaches the second head only."""
    draw = np.random.default_rng(seed)
    shapes = ((inputs.shape[1], HIDDEN), (HIDDEN, len(KINDS)), (HIDDEN, len(KINDS)))
    layers = [Adam((START * draw.standard_normal(shape)).astype(np.float32)) for shape in shapes]
    biases = [Adam(np.zeros(shape[1], np.float32)) for shape in shapes]
    count, steps = 0, epochs * -(-inputs.shape[0] // BATCH)
    for _ in range(epochs):
        order = draw.permutation(inputs.shape[0])
        for rows in np.split(order, range(BATCH, len(order), BATCH)):
            batch = thinned(inputs[rows], draw, dropped)
            count, rate = count + 1, RATE * (1 - count / steps)
            hidden = batch @ layers[0].values + biases[0].values
            gate = (hidden > 0) * (draw.random(hidden.shape) >= dropped_hidden) / (1 - dropped_hidden)
            active = (hidden * gate).astype(np.float32)
            scores = [active @ layers[head].values + biases[head].values for head in (1, 2)]
            wanted = mass[rows]
            errors = (
                (softmax(scores[0], axis=1) * wanted.sum(axis=1, keepdims=True) - wanted) / len(rows),
                MEMBER_SHARE * (expit(scores[1]) - members[rows]) / len(rows),
            )
            back = (
                sum(error @ layers[head].values.T for head, error in zip((1, 2), errors, strict=True)) * gate
            )
            for head, error in zip((1, 2), errors, strict=True):
                layers[head].step(active.T @ error, rate, count)
                biases[head].step(error.sum(axis=0), rate, count)
            touched, column = np.unique(batch.indices, return_inverse=True)
            narrow = csr_matrix((batch.data, column, batch.indptr), (len(rows), len(touched)))
            layers[0].step(narrow.T @ back.astype(np.float32), rate, count, touched)
            biases[0].step(back.sum(axis=0), rate, count)
    return Network(*(part.values for pair in zip(layers, biases, strict=True) for part in pair))


def plain_of(records):
    """The normalised texts of records."""
    return [normalise(record["text"]) for record in records]


def told_of(records):
    """The normalised texts of records, of every second one without its asides, as Model.judge reads them."""
    kept = asides.load().keep([sentences(record["text"]) for record in records])
    return [both[row % 2] for row, both in enumerate(zip(kept, plain_of(records), strict=True))]


def passage_model(records, part, seed):
    """One of the networks that read one passage, which differ in their random start and are averaged when they judge."""
    told = stories(records, STORIES, part=part)
    vocabulary = np.union1d(
        vocabulary_of(features(plain_of(records))), vocabulary_of(features(plain_of(told)), MIN_STORIES)
    )
    made = joined(records)
    records = [*records, *(r for r in records if len(r["text"]) >= TWICE_FROM), *told]
    inputs = matrix(features(plain_of(records + made)), len(records) + len(made), vocabulary)
    mass = np.concatenate([targets(records), np.zeros((len(made), len(KINDS)), np.float32)])
    members = membership(records + made)
    return Model(vocabulary, (network(inputs, mass, members, seed),))


def train(records):
    """The model of records. What weighs passages learns from stories whose grievances, manners and
    asides the passages' networks had not seen."""
    fold = np.random.default_rng(3).permutation(len(records)) % READER_FOLDS
    parts = [([records[row] for row in np.flatnonzero(fold != number)], 0) for number in range(READER_FOLDS)]
    parts.append((records, None))
    tasks = [(*part, seed) for part in parts for seed in range(NETWORKS)]
    with ProcessPoolExecutor(len(tasks)) as pool:  # each of them takes about half a minute of processor time
        single = list(pool.map(passage_model, *zip(*tasks, strict=True)))
    *models, whole = (
        Model(one[0].vocabulary, tuple(model.networks[0] for model in one))
        for one in (single[at : at + NETWORKS] for at in range(0, len(single), NETWORKS))
    )
    seen, mass, members = [], [], []
    for number in range(READER_FOLDS):
        held = [records[row] for row in np.flatnonzero(fold == number)]
        told = [*held, *stories(held, READER_STORIES, seed=11 + number, part=1)]
        seen.append(models[number].weighed(told_of(told)))
        mass.append(targets(told))
        members.append(membership(told))
    reader = network(vstack(seen).tocsr(), np.concatenate(mass), np.concatenate(members), 0, *READER)
    return Model(whole.vocabulary, whole.networks, reader)


def clauses_of(text):
    """The clauses of a text, whatever its sentences."""
    return [clause for sentence in sentences(text) for clause in sentence]


def beside_and_matter(records):
    """(clauses, 1 for an aside, weight): the words of kinds_stories and of asides.tsv alone and together, against the corpora's
    texts, their clauses, and the two mixed, which are matter."""
    draw = np.random.default_rng(0)

    def pick(words):
        return words[int(draw.integers(len(words)))]

    rows = [line.split("\t") for line in (FOLDER / "asides.tsv").read_text(encoding="utf-8").splitlines()]
    listed = {kind: [row[1] for row in rows if row[0] == kind] for kind in "mpn"}
    said = kinds_stories
    manners = [*said.HELLO, *said.WISH, *said.SELF, *said.ASK, *said.BYE, *listed["m"]]
    past, notices = [*said.PAST, *listed["p"]], [*said.NOTICE, *listed["n"]]
    units = [(clauses_of(words), 1, 3.0) for words in manners + past + notices]
    units += [([clause], 1, 1.0) for words in listed["m"] for clause in clauses_of(words)]
    units += [(clauses_of(f"{pick(manners)}，{pick(manners)}"), 1, 0.4) for _ in range(1500)]
    for _ in range(400):
        units += [(clauses_of(pick(said.WHEN) + pick(said.WHERE + said.BOUGHT)), 1, 1.0)]
        units += [(clauses_of(f"{pick(past)}，{pick(manners)}"), 1, 0.4)]
        units += [(clauses_of(f"{pick(notices)}，{pick(notices).split('写', 1)[-1]}"), 1, 0.3)]
    for record in records:
        clauses = clauses_of(record["text"])
        units.append((clauses, 0, 0.7 if record["primary"] == "other" else 1.0))
        if len(clauses) > 1:
            units += [([clause], 0, 0.3) for clause in clauses if len(clause) >= 5]
    for _ in range(4000):
        matter, beside = clauses_of(pick(records)["text"]), clauses_of(pick(manners + past))
        units.append((matter + beside if draw.random() < 0.5 else beside + matter, 0, 0.3))
    return [unit for unit in units if unit[0]]


def train_asides(records):
    """Logistic regression over the n-grams of clauses, each clause's sum over the root of the text's length (Asides._odds)."""
    units = beside_and_matter(records)
    place = {clause: row for row, clause in enumerate(dict.fromkeys(c for unit in units for c in unit[0]))}
    rows, codes = asides.ngrams(list(place))
    vocabulary, column, seen = np.unique(codes, return_inverse=True, return_counts=True)
    common = seen > 1
    kept, number = common[column], np.cumsum(common) - 1
    grams = csr_matrix(
        (np.ones(kept.sum()), (rows[kept], number[column][kept])), shape=(len(place), common.sum())
    )
    cells = [
        (row, place[clause], max(1, sum(map(len, unit[0]))) ** -0.5)
        for row, unit in enumerate(units) for clause in unit[0]
    ]  # fmt: skip
    at, of, share = map(np.array, zip(*cells, strict=True))
    inputs = csr_matrix((share, (at, of)), shape=(len(units), len(place))) @ grams
    aside, weight = (np.array([unit[part] for unit in units], float) for part in (1, 2))
    weight[aside == 1] *= weight[aside == 0].sum() / weight[aside == 1].sum() / 2

    def loss(values):
        odds = inputs @ values[:-1] + values[-1]
        error = weight * (expit(odds) - aside)
        total = (weight * (np.logaddexp(0, odds) - aside * odds)).sum() + RIDGE / 2 * (values[:-1] ** 2).sum()
        return total, np.append(inputs.T @ error + RIDGE * values[:-1], error.sum())

    values = minimize(
        loss, np.zeros(inputs.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 120}
    ).x
    asides.write(vocabulary[common], values[:-1], values[-1], ASIDES_TARGET)


def check():
    """Five folds of the writers in JUDGED, everything else always in training."""
    records = [record for path in JUDGED for record in read(path)]
    always = [record for path in ALWAYS for record in read(path)]
    texts = [record["text"] for record in records]
    fold = np.random.default_rng(0).permutation(len(records)) % 5
    main, members = (np.zeros((len(records), len(KINDS)), np.float32) for _ in range(2))
    for number in range(5):
        held = np.flatnonzero(fold == number)
        model = train([records[row] for row in np.flatnonzero(fold != number)] + always)
        main[held], members[held] = model.judge([texts[row] for row in held])
    start = 0
    for path in JUDGED:
        rows = slice(start, start := start + len(read(path)))
        report(path.name, records[rows], main[rows], members[rows])


def report(name, records, main, members):
    """Prints the figures of one corpus, its further kinds at several limits."""
    found = primaries([record["text"] for record in records], main)
    for limit in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        answers = [Classified(p, (p, *further(p, row, limit))) for p, row in zip(found, members, strict=True)]
        result = figures(records, answers)
        more = result["further"]
        print(f"  further kinds from {limit}: precision {more.precision:.2f} recall {more.recall:.2f}")
    print(f"{name}: macro-F1 {result['macro_f1']:.3f}, drops {result['drops'].f1:.3f}")
    print("  " + "  ".join(f"{kind} {score.f1:.2f}" for kind, score in result["kinds"].items()))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="cross-validate and write nothing")
    options.add_argument("--asides", action="store_true", help="train what tells asides from the matter")
    asked = options.parse_args()
    if asked.check:
        check()
        return
    records = [record for path in JUDGED + ALWAYS for record in read(path)]
    if asked.asides:
        train_asides(records)
        return
    model = train(records)
    write(model, TARGET)
    print(f"{TARGET.name}: {len(model.vocabulary)} features, {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
