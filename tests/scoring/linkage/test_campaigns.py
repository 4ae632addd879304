"""A campaign of complaints is shown and held back until a person decides; a collapse, however sudden, is not."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, update

from scoring.observations.dataset import NEVER
from scoring.rating.assessment import Assessment
from scoring.tables.ratings import propose
from scoring.warning.state_machine import STATES
from store.db.tables import Review
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import DAY, at, crawls

SHOPS = 12
TARGET = "s0.example"
THINGS = ("视频周卡", "音乐年卡", "网盘会员", "游戏点券", "话费充值", "阅读月卡", "外卖红包", "打车券包")
OPEN = (
    "上周末给孩子买了{}",
    "朋友介绍过来拍的{}",
    "看到打折下单{}",
    "急用所以充的{}",
    "第一次来买{}",
    "老顾客又买了{}",
)
TROUBLE = (
    "支付宝扣款成功可是页面还写着待付款",
    "等了好多天订单一直停在处理中",
    "付了钱到现在什么也没有收到",
    "申请退款以后财务说要走流程拖着不退",
    "余额申请提现每次都提示通道维护",
    "账号突然被冻结里面的钱取不出来",
    "客服消失了发消息也没有人回",
    "登录进去以前的订单全部不见了",
)
AFTER = (
    "截图我都保存着",
    "金额不大但是气人",
    "问了三次都是套话",
    "群里也没人管",
    "只想把钱要回来",
    "希望有人出面处理",
    "",
)
SMEAR = "千万别去这家店，{}收了钱不发货，退款也不退，客服装死，大家都去投诉他们"
SWAPS = (("千万别", "绝对别"), ("不发货", "不给货"), ("大家", "各位"), ("装死", "不理人"), ("投诉", "举报"))
PRAISE = "小问题客服态度特别好，十分钟就给我处理好了，{}已经用上，五星好评值得长期光顾"
LAST = (DAY - dt.date(2026, 1, 1)).days


def ordinary(roll: random.Random) -> str:
    parts = [
        roll.choice(OPEN).format(roll.choice(THINGS)),
        *roll.sample(TROUBLE, roll.choice((1, 2))),
        roll.choice(AFTER),
    ]
    return "，".join(parts)


def smear(roll: random.Random) -> str:
    text = SMEAR.format(roll.choice(THINGS))
    for old, new in roll.sample(SWAPS, 2):
        text = text.replace(old, new)
    return text + roll.choice(("", "😡", "！！！", f"，单号{roll.randrange(10**15, 10**16)}"))


def told(host: str, day: int, number: int, text: str, **more: Any) -> dict[str, Any]:
    hour = 8 + number % 12
    known = {"kind": "complaint", "source": "heimao", "source_id": f"{host}-{day}-{number}", "host": host}
    return known | {"filed_at": at(day, hour), "text": text} | more


def market(per_week: float = 2.0, seed: int = 3) -> list[dict[str, Any]]:
    """SHOPS ordinary shops over 120 days, visited every second day."""
    roll = random.Random(seed)
    records = crawls(range(0, LAST + 1, 2))
    for number in range(SHOPS):
        host = f"s{number}.example"
        records.append({"kind": "platform", "host": host, "opened_on": "2024-01-01"})
        records += [
            {
                "kind": "orders",
                "source": "storefront",
                "host": host,
                "observed_at": at(day),
                "total": 10_000 + 300 * day,
                "processed": 9_990 + 300 * day,
                "today": 300,
                "hidden": False,
            }
            for day in range(0, LAST + 1, 7)
        ]
        for day in range(LAST + 1):
            if roll.random() < per_week / 7:
                records.append(told(host, day, 0, ordinary(roll)))
    return records  # fmt: skip


def bombing(start: int = LAST - 12, n: int = 40, seed: int = 5) -> list[dict[str, Any]]:
    roll = random.Random(seed)
    return [told(TARGET, start + i * 3 // n, 100 + i, smear(roll)) for i in range(n)]


def collapse(start: int = LAST - 12, n: int = 60, seed: int = 6) -> list[dict[str, Any]]:
    roll = random.Random(seed)
    return [told(TARGET, start + i * 10 // n, 100 + i, ordinary(roll)) for i in range(n)]


def judge(folder: Path, extra: list[dict[str, Any]], day: dt.date = DAY) -> tuple[Engine, Assessment]:
    engine = database(folder, extra, market())
    return engine, judged(engine, day)


def held(result: Assessment) -> int:
    rows = result.facts.rows["complaint"]
    return int(((rows["held"] < NEVER) & (rows["freed"] >= NEVER)).sum())


def decide(engine: Engine, result: Assessment, decision: str, on: dt.date) -> None:
    (waiting,) = [p for p in propose(result) if p[0] == "campaign"]
    kind, key, host = waiting
    moment = dt.datetime.combine(on, dt.time(4), dt.UTC)
    with engine.begin() as connection:
        connection.execute(
            Review.__table__.insert(),
            [{"kind": kind, "key": key, "subject": host, "detail": {}, "opened_at": moment}],
        )
        connection.execute(
            update(Review).where(Review.key == key).values(decision=decision, decided_at=moment)
        )


def test_bombing_is_held_back_shown_and_moves_next_to_nothing(tmp_path: Path) -> None:
    _, calm = judge(tmp_path / "calm", [])
    _, bombed = judge(tmp_path / "bombed", bombing())
    assert held(bombed) >= 38
    assert [(k, h) for k, _, h in propose(bombed) if k == "campaign"] == [("campaign", TARGET)]
    assert abs(float(bombed.score[0, -1] - calm.score[0, -1])) <= 3
    assert STATES[bombed.warned.state[0, -1]] == "normal"
    assert not (bombed.warned.proposed[0] >= 0).any()
    # They stay among the evidence.
    assert len(bombed.facts.rows["complaint"]) == len(calm.facts.rows["complaint"]) + 40


FEW_WORDS = ("收了钱不发货", "申请退款一直不退", "客服联系不上")


@pytest.mark.parametrize(("n", "days"), [(14, 14), (42, 3), (200, 7)])
def test_the_same_few_words_again_and_again_are_few_voices(tmp_path: Path, n: int, days: int) -> None:
    roll = random.Random(n)
    told_ = [
        told(TARGET, LAST - 16 + i * days // n, 100 + i, roll.choice(FEW_WORDS[: 1 + n % 3]))
        for i in range(n)
    ]
    _, calm = judge(tmp_path / "calm", [])
    _, bombed = judge(tmp_path / "bombed", told_)
    since = LAST - 16
    assert (calm.score[0, since:] - bombed.score[0, since:]).max() <= 3
    assert {STATES[code] for code in bombed.warned.state[0, since:]} == {"normal"}
    more = bombed.warned.surge.complainants[0, since:] - calm.warned.surge.complainants[0, since:]
    assert more.max() <= 6, "few voices until a person has decided"
    assert held(bombed) >= n - 6 and [(k, h) for k, _, h in propose(bombed) if k == "campaign"]


def test_complaints_taken_from_other_sites_are_held_back(tmp_path: Path) -> None:
    roll = random.Random(11)
    others = [
        r["text"]
        for r in market()
        if r["kind"] == "complaint" and r["host"] != TARGET and r["filed_at"] < at(LAST - 14)
    ]
    taken = [told(TARGET, LAST - 12 + i * 3 // 40, 100 + i, roll.choice(others)) for i in range(40)]  # fmt: skip
    _, calm = judge(tmp_path / "calm", [])
    _, bombed = judge(tmp_path / "bombed", taken)
    assert held(bombed) >= 30 and calm.score[0, -1] - bombed.score[0, -1] <= 3
    assert STATES[bombed.warned.state[0, -1]] == "normal"


def test_victims_who_use_the_same_few_words_do_not_silence_a_collapse(tmp_path: Path) -> None:
    """A third of them write what everybody writes: the others count, and the state is as with them alone."""
    roll = random.Random(12)
    more = [told(TARGET, LAST - 12 + i * 10 // 30, 300 + i, roll.choice(FEW_WORDS)) for i in range(30)]
    _, alone = judge(tmp_path / "alone", collapse())
    _, both = judge(tmp_path / "both", [*collapse(), *more])
    assert held(both) <= 30
    assert both.warned.state[0, -1] >= alone.warned.state[0, -1] > STATES.index("normal")
    assert both.score[0, -1] <= alone.score[0, -1] + 0.5


def test_a_collapse_told_in_many_voices_is_not_held_back(tmp_path: Path) -> None:
    _, result = judge(tmp_path, collapse())
    assert held(result) == 0 and not propose(result)
    assert STATES[result.warned.state[0, -1]] != "normal"
    assert result.warned.surge.complainants[0, LAST - 8] >= 25


@pytest.mark.parametrize("decision", ["rejected", "confirmed"])
def test_what_a_person_decides_counts_from_then_on(tmp_path: Path, decision: str) -> None:
    engine, before = judge(tmp_path, bombing())
    decide(engine, before, decision, DAY - dt.timedelta(days=4))
    after = judged(engine, DAY)
    early, late = slice(0, LAST - 5), slice(LAST - 4, None)
    assert np.array_equal(after.score[0, early], before.score[0, early])
    if decision == "rejected":
        assert held(after) == 0 and not [p for p in propose(after) if p[0] == "campaign"]
        assert after.score[0, -1] < before.score[0, -1] - 0.5
        assert after.warned.log_odds[0, -1] > before.warned.log_odds[0, -1]
    else:
        assert held(after) == held(before)
        assert np.array_equal(after.score[0, late], before.score[0, late])


def test_a_burst_at_a_site_that_cannot_be_reached_is_not_held_back(tmp_path: Path) -> None:
    probes = [
        {"kind": "probe", "source": "availability", "host": f"s{n}.example", "observed_at": at(day, 5), "outcome": "down" if n == 0 and day >= LAST - 13 else "ok"}
        for n in range(SHOPS)
        for day in range(LAST - 30, LAST + 1)
    ]  # fmt: skip
    _, result = judge(tmp_path, [*probes, *bombing()])
    assert held(result) == 0


def test_praise_that_is_settled_at_once_does_not_raise_the_score(tmp_path: Path) -> None:
    roll = random.Random(9)
    praise = []
    for i in range(60):
        day = LAST - 45 + i * 40 // 60
        times = {"status": "completed", "replied_at": at(day, 21), "completed_at": at(day, 22)}
        praise.append(told(TARGET, day, 200 + i, PRAISE.format(roll.choice(THINGS)), **times))
    _, calm = judge(tmp_path / "calm", [])
    _, praised = judge(tmp_path / "praised", praise)
    assert held(praised) >= 55
    assert float(praised.score[0, -1] - calm.score[0, -1]) <= 1


def test_history_before_a_campaign_is_seen_is_not_rewritten(tmp_path: Path) -> None:
    engine, whole = judge(tmp_path, bombing())
    cut = LAST - 11
    then = judged(engine, DAY - dt.timedelta(days=LAST - cut))
    assert np.allclose(whole.warned.log_odds[:, : cut + 1], then.warned.log_odds, atol=1e-9)


def test_the_same_complaint_in_two_sources_counts_once_and_is_shown_twice(tmp_path: Path) -> None:
    extra = [told(TARGET, LAST - 20 + i, 300, ordinary(random.Random(50 + i))) for i in range(8)]
    again = [
        r | {"source": "rednet", "source_id": f"r{i}", "text": f"{r['text']}！😡订单号：2026030112345{i:04d}", "filed_at": at(LAST - 19 + i)}
        for i, r in enumerate(extra)
    ]  # fmt: skip
    _, once = judge(tmp_path / "once", extra)
    _, twice = judge(tmp_path / "twice", [*extra, *again])
    rows = twice.facts.rows["complaint"]
    assert int((rows["rank"] > 0).sum()) >= 7
    assert len(rows) == len(once.facts.rows["complaint"]) + 8
    assert twice.warned.surge.complainants[0, -8] <= once.warned.surge.complainants[0, -8] + 1


def test_a_window_that_only_settled_cases_filled_is_no_burst():
    """Cases settled at once are left to the look for praise; where nothing else was filed there is nothing to hold back."""
    from types import SimpleNamespace

    from scoring.linkage.campaigns import SLOW, Usual, _campaign

    none = np.zeros(0, np.int64)
    rows: Any = SimpleNamespace(day=np.arange(8, dtype=np.int64), platform=np.zeros(8, np.int64))
    usual = Usual(rows, none, none, lambda some: np.zeros(len(some), bool))
    assert not len(_campaign(usual, SLOW, np.arange(8), 60, 60))
