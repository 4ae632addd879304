"""The days on which a smaller source cannot be read; drawn apart, so that adding a source changes nothing else in a market."""

from __future__ import annotations

from sandbox.market.goods import scatter
from sandbox.market.stage import Stage


def out(stage: Stage, source: str) -> bool:
    """Whether `source` is unreadable on this simulated day."""
    parameters = stage.market.parameters
    roll = scatter(parameters.seed, *source.encode(), stage.market.clamp(stage.day))
    return roll % 1000 < 1000 * parameters.source_outage_share
