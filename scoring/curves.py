"""Curves from values to utilities in [0, 1], and the shrinkage of shares. Pure arithmetic with arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from scoring.method import CURVES

Floats = NDArray[np.float64]
_U90 = 1.2815515655446004
_NODES, _MASS = np.polynomial.hermite_e.hermegauss(5)
_MASS = _MASS / _MASS.sum()


def lognormal(value: Floats, curve: str, log_sd: Floats | float = 0.0) -> tuple[Floats, Floats]:
    """(mean, standard deviation) of the utility 1 - CDF of a log-normal fixed by its control points (Lighthouse).

    `value` is the median of what is measured (u = 0.9 at the first control point, 0.5 at the second), `log_sd` its
    log-normal uncertainty; the moments are by 5-point Gauss-Hermite quadrature.
    """
    good, median = CURVES[curve]
    scale = np.log(median / good) / _U90
    position = (np.log(median) - np.log(np.maximum(value, 1e-9))) / scale
    sd = np.broadcast_to(np.asarray(log_sd, dtype=float) / scale, position.shape)
    mean = np.zeros_like(position)
    square = np.zeros_like(position)
    for node, mass in zip(_NODES, _MASS, strict=True):
        u = ndtr(position + node * sd)
        mean += mass * u
        square += mass * u * u
    return mean, np.sqrt(np.maximum(square - mean * mean, 0.0))


def share(hits: Floats, cases: Floats, prior: tuple[float, float]) -> tuple[Floats, Floats]:
    """(mean, standard deviation) of a share under a Beta prior given as (mean, cases it is worth)."""
    mean0, strength = prior
    a = mean0 * strength + np.minimum(hits, cases)
    total = strength + cases
    mean = a / total
    return mean, np.sqrt(mean * (1 - mean) / (total + 1))


def between(value: Floats, points: tuple[tuple[float, float], ...]) -> Floats:
    """Piecewise linear utility through (value, utility) points in rising order of value; flat outside."""
    x, y = zip(*points, strict=True)
    found: Floats = np.interp(value, x, y)
    return found
