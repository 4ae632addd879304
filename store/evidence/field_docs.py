"""What every kind and field of the open evidence format means, in Chinese and English: for its schema and its pages. Pure."""

from __future__ import annotations

Said = tuple[str, str]
"""(中文, English)."""

KINDS: dict[str, Said] = {
    "platform": ("一个网站：名称、别名、运营者。导入后加入观察名单。", "A site: its name, other names and operator. Importing it puts it on the watchlist."),
    "crawl": (
        "查过一次：哪个来源、何时、查到没有。没有这条记录，“没有投诉”和“没有查过”分不开，因此没有的不能当作零。",
        "One look at a source: when, and how it ended. Without it nothing tells “no complaints” from “nobody looked”, so silence is never read as zero.",
    ),
    "complaint": ("一条投诉：消费者的说法，不是事实。", "A consumer's claim, not a fact."),
    "counters": ("投诉平台给一个商家的累计数字。", "A complaint site's totals for one merchant."),
    "rank": ("在投诉平台榜单上的位置。", "A place on one of a complaint site's lists."),
    "filing": ("备案查询的明确答复：查到，或明确没有。查询失败写成 `crawl`。", "A registry's clear answer: filed, or clearly not. A query that failed is a `crawl`."),
    "orders": ("网站自己显示的订单计数。", "The order counters a shop shows."),
    "price": ("一个在售商品。", "One product on offer."),
    "probe": ("一次可用性探测。", "One availability probe."),
    "page": ("网站的一页文字。", "The text of one page of the site."),
    "registration": ("域名注册信息。", "The domain's registration."),
    "certificate": ("网站出示的证书；签发给谁不保留。", "The certificate a host showed; whom it was issued to is not kept."),
    "resolution": ("域名如何解析。", "How the name resolves."),
    "move": ("网站指向了自己的另一个域名。", "The site pointed to another host of its own."),
    "sighting": ("第三方索引（证书日志、网页存档）见过这个网站没有、何时；没见过不等于新。", "What a third party's index (certificate logs, web archives) has seen of the host; not seen is not new."),
    "mention": ("站外提到这个网站：论坛、故障登记，或网站自己的频道。是说法，不是事实，也不计入投诉。", "Words about the site elsewhere: forums, registries of failures, or a channel of its own. A claim, in no count of complaints."),
    "penalty": ("公示的行政处罚、列入名录或执行案件，只收企业。", "A published decision, list entry or court case about a company; never about a person."),
    "order": ("一笔已付款订单：真正的分母。", "One paid order: a real denominator."),
}  # fmt: skip

COMMON: dict[str, Said] = {
    "kind": ("记录种类。", "The kind of record."),
    "source": ("信息源编号，见 docs/sources.md；没有登记过的须加 `--new-source`。", "The source's id, see docs/sources.md; one nobody declared needs `--new-source`."),
    "host": ("说的是哪个网站：域名、IP:端口，或商城里一家商户的网址。", "Whom it is about: a host name, IP:port, or the address of a merchant in a mall."),
    "platform": ("只知道名称时：网站或企业名称；对不上的进复核队列。", "Where only a name is known: the site's or the company's; one that matches nothing waits for review."),
    "mentions": ("正文提到的网址；恰好只有一个是观察中的网站时，用来认定说的是谁。", "Hosts the text names; they tell whom it is about where exactly one is watched."),
    "seen_at": ("我们何时能看到；没写就是发生的时间。逐日回放时只用当天已能看到的。", "When it became visible to us, by default when it happened. What is computed for a day uses only what was visible by then."),
    "observed_at": ("何时看到的。", "When it was observed."),
    "provider": ("向谁查的（miit、rdap、whois …）。", "Who was asked (miit, rdap, whois …)."),
    "_capture": ("采集器内部使用，导入时不起作用。", "Used inside the crawler; without effect on an import."),
}  # fmt: skip

FIELDS: dict[str, dict[str, Said]] = {
    "platform": {
        "host": ("网站的主域名。", "The site's main host."),
        "name": ("网站名称。", "The site's name."),
        "aliases": ("别名和其他域名。", "Other names and hosts."),
        "operator": ("运营企业名称；自然人不填。", "The company that runs it; never a natural person."),
        "uscc": ("运营企业的统一社会信用代码。", "The company's unified social credit code."),
        "opened_on": ("开业日期。", "The day it opened."),
        "software": ("所用发卡系统。", "The shop software it runs."),
        "demo": ("演示数据，从不与真实数据混用。", "Demonstration data, never mixed with real sites."),
    },
    "crawl": {
        "started_at": ("开始时间。", "When it began."),
        "finished_at": ("结束时间。", "When it ended."),
        "outcome": ("ok 查完了；failed 没查成；blocked 对方不让查。只有 ok 才说明“查过而没有”。", "ok: looked through; failed: not answered; blocked: refused. Only ok says that what was not found is not there."),
        "hosts": ("查了哪些网站；不写 = 查遍了这个来源；空列表 = 一个也没查到。", "Which sites were looked at; absent = the whole source; an empty list = none of them."),
        "reason": ("没查成的原因。", "Why it failed."),
    },
    "complaint": {
        "source_id": ("来源给的编号，同一编号只算一条；没有则按内容识别。", "The source's number; records of one number are one complaint. Without it the content tells."),
        "filed_at": ("投诉时间。", "When it was filed."),
        "title": ("标题，存前脱敏。", "The title; redacted before it is stored."),
        "text": ("正文，存前脱敏。", "The text; redacted before it is stored."),
        "amount": ("涉诉金额，元。", "The amount in dispute, yuan."),
        "status": ("进展；不写 = open。也认人们常用的词（见下），不认识的词整行拒收。", "Its state; absent = open. Common words are known too (below); a row with another word is refused."),
        "replied_at": ("首次回复时间。", "When it was first answered."),
        "completed_at": ("解决时间。", "When it was settled."),
        "replied_seen_at": ("不知道何时回复的：最早何时看到已回复。", "Where it is not known when it was answered: when it was first seen to be."),
        "completed_seen_at": ("不知道何时解决的：最早何时看到已解决。", "Where it is not known when it was settled: when it was first seen to be."),
        "observed_at": ("何时看到这个进展；从不当作回复或解决的时间。", "When this state was seen; it is never taken for the time of the answer or settlement."),
        "url": ("链接。", "The link."),
        "stars": ("投诉人的评分，0–5。", "The complainant's rating, 0–5."),
        "steps": ("处理步骤：`did` 做了什么，`at` 何时；不含人名和原话。", "Steps of handling: `did` what, `at` when; never by whom or in which words."),
        "complainant": ("来源里投诉人的任何名字，只用来认出同一人，只存加密摘要。", "Any name the source has for who filed it: only a keyed hash is kept, to tell one person's further complaints."),
        "complainant_key": ("别处做好的摘要（export --evidence）。", "Such a hash made elsewhere (export --evidence)."),
    },
    "counters": {
        "valid_total": ("有效投诉总数。", "Valid complaints in all."),
        "replied_total": ("已回复总数。", "Answered in all."),
        "completed_total": ("已完成总数。", "Settled in all."),
        "valid_30d": ("近 30 天有效投诉。", "Valid complaints of the last 30 days."),
        "replied_30d": ("近 30 天已回复。", "Answered in the last 30 days."),
        "completed_30d": ("近 30 天已完成。", "Settled in the last 30 days."),
    },
    "rank": {
        "board": ("榜单：red 红榜，black 黑榜，reply 回复榜，rise 上升榜。", "The list: red (best), black (worst), reply, rise."),
        "span": ("周、月、季。", "Its span."),
        "field": ("行业。", "The industry."),
        "place": ("名次。", "The place."),
    },
    "filing": {
        "found": ("true 已备案，false 明确未备案。", "true: filed, false: clearly not filed."),
        "number": ("备案号。", "The filing number."),
        "entity": ("主办单位；个人备案不存姓名。", "Who filed; the name of a natural person is not kept."),
        "nature": ("单位性质，登记系统的词；不认识的词整行拒收。", "Who filed, in the registry's words; a row with another word is refused."),
        "domain": ("答复针对的域名。", "The domain the answer is about."),
        "limit_access": ("是否限制接入。", "Whether access is limited."),
        "approved_on": ("审核日期。", "The day of approval."),
        "site_name": ("备案的网站名称。", "The filed name of the site."),
        "content": ("备案的服务内容。", "The filed content."),
    },
    "orders": {
        "total": ("累计订单。", "Orders in all."),
        "processed": ("已处理订单。", "Processed orders."),
        "today": ("今日订单。", "Orders today."),
        "hidden": ("网站把计数藏起来了。", "The site hides its counters."),
    },
    "price": {
        "product": ("商品名称。", "The product's name."),
        "price": ("售价，元。", "The price, yuan."),
        "face_value": ("面值或官方价，元。", "Face value or official price, yuan."),
        "list_price": ("划线价，元。", "The crossed-out price, yuan."),
        "stock": ("库存件数。", "Pieces in stock."),
        "stock_label": ("库存的文字（充足、缺货 …）。", "The stock in words."),
        "sold": ("已售件数。", "Pieces sold."),
        "automatic": ("是否自动发货。", "Whether it is delivered automatically."),
        "currency": ("币种（ISO 4217 或 USDT），不写 = 人民币；XXX = 外币，但页面没有写明是哪国的（如 kr）。其他币种的价格不写在 price 里。", "The currency (ISO 4217 or USDT), yuan where absent; XXX: a foreign one, of which the page does not say whose (kr). A price in another one is not put into price."),
    },
    "probe": {
        "outcome": ("ok 能打开；slow 慢；down 打不开；refused 不让机器看。", "ok, slow, down, or refused (a wall in front of it)."),
        "class": ("更细的类别（up、dns_gone、tls_error、waf_block …）。", "The finer class (up, dns_gone, tls_error, waf_block …)."),
        "status": ("HTTP 状态码。", "The HTTP status."),
        "latency_ms": ("毫秒。", "Milliseconds."),
        "dns": ("域名解析：ok 有地址；none 没有；sinkhole 指向已知的拦截地址。", "The name: ok it has addresses, none it has not, sinkhole they are known sinkholes."),
        "tcp": ("连接：ok 连上；refused 被拒；timeout 超时。", "The connection: ok, refused, timeout."),
        "tls": ("证书：ok 有效；failed 握手失败；expired 过期；not_yet_valid 未生效；wrong_name 域名不符；self_signed 自签；untrusted 不受信任；空 = 没有用 TLS。",
                "The certificate: ok, failed (no handshake), expired, not_yet_valid, wrong_name, self_signed, untrusted; empty without TLS."),
        "body": ("应答页是什么（up = 网站自己的页面）。", "What the page is (up: the site's own)."),
        "until": ("维护页自己写的结束日期。", "The day a maintenance page names for its end."),
    },
    "page": {
        "role": ("哪一页：首页、公告、条款、联系。", "Which page it is."),
        "text": ("页面文字，存前脱敏。", "Its text; redacted before it is stored."),
        "footer_icp": ("页脚的备案号。", "The filing number in its footer."),
        "company": ("页面写的公司。", "The company it names."),
        "software": ("所用发卡系统。", "The shop software."),
        "signs": ("采集器读出的其他特征。", "Other features the crawler reads."),
        "contacts": ("联系方式：种类 → 号码；只存加密摘要。", "The shop's contacts, kind → numbers; only keyed hashes are kept."),
        "site_name": ("页面给网站的名字：网站没有名字时作它的名字，否则作别名。", "The name the page gives the site: its name where it has none, else an alias."),
    },
    "registration": {
        "registered_on": ("注册日期。", "The day of registration."),
        "expires_on": ("到期日期。", "The day it expires."),
        "registrar": ("注册商。", "The registrar."),
    },
    "certificate": {
        "issuer": ("签发机构。", "The issuer."),
        "issuer_kind": ("签发方式。", "How it was issued."),
        "not_before": ("生效时间。", "Valid from."),
        "not_after": ("失效时间。", "Valid until."),
        "names": ("证书包含的域名。", "The hosts it is for."),
        "matches": ("是否包含这个域名。", "Whether this host is one of them."),
        "fingerprint": ("SHA-256 指纹。", "Its SHA-256 fingerprint."),
    },
    "resolution": {
        "found": ("域名是否存在。", "Whether the name exists."),
        "ipv4": ("IPv4 地址个数。", "How many IPv4 addresses."),
        "ipv6": ("IPv6 地址个数。", "How many IPv6 addresses."),
        "alias_of": ("CNAME 指向。", "The name it is an alias of."),
        "name_servers": ("域名服务器。", "Its name servers."),
        "takes_mail": ("是否收邮件。", "Whether it takes mail."),
        "places": ("地址所在国家代码。", "Country codes of its addresses."),
        "network_owner": ("地址登记机关所写的网络所有者（机构，没有则为网络名）。", "Who owns its address, as the address registry states it: the organisation, else the network's name."),
        "network_abuse": ("登记机关公布的 abuse 信箱所在的域名。", "The domain of the abuse mailbox the registry publishes."),
    },
    "move": {
        "to_host": ("新的域名。", "The new host."),
        "via": ("从跳转还是公告得知。", "Told by a redirect or by a notice."),
    },
    "sighting": {
        "provider": ("ct 证书日志；wayback、commoncrawl 网页存档。", "ct: certificate logs; wayback, commoncrawl: web archives."),
        "first_on": ("最早一次。", "The first time."),
        "last_on": ("最近一次。", "The last time."),
        "count": ("次数；0 = 索引明确没有。", "How often; 0: the index says it has nothing."),
        "at_least": ("索引被截断，次数和最早日期只是界限。", "The index was cut off: count and first day are bounds."),
        "names": ("同一批证书里的域名。", "Hosts on the same certificates."),
    },
    "mention": {
        "source_id": ("来源给的编号。", "The source's number."),
        "by": ("谁说的：people 网友，registry 故障登记，site 网站自己的频道。", "Whose words: people, a registry of failures, or the site's own channel."),
        "said_at": ("何时说的。", "When it was said."),
        "title": ("标题，存前脱敏。", "The title; redacted before it is stored."),
        "text": ("正文，只用来判断说的是哪类问题；除网站自己的频道外不保存。", "The text: it tells the kinds of trouble, and is kept of a site's own channel only."),
        "replies": ("回复数。", "Replies."),
        "state": ("open 未解决，solved 已解决。", "open or solved, where the place says so."),
        "state_at": ("何时解决。", "When it was solved."),
        "url": ("链接。", "The link."),
    },
    "penalty": {
        "decided_on": ("决定日期。", "The day of the decision."),
        "category": ("类别（行政处罚、经营异常、被执行人 …）。", "Its category."),
        "reason": ("事由。", "The reason."),
        "url": ("链接。", "The link."),
        "ended_on": ("移出或失效日期；从那天起不再计分。", "The day it was lifted; from then on it counts no more."),
    },
    "order": {
        "order_ref": ("订单号，只存加密摘要。", "The order number; only a keyed hash is kept."),
        "paid_at": ("付款时间。", "When it was paid."),
        "delivered_at": ("到账时间。", "When it was delivered."),
        "refunded_at": ("退款时间。", "When it was refunded."),
        "state": ("现在的状态；missing = 订单查不到了。", "Its present state; missing = the order's record is gone."),
        "promised_hours": ("商品承诺的小时数。", "Hours the product promises."),
        "drop_kind": ("掉单的种类，知道才填。", "The kind of drop, where known."),
    },
}  # fmt: skip


def meaning(kind: str, name: str) -> Said:
    """What a field means; raises KeyError for one nobody has described."""
    said = FIELDS.get(kind, {}).get(name) or COMMON.get(name)
    if said is None:
        raise KeyError(
            f"{kind}.{name}: say what it means in store/evidence/field_docs.py, then run python -m kamengwatch.evidence_docs"
        )
    return said
