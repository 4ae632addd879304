"""Small records of the open evidence format that several tests share."""

from __future__ import annotations

from typing import Any

HOST = "a.example"


def platform(host: str = HOST, **more: Any) -> dict[str, Any]:
    return {"kind": "platform", "host": host, "name": "甲卡盟", "aliases": ["jia.example", "甲卡"]} | more


def complaint(number: int, text: str = "付款三天了订单还是处理中", **more: Any) -> dict[str, Any]:
    record = {
        "kind": "complaint",
        "source": "heimao",
        "source_id": f"1739{number:07d}",
        "host": HOST,
        "filed_at": f"2026-03-{1 + number % 28:02d}T10:00:00+08:00",
        "title": "付款不发货",
        "text": text,
        "amount": 129.0,
        "status": "open",
    }
    return record | more


def probe(day: int, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    record = {
        "kind": "probe",
        "source": "availability",
        "host": HOST,
        "observed_at": f"2026-03-{day:02d}T03:00:00+00:00",
        "outcome": outcome,
        "class": "up",
        "status": 200,
        "latency_ms": 321,
    }
    return record | more
