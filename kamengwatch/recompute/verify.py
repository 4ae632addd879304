"""`verify --recompute`: the newest snapshot's figures against those computed a second way, in words for the operator."""

from __future__ import annotations

from collections import Counter

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, print_answer, tell_json
from kamengwatch.recompute.difference import Compared, compare
from scoring.snapshot.reader import Snapshot, SnapshotError

REMEDY = (
    "发布之后若导入过早些时候的证据，先再运行 rate 和 publish；仍不符即是错误，请报告 "
    "if evidence of earlier days was imported since, run rate and publish again; what still differs is an error to report"
)


def recompute(config: Config, as_json: bool) -> None:
    """Print one line per figure that differs and how many were compared, by name; raises Failure (exit 1) when any does."""
    try:
        snapshot = Snapshot.latest(config.data_dir)
    except SnapshotError as error:
        raise UserError(str(error)) from error
    with bar(config.say("重算句子里的数字", "recomputing what sentences state")) as progress:
        found = compare(config.engine, snapshot, progress.note)
    _print_json(snapshot, found) if as_json else _print_lines(config, snapshot, found)
    if found.differences:
        raise Failure(
            f"{len(found.differences)} 个数字与重算不符 figures differ from the recomputation → {REMEDY}"
        )


def _print_json(snapshot: Snapshot, found: Compared) -> None:
    told = {
        "snapshot": snapshot.id,
        "compared": dict(sorted(found.figures.items())),
        "not_recomputed": dict(sorted(found.uncounted.items())),
        "sentences": found.sentences,
        "different": [vars(difference) for difference in found.differences],
    }
    tell_json(told)


def _print_lines(config: Config, snapshot: Snapshot, found: Compared) -> None:
    for difference in found.differences:
        print_answer(difference.line())
    print_answer(
        config.say(f"重算的数字 {_by_name(found.figures)}", f"Recomputed: {_by_name(found.figures)}")
    )
    if found.uncounted:
        print_answer(
            config.say(
                f"方法的结果，不能只靠计数重算 {_by_name(found.uncounted)}",
                f"Results of the method, which no count gives: {_by_name(found.uncounted)}",
            )
        )
    print_answer(
        config.say(
            f"快照 {snapshot.id}：{sum(found.figures.values())} 个数字重算，{found.sentences} 个句子读过，{len(found.differences)} 处不符。",
            f"Snapshot {snapshot.id}: {sum(found.figures.values())} figure(s) recomputed, {found.sentences} sentence(s) read, {len(found.differences)} difference(s).",
        )
    )


def _by_name(figures: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(figures.items())) or "0"
