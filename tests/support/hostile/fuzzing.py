"""Spoil inputs for tests: bit flips, cuts, doubled parts, deep nesting, other charsets, wrong JSON values; and measure what reads them.

Everything is drawn from a seeded generator, so that a failing input can be made again from its number.
"""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 256_000
SLOWEST = 1.0
ENOUGH = 20
# Mostly small changes, which reach more of a parser in the same time; every sixteenth is huge.
OFTEN_FEW = [1] * 8 + [2] * 4 + [50] * 3 + [2000]
OFTEN_SHALLOW = [5] * 6 + [50] * 6 + [1_200] * 3 + [20_000]
TOKENS = [
    b"<", b">", b"</", b"<!--", b"]]>", b"&#0;", b"&#x110000;", b'"', b"'", b"\\", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    "\u202e".encode(), "\u200b".encode(), "\ud7ff".encode(), "²".encode(), "卡盟".encode("gbk"), b"[", b"{", b"}", b"]", b",", b":", b"null",
    b"NaN", b"-1", b"1e999", b"9" * 30, b"\r\n", b"\n\n", b"=cmd()", b"%00", b"../", b"charset=utf-16", b"<script>", b"<table><tr>",
    b"9999-99-99", b"0000-00-00", b"253402300800", b"||", b"@@", b"\xf0\x9f\x92\xa9", b"13800138000", b"PK\x03\x04",
]  # fmt: skip
VALUES: list[Any] = [None, True, [], {}, "", "x", " ", -1, 0, 1e308, 10**18, 10**40, "9" * 5000, "²", "\u202e", [None], [[]], {"x": None}, "9999-12-31",
                     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 253402300800, -(10**12), ["x"], [1], "<b>", "\x00", float("nan")]  # fmt: skip


def spoiled(seeds: Sequence[bytes], number: int, salt: str) -> bytes:
    """The spoiled input of a number: one to four changes to one of the seeds; number 0 upwards are the seeds themselves."""
    if number < len(seeds):
        return seeds[number]
    dice = random.Random(f"{salt}:{number}")
    body = dice.choice(seeds)
    for _ in range(dice.randint(1, 4)):
        body = dice.choice(CHANGES)(dice, body, seeds)[:LONGEST]
    return body


def _flip(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.randint(1, 8) if changed else 0):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    return body[: dice.randint(0, len(body))] if dice.random() < 0.7 else body[dice.randint(0, len(body)) :]


def _span(dice: random.Random, body: bytes) -> tuple[int, int]:
    start = dice.randint(0, len(body))
    return start, min(len(body), start + dice.choice([1, 8, 64, 512, 4096]))


def _double(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(dice, body)
    return body[:end] + body[start:end] * dice.choice(OFTEN_FEW) + body[end:]


def _drop(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(dice, body)
    return body[:start] + body[end:]


def _insert(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    at = dice.randint(0, len(body))
    return body[:at] + dice.choice(TOKENS) * dice.choice(OFTEN_FEW) + body[at:]


def _splice(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    other = dice.choice(seeds)
    return body[: dice.randint(0, len(body))] + other[dice.randint(0, len(other)) :]


def _nest(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    depth = dice.choice(OFTEN_SHALLOW)
    opening, closing = dice.choice(
        [(b"[", b"]"), (b'{"a":', b"}"), (b"<div>", b"</div>"), (b"<table><tr><td>", b""), (b"(", b")")]
    )
    at = dice.randint(0, len(body)) if dice.random() < 0.5 else 0
    return body[:at] + opening * depth + (body[at:] or b"1") + closing * depth


def _recode(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(
        dice.choice(["gb18030", "utf-16", "utf-16-be", "big5", "latin-1", "utf-7", "utf-8-sig"]), "replace"
    )


def _value(dice: random.Random, body: bytes, seeds: Sequence[bytes]) -> bytes:
    """A JSON document with one of its values replaced by one of another kind, or one key gone."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _insert(dice, body, seeds)
    places = list(_places(document))
    if not places:
        return json.dumps(dice.choice(VALUES)).encode()
    for _ in range(dice.randint(1, 3)):
        holder, key = dice.choice(places)
        try:
            if dice.random() < 0.2:
                del holder[key]
            else:
                holder[key] = dice.choice(VALUES)
        except (KeyError, IndexError):
            continue
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _places(value: Any, depth: int = 0) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        if depth < 20:
            yield from _places(inner, depth + 1)


CHANGES = [_flip, _cut, _double, _drop, _insert, _splice, _nest, _recode, _value, _value, _value]


@dataclass
class Measured:
    """What a run of many inputs came to: counts, the slowest input in seconds, growth of memory in MB, and every failure."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    grown: int = 0
    failures: list[str] = field(default_factory=list)


def hammer(
    name: str,
    run: Callable[[bytes], object],
    seeds: Sequence[bytes],
    refusals: tuple[type[BaseException], ...],
    count: int,
) -> Measured:
    """Give `count` spoiled inputs to `run`; only `refusals` may come out of it, each with a reason, and each within a second."""
    found = Measured()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        if len(found.failures) >= ENOUGH:
            break
        body = spoiled(seeds, number, name)
        seconds, error = _timed(run, body)
        if seconds > SLOWEST:  # a busy machine may be slow once; the input is slow when it is slow again
            seconds = min(seconds, _timed(run, body)[0])
        found.slowest = max(found.slowest, seconds)
        if seconds > SLOWEST:
            found.failures.append(f"{name} #{number}: {seconds:.1f} s for {len(body)} bytes")
        if error is None:
            found.read += 1
        elif isinstance(error, refusals) and str(error).strip():
            found.refused += 1
        else:
            found.failures.append(
                f"{name} #{number}: {type(error).__name__}: {str(error)[:200]} {_place(error)}"
            )
    found.grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return found


def _timed(run: Callable[[bytes], object], body: bytes) -> tuple[float, BaseException | None]:
    begin = time.process_time()
    try:
        run(body)
    except Exception as error:
        return time.process_time() - begin, error
    return time.process_time() - begin, None


def _place(error: BaseException) -> str:
    """The last line of ours the error passed."""
    at, place = error.__traceback__, ""
    while at:
        file = at.tb_frame.f_code.co_filename
        if not ("site-packages" in file or "/lib/python" in file):
            place = f"{file.rsplit('/', 2)[-1]}:{at.tb_lineno}"
        at = at.tb_next
    return place
