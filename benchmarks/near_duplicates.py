"""Which MinHash finds copies of complaints best: speed, precision and recall on planted edits. Prints a table.

    python benchmarks/near_duplicates.py [--texts 4000] [--seed 1]

Texts are made up here from fragments, so that ordinary ones share phrases as real complaints do; every second one gets a
copy with one to three edits of the kinds named below. A pair counts as found when its estimated similarity reaches the
threshold. Negatives are the other pairs at one shop within a fortnight, among them texts that differ in the product alone.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

import numpy as np
from datasketch import MinHash
from rensa import CMinHash, RMinHash

from store.text.minhash import PERMUTATIONS, signatures, wording

THINGS = [a + b for a in ("腾讯视频", "优酷", "爱奇艺", "芒果", "网易云", "酷狗", "喜马拉雅", "知乎", "百度网盘", "迅雷") for b in ("周卡", "月卡", "季卡", "年卡", "体验卡")]  # fmt: skip
BEGIN = ["上周三晚上我在这家店买了{p}，", "第一次在他们网站下单{p}，", "{d}号付款拍了一张{p}，", "朋友推荐过来充的{p}，", "给孩子买{p}，", "急着用所以买了{p}，", "老顾客了，这回拍的是{p}，", "看到打折就下了{p}，"]  # fmt: skip
WHAT = ["支付宝扣款成功，页面还是等待支付，", "钱扣了订单却没有生成，", "订单卡在充值中已经{d}天，", "等了{d}天没有到账，", "提示发货成功但是卡密是空的，", "查单显示没有这个订单，", "说好秒到结果一直排队，", "卡密拿去兑换提示已使用，", "付完款才说没有库存，", "退款申请提交以后一直审核中，"]  # fmt: skip
THEN = ["客服让我等，等到现在没有消息。", "在线客服永远不在。", "发了截图过去对方已读不回。", "客服推给上游，上游又联系不上。", "问了三次都是复制粘贴的话。", "电话打不通，群也把我踢了。", "说财务下班了，明天再说明天再说。", "让我自己去找支付公司。"]  # fmt: skip
WANT = ["金额虽小但是气人，要求退款。", "请平台帮忙追回。", "希望尽快给个说法。", "要求原路退回并道歉。", "再不处理我就去投诉到底。", "只想把钱要回来。", "", "麻烦核实以后给我补发。"]  # fmt: skip
AT_ONE_SHOP = 20
SWAPS = [("客服", "售后"), ("订单", "单子"), ("退款", "退钱"), ("到账", "到帐"), ("没有", "木有"), ("付款", "给钱"), ("现在", "目前"), ("要求", "请求"), ("希望", "盼望"), ("一直", "始终")]  # fmt: skip
TAILS = ["（转自别处的帖子）", "本人保证所述属实，附件里有截图。", "诉求：退款、赔偿。"]


def text(roll: random.Random) -> str:
    parts = [roll.choice(BEGIN), *roll.sample(WHAT, roll.choice((1, 1, 2))), *roll.sample(THEN, roll.choice((1, 2, 2))), roll.choice(WANT)]  # fmt: skip
    return "".join(parts).format(p=roll.choice(THINGS), d=roll.randint(2, 28))


def edited(original: str, roll: random.Random) -> str:
    """A copy: another order number, emoji, typing errors, swapped words, a tail of the other source, sentences moved."""
    out = original
    for _ in range(roll.randint(1, 3)):
        kind = roll.randrange(6)
        if kind == 0:
            out += f"订单号：{roll.randrange(10**15, 10**16)}"
        elif kind == 1:
            out = out.replace("，", roll.choice(("！！", " ", "😡")), 2)
        elif kind == 2:
            at = roll.randrange(len(out))
            out = out[:at] + roll.choice("的了吗呢啊") + out[at + 1 :]
        elif kind == 3:
            for old, new in roll.sample(SWAPS, 3):
                out = out.replace(old, new)
        elif kind == 4:
            out += roll.choice(TAILS)
        else:
            first, sep, rest = out.partition("。")
            out = rest + first + sep if rest else out
    return out


def triples(kept: str) -> list[str]:
    return list({kept[i : i + 3] for i in range(len(kept) - 2)})


def ours(texts: list[str]) -> np.ndarray:
    return np.array([np.frombuffer(s or bytes(PERMUTATIONS), np.uint8) for s in signatures(texts)])


def by_datasketch(n: int) -> Callable[[list[str]], np.ndarray]:
    def run(texts: list[str]) -> np.ndarray:
        tokens = ([t.encode() for t in triples(kept)] for kept in texts)
        return np.array([m.hashvalues for m in MinHash.generator(tokens, num_perm=n, seed=1)])

    return run


def by_rensa(kind: type, n: int) -> Callable[[list[str]], np.ndarray]:
    return lambda texts: np.array(kind.digests_from_token_sets([triples(t) for t in texts], n, 1))


def score(rows: np.ndarray, pairs: int, level: float, chance: float) -> tuple[float, float, float]:
    """(precision, recall, share of texts without a copy that got one) at a threshold; the copy of i stands `pairs` from the end.

    Compared are the texts of one shop and fortnight (AT_ONE_SHOP originals and their copies), as the product does.
    """
    texts = len(rows) - pairs
    hits = wrong = touched = 0
    for start in range(0, texts, AT_ONE_SHOP):
        here = np.arange(start, min(start + AT_ONE_SHOP, texts))
        copied = here[here < pairs]
        among = np.concatenate([here, copied + texts])
        agreeing = (rows[among][:, None] == rows[among][None]).mean(2)
        found = np.triu((agreeing - chance) / (1 - chance) >= level, 1)
        planted = np.zeros_like(found)
        planted[copied - start, len(here) + np.arange(len(copied))] = True
        hits += int((found & planted).sum())
        wrong += int((found & ~planted).sum())
        extra = found & ~planted
        touched += int((extra.any(0) | extra.any(1)).sum())
    return hits / max(hits + wrong, 1), hits / pairs, touched / len(rows)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--texts", type=int, default=4000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    roll = random.Random(given.seed)
    originals = [text(roll) for _ in range(given.texts)]
    pairs = given.texts // 2  # The first half has copies.
    kept = [wording("", t) for t in [*originals, *(edited(t, roll) for t in originals[:pairs])]]
    methods: list[tuple[str, Callable[[list[str]], np.ndarray], float]] = [
        (f"rensa RMinHash {PERMUTATIONS}, one byte each (ours)", ours, 1 / 256),
        ("rensa RMinHash 128", by_rensa(RMinHash, 128), 0.0),
        ("rensa CMinHash 128", by_rensa(CMinHash, 128), 0.0),
        ("datasketch MinHash 128", by_datasketch(128), 0.0),
    ]
    print(
        f"{len(kept)} texts, {pairs} planted copies, {np.mean([len(k) for k in kept]):.0f} characters on average"
    )
    print(
        f"{'method':46} {'µs/text':>8}  precision / recall / ordinary texts touched at 0.60, 0.70, 0.75, 0.80"
    )
    for name, run, chance in methods:
        run(kept[:50])
        began = time.perf_counter()
        rows = run(kept)
        spent = (time.perf_counter() - began) / len(kept) * 1e6
        cells = ["{:.3f} {:.3f} {:.3f}".format(*score(rows, pairs, x, chance)) for x in (0.6, 0.7, 0.75, 0.8)]
        print(f"{name:46} {spent:8.1f}  {' | '.join(cells)}")


if __name__ == "__main__":
    main()
