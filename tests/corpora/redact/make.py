"""Write planted.jsonl and survive.jsonl: `python tests/corpora/redact/make.py`. Every value is invented and says so.

Telephones have 0000 in the middle, identity numbers a birthday in 1900, cards a row of zeros, addresses 示例 names.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
RNG = random.Random(20261122)
EACH = 9
FULL = str.maketrans(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@-.",
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ＠－．",
)
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
BANKERS = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")

BEFORE = [
    "你好，",
    "在某卡盟充值没到账，",
    "付款129.00元三天了，",
    "2026-03-02 12:30下单，",
    "求处理！",
    "",
    "商家不回复。",
]
AFTER = ["，请尽快处理", "。谢谢", "，要求退款98元", "！", "", " 等回复", "，已等3天"]


def digits(n: int) -> str:
    return "".join(RNG.choice("0123456789") for _ in range(n))


def mobile() -> str:
    return f"1{RNG.choice('3456789')}{RNG.choice('0123456789')}0000{digits(4)}"


def identity() -> str:
    first = f"{RNG.choice(['110101', '440305', '310115', '510104'])}1900{RNG.randint(1, 12):02}{RNG.randint(1, 28):02}{digits(3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


def card() -> str:
    return f"6222{digits(2)}00000000{digits(RNG.choice([2, 5]))}"


def name() -> str:
    first = RNG.choice(
        ["张", "李", "王", "赵", "钱", "孙", "周", "吴", "郑", "冯", "陈", "褚", "欧阳", "上官", "诸葛"]
    )
    return first + RNG.choice(["三", "四", "小明", "小红", "甲乙", "五五", "某甲", "子虚", "乌有", "丙丁"])


def account() -> str:
    return (
        RNG.choice(["demo", "fake", "invented", "noone"])
        + RNG.choice(["_", "", "-"])
        + digits(RNG.randint(3, 6))
    )


def mail() -> str:
    return f"{account()}@{RNG.choice(['mail.example', 'qq.com', '163.com', 'post.test'])}"


def address() -> str:
    area = RNG.choice(
        [
            "广东省深圳市南山区",
            "北京市朝阳区",
            "江苏省苏州市姑苏区",
            "四川省成都市武侯区",
            "上海市浦东新区",
            "浙江省义乌市",
        ]
    )
    street = RNG.choice(
        ["示例路{}号", "虚构街{}号院2栋", "样板大道{}号示例小区3栋2单元501室", "示例小区{}栋一单元302"]
    )
    return area + street.format(RNG.randint(1, 99))


def grouped(value: str, sep: str, *sizes: int) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(value[at : at + size])
        at += size
    return sep.join([*parts, value[at:]] if at < len(value) else parts)


def plate() -> str:
    return f"{RNG.choice('粤京沪苏川鲁')}{RNG.choice('ABCEFG')}{digits(2)}{RNG.choice('ABK')}{digits(2)}"


def order() -> str:
    return RNG.choice(["", "DD", "T"]) + "20260302" + digits(RNG.choice([8, 10]))


def landline() -> str:
    return RNG.choice(["0755", "010", "021", "0571"]) + "-8000" + digits(4)


# spelling → (text around the secret with {} for it, maker of the secret as written)
SPELLINGS: dict[str, tuple[list[str], Callable[[], str]]] = {
    "mobile plain": (["我的电话{}", "手机{}", "{}", "联系我{}"], mobile),
    "mobile touching Chinese": (["请打{}找我", "我是{}的机主", "充值号码{}没到"], mobile),
    "mobile touching letters": (["tel{}", "phone:{}", "Tel.{}"], mobile),
    "mobile spaces 3-4-4": (["电话 {}", "打{}"], lambda: grouped(mobile(), " ", 3, 4)),
    "mobile dashes": (["电话{}", "{}"], lambda: grouped(mobile(), "-", 3, 4)),
    "mobile dots": (["电话{}", "{}"], lambda: grouped(mobile(), ".", 3, 4)),
    "mobile dashes 3-3-5": (["电话{}"], lambda: grouped(mobile(), "-", 3, 3)),
    "mobile 4-3-4": (["电话{}"], lambda: grouped(mobile(), " ", 4, 3)),
    "mobile one by one": (["电话 {}", "我{}"], lambda: " ".join(mobile())),
    "mobile one by one dotted": (["电话 {}"], lambda: ".".join(mobile())),
    "mobile starred apart": (["电话 {}"], lambda: "*".join(mobile())),
    "mobile in pairs": (["电话 {}"], lambda: grouped(mobile(), "-", 2, 2, 2, 2, 2)),
    "mobile full width": (["电话{}", "手机：{}"], lambda: mobile().translate(FULL)),
    "mobile full width spaced": (["电话{}"], lambda: grouped(mobile(), "\u3000", 3, 4).translate(FULL)),
    "mobile Chinese numerals": (["电话{}", "打{}"], lambda: mobile().translate(CHINESE)),
    "mobile 幺 for one": (["电话{}"], lambda: mobile().translate(CHINESE).replace("一", "幺")),
    "mobile bankers' numerals": (["电话{}"], lambda: mobile().translate(BANKERS)),
    "mobile mixed numerals": (["电话{}"], lambda: "".join(c.translate(CHINESE) if i % 3 == 0 else c for i, c in enumerate(mobile()))),
    "mobile circled": (["电话{}"], lambda: mobile().translate(CIRCLED)),
    "mobile bold digits": (["电话{}"], lambda: mobile().translate(BOLD)),
    "mobile keycaps": (["电话{}"], lambda: "".join(f"{d}\ufe0f\u20e3" for d in mobile())),
    "mobile emoji between": (["电话{}"], lambda: grouped(mobile(), RNG.choice("😀🎉📞"), 1, 3, 4)),
    "mobile emoji everywhere": (["电话{}"], lambda: RNG.choice("😀🎉").join(mobile())),
    "mobile zero width": (["电话{}"], lambda: "\u200b".join(mobile())),
    "mobile +86": (["电话{}", "{}"], lambda: "+86" + RNG.choice(["", " ", "-"]) + mobile()),
    "mobile 0086": (["电话{}"], lambda: "0086" + mobile()),
    "mobile 86 solid": (["电话{}"], lambda: "86" + mobile()),
    "mobile letters l and O": (["电话{}"], lambda: "l" + mobile()[1:].replace("0", "O")),
    "mobile masked": (["尾缀{}"], lambda: mobile()[:3] + "****" + digits(4)),
    "mobile in a query string": (["https://shop.test/query?phone={}"], mobile),
    "mobile traditional": (["電話號碼{}", "聯繫電話：{}"], mobile),
    "landline": (["电话{}", "座机：{}", "{}"], landline),
    "landline brackets": (["电话（{}"], lambda: landline().replace("-", "）")),
    "landline solid": (["电话{}"], lambda: landline().replace("-", "")),
    "landline spaced": (["座机{}"], lambda: landline().replace("-", " ")),
    "landline full width": (["電話：{}"], lambda: landline().translate(FULL)),
    "local number after keyword": (["座机号码：{}", "电话 {}"], lambda: "8000" + digits(4)),
    "foreign telephone": (["电话{}"], lambda: RNG.choice(["+852 5000 ", "+853-6000-", "+886 900-0"]) + digits(4)),
    "identity": (["身份证{}", "身份证号：{}", "{}", "我的证件 {}"], identity),
    "identity small x": (["身份证{}"], lambda: identity()[:-1] + "x"),
    "identity spaced": (["身份证{}"], lambda: grouped(identity(), " ", 6, 8)),
    "identity dashes": (["身份证 {}"], lambda: grouped(identity(), "-", 6, 4, 4)),
    "identity birthday apart": (["身份证 {}"], lambda: grouped(identity(), "-", 6, 4, 2, 2)),
    "identity one by one": (["身份证 {}"], lambda: " ".join(identity()[:-1]) + " 1"),
    "identity full width": (["身份证{}"], lambda: identity().translate(FULL)),
    "identity of 15": (["身份证{}"], lambda: f"11010100{RNG.randint(1, 12):02}{RNG.randint(1, 28):02}{digits(3)}"),
    "card": (["银行卡{}", "卡号：{}", "打款到{}"], card),
    "card in fours": (["卡号 {}"], lambda: grouped(card(), " ", 4, 4, 4, 4)),
    "card in fours dashed": (["卡号 {}"], lambda: grouped(card(), "-", 4, 4, 4, 4)),
    "card full width": (["卡号{}"], lambda: card().translate(FULL)),
    "card dotted": (["卡号{}"], lambda: grouped(card(), ".", 4, 4, 4, 4)),
    "card tail": (["尾号{}", "卡尾号是{}"], lambda: digits(4)),
    "mail": (["邮箱{}", "发到{}", "{}"], mail),
    "mail full width": (["邮箱{}"], lambda: mail().translate(FULL)),
    "mail full-width at": (["邮箱：{}"], lambda: mail().replace("@", "＠")),
    "mail [at]": (["邮箱：{}"], lambda: mail().replace("@", "[at]")),
    "mail (at) [dot]": (["邮箱：{}"], lambda: mail().replace("@", "(at)").replace(".", "[dot]")),
    "mail 艾特": (["邮箱 {}"], lambda: mail().replace("@", "艾特").replace(".", "点")),
    "mail spaced": (["邮箱：{}"], lambda: mail().replace("@", " @ ")),
    "QQ": (["QQ{}", "QQ：{}", "qq号{}", "QQ号码是{}", "加QQ{}", "我的Q Q {}"], lambda: "1000" + digits(5)),
    "QQ slang": (["扣扣{}", "企鹅号：{}", "加Q {}", "球球{}", "抠抠{}", "Q:{}"], lambda: "1000" + digits(6)),
    "QQ group": (["QQ群{}", "群号：{}", "维权Q群 {}"], lambda: "1000" + digits(5)),
    "QQ full width": (["ＱＱ：{}"], lambda: ("1000" + digits(5)).translate(FULL)),
    "QQ split": (["QQ {}"], lambda: grouped("1000" + digits(5), " ", 3, 3)),
    "QQ Chinese numerals": (["扣扣{}"], lambda: ("1000" + digits(5)).translate(CHINESE)),
    "WeChat": (["微信{}", "微信号：{}", "加微信{}", "微信号是{}", "微信 {}"], account),
    "WeChat slang": (["薇信{}", "威信：{}", "V信{}", "vx{}", "VX：{}", "wx:{}", "加V{}", "＋v {}", "卫星号{}", "绿泡泡 {}", "v❤{}"], account),
    "WeChat full width": (["Ｖｘ：{}", "微信：{}"], lambda: account().translate(FULL)),
    "WeChat letters only": (["微信号：{}", "VX {}"], lambda: RNG.choice(["inventedname", "nobodyhere", "fakeaccount"]) + RNG.choice("abcdefgh") * 2),
    "WeChat wxid": (["微信{}", "{}"], lambda: "wxid_" + RNG.choice(["demo", "fake"]) + digits(6)),
    "WeChat traditional": (["微信號：{}"], account),
    "Telegram": (["飞机@{}", "telegram：{}", "电报号 {}", "TG：{}", "纸飞机号：{}"], lambda: "invented_" + digits(4)),
    "Telegram link": (["https://t.me/{}", "t.me/{}"], lambda: "invented" + digits(4)),
    "Alipay": (["支付宝账号：{}", "支付宝：{}", "支付寶帳號 {}", "支付宝{}"], lambda: "fake" + digits(6)),
    "account": (["账号：{}", "登录账号：{}", "用户名是{}", "会员号：{}", "UID：{}", "充值账号:{}"], account),
    "nickname": (["昵称：{}", "网名叫{}"], lambda: RNG.choice(["虚构的人", "无名小卒", "某个示例"]) + digits(2)),
    "password": (["密码：{}", "登录密码是{}"], lambda: "fake" + digits(5)),
    "order number": (["订单号{}", "订单号：{}", "订单编号 {}", "单号：{}", "流水号{}", "交易单号：{}", "商户单号:{}"], order),
    "order number short": (["订单号：{}", "单号{}"], lambda: "N" + digits(7)),
    "order number dashed": (["订单号：{}"], lambda: grouped("20260302" + digits(8), "-", 4, 2, 2)),
    "order number no keyword": (["{}这笔没到账", "付了 {} 没到"], lambda: "20260302" + digits(10)),
    "order number traditional": (["訂單號：{}", "訂單編號{}"], order),
    "order number spaced": (["订单号：{}"], lambda: grouped("20260302" + digits(8), " ", 4, 4, 4)),
    "name labelled": (["投诉人：{}", "姓名:{}", "联系人：{}", "收件人： {}", "户名：{}", "持卡人:{}", "真实姓名：{}"], name),
    "name labelled without colon": (["收件人{}", "户名{}", "持卡人{}", "姓名{}"], name),
    "name told": (["我叫{}", "本人叫{}", "他叫{}", "我的名字叫{}"], name),
    "name of staff": (["客服{}说没货", "老板叫{}", "客服：{}", "负责人{}不理人"], name),
    "name with title": (["联系{}先生", "{}女士收", "找{}经理"], name),
    "name beside a telephone": (["{} 13800001234", "{}，13900004321", "{} 电话 13700001111"], name),
    "name again later": (["我叫{0}。再说一次，{0}没有收到"], name),
    "name of family": (["我老公{}买的", "我朋友{}也遇到了", "妈妈{}付的款"], name),
    "name paid to": (["转账给{}，", "付款给了“{}”", "收款方：{}", "对接人{}"], name),
    "name in brackets": (["投诉人【{}】", "联系人（{}）", "姓名：“{}”"], name),
    "name before a company": (["投诉人{}在某某平台购买", "我叫{}，在示例科技有限公司的平台", "本人{}于3月在示例公司下单"], name),
    "name himself": (["{}本人", "我是{}，"], name),
    "name spaced": (["姓 名：{}", "投诉人: {}"], lambda: " ".join(RNG.choice(["张小三", "李小四", "王小五", "赵六"]))),
    "name traditional": (["聯繫人：{}", "投訴人：{}", "收貨人：{}"], lambda: RNG.choice("陳張劉黃趙") + RNG.choice(["三", "小明", "甲乙", "大文"])),
    "name in pinyin": (["姓名：{}", "户名：{}"], lambda: RNG.choice(["Zhang San", "Li Xiaosi", "Wang Wu"])),
    "name with middle dot": (["姓名：{}"], lambda: RNG.choice(["阿不都·示例", "买买提·虚构", "古丽·样板江"])),
    "name half masked": (["{}的投诉", "我{}"], lambda: RNG.choice("张李王赵") + RNG.choice(["某某", "**", "*明"])),
    "address": (["地址：{}", "寄到{}", "我住在{}", "收货地址是{}", "{}"], address),
    "address spaced": (["地址：{}"], lambda: "广东省 深圳市 南山区 示例路 " + str(RNG.randint(1, 99)) + "号 3栋502"),
    "address full width": (["地址：{}"], lambda: f"广东省深圳市示例路{RNG.randint(10, 99)}号".translate(FULL)),
    "address traditional": (["地址：{}"], lambda: f"廣東省廣州市天河區示例路{RNG.randint(1, 99)}號"),
    "address without number": (["家住{}"], lambda: RNG.choice(["江苏省苏州市姑苏区示例小区", "湖南省长沙市岳麓区虚构镇样板村", "四川省成都市武侯区示例街道"])),
    "address house only": (["送到{}"], lambda: f"示例花园{RNG.randint(1, 20)}栋{RNG.randint(1, 3)}单元{RNG.randint(101, 909)}室"),
    "plate": (["车牌{}", "{}"], plate),
    "plate dotted": (["车牌{}"], lambda: (lambda p: f"{p[:2]}·{p[2:]}")(plate())),
    "plate full width": (["车牌{}"], lambda: plate().translate(FULL)),
    "IP address": (["登录IP {}", "IP地址：{}", "IP:{}", "异地登录{}"], lambda: f"203.0.113.{RNG.randint(1, 254)}"),
    "IPv6 address": (["登录IP {}", "IP：{}"], lambda: f"2001:db8:0:1:2:3:4:{RNG.randint(1, 9999)}"),
}  # fmt: skip


def planted() -> Iterator[dict[str, object]]:
    for spelling, (frames, make) in SPELLINGS.items():
        for index in range(EACH):
            secret = make()
            text = RNG.choice(BEFORE) + frames[index % len(frames)].format(secret) + RNG.choice(AFTER)
            yield {"text": text, "secrets": [secret], "spelling": spelling}


KEPT = """¥129.00|98元|￥9.9|129.00元|面值100元|打8.5折|手续费0.6%|成功率99.99%|10元QQ币|QQ币100个|Q币 50个|QQ会员12个月|QQ超级会员30天|QQ音乐绿钻豪华版|QQ飞车点券1000
微信红包|微信支付10000元|微信零钱提现|微信小程序|支付宝红包88元|支付宝到账|腾讯视频VIP月卡 31天|爱奇艺黄金会员季卡|优酷年卡365天|B站大会员|Steam 充值卡 50美元|网易云黑胶SVIP
2026-03-02|2026-03-02 12:30:45|2026/3/2|2026年3月2日12点30分|2026.03.02|12:30|2026-03-02T12:30:45+08:00|3月15日至4月15日|2026-03-02 2026-03-05|2025-12-31 23:59:59
粤ICP备18046372号-1|粤ICP备2020133024号|京ICP证030173号|粤ICP备 2025398951 号-1|粤公网安备44030002008123号|京公网安备 11010502033607号|粤B2-20090059-5|A2.B1.B2-20050001|统一社会信用代码：91350100M000100Y43|91350100M000100Y43
https://shop.test/|http://a.example|www.k123.com|shop168.test|a8888.example|18183.com|api.shop.test:8080|域名 xn--fsqu00a.xn--fiqs8s
共3564单|已售10234件|库存 99999|60个投诉，回复47个|第1024次|排名第7|评分4.85|编号A12|版本 8.0.33.1|v1.2.3.4|3.15晚会|等了48小时|15天|7x24小时
10 30 50 100 200 500|10、30、50、100、200|面值：10/20/30/50/100/200|15.00 198.00 25.50|13.50 129.00 25|9.9元、19.9元、29.9元|5000 4000 3000 2000|2019 2020 2021 2022|139 158 199 98|1,234,567.00元
12315|95588|10086|12345热线|400-123-4567|客服电话400 800 8888|110报警|96110|拨打12377|8小时内
投诉人数|联系人员|联系客服没有人|客服态度很差|客服方面没有回应|客服一直不在线|客服回复已处理|客服高峰期|客服于昨天回复|客服说三天内处理|我叫客服退款|我叫他退款|姓名和电话都不对|户名不符|实名认证|法人单位|当事人说明|收款人信息|持卡人信息有误
我是老用户|我是高级会员，|我是王者荣耀玩家|我是常客，|本人于3月充值|本人已付款|老板跑了|老板不发货|经理级别|负责人员|代理价格|卖家失联|站长不在|他叫我等|叫人失望
平台倒闭|余额被冻结|金额不对|黄金会员|白金卡|马上到账|王者荣耀点券|江苏移动话费|广东联通流量|山东省|河南用户|金币|石油卡|华为钱包|苹果礼品卡
密码错误|密码不对|卡密无效|账号被封|账号异常|账户余额100元|支付宝账号是什么|微信号被封|会员没到账|订单号不存在|订单已完成|单号查不到|流水号查不到|订单10234笔|订单：129元
线路3号|渠道2号|3号下单|12号支付|专区12号开放|频道5号|法院12号开庭|深圳市市场监督管理局|南山区人民法院|深圳市公安局|网站地址https://shop.test/|收货地址填错|IP地址异常|地址栏|网址打不开
一三五七九|三四个小时|第一次第二次|一百二十九元|二〇二六年三月|零零散散|五六天了|十一二天|一二三四五六七|一个月两次三番
收款人：金华示例科技有限公司|户名：示例（深圳）科技有限公司|谢谢客服小姐姐|谢谢小姐姐|投诉对象某某卡盟|成功率85.33333333333333|https://shop.test/item?id=88|工单还没生成|单号未生成
新iPhone15|云闪付|新Windows11|京东E卡1000元|苏宁卡500|青春版S23|云南白药|鲁大师|川航|A4纸""".replace("\n", "|").split("|")  # fmt: skip
AROUND = ["{}", "买了东西，{}，没到账", "说好的：{}。"]


def survive() -> Iterator[dict[str, object]]:
    for index, kept in enumerate(KEPT):
        yield {"text": AROUND[index % len(AROUND)].format(kept), "keep": [kept]}


def write(name: str, rows: Iterator[dict[str, object]]) -> int:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    print(write("planted.jsonl", planted()), write("survive.jsonl", survive()), len(SPELLINGS))
