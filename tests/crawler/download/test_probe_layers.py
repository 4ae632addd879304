"""What a probe keeps apart: the name, the connection, the certificate, the page; and names that lead to a known sinkhole."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.abc import ResolveResult
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from scrapy.http import Request, Response

from crawler.download.failures import classify_failure
from crawler.download.handlers import GuardedResolver
from crawler.download.politeness import Unwelcome
from crawler.download.sinkholes import Diverted, sinkholes
from crawler.download.tls import BAD_CERTIFICATE
from crawler.guard import Guard, Refused
from crawler.home_addresses import HomeSpider, certificate_of
from crawler.pages.block_pages import (
    certificate_word,
    leads_to_stop_page,
    place_of,
    probe_of_failure,
    probe_of_page,
)
from crawler.shops.page import Page

OWN = "93.184.216.34"
SINK = "182.43.124.6"


class _System:
    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=a, port=port, family=family, proto=0, flags=0)
            for a in self._addresses
        ]


def _resolved(*addresses: str) -> list[str]:
    async def resolve() -> list[str]:
        names = GuardedResolver(Guard(sandbox=False, allowed_hosts=[]))
        names._system = _System(addresses)  # type: ignore[assignment]
        return [entry["host"] for entry in await names.resolve("shop.example", 443)]

    return asyncio.run(resolve())


def test_a_name_that_leads_to_a_known_sinkhole_only_is_not_asked() -> None:
    with pytest.raises(Diverted, match="shop.example") as met:
        _resolved(SINK)
    for error in (met.value, Unwelcome("robots.txt could not be read: not crawled", met.value)):
        outcome, kind, reason = classify_failure(error)
        assert outcome == "blocked" and SINK in reason
        probe = probe_of_failure(kind)
        assert probe is not None
        assert (probe["outcome"], probe["class"], probe["dns"]) == ("refused", "diverted", "sinkhole")
        assert probe.get("tcp") is None and probe.get("tls") is None, "nobody was connected to"


def test_one_address_that_is_no_sinkhole_may_be_the_site() -> None:
    assert _resolved(SINK, OWN) == [SINK, OWN]
    assert _resolved(OWN) == [OWN]
    with pytest.raises(Refused):
        _resolved("10.0.0.1", SINK)


def test_no_sinkhole_is_an_inner_address() -> None:
    assert all(address.is_global for address in sinkholes())
    assert ipaddress.ip_address(SINK) in sinkholes()


@pytest.mark.parametrize(
    ("error", "layers"),
    [
        (CannotResolveHostError("gone"), ("none", None, None)),
        (DownloadConnectionRefusedError("no"), ("ok", "refused", None)),
        (DownloadTimeoutError("slow"), ("ok", "ok", None)),
    ],
)
def test_a_failure_says_how_far_it_came(error: Exception, layers: tuple[str | None, ...]) -> None:
    probe = probe_of_failure(classify_failure(error)[1])
    assert probe is not None and probe["outcome"] == "down"
    assert (probe.get("dns"), probe.get("tcp"), probe.get("tls")) == layers


def test_a_wall_a_bad_certificate_and_an_outage_are_different_facts() -> None:
    page = "<title>星河</title>" + "<p>商品 ¥9.90 立即购买</p>" * 20
    request = Request("https://shop.example/", meta={BAD_CERTIFICATE: "certificate has expired"})
    under = certificate_of(Response(request.url, request=request))
    expired = probe_of_page(200, page.encode(), page, 0.1, shop=True, certificate=under)
    assert (expired["outcome"], expired["tls"], expired["body"]) == ("ok", "expired", "up")
    wall = probe_of_page(403, b"<h1>403</h1>", "<h1>403</h1>", 0.1, certificate="ok")
    assert (wall["outcome"], wall["tls"], wall["status"], wall["body"]) == ("refused", "ok", 403, "waf_block")
    plain = Request("http://shop.example/")
    assert certificate_of(Response(plain.url, request=plain)) is None


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("certificate has expired", "expired"),
        ("certificate is not yet valid", "not_yet_valid"),
        ("Hostname mismatch, certificate is not valid for 'shop.example'.", "wrong_name"),
        ("self-signed certificate in certificate chain", "self_signed"),
        ("unable to get local issuer certificate", "untrusted"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_one_word(said: str, word: str) -> None:
    assert certificate_word(said) == word


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("系统维护中，预计2026年9月3日 12:00恢复", dt.date(2026, 9, 3)),
        ("升级维护：8月30日22:00至9月2日06:00", dt.date(2026, 9, 2)),
        ("正在维护，预计 1月2日 恢复", dt.date(2027, 1, 2)),
        ("Under maintenance, back on 2026-09-05.", dt.date(2026, 9, 5)),
        ("正在维护 22:00-23:30，请稍后访问，充值 9/10 折", None),
        ("正在维护，创建于 2019-01-01", None),
        ("正在维护，请稍后", None),
    ],
)
def test_a_maintenance_page_is_kept_with_the_day_it_names(said: str, until: dt.date | None) -> None:
    today = dt.date(2026, 12, 30) if "1月2日" in said else dt.date(2026, 9, 1)
    page = f"<html><title>维护公告</title><body><h1>站点正在维护</h1><p>{said}</p></body></html>"
    probe = probe_of_page(200, page.encode(), page, 0.1, today=today)
    assert (probe["outcome"], probe["class"], probe.get("until")) == ("down", "maintenance", until)


_NOTICES = [
    "本站已关闭旧版后台，请使用新版下单。",
    "网站升级维护已完成。",
    "老域名已到期停用，请收藏新域名。",
    "近期有仿冒网站被依法关停，请认准本站。",
    "如提示该网站未备案，请更换浏览器。",
    "平台停止运营的传言不实。",
    "系统维护中如无法付款请稍后再试。",
    "打不开可能是您的网络运营商拦截。",
    "温馨提示：诈骗分子常冒充客服。",
    "本站已接入雷池WAF。",
    "旧域名 12 月 31 日停止解析。",
    "店铺已打烊的商家不显示。",
    "2026-02-01 系统升级维护。",
    "Domain expired? This domain is for sale: see list.",
    "本店停止营业时间为每日 0:00-8:00。",
    "该店铺因违规被封停的消息为谣言。",
    "国庆放假通知：客服休息，自动发货照常。",
    "机房迁移已结束，数据无误。",
    "部分地区被运营商限制访问，可换网络。",
    "本站将于2026年10月31日结束营业，请用完余额。",
    "同行某卡盟不再营业，欢迎转来。",
    "<h3>放假通知</h3>照常发货。",
    "Q币分类暂停营业。",
    "<h2>停止服务通知</h2>Netflix 车位停止服务。",
    "服务器升级已完成。",
    "如遇店铺休息中请留言。",
    "Our old channel is permanently closed.",
    "停业整顿的分站已关，主站照常。",
    "本站支付通道检修中，请用余额付款。",
    "对接的网站不存在时请换线路。",
    "没有备案的域名不能代付。",
    "仿冒网站已被公安机关依法查处。",
    "账户余额不足时订单会被暂停。",
]
_GOODS = "<div class=item><h3>{}</h3><span class=price>¥{}</span></div>"
_TWO = _GOODS.format("视频月卡", "18.80") + _GOODS.format("音乐季卡", "32.00")
_SHOPS = {
    "two goods": "<html><title>小铺</title><h1>小铺</h1><div class=notice><h4>公告</h4><p>{}</p></div>"
    + _TWO,
    "goods a script loads": "<html><title>小铺</title><a href='/'>首页</a><a href='/orders'>订单</a><a href='/help'>客服</a><p>{}</p><div id=goods></div><script src='/static/main.js'></script>",
    "goods its own words load": "<html><title>小铺</title><p>{}</p><div id=app></div><script src=https://cdn.example/vue.js></script><script>fetch('/api/goods').then(r=>r.json())</script>",
    "goods a file of scripts puts in an empty list": "<html><title>小铺</title><p>{}</p><ul id=list></ul><script src=/static/a.js></script>",
    "goods an app draws": "<html><title>小铺</title><p>{}</p><div id=app></div><script type=text/javascript src=https://cdn.example/a.js></script>",
    "only categories": "<html><title>小铺</title><nav><a href='/'>首页</a><a href='/orders'>订单查询</a></nav><h3>公告</h3><p>{}</p><a href='/cat/1'>会员</a><a href='/cat/2'>点卡</a>",
    "one good with a button": "<html><title>小铺</title><p>{}</p><h2>网盘年卡</h2><b>￥88.00</b><button>立即购买</button>",
}


@pytest.mark.parametrize("kind", _SHOPS)
def test_nothing_an_open_shop_announces_is_taken_for_its_end(kind: str) -> None:
    for notice in _NOTICES:
        assert _class_of(_SHOPS[kind].format(notice)) == "up", notice


def _class_of(html: str) -> str:
    """What the probe of a home page says it is."""
    spider: Any = SimpleNamespace(
        at=lambda host: dt.datetime(2026, 9, 1, tzinfo=dt.UTC), own=lambda response, host, probe: probe
    )
    url = "http://a.example/"
    response = Response(url, body=html.encode(), request=Request(url))
    return str(HomeSpider.probe_of_home(spider, response, "a.example", Page(url, html), known=False)["class"])


@pytest.mark.parametrize(
    "said",
    [
        "<h2>关站公告</h2><p>由于业务调整，本站已于 2026 年 6 月 30 日正式关闭，不再接受新订单。</p>",
        "<section><h1>本店已停止营业</h1><p>感谢您的支持与信任</p></section>",
        "<div class=panel>亲爱的用户，本平台现已停止服务，数据将于 7 日后清除。</div>",
    ],
)
def test_a_closed_shop_that_keeps_its_frame_is_closed_but_not_one_that_came_back(said: str) -> None:
    frame = "<html><title>小铺</title><nav><a href='/'>首页</a><a href='/orders'>订单查询</a><a href='/cart'>购物车</a></nav>{}<footer>湘ICP备2022011223号-1</footer>"
    assert _class_of(frame.format(said)) == "closed_by_owner"
    assert _class_of(frame.format(f"{said}<p>本站现已恢复营业。</p>")) == "up"
    assert _class_of(frame.format(said + _TWO)) == "up"


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("<h1>再见</h1><p>本站因个人原因永久关闭，感谢陪伴。</p>", "closed_by_owner"),
        ("<p>系统升级中，请稍后访问</p>", "maintenance"),
        ("<h2>该网站含有违法违规内容，已停止访问</h2>", "diverted"),
        ("<p>网站备案信息已被注销，请重新备案</p>", "blocked_unfiled"),
        ("<h1>Account Suspended</h1><p>This account has been suspended.</p>", "frozen"),
        ("<p>您的域名 a.example 已到期停止解析，请续费</p>", "expired"),
        ("<h1>a.example is for sale</h1><p>Make an offer.</p>", "parked"),
        ("<h1>a.example 域名可出售</h1><p>本域名正在转让，点击报价</p>", "parked"),
        ("<p>网站建设中，敬请期待</p>", "placeholder"),
        ("<h2>致老客户</h2><p>我们决定自2026年7月1日起结束经营，不再接受新订单。</p>", "closed_by_owner"),
        ("<p>因精力有限，本小站不再营业了，谢谢。</p>", "closed_by_owner"),
        ("<h1>結束營業公告</h1><p>感謝支持</p>", "closed_by_owner"),
        ("<h1>We have shut down permanently</h1>", "closed_by_owner"),
        ("<p>网站暂时关闭，请稍后访问~</p>", "maintenance"),
        ("<p>机房迁移中，明天中午前恢复</p>", "maintenance"),
        ("<h1>春节放假通知</h1><p>期间暂停下单，初七恢复</p>", "maintenance"),
        ("<p>店铺已打烊，请稍后再来</p>", "maintenance"),
        ("<p>该商户已被冻结，请联系平台</p>", "frozen"),
        ("<h3>店铺已关闭</h3><p>该店铺因违反平台规则被限制访问</p>", "frozen"),
        ("<p>中国电信已对该网站进行访问限制</p>", "diverted"),
        ("<p>您要访问的网站已被管局要求停止访问</p>", "diverted"),
        ("<ol><li>您没有将此域名或IP进行备案</li></ol>", "blocked_unfiled"),
        ("<h1>LNMP一键安装包 安装成功</h1>", "placeholder"),
        ("<h1>Index of /</h1><pre><a href=a/>a/</a></pre>", "placeholder"),
        ("<p>This webpage was generated by the domain owner using Sedo Domain Parking.</p>", "parked"),
        ("<p>由于长期亏损，本店已倒闭，感谢各位。</p>", "closed_by_owner"),
        ("<p>小店经营至2026年6月30日为止，今后不再提供商品</p>", "closed_by_owner"),
        ("<h1>平台注销公告</h1>", "closed_by_owner"),
        ("<p>该服务已于2026年7月15日正式下线</p>", "closed_by_owner"),
        ("<p>Our store is no longer in operation.</p>", "closed_by_owner"),
        ("<p>本站已全面停止业务，余额清退已完成</p>", "closed_by_owner"),
        ("<h1>服务器升级</h1><p>正在更换服务器</p>", "maintenance"),
        ("<p>We are performing some maintenance at the moment.</p>", "maintenance"),
        ("<p>本店休息至2026年9月15日</p>", "maintenance"),
        ("<p>商家未营业，请在营业时间下单</p>", "maintenance"),
        ("<p>店铺违规，已被平台下架处理</p>", "frozen"),
        ("<p>该域名未在本机房接入备案</p>", "blocked_unfiled"),
        ("<p>您访问的网站被列入不良网站名单，已禁止访问。</p>", "diverted"),
        ("<h1>Congratulations, the site is created successfully!</h1>", "placeholder"),
        ("<p>该域名正在阿里云万网出售</p>", "parked"),
        ("<p>mysqli::real_connect(): Access denied for user 'shop'@'localhost'</p>", "server_error"),
        ("<h1>SQLSTATE[HY000] [2002] Connection refused</h1>", "server_error"),
        ("<b>Fatal error</b>:  Uncaught Error: Call to undefined function x()", "server_error"),
        ("<p>本站自 2026 年 7 月 3 日起不再经营，望周知。</p>", "closed_by_owner"),
        ("<p>小店已经关了，多谢。</p>", "closed_by_owner"),
        ("<h1>停业啦！</h1><p>多谢各位</p>", "closed_by_owner"),
        ("<p>平台程序升级，暂时不能下单</p>", "maintenance"),
        ("<p>商城检修中，稍后再来</p>", "maintenance"),
        ("<p>您请求的站点尚未绑定</p>", "placeholder"),
        ("<h1>网站不存在</h1>", "placeholder"),
        ("<p>本域名停靠于注册商</p>", "parked"),
        ("<h1>好域名转让</h1><a>马上购买此域名</a>", "parked"),
        ("<p>账号已欠费，业务被停用</p>", "expired"),
        ("<p>余额不足，您的空间已暂停</p>", "expired"),
        ("<p>此域名没有在机房办理备案</p>", "blocked_unfiled"),
        ("<p>网站的备案号已被取消</p>", "blocked_unfiled"),
        ("<p>此网站存在有害信息，已限制访问</p>", "diverted"),
        ("<h1>此站被网警依法予以查封</h1>", "diverted"),
    ],
)
def test_what_stands_in_a_sites_place_is_called_what_it_is(said: str, what: str) -> None:
    assert place_of(200, f"<html><head><title>提示</title></head><body>{said}</body></html>") == what


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("本店将于2026年10月31日停止运营，余额可退。", None),
        ("本店将于2026年8月31日停止运营，余额可退。", "closed_by_owner"),
        ("本店即将永久关闭。", None),
        ("决定自2026年10月1日起结束营业。", None),
    ],
)
def test_an_end_that_is_announced_has_not_come(said: str, what: str | None) -> None:
    page = f"<html><title>公告</title><body><p>{said}</p></body></html>"
    assert place_of(200, page, dt.date(2026, 9, 1)) == what


@pytest.mark.parametrize(
    "page",
    [
        "<script>document.cookie=('_')+('jsl')+('_clearance=1');location.href=location.pathname</script>",
        "<html><body><iframe src='/_Incapsula_Resource?x=1'>Request unsuccessful.</iframe></body></html>",
        "<h2>正在进行安全检测</h2><p>启用了5秒盾防护，正在验证您的浏览器</p>",
        "<h1>Security Verification</h1><p>正在验证您是否是真人。</p>",
        "<p>请完成下方验证</p><div>请按住滑块，拖动到最右边</div>",
        "<title>请稍候</title><body onload=g()><script>var k='wzws_cid';function g(){location.replace('/x')}</script>",
    ],
)
@pytest.mark.parametrize("status", [200, 521])
def test_a_wall_is_a_wall_whatever_its_maker_and_status(page: str, status: int) -> None:
    assert probe_of_page(status, page.encode(), page, 0.1)["class"] == "js_challenge"


@pytest.mark.parametrize(
    ("target", "stops"),
    [
        ("http://notice.line.test/blk.html?u=http%3A%2F%2Fshop.test%2F", True),
        ("https://fanzha.line.test/?d=shop.test", True),
        ("http://warn.line.test/", False),
        ("https://new.test/?from=shop.test", False),
        ("https://new.test/stopwatch?from=shop.test", False),
    ],
)
def test_a_redirect_to_a_page_that_stops_visitors_and_names_the_site_is_a_diversion(
    target: str, stops: bool
) -> None:
    assert leads_to_stop_page(target, "shop.test") is stops


def test_a_page_whose_script_remembers_a_choice_is_no_wall() -> None:
    page = "<div id=app></div><script>document.cookie='lang=zh';location.hash||1</script><script src=/a.js></script>"
    assert probe_of_page(200, page.encode(), page, 0.1)["class"] == "up"
