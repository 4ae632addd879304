"""The open evidence format (design.md §7) as types: one record a line, checked before anything is stored.

Spiders, importers, tests and outside evaluations all speak it. Nothing here touches the database.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
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

from store import evidence_words as words
from store.evidence_words import reads
from store.filing_numbers import looks_like_uscc, uscc_is_valid
from store.records_base import (
    About,
    Count,
    Host,
    Moment,
    Money,
    Named,
    Observed,
    Record,
    Short,
    Sourced,
    Text,
    finite,
    line_without_nul,
    without_nul,
)
from store.records_domain import CertificateRecord, MoveRecord, RegistrationRecord, ResolutionRecord
from store.redact import clean
from store.redact_fields import Hashed, Kept, Link

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
