"""Small markets in the open evidence format that the scoring tests share."""

import datetime as dt

from tests.support.markets.judged_records import product

DAY = dt.date(2026, 4, 30)
START = dt.date(2026, 1, 1)
_TEXTS = (
    "付款成功但一直没到账",
    "申请退款拖着一直不退",
    "余额提现一直失败",
    "网站打不开了",
    "会员等级说降就降",
)


def at(day, hour=12):
    return f"{START + dt.timedelta(days=day)}T{hour:02d}:00:00+08:00"


def complaints(host, days, text=0, prefix="c"):
    return [
        {
            "kind": "complaint",
            "source": "heimao",
            "source_id": f"{prefix}{host}{i}",
            "host": host,
            "filed_at": at(day),
            "text": f"买{product(i)}，{_TEXTS[text]}",
        }
        for i, day in enumerate(days)
    ]


def crawls(days, outcome="ok", source="heimao"):
    return [
        {
            "kind": "crawl",
            "source": source,
            "started_at": at(d, 2),
            "finished_at": at(d, 3),
            "outcome": outcome,
        }
        for d in days
    ]


def market(rng, hosts=4, days=120):
    """A small random market in the open format."""
    records = crawls(range(0, days, 3))
    for h in range(hosts):
        host = f"m{h}.example"
        records.append({"kind": "platform", "host": host})
        total = 10_000
        for day in range(0, days, 7):
            total += int(rng.integers(200, 700))
            records.append(
                {
                    "kind": "orders",
                    "source": "storefront",
                    "host": host,
                    "observed_at": at(day),
                    "total": total,
                    "processed": total - int(rng.integers(0, 200)),
                    "today": 50,
                    "hidden": bool(rng.random() < 0.1),
                }
            )
            records.append(
                {
                    "kind": "probe",
                    "source": "availability",
                    "host": host,
                    "observed_at": at(day, 5),
                    "outcome": str(rng.choice(["ok", "slow", "down", "refused"])),
                    "status": 200,
                    "latency_ms": 9,
                }
            )
        records.append(
            {
                "kind": "filing",
                "source": "icp",
                "host": host,
                "observed_at": at(int(rng.integers(0, 60))),
                "found": bool(rng.random() < 0.7),
                "number": "粤ICP备18046372号-1",
                "nature": "企业",
            }
        )
        for kind in range(5):
            when = sorted(int(x) for x in rng.integers(0, days, rng.integers(0, 12)))
            records += complaints(host, when, kind, f"k{kind}")
    return records
