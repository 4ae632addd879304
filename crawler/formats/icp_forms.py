"""Which filing query service gave an answer, by the form of the answer alone: for answers that a person saved or pasted. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store.names import host_of

_Test = Callable[[dict[str, Any], dict[str, Any]], bool]
_FORMS: dict[str, _Test] = {
    "aliyun": lambda d, _: str(d.get("Status") or "") in ("DomainIsRegistration", "DomainNotRegistration"),
    "urlsec": lambda d, data: "reCode" in d,
    "fghwett": lambda d, data: "isRecorded" in data,
    "uutool": lambda d, data: "is_icp" in data,
    "yzxmz": lambda d, data: "exists" in data and ("number" in data or data["exists"] is False),
    "zeapi": lambda d, _: "total" in d and (d.get("data") == [] or bool(_rows(d, "domain_name"))),
    "yitd": lambda d, _: "result" in d and not isinstance(d["result"], dict) and ("icp" in d or "msg" in d),
    "vvhan": lambda d, _: "success" in d and ("info" in d or "message" in d) and "params" not in d,
    "uapis": lambda d, _: "serviceLicence" in d and "code" in d,
    "apihz": lambda d, _: "icp" in d and "unit" in d,
    "uomg": lambda d, _: "icp" in d and "code" in d,
}
"""Provider id → whether an answer has its form, given the document and its `data`; the surest forms first."""
_DOMAIN_KEYS = ("domain", "Domain", "DomainName", "domainName", "url", "host", "domain_name")


def provider_of(document: dict[str, Any]) -> str | None:
    """The service whose form an answer has; None for the registry's own form and for any other."""
    data = document.get("data")
    inner = data if isinstance(data, dict) else {}
    return next((name for name, fits in _FORMS.items() if fits(document, inner)), None)


def domain_of(document: dict[str, Any]) -> str | None:
    """The domain an answer names, if it does."""
    data = document.get("data")
    inner = data.get("results") if isinstance(data, dict) else None
    places = [document, data, inner, *_rows(document, "domain_name")]
    for place in places:
        if isinstance(place, dict):
            named = (host_of(str(place[key])) for key in _DOMAIN_KEYS if place.get(key))
            if host := next(filter(None, named), None):
                return host
    return None


def _rows(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = document.get("data")
    return [row for row in rows if isinstance(row, dict) and key in row] if isinstance(rows, list) else []
