"""Long complaints made for training from the short ones of the corpora: manners, circumstances, asides, several grievances.

The corpora are short (18 characters on average) and complaints are not. What a model has never seen beside a grievance it takes
for one: so each short text is told again inside the things people write around it, which change nothing of its kinds.
"""

from __future__ import annotations

import numpy as np

HELLO = (
    "您好",
    "你好",
    "各位好",
    "尊敬的客服",
    "尊敬的领导",
    "平台的工作人员",
    "老师好",
    "打扰一下",
    "大家好",
    "在吗",
    "麻烦您了",
    "版主好",
    "你們好",
    "编辑您好",
    "亲",
    "编辑好",
    "负责同志",
    "有关部门的领导",
    "尊敬的消协老师",
    "客服小姐姐",
    "管理员",
    "群主好",
    "朋友们",
    "各位网友",
    "冒昧打扰",
    "不好意思占用大家时间",
    "早上好",
    "下午好",
    "Hello",
    "亲爱的平台",
    "贵平台",
    "楼主",
)
WISH = (
    "我要反映一个问题", "我想投诉一家网站", "事情是这样的", "向你们反映个情况", "想请平台帮我看看", "来说一下我的遭遇", "第一次写投诉写得不好请见谅",
    "实在没办法才来这里写", "下面是事情经过", "特来求助", "我来讲讲情况", "情况如下", "反映如下情况", "跟大家说个事", "不知道该找谁", "本来不想写的",
    "想请教一个问题", "想咨询一下", "有个事请教", "请教各位一个问题", "有件事麻烦您", "有个情况想问问", "耽误您几分钟", "请听我说", "我要实名反映", "现将有关情况说明如下", "帮我评评理", "给大家提个醒",
    "向贵单位投诉", "特此反映", "想请您帮个忙", "我长话短说", "具体情况是", "我的诉求如下", "过程比较长请耐心看完", "先说结论", "说来话长", "事情的起因是这样",
)  # fmt: skip
WHEN = (
    "上个月",
    "前几天",
    "九月份",
    "国庆那会儿",
    "昨天晚上",
    "本月5号",
    "周末",
    "双十一",
    "大概一个礼拜前",
    "今年夏天",
    "3月12日",
    "前天中午",
)
WHERE = (
    "在网上看到这家店",
    "朋友推荐的这个网站",
    "搜到他们家",
    "从短视频广告点进去",
    "在群里看到链接",
    "我在这个卡盟",
    "在这个发卡网",
    "因为便宜就选了这家",
    "以前也在这家买过",
)
BOUGHT = (
    "买了一张月卡", "拍了个年卡", "给家里老人买会员", "想充点话费", "买了点券", "花了88块", "付款25.8元", "下了一单", "买了两份", "给孩子买的", "用微信付的", "支付宝付的钱",
    "花了一百多", "一共三百二十元", "买的是视频会员", "买音乐会员", "充游戏", "买了张礼品卡", "想开个网盘会员",
)  # fmt: skip
SELF = (
    "我是一名学生", "我平时上班比较忙", "我年纪大了不太懂这些", "钱虽然不多", "这不是钱的问题", "我有截图", "聊天记录都留着", "付款凭证也有", "我等得很着急", "心里很难受", "说实话挺生气的",
    "家里人都劝我算了", "我就想要个说法", "我不想就这么算了", "截图见附件", "录了屏", "以上都是事实", "如有虚假愿意负责", "页面做得挺好看的", "评论里都说好",
    "我不是来闹事的", "我很少在网上投诉", "我爱人也知道这件事", "当时没想太多", "我一个残疾人挣点钱不容易", "截图都在手机里", "对话我导出来了", "我只求一个公平", "希望别人不要再上当", "我朋友也在旁边看着",
    "这几天觉都睡不好", "我打字慢请见谅", "我是老用户了", "我在外地出差", "不是第一次网购", "本人实名", "我保留追究的权利", "有视频为证", "他家名气不小", "我是看评价买的",
)  # fmt: skip
PAST = (
    "以前掉过一次单后来补了", "去年也有过一回没到账最后给解决了", "之前买过几次都正常", "第一次买的时候很快就到了", "早先卡过一次当天就好了", "上回退款倒是退得很快", "以前客服回得很及时",
    "之前也有一张卡不能用给换了", "原来有次网站打不开第二天就恢复了", "从前没出过问题", "之前找不到订单后来又有了", "上次是我自己填错了号", "以前缺过货第二天补上了", "去年提现挺顺利",
)  # fmt: skip
NOTICE = (
    "他们公告写着虚拟商品一经售出概不退换", "页面上写慢充72小时内到账急单勿拍", "公告说谨防假客服凡是加微信退款的都是骗子", "店铺简介写着诚招代理一手货源全网最低价", "网站下面写售后请加客服QQ工作时间9点到23点",
    "商品说明里有一条拍错不退不换", "公告：因上游维护部分商品延迟敬请谅解", "首页滚动着自动发货24小时不打烊", "购买须知写着请核对账号填错概不负责", "他们的声明是本站永不跑路", "公告里写库存实时更新欢迎加盟",
    "他们店里的告示：本店支持七天无理由但虚拟商品除外", "公告栏写着请认准唯一网址谨防仿冒", "群公告：禁止广告私加好友被骗自负", "页面提示：付款时请勿关闭窗口以免掉单", "首页写着秒到账不到包赔",
    "商品详情里写：卡密类商品不支持退换", "温馨提示：充值前请核对号码充错不退", "店铺公告说春节期间发货延迟", "帮助中心说提现每周二四处理", "须知：到期前三天请及时续费", "置顶帖说凡私下交易被骗本站不负责",
    "有一句小字：库存不足时将自动退款", "公告：近期有人冒充本站退款客服索要验证码", "声明里说余额长期不用会清零", "他写着：支付失败请更换支付方式", "公告说服务器今晚升级届时网站无法访问", "说明书上写激活码仅限使用一次",
    "自动回复说：您好客服正忙请稍后", "他们的条款：最终解释权归本站所有", "广告词是全网最低一手货源诚招代理", "店规：差评者一律拉黑", "退款须知：原路退回三至七个工作日", "通知：号码保护期内找回概不负责",
    "规则第三条写订单保留七天", "购买前要勾选一个已阅读协议", "页面写着如遇问题请先联系客服不要直接投诉",
)  # fmt: skip
LINK = (
    "后来",
    "然后",
    "接着",
    "再后来",
    "而且",
    "另外",
    "除此之外",
    "更过分的是",
    "到了第二天",
    "结果",
    "还有",
    "最后",
    "现在",
    "没过几天",
    "不光这样",
    "同时",
    "这还不算",
    "等了一阵",
)
ASK = (
    "请平台尽快处理",
    "希望有个说法",
    "求解决",
    "望核实",
    "请贵平台协调",
    "请督促对方",
    "希望得到重视",
    "请给个交代",
    "请主持公道",
    "要求查处",
    "请求介入",
    "等您答复",
    "盼您回音",
    "请务必帮忙",
    "希望今天能有结果",
    "请帮忙催一下",
    "希望严肃处理",
    "还我公道",
    "请有关部门管管",
    "麻烦尽快",
    "恳请帮助",
    "盼回复",
    "请给个答复",
    "希望你们重视",
    "麻烦帮忙看看",
)
BYE = (
    "谢谢",
    "非常感谢",
    "辛苦了",
    "感谢您的耐心",
    "祝工作顺利",
    "祝好",
    "先谢过了",
    "拜托了",
    "此致敬礼",
    "祝生意兴隆",
    "给您添麻烦了",
    "多谢各位",
    "谢啦",
    "感恩",
    "不胜感激",
    "万分感谢",
    "祝您生活愉快",
    "祝平安",
    "祝福您",
    "感激不尽",
    "叩谢",
    "给您点赞",
    "祝天天开心",
    "致以敬意",
    "谢谢大家",
    "有劳了",
    "感谢阅读",
    "谢谢老师",
)
NEVER_PAID = (
    "后来查账单才发现钱根本没付出去", "刚才看了银行流水那笔是失败的没有扣款", "弄了半天是我付款没成功钱还在", "再一看支付记录显示交易关闭一分没扣", "问了银行说没有这笔支出", "原来付款被拦截了钱没出去",
    "冤枉人家了我这边根本没扣钱", "仔细一查是我没输完密码没付成",
)  # fmt: skip
OWN_LAPSE = (
    "后来发现是我自己账号填错了", "再看一眼是我手机号写成别人的了", "原来是我选错了商品怪我", "弄清楚了是我区服选错", "是我自己没看清拍成别的了", "结果是我填了旧号码充到别人那里去了", "查了是我把号码输错一位",
    "不好意思是我买错版本了",
)  # fmt: skip
SOLVED = (
    "刚刚到账了打扰了", "写到一半已经收到了", "后来补发了事情解决了撤销投诉", "今天早上客服处理好了谢谢", "现在已经解决了", "最后钱退回来了不追究了", "一小时后自己到了是我太急", "客服道歉并补了我一个月问题解决",
    "现在都好了给个好评", "昨天已经处理完了撤诉",
)  # fmt: skip
EXPIRED = (
    "查了下是到期了我没续", "原来是买的月卡正好满一个月", "一看开通记录就是到期跟店家没关系", "是我关了自动续费忘了", "扣款的卡过期没扣到所以断了", "年卡满一年自己忘了续",
)  # fmt: skip
SILENT = 0.3  # of stories with several grievances silence is one of this share: the commonest second one
MARKS = ("，", "。", ",", " ", "！", "；", "\n", "…", "。", "，")
_LAST_WORD = (
    "site_gone",
    "upstream_funds",
    "refund_refused",
    "refund_delayed",
    "withdrawal_blocked",
    "balance_frozen",
    "price_bait",
)
"""What a story with several grievances has come to: the first of these among them is what it is mainly of."""


class Teller:
    """Tells texts again at some length. Everything it draws is repeatable."""

    def __init__(self, records, seed=5, part=None):
        self.draw = np.random.default_rng(seed)
        self.part = part
        self.of = {}
        for record in records:
            self.of.setdefault(record["primary"], []).append(record)
        self.kinds = sorted(self.of)
        self.single = {
            kind: [r for r in told if len(r["kinds"]) == 1] for kind, told in self.of.items() if kind not in ("other", "spam")
        }  # fmt: skip

    def pick(self, words):
        """One of the words."""
        return words[int(self.draw.integers(len(words)))]

    def maybe(self, share, *slots):
        """In `share` of the cases one word of each slot, said together; only of the teller's part of the words, if it has one."""
        mine = slots if self.part is None else [slot[self.part :: 2] for slot in slots]
        return ["".join(self.pick(slot) for slot in mine)] if self.draw.random() < share else []

    def before(self):
        """What people say before they come to it."""
        return [
            *self.maybe(0.4, HELLO), *self.maybe(0.3, WISH), *self.maybe(0.35, WHEN, WHERE), *self.maybe(0.4, WHEN, BOUGHT),
            *self.maybe(0.15, SELF), *self.maybe(0.2, PAST), *self.maybe(0.12, NOTICE),
        ]  # fmt: skip

    def after(self):
        """And after it."""
        return [
            *self.maybe(0.22, NOTICE), *self.maybe(0.1, PAST), *self.maybe(0.3, SELF), *self.maybe(0.2, SELF),
            *self.maybe(0.35, ASK), *self.maybe(0.35, BYE),
        ]  # fmt: skip

    def said(self, parts):
        """The parts with the marks people put between them."""
        mark = self.pick(MARKS)
        return "".join(
            part + (mark if self.draw.random() < 0.7 else self.pick(MARKS)) for part in parts
        ).strip()

    def one(self):
        """A text of the corpora among manners, circumstances and asides."""
        record = self.pick(self.of[self.pick(self.kinds)])
        return {**record, "text": self.said([*self.before(), record["text"], *self.after()])}

    def several(self):
        """Two or three grievances in one story."""
        count = 2 if self.draw.random() < 0.65 else 3
        kinds = list(dict.fromkeys(self.pick(sorted(self.single)) for _ in range(count)))
        if self.draw.random() < SILENT and "unreachable" not in kinds:
            kinds = [kinds[0], "unreachable"]
        if sum(kind.startswith("drop.") for kind in kinds) > 1:
            kinds = kinds[:1]
        if set(kinds[1:]) != {"unreachable"}:
            kinds = [
                kind for kind in kinds if len(kinds) == 1 or not kind.startswith("not_a_drop.")
            ] or kinds[:1]
        parts = self.before()
        for at, kind in enumerate(kinds):
            if at:
                parts += self.maybe(0.3, SELF)
                parts.append(
                    ("" if self.draw.random() < 0.4 else self.pick(LINK))
                    + self.pick(self.single[kind])["text"]
                )
            else:
                parts.append(self.pick(self.single[kind])["text"])
        main = next((kind for kind in _LAST_WORD if kind in kinds), None)
        first = main or next((kind for kind in kinds if kind != "unreachable"), kinds[0])
        return {"text": self.said([*parts, *self.after()]), "primary": first, "kinds": [first, *(k for k in kinds if k != first)]}  # fmt: skip

    def corrected(self):
        """A grievance taken back by whoever wrote it: never paid, own lapse, or solved meanwhile."""
        kind = self.pick([k for k in sorted(self.single) if k.startswith("drop.") or k in ("refund_delayed", "unreachable", "out_of_stock_after_payment")])  # fmt: skip
        why, words = (("not_a_drop.payment_failed", NEVER_PAID), ("not_a_drop.wrong_item", OWN_LAPSE), ("other", SOLVED), ("not_a_drop.not_renewed", EXPIRED))[int(self.draw.integers(4))]  # fmt: skip
        text = self.said([*self.before(), self.pick(self.single[kind])["text"], *self.maybe(0.3, SELF), self.pick(words), *self.maybe(0.4, BYE)])  # fmt: skip
        return {"text": text, "primary": why, "kinds": [why]}

    def aside(self):
        """Only what stands around a grievance, which by itself is none."""
        return {"text": self.said([*self.before(), *self.maybe(0.5, PAST), *self.maybe(0.4, ASK), *self.after()]) or "您好", "primary": "other", "kinds": ["other"]}  # fmt: skip


def stories(records, count, seed=5, part=None):
    """`count` labelled texts told from `records`; with `part` 0 or 1 in one half of the words that stand around a grievance."""
    teller = Teller(records, seed, part)
    makers = (teller.one, teller.several, teller.corrected, teller.aside)
    shares = np.array([0.55, 0.30, 0.11, 0.04])
    return [makers[int(which)]() for which in teller.draw.choice(4, size=count, p=shares)]
