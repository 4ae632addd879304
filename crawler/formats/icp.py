"""Answers of ICP query services, self-hosted and of all known providers: filed, not filed, or unknown. Pure.

A failed query is never "not filed": everything that is not a clear list raises. A natural person's filing keeps no name.

`parse_answer` never raises and never takes an error, a limit or another site's filing for "not filed": whatever is not
a clear yes or a clear no is unknown, with the reason. A natural person's name never leaves it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats.json_api import ORGANISATION, moment_of
from crawler.pages.safe_parse import parse_json_bounded
from store.china_time import SHANGHAI
from store.evidence.vocabulary import NATURE, value_of
from store.redaction import natural_persons
from store.redaction.redact import clean
from store.text.dates import day_in
from store.text.query import find_licences, host_key, parse_icp, registrable, unicode_of

__all__ = [
    "PERSONAL",
    "Filed",
    "document_of",
    "filed_of",
    "filing_of",
    "is_person",
    "project",
    "unwrapped",
    "words",
]
PERSONAL = "个人"
_LOGIN = {401}
_SETTINGS = {101, 102}
_BUSY = {429}
_NATURE_KEYS = ("natureName", "nature", "type", "domain_type")
_OWNER_KEYS = ("unitName", "unit", "name", "icp_org", "company", "domain_owner", "Orgnization")
"""Under these the known services name who filed."""
_SITE_KEYS = ("serviceName", "siteName", "title")
_WRAPPED = re.compile(r"^[\w.$]*\(\s*(.*?)\s*\)\s*;?$", re.S)
_WALL = ("创宇盾", "疑似黑客", "访问频次过高")


@dataclass(frozen=True)
class Filed:
    """One filing as the registry states it; `entity` is None for a natural person."""

    domain: str
    number: str
    nature: str
    entity: str | None
    limit_access: bool | None
    approved_on: dt.date | None
    site_name: str | None = None
    content: str | None = None


def filing_of(body: str, domain: str) -> Filed | None:
    """The filing of registrable `domain`, or None when the registry clearly has none.

    Raises SourceBlocked (rate limit, an HTML page), NotAnswered (the service's failure on this query), SourceChanged.
    """
    document = document_of(body)
    rows = document["params"]["list"]
    same = [row for row in rows if isinstance(row, dict) and _is(row.get("domain"), domain)]
    if rows and not same:
        raise NotAnswered(f"the answer names other domains and not {domain}")
    return filed_of(same[0]) if same else None


def document_of(body: str) -> dict[str, Any]:
    """The parsed success answer with a list in it; raises for everything else (HTTP is 200 even for errors)."""
    text = body.strip()
    if text.startswith("<"):
        raise SourceBlocked("an HTML page instead of JSON (firewall)")
    try:
        document = parse_json_bounded(text)
    except ValueError:
        raise SourceChanged(f"not JSON: {text[:60]!r}") from None
    if not isinstance(document, dict):
        raise SourceChanged("not a JSON object")
    said = " ".join(str(document[k]) for k in ("msg", "message", "error") if document.get(k))
    code = _code(document.get("code"))
    if code in _BUSY:
        raise SourceBlocked(f"code {code}: {said}")
    if code in _LOGIN or any(word in said for word in _WALL):
        # It is the operator's own service that says so of one query: that host is unknown; several in a row end the crawl.
        raise NotAnswered(f"code {code}: {said}", "blocked")
    if code in _SETTINGS:
        raise SourceChanged(f"code {code}: {said}")
    if code != 200 or document.get("success") is False:
        raise NotAnswered(f"code {code}: {said}")
    params = document.get("params")
    if not isinstance(params, dict) or not isinstance(params.get("list"), list):
        raise SourceChanged("code 200 without a list")
    if not params["list"] and _code(params.get("total", 0)) not in (0, None):
        raise NotAnswered("the list is empty but the total is not")
    return document


def filed_of(row: dict[str, Any]) -> Filed:
    """One row of the list; raises SourceChanged when number or nature is missing."""
    number = str(row.get("serviceLicence") or row.get("mainLicence") or "").strip()
    nature = str(row.get("natureName") or "").strip()
    if not number or not nature or "查询失败" in number:
        raise SourceChanged("a filing without number or nature")
    owner = str(row.get("unitName") or "").strip()
    personal = nature == PERSONAL or is_person(nature, owner)
    return Filed(
        domain=str(row.get("domain")),
        number=number,
        nature=nature,
        entity=None if personal else owner or None,
        limit_access={"是": True, "否": False}.get(str(row.get("limitAccess") or "")),
        approved_on=day_in(row.get("updateRecordTime")),
        site_name=None if personal else words(row.get("serviceName")),
        content=words(row.get("contentTypeName")),
    )


def words(value: Any) -> str | None:
    """A text of the registry's answer, at most 200 characters; None for an empty one."""
    return str(value or "").strip()[:200] or None


def project(body: str) -> str:
    """The answer without the names of natural persons, its words redacted; an answer that is no JSON keeps only its length."""
    try:
        document = parse_json_bounded(unwrapped(body))
    except ValueError:
        # Keep that it was a page, and which: the reader must still tell a firewall from an answer.
        wall = next((word for word in _WALL if word in body), "")
        return (
            f"<html>{wall} {len(body)}</html>" if body.strip().startswith("<") else f"unreadable {len(body)}"
        )
    _anonymise(document)
    return json.dumps(document, ensure_ascii=False)


def unwrapped(body: str) -> str:
    """The JSON inside a callback or brackets, where a service wraps its answer so."""
    text = body.strip().lstrip("\ufeff")
    found = _WRAPPED.match(text)
    return found.group(1) if found else text


def is_person(nature: Any, name: Any) -> bool:
    """Whether a filing is a natural person's: its nature says so, or, where a service names none, the name is no organisation's."""
    said, owner = str(nature or "").strip(), str(name or "").strip()
    return natural_persons.is_person(owner, said) if said else not ORGANISATION.search(owner)


def _anonymise(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _anonymise(item)
    elif isinstance(value, dict):
        value.pop("leaderName", None)
        nature = next((value[key] for key in _NATURE_KEYS if isinstance(value.get(key), str)), None)
        owner = next((value[key] for key in _OWNER_KEYS if value.get(key)), None)
        if owner and is_person(nature, owner):
            for key in (*_OWNER_KEYS, *_SITE_KEYS):
                value.pop(key, None)
        for key, item in value.items():
            if isinstance(item, str) and not item.isascii():
                value[key] = clean(item)
            _anonymise(item)


def _is(value: Any, domain: str) -> bool:
    return bool(value) and registrable(host_key(str(value).strip().lower())) == domain


def _code(value: Any) -> int | None:
    text = str(value if value is not None else "")
    return int(text) if text.lstrip("-").isdigit() else None


State = Literal["filed", "not_filed", "unknown"]
PERSONAL_KEYS = PERSONAL
_NONE = {"未备案", "无备案", "未查到备案", "未查询到备案"}
_PROVIDER_WALL = re.compile(
    r"频率|频繁|限制|登录|未授权|key|token|余额|次数|throttl|signature|accesskey|forbidden|timestamp", re.I
)


@dataclass(frozen=True)
class Answer:
    """What one service said of one domain.

    Of an unknown one `outcome` is what became of the question (failed, or blocked where somebody refused it), and `stop`
    says that asking on is rude (rate, quota, key) or useless (it does not answer as this service does).
    """

    state: State
    number: str | None = None
    entity: str | None = None
    nature: str | None = None
    limit_access: bool | None = None
    approved_on: dt.date | None = None
    site_name: str | None = None
    content: str | None = None
    reason: str | None = None
    outcome: Literal["failed", "blocked"] = "failed"
    stop: bool = False


@dataclass(frozen=True)
class Provider:
    """How a service is asked, under the operator's own address `base`: method, address and form, `{domain}` filled in.

    `says` is whom its answers are ascribed to: the registry itself where the service passes its answer through unchanged.
    """

    path: str
    read: Callable[[Any, str], Answer]
    method: str = "GET"
    form: str = ""
    says: str = ""

    def request(self, base: str, domain: str) -> tuple[str, str, str]:
        """(method, address, body) of the question about `domain`."""
        asked = quote(unicode_of(registrable(domain)))  # registries keep 例子.中国 in its letters
        at = base.rstrip("/")
        if self.path.startswith("?") and not urlsplit(at).path:
            at += "/"
        return self.method, at + self.path.format(domain=asked), self.form.format(domain=asked)


def parse_answer(provider: str, body: str, domain: str) -> Answer:
    """The reading of `body`, an answer of `provider` about `domain`; raises KeyError only for an unknown provider."""
    service = PROVIDERS[provider]
    text = unwrapped(body)
    if text.startswith("<"):
        return unknown("an HTML page instead of JSON (firewall)", "blocked", stop=True)
    try:
        document = parse_json_bounded(text)
    except ValueError:
        return unknown(f"not JSON: {text[:60]!r}", stop=True)
    if not isinstance(document, dict):
        return unknown("not a JSON object", stop=True)
    return service.read(document, registrable(domain))


def unknown(
    reason: Any, outcome: Literal["failed", "blocked"] | None = None, stop: bool | None = None
) -> Answer:
    """No answer, and why; a reason that speaks of limits, keys or logins is a refusal and asks us to stop."""
    text = " ".join(str(reason or "no answer").split())[:120]
    refused = bool(_PROVIDER_WALL.search(text))
    return Answer(
        "unknown",
        reason=text,
        outcome=outcome or ("blocked" if refused else "failed"),
        stop=refused if stop is None else stop,
    )


def _filed(number: Any, entity: Any = None, nature: Any = None, **more: Any) -> Answer:
    """A filing whose number reads as one; a number that is a sentence ("查询失败") is no filing."""
    shown = str(number or "").strip()
    if parse_icp(shown) is None and not find_licences(shown):
        return unknown(f"not a filing number: {shown[:40] or 'empty'}")
    kind = _nature(nature)
    name = str(entity or "").strip() or None
    if name and is_person(kind, name):
        kind = PERSONAL_KEYS
    return Answer("filed", shown, None if kind == PERSONAL_KEYS else name, kind, **more)


def _nature(said: Any) -> str | None:
    """The registry's nature; None for one nobody knows: then the name decides whether it is a person's."""
    try:
        return str(value_of(NATURE, str(said))) if said else None
    except ValueError:
        return None


def _stated(number: Any, entity: Any = None, nature: Any = None) -> Answer:
    """The answer of a service that writes 未备案 where the number would stand."""
    return Answer("not_filed") if str(number or "").strip() in _NONE else _filed(number, entity, nature)


def _said(document: dict[str, Any]) -> str:
    return str(next((document[k] for k in ("msg", "message", "error") if document.get(k)), "no answer"))


def _other(row: dict[str, Any], domain: str, key: str = "domain") -> bool:
    named = str(row.get(key) or "").strip().lower()
    return bool(named) and registrable(host_key(named)) != domain


def _data(document: dict[str, Any]) -> dict[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _day(value: Any) -> dt.date | None:
    moment = moment_of(value)
    return moment.astimezone(SHANGHAI).date() if moment else None


def _ymicp(document: dict[str, Any], domain: str) -> Answer:
    try:
        found = filing_of(json.dumps(document, ensure_ascii=False), domain)
    except SourceBlocked as error:
        return unknown(error, "blocked", stop=True)
    except SourceChanged as error:
        return unknown(error, "failed", stop=True)
    except NotAnswered as error:
        # The operator's own service says so of one question: that domain is unknown, and the next may be answered.
        return unknown(error, "blocked" if error.outcome == "blocked" else "failed", stop=False)
    if found is None:
        return Answer("not_filed")
    return _filed(
        found.number,
        found.entity,
        found.nature,
        limit_access=found.limit_access,
        approved_on=found.approved_on,
        site_name=found.site_name,
        content=found.content,
    )


def _fghwett(document: dict[str, Any], domain: str) -> Answer:
    data = _data(document)
    if document.get("code") != 0 or not isinstance(data.get("isRecorded"), bool):
        return unknown(_said(document))
    if not data["isRecorded"]:
        return Answer("not_filed")
    day = _day(data.get("updateRecordTime"))
    return _filed(data.get("mainLicence"), data.get("unitName"), data.get("natureName"), approved_on=day)


def _yitd(document: dict[str, Any], domain: str) -> Answer:
    if str(document.get("result")) != "1":
        return unknown(_said(document))
    return _stated(document.get("icp"), document.get("unitName"), document.get("natureName"))


def _uomg(document: dict[str, Any], domain: str) -> Answer:
    """Code 1 is said of filed and unfiled alike."""
    if document.get("code") != 1:
        return unknown(_said(document))
    return unknown("another domain's answer") if _other(document, domain) else _stated(document.get("icp"))


def _uutool(document: dict[str, Any], domain: str) -> Answer:
    data = _data(document)
    if document.get("status") != 1 or data.get("is_icp") not in (0, 1):
        return unknown(_said(document))
    if _other(data, domain):
        return unknown("another domain's answer")
    return _filed(data.get("icp_no"), data.get("icp_org")) if data["is_icp"] == 1 else Answer("not_filed")


def _vvhan(document: dict[str, Any], domain: str) -> Answer:
    """`success: false` is said of errors and of unfiled sites alike: unknown."""
    info = document.get("info")
    if document.get("success") is not True or not isinstance(info, dict) or _other(document, domain):
        return unknown(_said(document))
    return _filed(info.get("icp"), info.get("name"), info.get("nature"), approved_on=_day(info.get("time")))


def _uapis(document: dict[str, Any], domain: str) -> Answer:
    """Its code is a text, and 200 is also said where the number reads 查询失败."""
    if str(document.get("code")) != "200":
        return unknown(_said(document))
    return _filed(document.get("serviceLicence"), document.get("unitName"))


def _apihz(document: dict[str, Any], domain: str) -> Answer:
    """Code 400 means failed *or* not filed: unknown."""
    if document.get("code") != 200:
        return unknown(_said(document))
    return _filed(document.get("icp"), document.get("unit"))


def _zeapi(document: dict[str, Any], domain: str) -> Answer:
    rows = document.get("data")
    if document.get("code") != 200 or not isinstance(document.get("total"), int):
        return unknown(_said(document))
    if document["total"] == 0 and not rows:
        return Answer("not_filed")
    same = [
        r
        for r in rows or []
        if isinstance(r, dict) and r.get("domain_name") and not _other(r, domain, "domain_name")
    ]
    if not same:
        return unknown("filings came back, none for this domain")
    row = same[0]
    limited = {"是": True, "否": False}.get(str(row.get("domain_status") or ""))
    number = row.get("website_licence") or row.get("domain_licence")
    day = _day(row.get("domain_approve_date"))
    return _filed(
        number, row.get("domain_owner"), row.get("domain_type"), limit_access=limited, approved_on=day
    )


def _yzxmz(document: dict[str, Any], domain: str) -> Answer:
    data = _data(document)
    if document.get("code") != 200 or not isinstance(data.get("exists"), bool):
        return unknown(_said(document))
    if _other(data, domain):
        return unknown("another domain's answer")
    if not data["exists"]:
        return Answer("not_filed")
    return _filed(
        data.get("number"), data.get("company"), data.get("type"), approved_on=_day(data.get("auditTime"))
    )


def _urlsec(document: dict[str, Any], domain: str) -> Answer:
    results = _data(document).get("results")
    if (
        document.get("reCode") != 0
        or not isinstance(results, dict)
        or results.get("isDomainICPOk") not in (0, 1)
    ):
        return unknown(_said(document))
    if _other(results, domain, "url"):
        return unknown("another domain's answer")
    if results["isDomainICPOk"] == 0:
        return Answer("not_filed")
    return _filed(results.get("ICPSerial"), results.get("Orgnization"))


def _aliyun(document: dict[str, Any], domain: str) -> Answer:
    """States that a domain is filed without saying the number."""
    status = document.get("Status")
    if status == "DomainIsRegistration":
        return Answer("filed")
    return (
        Answer("not_filed")
        if status == "DomainNotRegistration"
        else unknown(f"{document.get('Code') or ''} {document.get('Message') or _said(document)}".strip())
    )


PROVIDERS: dict[str, Provider] = {
    "ymicp": Provider("/query/web?search={domain}&pageNum=1&pageSize=26", _ymicp, says="miit"),
    "fghwett": Provider("/query?domain={domain}", _fghwett),
    "yitd": Provider("/index.php?domain={domain}", _yitd),
    "uomg": Provider("/api/icp?domain={domain}", _uomg),
    "uutool": Provider("/beian/icp/", _uutool, "POST", "domain={domain}"),
    "vvhan": Provider("/api/icp?url={domain}", _vvhan),
    "uapis": Provider("/api/v1/network/icp?domain={domain}", _uapis),
    "apihz": Provider("/api/wangzhan/icp.php?domain={domain}", _apihz),
    "zeapi": Provider("/query/{domain}", _zeapi),
    "yzxmz": Provider("?domain={domain}", _yzxmz),
    "urlsec": Provider("/index.php?m=check&a=check&url={domain}", _urlsec),
    "aliyun": Provider("?Action=CheckCdnDomainICP&Version=2018-05-10&DomainName={domain}", _aliyun),
}
"""Provider id → how it is asked and read. A key is the operator's and is added where the request leaves (crawler.download.api_key)."""
