"""A fast server of realistic shop pages for benchmarks/crawl.py and workers.py: any number of `s<N>.test` hosts, 64 different shops, 20 to 60 KB each.

Every host has a home page with 20 to 60 goods, a product page, a notice and a terms page, and no robots.txt.
Pages are written here and made before the clock starts; the address of the page decides what is sent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from multiprocessing.synchronize import Event
from urllib.parse import urlsplit

import uvloop

SHOPS = 64
PRODUCTS = (
    "腾讯视频会员月卡",
    "网易云音乐季卡",
    "某某点券100点",
    "加速器周卡",
    "手游首充号",
    "电商购物卡50元",
)
SENTENCES = (
    "下单前请核对账号，充值后不能更换。",
    "自动发货，付款后在订单页查看卡密。",
    "到账时间一般十分钟，高峰期请耐心等待。",
    "质保期内出现问题，请带上订单页截图联系网站。",
    "每日二十三点到次日八点不处理人工订单。",
)


def page_for(path: str, shop: int) -> bytes | None:
    """The page at `path` of shop number `shop`; None where there is none."""
    rng = random.Random(f"{shop}{path}")
    if path == "/":
        body = _home(rng, shop)
    elif path.startswith("/buy/"):
        body = f'<form id="buy-form"><h3 class="goods-name">{PRODUCTS[0]}</h3><span class="buy-price">￥9.90</span>{_prose(rng, 90)}</form>'
    elif path in ("/notice", "/terms"):
        body = f"<h2>说明</h2>{_prose(rng, 120)}"
    else:
        return None
    menu = "".join(f'<a class="nav-link" href="/category/{n}">分类{n}</a>' for n in range(120))
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>测试卡铺</title>'
        '<link rel="stylesheet" href="/assets/unicorn/css/app.css"><script>var settings={"theme":"unicorn"}</script></head>'
        f'<body><nav>{menu}<a href="/notice">公告</a><a href="/terms">服务条款</a></nav>{body}'
        '<footer class="footer"><div class="custom">© 2026 示例网络科技有限公司 '
        f'<a href="https://beian.miit.gov.cn/">粤ICP备2020{shop:04d}号-1</a></div></footer>'
        '<p>Powered by <a href="#">@独角数卡</a></p></body></html>'
    ).encode()


def _home(rng: random.Random, shop: int) -> str:
    goods = "".join(
        f'<div class="card"><h6 class="card-title">{rng.choice(PRODUCTS)} {shop}-{n}</h6><span class="badge">自动发货</span>'
        f'<p class="desc">{"".join(rng.choices(SENTENCES, k=rng.randint(2, 6)))}</p><strong>￥{rng.randint(1, 200)}.50</strong>'
        f'<h6><small class="text-muted">库存：{rng.randint(0, 300)}</small></h6><a href="/buy/{n}">购买</a></div>'
        for n in range(rng.randint(20, 60))
    )
    return f'<div class="notice"><p>下单后24小时内到账，超时全额退款。</p></div><div id="group-all">{goods}</div>'


def _prose(rng: random.Random, paragraphs: int) -> str:
    return "".join(f"<p>{''.join(rng.choices(SENTENCES, k=4))}</p>" for _ in range(paragraphs))


class Answers(asyncio.Protocol):
    """One connection: every address is answered at once from what was made before."""

    answers: dict[tuple[str, int], bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, self.received = self.received.split(b"\r\n\r\n", 1)
            self.asked(head.split(b" ", 2)[1].decode())

    def asked(self, url: str) -> None:
        """Answer one request."""
        self.transport.write(self.answer(url))

    def answer(self, url: str) -> bytes:
        """The bytes at an address."""
        parts = urlsplit(url)
        shop = int((parts.hostname or "s0")[1:].split(".")[0]) % SHOPS
        path = "/buy/0" if parts.path.startswith("/buy/") else parts.path or "/"
        found = self.answers.get((path, shop))
        return found or b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"


def serve(port: int, ready: Event, protocol: Callable[[], Answers] = Answers) -> None:
    """Serve as an HTTP proxy on 127.0.0.1 until the process is ended; sets `ready` when every page is made."""
    for shop in range(SHOPS):
        for path in ("/", "/buy/0", "/notice", "/terms"):
            body = page_for(path, shop) or b""
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
            Answers.answers[path, shop] = head.encode() + body

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
        ready.set()
        await server.serve_forever()

    uvloop.run(run())
