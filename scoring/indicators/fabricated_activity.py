"""虚构成交: switches and scripts that show purchases nobody made."""

from __future__ import annotations

from scoring import method
from scoring.features.shop_pages import TEXT_ONLY, Home, homes
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset

_NAMES = {
    "virtual_data_switch": ("首页显示虚拟数据的开关已打开", "the switch “show virtual data” is on"),
    "random_purchases": ("页面脚本随机生成购买记录", "a script of the page makes up purchases at random"),
}


def fabricated_activity(facts: Dataset) -> Finding:
    """虚构成交显示 — Fabricated activity

    Why: 用随机生成的成交记录招揽买家，页面上的其他数字也难以相信。 | A shop that shows made-up purchases gives little reason to believe its other figures.
    Reads: page
    ok: 读到首页，未见虚拟数据开关或随机购买脚本。 | The home page was read and shows no such switch or script.
    concern: 页面代码中有打开的虚拟数据开关，或随机生成购买记录的脚本。 | Its code holds a switch for virtual data that is on, or a script that makes purchases up.
    unknown: 没有读到首页代码。 | The home page's code was not read.
    Limits: 只认两种已知写法；没有查到不等于数字真实。 | Only two known forms are recognised; none found does not make the figures true.
    """
    return unscored_finding(facts, [_answer(home) for home in homes(facts)], method.STRENGTH_OWN_PAGE)


def _answer(home: Home | None) -> Answer:
    if home is None:
        return Answer(UNKNOWN, "没有读到首页代码。", "The home page's code was not read.")
    if "fabricated_activity" not in home[0]:
        return Answer(UNKNOWN, *TEXT_ONLY)
    signs, cited = home
    if not signs["fabricated_activity"]:
        return Answer(
            OK, "首页代码未见虚构成交的写法。", "The home page's code shows no made-up purchases.", 0.0, 1.0
        )
    found = [name for name in signs.get("fabricated") or () if name in _NAMES] or ["virtual_data_switch"]
    return Answer(
        CONCERN,
        f"首页代码显示：{'、'.join(_NAMES[n][0] for n in found)}。",
        f"The home page's code shows: {', '.join(_NAMES[n][1] for n in found)}.",
        float(len(found)),
        1.0,
        (cited,),
    )
