"""From score to grade: asymmetric proof, hysteresis, and NR where the evidence is too thin. Loops over days only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from scoring import method
from scoring.observations.dataset import Floats
from scoring.observations.panel import Bools

GRADES = ("A", "B", "C", "D", "E", "NR")
NR = 5
Codes = NDArray[np.int8]


def candidate(score: Floats, sd: Floats, families_bad: Floats) -> Codes:
    """The grade the proof rules allow for each cell.

    A and B when P(score ≥ cut) ≥ PROOF_GOOD; D and E when P(score < cut) ≥ PROOF_BAD and BAD_FAMILIES source families
    speak against it; C in between.
    """
    cuts = dict(method.GRADES)
    sd = np.maximum(sd, 1e-6)

    def above(cut: float, where: Bools) -> Floats:
        found: Floats = ndtr((score[where] - cut) / sd[where])
        return found

    # Each question is asked only where its answer can matter.
    good = ndtr((score - cuts["B"]) / sd) >= method.PROOF_GOOD
    grade = np.where(good, 1, 2).astype(np.int8)
    grade[good] -= above(cuts["A"], good) >= method.PROOF_GOOD
    bad = families_bad >= method.BAD_FAMILIES
    for code, cut in ((3, cuts["C"]), (4, cuts["D"])):
        grade[bad] = np.where(1 - above(cut, bad) >= method.PROOF_BAD, code, grade[bad])
    return grade


def grades(score: Floats, sd: Floats, families_bad: Floats, rated: Bools, new_evidence: Bools) -> Codes:
    """Grade per platform and day: a change must hold with HYSTERESIS points against it, and needs new evidence.

    Loss of evidence can only lead to NR (`rated` false).
    """
    h = method.HYSTERESIS
    plain = candidate(score, sd, families_bad)
    strict_up = candidate(score - h, sd, families_bad)
    strict_down = candidate(score + h, sd, families_bad)
    out = np.full(score.shape, NR, dtype=np.int8)
    held = np.full(score.shape[0], NR, dtype=np.int8)
    for day in range(score.shape[1]):
        news = new_evidence[:, day]
        now = plain[:, day]
        up = (now < held) & (strict_up[:, day] < held) & news
        down = (now > held) & (strict_down[:, day] > held) & news
        fresh = (held == NR) & rated[:, day]
        changed = np.where(up, strict_up[:, day], np.where(down, strict_down[:, day], held))
        held = np.where(fresh, now, np.where(rated[:, day], changed, held)).astype(np.int8)
        out[:, day] = np.where(rated[:, day], held, NR)
    return out
