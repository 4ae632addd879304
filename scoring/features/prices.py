"""Prices against the median of all platforms for the same goods, whatever their titles are dressed up with (scoring/observations/product_names.py)."""

from __future__ import annotations

import numpy as np

from scoring.observations.dataset import FittedDataset, Floats, ObservationColumns
from scoring.observations.panel import cached


def against_sector(facts: FittedDataset) -> tuple[ObservationColumns, Floats]:
    """(price rows with a comparable product, log of their price over the sector's median known on the day)."""

    def make() -> tuple[ObservationColumns, Floats]:
        rows = facts.rows["price"]
        rows = rows.take(np.nan_to_num(rows["price"]) > 0) if len(rows) else rows
        if not len(rows) or not facts.priors.products:
            return rows.take(np.zeros(len(rows), bool)), np.empty(0)
        names, product = np.unique(rows["ware"].astype(str), return_inverse=True)
        epochs = next(iter(facts.priors.products.values()))[0]
        blank = np.full(len(epochs), np.nan)
        table = np.stack([facts.priors.products.get(str(n), (None, blank))[1] for n in names])
        day = np.maximum(rows.seen, rows.day)
        at = np.clip(np.searchsorted(epochs, day, side="right") - 1, 0, len(epochs) - 1)
        median = table[product, at]
        comparable = np.isfinite(median)
        rows_ = rows.take(comparable)
        return rows_, np.log(rows_["price"] / median[comparable])

    found: tuple[ObservationColumns, Floats] = cached(facts, "against_sector", make)
    return found
