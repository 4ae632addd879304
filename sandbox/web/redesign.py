"""A played page after a redesign: the same content under other class names, ids and field names. Switched on as the fault `layout`."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.responses import Response

_NAMED = re.compile(rb"""\b(class|id)=(["'])([^"']*)\2""")
_LISTED = re.compile(rb"<(/?)(?:li|tr|td)\b")


def redesigned(response: Response) -> Response:
    """The answer with its markup or its items' field names changed; anything else as it was.

    HTML: every class and id gets another name and lists and tables become plain blocks. JSON: the fields of objects
    inside lists get another name while the envelope stays, as when an interface moves to its next version.
    """
    media_type = response.headers.get("content-type", "")
    body = bytes(response.body)
    if "html" in media_type:
        body = _NAMED.sub(rb"\1=\2v2-\3\2", _LISTED.sub(rb"<\1section", body))
    elif "json" in media_type:
        body = json.dumps(_renamed(json.loads(body), inside=False), ensure_ascii=False).encode()
    return Response(body, response.status_code, media_type=media_type)


def _renamed(value: Any, inside: bool) -> Any:
    if isinstance(value, list):
        return [_renamed(item, True) for item in value]
    if isinstance(value, dict):
        return {f"v2_{key}" if inside else key: _renamed(item, inside) for key, item in value.items()}
    return value
