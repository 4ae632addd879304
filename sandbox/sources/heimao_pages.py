"""The complaint site's HTML: detail pages with their unclosed item, company pages, the login page and the missing page."""

from __future__ import annotations

import html

from sandbox.market.complaints import FIRST_RUNNING, SN_OFFSET
from sandbox.market.parameters import SHANGHAI
from sandbox.market.stage import Stage
from sandbox.sources import heimao_facts as heimao

STATES = {1: "审核通过", 3: "待分配", 4: "处理中", 6: "已回复", 7: "已完成", 8: "已关闭"}


def _frame(title: str, body: str) -> str:
    menu = "".join(f'<li><a href="/field/{i}/">{name}</a></li>' for i, name in heimao.FIELDS)
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<link rel="stylesheet" href="/static/ts.css"></head><body><div class="header"><ul class="nav">{menu}</ul></div>'
        f'<div class="wrap">{body}</div><div class="side">{SIDE}</div><div class="foot">消费者服务平台（演练）</div></body></html>'
    )


SIDE = "".join(
    f'<div class="tip tip-{i}"><h4>投诉须知 {i}</h4><p>请如实填写投诉内容，保留订单截图、支付凭证与沟通记录。'
    "平台将在审核通过后转交商家处理，商家回复后请及时确认。请勿在投诉内容中填写他人隐私。</p></div>"
    for i in range(1, 41)
)


def front() -> str:
    """The home page, without lists."""
    return _frame("投诉平台（演练）", "<h1>投诉平台</h1><p>最新投诉由接口提供。</p>")


def missing() -> str:
    """What a deleted complaint, or one opened without its token, looks like."""
    return _frame("页面不存在", '<div class="error"><p>页面不存在</p></div>')


def login_page() -> str:
    """HTML where JSON was expected: the login wall."""
    return _frame(
        "登录",
        '<div class="login"><h2>登录</h2><p>请使用微博帐号登录后继续浏览</p><a href="/login/weibo">微博登录</a></div>',
    )


def company(stage: Stage, couid: str) -> str:
    """A company page that links to the counters."""
    platform = next((p for p in stage.market.platforms if p.couid and p.couid == couid), None)
    if platform is None:
        return missing()
    return _frame(
        platform.name,
        f'<h1 class="company">{platform.name}</h1><p>投诉数据见接口 /api/company/info?couid={couid}</p>',
    )


def detail(stage: Stage, number: str, token: str) -> str:
    """The page of one complaint as of the simulated present."""
    market = stage.market
    c = market.complaints
    index = int(c.running.searchsorted(int(number) - SN_OFFSET))
    real = index < len(c) and int(number) - SN_OFFSET >= FIRST_RUNNING and c.number(index) == number
    if not real or c.filed[index] > stage.day or token != heimao.sld(market, number):
        return missing()
    words = market.words(index)
    filed = market.parameters.moment(c.filed[index]).astimezone(SHANGHAI)
    who = heimao.ALIASES[index % 6]
    couid = heimao.company_of(market, index)
    target = html.escape(words.object)
    if couid:
        target = f'<a href="//{heimao.HOST}/company/view/?couid={couid}">{target}</a>'
    # The real site never closes the 使用服务 item; readers must not rely on </li>.
    facts = (
        f"<li><label>投诉编号</label>{number}</li>\n   <li><label>投诉对象</label>{target}</li>\n"
        f"   <li><label>使用服务</label>数字充值\n   <li><label>投诉问题</label>{words.issue}</li>\n"
        f"   <li><label>投诉要求</label>{words.appeal}</li>\n   <li><label>涉诉金额</label>{words.amount:.2f}元</li>\n"
        f"   <li><label>投诉进度</label><b>{STATES[heimao.status(market, index, stage.day)]}</b></li>"
    )
    body = (
        '<div class="ts-d-l">\n <div class="ts-d-question">\n'
        f'  <div class="ts-d-user"><span class="u-name">{who}</span>'
        f'<span class="u-date">发布于 {filed:%Y年%m月%d日 %H:%M:%S}</span></div>\n'
        f'  <h1 class="article">{html.escape(words.title)}</h1>\n  <ul class="ts-q-list">\n   {facts}\n  </ul>\n </div>\n'
        f' <div class="ts-d-steplist">\n{_steps(stage, index, who)}\n </div>\n{_stars(stage, index)}</div>'
    )
    return _frame(words.title, body)


def _steps(stage: Stage, index: int, who: str) -> str:
    """Newest first; the last one holds the whole complaint."""
    market, c = stage.market, stage.market.complaints
    words = market.words(index)
    steps = [
        (c.filed[index], who, "发起投诉", words.text),
        (c.filed[index] + 0.1, "消费者服务平台", "审核通过", ""),
    ]
    steps.append((c.filed[index] + 0.5, "消费者服务平台", "分配商家", ""))
    if c.replied[index] <= stage.day:
        steps.append((c.replied[index], "商家客服", "回复投诉", words.reply))
    if c.completed[index] <= stage.day:
        steps.append((c.completed[index], who, "确认完成", ""))
    steps = [step for step in steps if step[0] <= stage.day]
    steps.sort(key=lambda step: -step[0])
    lines = []
    for day, name, state, text in steps:
        at = market.parameters.moment(day).astimezone(SHANGHAI)
        content = f'<div class="ts-d-cont"><p>{html.escape(text)}</p></div>' if text else ""
        lines.append(
            f'  <div class="ts-d-item"><span class="u-name">{name}</span><span class="u-status">{state}</span>'
            f'<span class="u-date">{at:%m-%d %H:%M:%S}</span>{content}</div>'
        )
    return "\n".join(lines)


def _stars(stage: Stage, index: int) -> str:
    given = heimao.stars(stage.market, index, stage.day)
    if not given["attitude"]:
        return ""
    pairs = (("服务态度", "attitude"), ("处理速度", "process"), ("满意度", "satisfaction"))
    items = "".join(f'<li>{label}：<i class="star{given[key]}"></i></li>' for label, key in pairs)
    return f' <div class="ts-d-pj"><ul>{items}</ul></div>\n'
