"""Who is in the market: the shops, their owners, filings and parts to play. Drawn once from the seed; nothing here knows a date of today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sandbox.market import names
from sandbox.market.parameters import MarketParameters

# The filing registry's view of a shop, and the number its footer shows, which may be another one or none.


@dataclass(frozen=True)
class Filing:
    """What the registry holds about a host, and what the shop prints in its footer (which may differ)."""

    number: str | None
    """Main number in the registry, None when the host was never filed."""
    nature: str
    entity: str
    updated_on: date
    limited: bool
    cancelled_day: int | None
    footer: str | None
    """Site number in the footer (with -1), None when none is shown."""
    footer_linked: bool


def draw_filing(
    index: int,
    operator: str,
    person: str,
    province: tuple[str, str, int],
    registered_on: date,
    end: int | None,
    parameters: MarketParameters,
    rng: np.random.Generator,
) -> Filing:
    """Filing says little about the ending, as in the public record of failed platforms."""
    roll = rng.random()
    year = max(2020, registered_on.year)
    number = names.licence_number(province[0], year, 7 * index + int(rng.integers(7)) + 1000)
    updated = date(min(year, parameters.starts_on.year), 1 + int(rng.integers(12)), 1 + int(rng.integers(28)))
    updated = min(updated, names.spread_date(parameters.starts_on, 20))
    linked = bool(rng.random() < 0.7)
    suffix = "-1" if rng.random() < 0.8 else ""
    cancelled = end - 20 if end is not None and end > 60 and rng.random() < 0.15 else None
    if roll < 0.66:
        return Filing(
            number, "企业", operator, updated, bool(rng.random() < 0.03), cancelled, number + suffix, linked
        )
    if roll < 0.82:
        return Filing(number, "个人", person, updated, False, cancelled, number + suffix, linked)
    shown = None if roll < 0.90 else number + suffix if roll < 0.97 else f"{province[0]}ICP备12345678号-1"
    return Filing(None, "", "", updated, False, None, shown, linked)


CHARACTERS = ("healthy", "sloppy", "decline", "sudden", "orderly", "smeared", "praised", "hider")
CONDITIONS = ("slow", "forbidden", "captcha", "js_challenge", "cookie_wall", "spa", "gbk", "gbk_bare")
ODD_ROBOTS = ("forbid_all", "html", "error")
COMMON_ROBOTS = ("missing", "allow", "disallow_query", "crawl_delay")
AFTERLIVES = (
    "connection_closed",
    "bad_gateway",
    "unfiled_block",
    "frozen",
    "panel_stop",
    "expired",
    "goodbye",
)
SOFTWARE = ("unicorn", "luna", "acg", "rainbow", "cardsystem")
THEMES = ("theme_table", "theme_badges", "theme_buttons", "theme_router")
"""Layouts of no known software."""


@dataclass
class Platform:
    """One shop. Days are indices into the calendar and may lie outside it; rates are shares of 1."""

    index: int
    host: str
    name: str
    word: str
    aliases: list[str]
    operator: str
    person: str
    province: tuple[str, str, int]
    opened_on: date
    registered_on: date
    expires_on: date
    registrar: str
    software: str
    character: str
    condition: str
    robots: str
    sells: str
    filing: Filing
    couid: str | None
    opened_day: int
    stress_day: int | None
    end_day: int | None
    hides_day: int | None
    severity: float
    drop_rate: float
    daily_orders: float
    reporting: float
    reply_rate: float
    reply_days: float
    discount: float
    counter: str
    counter_bias: float
    afterlife: str
    virtual_data: bool
    contacts: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    desk: int | None = None
    """The shop whose customer service this one names too, by its index (sandbox/market/operators.py)."""
    analytics: str | None = None
    """Its account at a counter of visits."""
    certificate: tuple[str, ...] = ()
    """Further hosts on its certificates."""
    moves_to: str | None = None
    """The host that its old address leads to once it has ended there."""
    credit: bool = False
    """Whether its footer names the maker of its theme."""
    channel: bool = False
    """Whether its Telegram channel can be read by anybody."""

    def ended(self, day: float) -> bool:
        """True from the end day on."""
        return self.end_day is not None and day >= self.end_day


def cast(parameters: MarketParameters) -> list[Platform]:
    """All platforms of the market in index order."""
    rng = np.random.default_rng([parameters.seed, 1])
    count = parameters.platforms
    characters = _characters(parameters, rng)
    conditions = _special(characters, CONDITIONS, count, "ordinary", rng)
    robots = _special(characters, ODD_ROBOTS, count, "", rng, avoid=conditions)
    people = names.shop_names(count, rng)
    platforms = [
        _platform(i, people[i], characters[i], conditions[i], robots[i], parameters, rng)
        for i in range(count)
    ]
    _borrow_numbers(platforms)
    _balance_orders(platforms, parameters)
    _choose_afterlives(platforms)
    _choose_themes(platforms)
    return platforms


def _characters(parameters: MarketParameters, rng: np.random.Generator) -> list[str]:
    count = parameters.platforms
    endings = round(parameters.ending_share * count)
    sudden = round(parameters.sudden_share * endings)
    orderly = max(1, round(parameters.orderly_share * endings))
    single = max(1, count // 64)
    roles = ["sudden"] * sudden + ["orderly"] * orderly + ["decline"] * (endings - sudden - orderly - single)
    roles += ["hider"] * single + ["smeared"] * single + ["praised"] * single
    roles += ["sloppy"] * max(3, round(0.08 * count))
    roles += ["healthy"] * (count - len(roles))
    return [roles[i] for i in rng.permutation(count)]


def _special(
    characters: list[str],
    kinds: tuple[str, ...],
    count: int,
    other: str,
    rng: np.random.Generator,
    avoid: list[str] | None = None,
) -> list[str]:
    """Give each kind to one healthy platform in 64 that has no other oddity."""
    result = [other] * count
    free = [i for i in range(count) if characters[i] == "healthy" and (not avoid or avoid[i] == "ordinary")]
    free = [free[i] for i in rng.permutation(len(free))]
    for kind in kinds * max(1, count // 64):
        if free:
            result[free.pop()] = kind
    return result


def _platform(
    index: int,
    triple: tuple[str, str, str],
    character: str,
    condition: str,
    robots: str,
    parameters: MarketParameters,
    rng: np.random.Generator,
) -> Platform:
    host, name, word = triple
    end, stress, severity = _ending(character, parameters, rng)
    opened_day = _opened_day(character, end, parameters, rng)
    opened_on = parameters.date_of(opened_day)
    registered_on = names.spread_date(
        opened_on, rng.integers(5, 60) if rng.random() < 0.85 else rng.integers(700, 2500)
    )
    province = names.CITIES[int(rng.integers(len(names.CITIES)))]
    operator = names.company_name(word, province[1], rng)
    person = names.person_name(rng)
    software = "rainbow" if character == "hider" else _software(condition, rng)
    counter = _counter(software, character, parameters, rng)
    drop, reply, reply_days = _conduct(character, rng)
    aliases = [word + "卡", host.split(".")[0]] if rng.random() < 0.5 else [host.split(".")[0]]
    return Platform(
        index=index, host=host, name=name, word=word, aliases=aliases, operator=operator, person=person,
        province=province, opened_on=opened_on, registered_on=registered_on,
        expires_on=date(parameters.ends_on.year + 1 + int(rng.integers(3)), registered_on.month, min(28, registered_on.day)),
        registrar=names.REGISTRARS[int(rng.integers(3))], software=software, character=character, condition=condition,
        robots=robots or str(rng.choice(COMMON_ROBOTS, p=[0.5, 0.27, 0.16, 0.07])),
        sells=str(rng.choice(["svip", "topup", "game_card", "mixed"], p=[0.25, 0.2, 0.2, 0.35])),
        filing=draw_filing(index, operator, person, province, registered_on, end, parameters, rng),
        couid=str(2000000000 + index * 7919 + 13) if _is_company(character, parameters, rng) else None,
        opened_day=opened_day, stress_day=stress, end_day=end, hides_day=_hides_day(character, stress, parameters),
        severity=severity, drop_rate=drop, daily_orders=float(rng.lognormal(0.0, parameters.order_log_sd)),
        reporting=_reporting(parameters, rng),
        reply_rate=reply, reply_days=reply_days, discount=float(np.clip(rng.normal(0.0, 0.07), -0.18, 0.18)),
        counter=counter, counter_bias=float(rng.normal(0.0, 0.15)), afterlife="connection_closed",
        virtual_data=software == "rainbow" and rng.random() < 0.2, contacts=_contacts(rng), payments=_payments(rng),
    )  # fmt: skip


def _reporting(parameters: MarketParameters, rng: np.random.Generator) -> float:
    """The share of a shop's victims who complain in public."""
    spread, drawn = parameters.reporting_log_sd, parameters.unknown.reporting
    own = float(rng.lognormal(-(spread**2) / 2, spread))
    if drawn is not None:
        return float(np.clip(drawn * own, 0.001, 0.6))
    return float(np.clip(parameters.reporting_mean * own, 0.008, 0.15))


def _ending(
    character: str, parameters: MarketParameters, rng: np.random.Generator
) -> tuple[int | None, int | None, float]:
    """(end day, stress start, severity); gradual endings may fall up to 45 days after the calendar."""
    days = parameters.days
    low = int(0.6 * days)
    if character in ("decline", "hider"):
        end = int(rng.integers(low, days + 45)) if character == "decline" else days + 12
        length = int(rng.integers(30, 121)) if character == "decline" else 80
        return end, end - length, float(rng.uniform(0.6, 1.4))
    if character in ("sudden", "orderly"):
        return int(rng.integers(low, days - 8)), None, 0.0
    return None, None, 0.0


def _opened_day(
    character: str, end: int | None, parameters: MarketParameters, rng: np.random.Generator
) -> int:
    """Most shops are older than the calendar; those that end are younger, as failed platforms were."""
    years = rng.lognormal(0.7 if end is None else -0.2, 0.6)
    first = (0 if end is None else min(end - 200, 0)) - int(years * 365)
    if end is None and rng.random() < 0.08 and character == "healthy":
        return int(rng.integers(10, parameters.days // 3))
    return first


def _software(condition: str, rng: np.random.Generator) -> str:
    fixed = {"spa": "spa", "gbk": "rainbow", "gbk_bare": "plain", "cookie_wall": "rainbow"}
    choice = str(rng.choice(SOFTWARE, p=[0.22, 0.22, 0.18, 0.25, 0.13]))
    return fixed.get(condition, choice)


def _counter(software: str, character: str, parameters: MarketParameters, rng: np.random.Generator) -> str:
    """visible, hidden or absent; two shop systems have no order counter at all."""
    roll = rng.random()
    if character == "hider":
        return "visible"
    if software in ("acg", "cardsystem"):
        return "absent"
    return "visible" if roll < parameters.counter_visible_share / 0.69 else "hidden"


def _conduct(character: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """(drop rate, reply probability, median days to a reply) in calm times."""
    drop = float(np.clip(rng.beta(1.3, 34), 0.002, 0.09))
    reply, days = float(rng.beta(8, 3)), float(rng.lognormal(0.6, 0.4))
    if character == "sloppy":
        return float(rng.uniform(0.10, 0.16)), float(rng.uniform(0.15, 0.35)), float(rng.uniform(8, 14))
    if character == "praised":
        return float(rng.uniform(0.08, 0.11)), 0.3, 7.0
    if character == "smeared":
        return 0.02, 0.85, 1.5
    return drop, reply, days


def _is_company(character: str, parameters: MarketParameters, rng: np.random.Generator) -> bool:
    return bool(rng.random() < parameters.company_share) or character in ("smeared", "praised", "hider")


def _hides_day(character: str, stress: int | None, parameters: MarketParameters) -> int | None:
    return parameters.days - 40 if character == "hider" and stress is not None else None


def _borrow_numbers(platforms: list[Platform]) -> None:
    """One in forty shops prints the number of the next filed company instead of its own."""
    for position in range(11, len(platforms), 40):
        lender = next(
            (
                p
                for p in platforms[position + 1 :] + platforms
                if p.filing.number and p.filing.nature == "企业"
            ),
            None,
        )
        if lender is not None and lender is not platforms[position]:
            own = platforms[position].filing
            platforms[position].filing = Filing(
                own.number, own.nature, own.entity, own.updated_on, own.limited, own.cancelled_day,
                f"{lender.filing.number}-1", own.footer_linked,
            )  # fmt: skip


def _balance_orders(platforms: list[Platform], parameters: MarketParameters) -> None:
    """Scale order volumes so that the median platform gets `complaints_per_day` (1.55: all kinds per drop complaint)."""
    calm = np.array([p.daily_orders * p.drop_rate * p.reporting * 1.55 for p in platforms])
    factor = parameters.complaints_per_day / float(np.median(calm))
    for p in platforms:
        p.daily_orders = float(np.clip(p.daily_orders * factor, 15, 5000))


def _choose_afterlives(platforms: list[Platform]) -> None:
    ending = sorted((p for p in platforms if p.end_day is not None), key=lambda p: p.end_day or 0)
    for position, platform in enumerate(ending):
        platform.afterlife = AFTERLIVES[position % len(AFTERLIVES)]


def _choose_themes(platforms: list[Platform]) -> None:
    """Every fourth ordinary shop of two systems of which there are many has a theme nobody wrote a parser for."""
    known = [p for p in platforms if p.condition == "ordinary" and p.software in ("unicorn", "luna")]
    for number, platform in enumerate(known[3::4]):
        platform.software = THEMES[number % len(THEMES)]


def _contacts(rng: np.random.Generator) -> list[str]:
    kinds = ["qq", "wechat", "telegram", "email", "phone", "qq_group", "chat"]
    chance = [0.8, 0.45, 0.2, 0.35, 0.15, 0.4, 0.2]
    chosen = [kind for kind, p in zip(kinds, chance, strict=True) if rng.random() < p]
    return chosen or ["qq"]


def _payments(rng: np.random.Generator) -> list[str]:
    kinds = ["alipay_official", "epay_alipay", "epay_wxpay", "usdt", "balance", "manual"]
    chance = [0.3, 0.7, 0.6, 0.15, 0.5, 0.06]
    chosen = [kind for kind, p in zip(kinds, chance, strict=True) if rng.random() < p]
    return chosen or ["epay_alipay"]
