"""The open evidence format (design.md §7) as types: one record a line, checked before anything is stored.

Spiders, importers, tests and outside evaluations all speak it. Nothing here touches the database.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from store.evidence import vocabulary as words
from store.evidence.vocabulary import reads
from store.redaction.fields import Hashed, Kept, Link, Mentions, OtherHost, redact_record
from store.redaction.redact import clean
from store.text.hosts import host_key
from store.text.registration_numbers import looks_like_uscc, uscc_is_valid

_LONGEST_HOST = 253
_NUL_ESCAPED = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_ORDER_NUMBER = re.compile(r"(?:订单|单)(?:编?号|號)?\s*[:：是为]?\s*([A-Za-z]{0,4}[0-9]{10,30})")
_SCIENTIFIC = re.compile(r"[+-]?\d+[.,]?\d*[eE][+-]?\d+")
Text = Annotated[str, Field(max_length=200_000)]
Short = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0, le=10**15)]


def finite(value: Any) -> Any:
    """`value`, unless it is a number without end; raises ValueError."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Money = Annotated[float, BeforeValidator(finite), Field(ge=0, le=1e12)]


def countable(moment: dt.datetime) -> dt.datetime:
    """`moment`, unless it is in the first or last year there is, where other time zones have no date for it; raises ValueError."""
    if not dt.MINYEAR < moment.year < dt.MAXYEAR:
        raise ValueError("the year must be between 2 and 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(countable)]


def fits(host: str) -> str:
    """`host`, unless it is longer than any host can be; raises ValueError."""
    if len(host) > _LONGEST_HOST and len(host_key(host)) > _LONGEST_HOST:
        raise ValueError(f"a host has at most {_LONGEST_HOST} characters")
    return host


Host = Annotated[Short, AfterValidator(fits), Kept("the address of a site, which is public by purpose")]


def names_no_person(source: str) -> str:
    """`source`, unless it holds personal data; raises ValueError."""
    if clean(source) != source:
        raise ValueError("信息源编号里不能有个人信息 the id of a source holds no personal data")
    return source


def number_as_it_was(value: Any) -> Any:
    """A number that names one thing, as text; raises ValueError where a spreadsheet has rewritten it: two might become one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, float) or _SCIENTIFIC.fullmatch(str(value).strip()):
        raise ValueError(
            f"{str(value)[:30]} 已被表格软件改写，原来的编号丢失了 a spreadsheet rewrote this number: set the column to text and export it again"
        )
    return str(value)


Named = BeforeValidator(number_as_it_was)
"""Of fields that hold a number by which two records are told apart."""


def line_without_nul(line: bytes | str) -> bytes:
    """A line of JSON whose texts have no NUL character: it says nothing, and PostgreSQL keeps none."""
    raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    return _NUL_ESCAPED.sub(rb"\1", raw) if b"\\u0000" in raw else raw


def without_nul(value: Any) -> Any:
    """The same of a value as Python has it."""
    if not _holds_nul(value):
        return value
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {without_nul(k): without_nul(v) for k, v in value.items()}
    return [without_nul(v) for v in value]


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair if isinstance(part, _HOLDERS))
    return isinstance(value, (list, tuple)) and any(_holds_nul(part) for part in value)


_HOLDERS = (str, dict, list, tuple)


class Record(BaseModel):
    """What every line may carry. Unknown keys are not kept, so that newer files stay readable; `unknown_keys` names them."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True)
    host: Host | None = None
    seen_at: Moment | None = None

    @model_validator(mode="after")
    def _redact(self) -> Self:
        """From here on nobody meets personal data in a record: not a row, not a log, not an export."""
        redact_record(self)
        return self

    def when(self) -> dt.datetime | None:
        """When it happened in the world, if the record says so."""
        return None

    def unknown_keys(self) -> tuple[str, ...]:
        """Keys of the line that this kind of record does not have; what they say is not kept."""
        return tuple(self.model_extra or ())


class Sourced(Record):
    """A record some source said."""

    source: Annotated[
        str,
        Field(min_length=1, max_length=40),
        AfterValidator(names_no_person),
        Kept("checked: an id of ours"),
    ]


class About(Sourced):
    """A record about one platform: by host, or by a name that still has to be matched."""

    platform: Short | None = None
    mentions: Annotated[tuple[Short, ...], Mentions()] = ()
    capture: Annotated[int | None, Field(alias="_capture")] = None


class Observed(About):
    """A record with a moment of observation."""

    observed_at: Moment

    def when(self) -> dt.datetime:
        """The time of observation."""
        return self.observed_at


class RegistrationRecord(Observed):
    """The domain's registration."""

    kind: Literal["registration"]
    provider: Annotated[str, Field(max_length=40)] | None = None
    registered_on: dt.date | None = None
    expires_on: dt.date | None = None
    registrar: Annotated[str, Field(max_length=200)] | None = None


class CertificateRecord(Observed):
    """The certificate a host showed. `names` are the host names it is for; whoever it was issued to is not kept."""

    kind: Literal["certificate"]
    issuer: Annotated[str, Field(max_length=200)] | None = None
    issuer_kind: Literal["self_signed", "automated", "other"]
    not_before: Moment
    not_after: Moment
    names: Annotated[tuple[Short, ...], Field(max_length=100), OtherHost()] = ()
    matches: bool
    fingerprint: Annotated[str, Field(max_length=64)] | None = None


class ResolutionRecord(Observed):
    """How the name resolves: how many addresses, which name servers, whether it takes mail; `found` false = no such name.

    `places`: country codes of its addresses, where the operator gave a table to look them up in; an address of a CDN says
    nothing of the site itself. `network_owner`: the organisation (else the network's name) an address registry states for the first
    address; `network_abuse`: the domain of the abuse mailbox it publishes. Never a person.
    """

    kind: Literal["resolution"]
    found: bool
    ipv4: Annotated[int, Field(ge=0, le=1000)] | None = None
    ipv6: Annotated[int, Field(ge=0, le=1000)] | None = None
    alias_of: Annotated[str | None, Field(max_length=253), OtherHost()] = None
    name_servers: Annotated[tuple[Short, ...], Field(max_length=20), OtherHost()] = ()
    takes_mail: bool | None = None
    network_owner: Annotated[str, Field(max_length=200)] | None = None
    network_abuse: Annotated[str | None, Field(max_length=253), OtherHost()] = None
    places: (
        Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], Field(max_length=50)] | None
    ) = None


class MoveRecord(Observed):
    """The platform was seen to point to another host of its own: an event of the platform, not a new platform."""

    kind: Literal["move"]
    to_host: Annotated[Host, Field(min_length=1, max_length=253)]
    via: Literal["redirect", "notice"]


class SightingRecord(Observed):
    """What a third party's index has seen of a host. `count` 0: the index says that it has nothing, which is not "new"."""

    kind: Literal["sighting"]
    provider: Literal["ct", "wayback", "commoncrawl"]
    first_on: dt.date | None = None
    last_on: dt.date | None = None
    count: Count
    at_least: bool = False
    names: Annotated[tuple[Short, ...], Field(max_length=200), OtherHost()] = ()


class MentionRecord(About):
    """Words about a site elsewhere: a claim of people or of a registry, or what the site says in a channel of its own.

    Of people's words the text only tells the kinds; it is not kept.
    """

    kind: Literal["mention"]
    source_id: Annotated[Annotated[str, Field(min_length=1, max_length=80)], Named, Hashed()]
    by: Literal["people", "registry", "site"]
    said_at: Moment
    title: Text | None = None
    text: Text | None = None
    replies: Count | None = None
    state: Literal["open", "solved"] | None = None
    state_at: Moment | None = None
    url: Annotated[Text | None, Link()] = None

    def when(self) -> dt.datetime:
        """When it was said."""
        return self.said_at


Nature = Literal[
    "个人", "企业", "个体工商户", "政府机关", "事业单位", "社会团体", "国防机构", "民办非企业单位", "基金会", "律师执业机构",
    "外国在华文化中心", "群众性团体组织", "司法鉴定机构", "宗教团体", "境外机构", "医疗机构", "公证机构", "仲裁机构", "集体经济组织",
    "农民专业合作社", "基层群众性自治组织", "工会法人", "其他组织",
]  # fmt: skip
"""Who filed, as the registry names it."""


_NOT_ASKED = "；查询没有成功的，写成 crawl 记录（outcome failed）a query that failed is a crawl record with outcome failed"


def shaped_uscc(code: str | None) -> str | None:
    """`code` if it has the shape of a 统一社会信用代码, else nothing: what else stands there may be a person's number."""
    said = (code or "").strip().upper()
    return said if looks_like_uscc(said) and (uscc_is_valid(said) or clean(said) == said) else None


class PlatformRecord(Record):
    """A platform, its other names and its operator."""

    kind: Literal["platform"]
    host: Host
    name: Annotated[str, Field(max_length=200)] | None = None
    aliases: tuple[Short, ...] = ()
    operator: Annotated[str, Field(max_length=200)] | None = None
    uscc: Annotated[
        Annotated[str, Field(max_length=18)] | None,
        AfterValidator(shaped_uscc),
        Kept("checked: 18 signs of a register"),
    ] = None
    opened_on: dt.date | None = None
    software: Annotated[str, Field(max_length=40)] | None = None
    demo: bool = False


class CrawlRecord(Sourced):
    """One run of a source; without `hosts` it covered the whole source."""

    kind: Literal["crawl"]
    started_at: Moment
    finished_at: Moment
    outcome: Annotated[Literal["ok", "failed", "blocked"], BeforeValidator(reads(words.CRAWL_OUTCOME))]
    hosts: list[Host] | None = None
    reason: Text | None = None


class Step(BaseModel):
    """One step of a complaint's handling: what was done and when, never by whom or in which words."""

    model_config = ConfigDict(extra="ignore")
    did: Annotated[str, Field(min_length=1, max_length=20)]
    at: Moment | None = None
    _unread: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _name_unread(cls, told: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Other keys may say by whom: their names are noted, what they say is dropped here."""
        step = handler(told)
        if isinstance(told, dict):
            step._unread = tuple(f"steps.{key}" for key in told if key not in cls.model_fields)
        return step

    def unknown_keys(self) -> tuple[str, ...]:
        """Keys that a step does not have."""
        return self._unread


class ComplaintRecord(About):
    """A consumer's claim. `complainant` is any name the source has for who filed it; only a keyed hash of it is kept.

    `complainant_key` is such a hash made elsewhere (`export --evidence`): it is kept as it stands.
    """

    kind: Literal["complaint"]
    source_id: Annotated[Annotated[str, Field(max_length=80)] | None, Named, Hashed()] = None
    filed_at: Moment
    title: Text | None = None
    text: Text | None = None
    amount: Money | None = None
    status: Annotated[
        Literal["open", "replied", "completed", "closed"], BeforeValidator(reads(words.COMPLAINT_STATUS))
    ] = "open"
    replied_at: Moment | None = None
    completed_at: Moment | None = None
    replied_seen_at: Moment | None = None
    completed_seen_at: Moment | None = None
    observed_at: Moment | None = None
    url: Annotated[Text | None, Link()] = None
    stars: Annotated[int, Field(ge=0, le=5)] | None = None
    steps: tuple[Step, ...] | None = None
    complainant: Annotated[Short | None, Hashed()] = None
    complainant_key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    _order_number: str | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Remember the order number the words name, before redaction takes it away; it is hashed, never kept."""
        found = _ORDER_NUMBER.search(f"{self.title or ''} {self.text or ''}")
        self._order_number = found[1].upper() if found else None

    @property
    def order_number(self) -> str | None:
        """The order number named in title or text, for a keyed hash only (store/evidence/complainant_pseudonyms.py)."""
        return self._order_number

    def when(self) -> dt.datetime:
        """The time of filing."""
        return self.filed_at

    def unknown_keys(self) -> tuple[str, ...]:
        """Keys of the line and of its steps that are not kept."""
        return (*super().unknown_keys(), *(key for step in self.steps or () for key in step.unknown_keys()))


class CountersRecord(Observed):
    """A complaint site's totals."""

    kind: Literal["counters"]
    valid_total: Count | None = None
    replied_total: Count | None = None
    completed_total: Count | None = None
    valid_30d: Count | None = None
    replied_30d: Count | None = None
    completed_30d: Count | None = None


class RankRecord(Observed):
    """A place on one of a complaint site's lists: red (best), black (worst) or reply, for a span and an industry."""

    kind: Literal["rank"]
    board: Literal["red", "black", "reply", "rise"]
    span: Literal["week", "month", "season"] = "week"
    field: Annotated[str, Field(max_length=40)] = ""
    place: Annotated[int, Field(ge=1, le=100_000)]


class FilingRecord(Observed):
    """A registry's answer."""

    kind: Literal["filing"]
    provider: Annotated[str, Field(max_length=40)] | None = None
    found: Annotated[bool, BeforeValidator(reads(words.FOUND, _NOT_ASKED))]
    number: Annotated[str, Field(max_length=60)] | None = None
    entity: Annotated[str, Field(max_length=200)] | None = None
    nature: Annotated[Nature | None, BeforeValidator(reads(words.NATURE))] = None
    domain: Annotated[Host | None, Field(max_length=253)] = None
    limit_access: bool | None = None
    approved_on: dt.date | None = None
    site_name: Annotated[str, Field(max_length=200)] | None = None
    content: Annotated[str, Field(max_length=200)] | None = None


class OrdersRecord(Observed):
    """A shop's own order counters."""

    kind: Literal["orders"]
    total: Count | None = None
    processed: Count | None = None
    today: Count | None = None
    hidden: bool = False


class PriceRecord(Observed):
    """One product on offer."""

    kind: Literal["price"]
    product: Annotated[str, Field(min_length=1, max_length=200)]
    price: Money | None = None
    face_value: Money | None = None
    list_price: Money | None = None
    stock: Count | None = None
    stock_label: Annotated[str, Field(max_length=20)] | None = None
    sold: Count | None = None
    automatic: bool | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3,4}$", max_length=4)] | None = None
    """ISO 4217 or USDT; yuan where absent. A price in another currency is not put into `price`."""


class ProbeRecord(Observed):
    """One availability probe. `class` (icp_sites.md §2.2) may be finer than the outcome."""

    kind: Literal["probe"]
    outcome: Annotated[Literal["ok", "slow", "down", "refused"], BeforeValidator(reads(words.PROBE_OUTCOME))]
    class_: Annotated[str | None, Field(alias="class", max_length=20)] = None
    status: Annotated[int, Field(ge=0, le=999)] | None = None
    latency_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    dns: Literal["ok", "none", "sinkhole"] | None = None
    tcp: Literal["ok", "refused", "timeout"] | None = None
    tls: (
        Literal["ok", "failed", "expired", "not_yet_valid", "wrong_name", "self_signed", "untrusted"] | None
    ) = None
    body: Annotated[str, Field(max_length=20)] | None = None
    until: dt.date | None = None


class PageRecord(Observed):
    """One page of the site. `contacts` are the shop's own, kind -> numbers: only their keyed hashes are ever stored.

    `site_name` is the name the page gives the shop: kept as the site's name where it has none, else as an alias.
    """

    kind: Literal["page"]
    role: Annotated[Literal["home", "notice", "terms", "contact"], BeforeValidator(reads(words.PAGE_ROLE))]
    text: Text | None = None
    footer_icp: Annotated[str, Field(max_length=80)] | None = None
    company: Annotated[str, Field(max_length=200)] | None = None
    software: Annotated[str, Field(max_length=40)] | None = None
    signs: dict[str, Any] | None = None
    contacts: Annotated[dict[str, list[Short]] | None, Hashed()] = None
    site_name: Annotated[str, Field(max_length=60)] | None = None


class PenaltyRecord(About):
    """A published administrative decision."""

    kind: Literal["penalty"]
    decided_on: dt.date
    category: Annotated[str, Field(min_length=1, max_length=80)]
    reason: Short = ""
    url: Annotated[Text | None, Link()] = None
    ended_on: dt.date | None = None

    def when(self) -> dt.datetime:
        """Noon of the day of the decision, China time: it carries no hour."""
        return dt.datetime.combine(self.decided_on, dt.time(4), dt.UTC)


class OrderRecord(About):
    """One paid order: a real denominator."""

    kind: Literal["order"]
    order_ref: Annotated[str, Field(min_length=1, max_length=200), Named, Hashed()]
    paid_at: Moment
    delivered_at: Moment | None = None
    refunded_at: Moment | None = None
    state: Annotated[
        Literal["delivered", "processing", "missing", "refunded"], BeforeValidator(reads(words.ORDER_STATE))
    ]
    promised_hours: Annotated[float, BeforeValidator(finite), Field(ge=0, le=24 * 3660)] | None = None
    drop_kind: Annotated[
        Literal["payment_not_synced", "stuck", "record_lost"] | None, BeforeValidator(reads(words.DROP_KIND))
    ] = None

    def when(self) -> dt.datetime:
        """The time of payment."""
        return self.paid_at


AnyRecord = (
    PlatformRecord
    | CrawlRecord
    | ComplaintRecord
    | CountersRecord
    | RankRecord
    | FilingRecord
    | OrdersRecord
    | PriceRecord
    | ProbeRecord
    | PageRecord
    | RegistrationRecord
    | CertificateRecord
    | ResolutionRecord
    | MoveRecord
    | SightingRecord
    | MentionRecord
    | PenaltyRecord
    | OrderRecord
)
KINDS = tuple(t.model_fields["kind"].annotation.__args__[0] for t in AnyRecord.__args__)

_ADAPTER: TypeAdapter[AnyRecord] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="kind")])


class RecordError(ValueError):
    """A line or record that cannot be taken; the message says which field and what is expected."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one record, as it is written."""
    return _ADAPTER.json_schema(by_alias=True)


def parse_line(line: bytes | str) -> AnyRecord:
    """One line of an evidence file as a record; raises RecordError with one clear sentence."""
    try:
        return _ADAPTER.validate_json(line_without_nul(line))
    except ValidationError as error:
        raise RecordError(_sentence(error)) from None


def parse_record(record: dict[str, Any]) -> AnyRecord:
    """One record given as a dictionary (a spider's item); raises RecordError with one clear sentence."""
    try:
        return _ADAPTER.validate_python(without_nul(record))
    except ValidationError as error:
        raise RecordError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    kind = first["type"]
    field = ".".join(str(part) for part in first["loc"][1:]) or ".".join(str(part) for part in first["loc"])
    if kind == "json_invalid":
        return "不是有效的 JSON not valid JSON"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return f"kind 缺失或未知 missing or unknown kind; 可用 use one of: {', '.join(KINDS)}"
    if kind == "timezone_aware":
        return f"{field}: 时间须带时区 the time needs an offset, e.g. 2026-03-02T10:00:00+08:00"
    if kind == "missing":
        return f"{field}: 缺少必填字段 required field is missing"
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"
