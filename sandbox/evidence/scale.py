"""Evidence of any size in the open format, for measurements: columns of text joined by Arrow, not a simulation.

It plays no market and has no truth. Few platforms have most of the complaints, as in real lists; they are spread evenly over the days and
worded from a few thousand combinations, one in twenty a copy of an earlier one. The same seed writes the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CHUNK = 200_000
OPENINGS = ("昨晚在这个网站", "上周三", "帮孩子", "第一次", "老客户了，", "中午", "朋友介绍来的，", "凌晨")
PAID = ("充了话费", "买了会员月卡", "拍了激活码", "支付宝付了钱", "买点券")
WHAT = ("一直显示处理中，到现在没到账", "钱扣了，订单还是未支付", "回头订单记录都没有了", "卡密提示已使用",
        "客服说缺货，退款拖了半个月", "申请退款被拒绝", "客服再也不回话", "等了三天什么都没收到")  # fmt: skip
WISHES = ("要求退款。", "希望尽快处理！", "请平台给个说法。", "截图都在。", "大家小心")
MINUTES = 24 * 60
SOURCES = ("heimao", "storefront", "availability")
STATUS = ("open", "replied", "completed")
FIRST_NUMBER = 20_000_000_000


@dataclass(frozen=True)
class Size:
    """How much evidence: platforms, complaints, and days of the calendar that ends on `ends_on`."""

    platforms: int
    complaints: int
    days: int
    ends_on: dt.date


def write_scale(size: Size, seed: int, path: Path | str) -> int:
    """Write platforms, daily crawls, a weekly order counter of each platform and the complaints; return the number of lines."""
    lines, moments = 0, _moments(size)
    with Path(path).open("wb") as file:
        for part in (
            _platforms(size),
            _crawls(size, moments),
            _orders(size, seed, moments),
            _complaints(size, seed, moments),
        ):
            for block in part:
                file.write(block.buffers()[2][: _end(block)])
                lines += len(block)
    return lines


def _end(block: pa.LargeStringArray) -> int:
    return int(np.frombuffer(block.buffers()[1], np.int64)[len(block)])


def _side_by_side(*columns: Any) -> pa.LargeStringArray:
    """The columns and the fixed words between them, joined row by row."""
    wide = pa.large_string()
    texts = [pa.scalar(c, wide) if isinstance(c, str) else pc.cast(c, wide) for c in columns]
    return pc.binary_join_element_wise(*texts, pa.scalar("", wide))


def _joined(*columns: Any) -> pa.LargeStringArray:
    """One line a row."""
    return _side_by_side(*columns, "\n")


def _taken(words: Sequence[str], places: np.ndarray) -> pa.LargeStringArray:
    return pa.array(words, pa.large_string()).take(pa.array(places))


def _host(number: np.ndarray) -> pa.LargeStringArray:
    padded = pc.utf8_lpad(pc.cast(pa.array(number), pa.large_string()), width=7, padding="0")
    return _side_by_side("s", padded, ".example")


def _moments(size: Size, extra_days: int = 5) -> pa.LargeStringArray:
    """Every minute of the calendar, in Shanghai time, as the format writes it."""
    first = np.datetime64(size.ends_on - dt.timedelta(days=size.days - 1), "m")
    minutes = first + np.arange((size.days + extra_days) * MINUTES)
    written = pa.array(np.datetime_as_string(minutes, unit="m"), pa.large_string())
    return _side_by_side(written, ":00+08:00")


def _chunks(count: int, seed: int, what: int) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
    for low in range(0, count, CHUNK):
        yield np.arange(low, min(low + CHUNK, count)), np.random.default_rng([seed, what, low])


def _platforms(size: Size) -> Iterator[pa.LargeStringArray]:
    for numbers, _ in _chunks(size.platforms, 0, 0):
        yield _joined(
            '{"kind":"platform","host":"', _host(numbers), '","name":"第', pa.array(numbers), '号卡铺"}'
        )


def _crawls(size: Size, moments: pa.LargeStringArray) -> Iterator[pa.LargeStringArray]:
    days = np.repeat(np.arange(size.days), len(SOURCES)) * MINUTES
    yield _joined(
        '{"kind":"crawl","source":"', _taken(SOURCES, np.tile(np.arange(len(SOURCES)), size.days)),
        '","started_at":"', moments.take(pa.array(days + 1420)), '","finished_at":"', moments.take(pa.array(days + 1430)), '","outcome":"ok"}',
    )  # fmt: skip


def order_columns(size: Size, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(platform, minute of the look, orders in total) of every weekly look at a counter, in chunks."""
    weeks = max(1, size.days // 7)
    pace = np.random.default_rng([seed, 1]).lognormal(5, 1, size.platforms)
    for numbers, _ in _chunks(size.platforms * weeks, seed, 2):
        platform, week = numbers % size.platforms, numbers // size.platforms
        total = 1000 + (pace[platform] * (week + 1)).astype(np.int64)
        yield platform, week * 7 * MINUTES + 720, total


def _orders(size: Size, seed: int, moments: pa.LargeStringArray) -> Iterator[pa.LargeStringArray]:
    for platform, minute, total in order_columns(size, seed):
        yield _joined(
            '{"kind":"orders","source":"storefront","host":"', _host(platform), '","observed_at":"', moments.take(pa.array(minute)),
            '","total":', pa.array(total), ',"hidden":false}',
        )  # fmt: skip


def worded() -> tuple[list[str], list[str]]:
    """(titles, texts) complaints are made of; the amount follows the text."""
    every = list(product(OPENINGS, PAID, WHAT, WISHES))
    return [f"付款后{words[2][:6]}" for words in every], ["，".join(words) for words in every]


@dataclass(frozen=True)
class Complaints:
    """Columns of a chunk of complaints: number, index into `worded()`, yuan, platform, and minutes since the calendar's
    beginning at which each was filed, replied to and completed (-1 = not)."""

    number: np.ndarray
    words: np.ndarray
    amount: np.ndarray
    platform: np.ndarray
    filed: np.ndarray
    replied: np.ndarray
    completed: np.ndarray

    @property
    def status(self) -> np.ndarray:
        """Index into STATUS."""
        return (self.replied >= 0).astype(int) + (self.completed >= 0)


def complaint_columns(size: Size, seed: int) -> Iterator[Complaints]:
    """The complaints in chunks, in the order they are written."""
    texts = len(worded()[0])
    for numbers, dice in _chunks(size.complaints, seed, 3):
        n = len(numbers)
        words, amount = dice.integers(0, texts, n), dice.integers(5, 500, n)
        copies = np.flatnonzero(dice.random(n) < 0.05)
        earlier = (copies * dice.random(len(copies))).astype(np.int64)
        words[copies], amount[copies] = words[earlier], amount[earlier]
        filed = numbers * size.days // size.complaints * MINUTES + dice.integers(60, MINUTES - 60, n)
        done = dice.random(n)
        replied = np.where(done >= 0.3, filed + dice.integers(60, 1440, n), -1)
        completed = np.where(done >= 0.5, filed + dice.integers(1500, 4 * MINUTES, n), -1)
        platform = (dice.random(n) ** 2 * size.platforms).astype(np.int64)
        yield Complaints(numbers, words, amount, platform, filed, replied, completed)


def _complaints(size: Size, seed: int, moments: pa.LargeStringArray) -> Iterator[pa.LargeStringArray]:
    titles, texts = worded()
    for c in complaint_columns(size, seed):
        amount = pa.array(c.amount)
        yield _joined(
            '{"kind":"complaint","source":"heimao","source_id":"', pa.array(FIRST_NUMBER + c.number),
            '","host":"', _host(c.platform), '","filed_at":"', moments.take(pa.array(c.filed)),
            '","title":"', _taken(titles, c.words), '","text":"', _taken(texts, c.words), "，一共", amount, '元","amount":', amount,
            ',"status":"', _taken(STATUS, c.status), '","replied_at":', _or_null(moments, c.replied),
            ',"completed_at":', _or_null(moments, c.completed), "}",
        )  # fmt: skip


def _or_null(moments: pa.LargeStringArray, minutes: np.ndarray) -> pa.LargeStringArray:
    quoted = _side_by_side('"', moments.take(pa.array(np.maximum(minutes, 0))), '"')
    return pc.if_else(pa.array(minutes >= 0), quoted, pa.scalar("null", pa.large_string()))
