"""The words buyers use, brought into one spelling and grouped by what they mean.

It must not decide anything about what a text means.

A text is read once from left to right; each phrase of the lexicon becomes one concept. The phrases are stems, so
that a wording no one wrote into the corpus still lands on a known concept. What a combination of concepts means
is learned (research/complaint_kinds/train.py), not written here. It must not read files or know any site.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

import opencc
import re2

# What several thousand characters of a complaint add is repetition; the cut keeps one record from costing seconds.
# Both ends are kept, because a long story often tells its grievance last.
MAX_CHARS = 4000

# Homophones, typos and regional words, folded after traditional → simplified conversion.
_FOLDS = {
    # typos and homophones
    "冲值": "充值", "沖值": "充值", "充直": "充值", "冲q币": "充q币", "冲了": "充了", "冲话费": "充话费", "冲的": "充的", "冲钱": "充钱",
    "冲进": "充进", "定单": "订单", "丁单": "订单", "钉单": "订单", "订但": "订单", "到帐": "到账", "帐": "账", "退宽": "退款", "褪款": "退款",
    "退欵": "退款", "腿款": "退款", "推款": "退款", "客付": "客服", "克服": "客服", "客户服务": "客服", "客fu": "客服", "卡蜜": "卡密", "卡米": "卡密",
    "卡秘": "卡密", "咔密": "卡密", "支付保": "支付宝", "支付饱": "支付宝", "帮定": "绑定", "以经": "已经", "己经": "已经", "在三": "再三", "登陆": "登录",
    "未付欵": "未付款", "付宽": "付款", "附款": "付款", "提线": "提现", "体现不": "提现不", "提先": "提现", "动结": "冻结", "东结": "冻结", "拉嘿": "拉黑",
    "续废": "续费", "序费": "续费", "无笑": "无效", "激话": "激活", "处里": "处理", "处理种": "处理中", "充值种": "充值中", "发火": "发货", "缺活": "缺货",
    "没活了": "没货了", "库村": "库存", "余鹅": "余额", "佘额": "余额", "打不凯": "打不开", "打布开": "打不开", "网占": "网站", "刷心": "刷新",
    # slang, abbreviations
    "zfb": "支付宝", "alipay": "支付宝", "vx": "微信", "wx": "微信", "wechat": "微信", "薇信": "微信", "威信": "微信", "微x": "微信", "v信": "微信",
    "扣扣": "qq", "qb": "q币", "飞机": "telegram", "纸飞机": "telegram", "电报": "telegram", "tg": "telegram", "tk": "退款", "tx": "提现", "kf": "客服", "dd": "订单", "zf": "支付", "cz": "充值",
    "mdz": "没到账", "wdz": "未到账", "wfk": "未付款", "clz": "处理中", "kk": "扣款", "jl": "记录", "dq": "到期", "hy": "会员", "xf": "续费", "km": "卡密", "k密": "卡密",
    # Taiwan, Hong Kong
    "储值金": "余额", "储值": "充值", "序号": "卡密", "提领": "提现", "提款": "提现", "领出": "提现", "点数": "点券", "刷退": "退款", "退费": "退款",
    "退刷": "退款", "客户中心": "客服", "私讯": "私信", "讯息": "消息", "简讯": "短信", "信箱": "邮箱", "电邮": "邮件", "停权": "封号", "汇款": "转账", "登入": "登录",
    "续约": "续费", "续订": "续费", "取消订阅": "退订", "出货": "发货", 
    "店家": "商家", "店主": "商家", "老板": "商家", "卖方": "商家", "帐号": "账号", "账户": "账号", "户口": "账号", 
    "冇": "没", "咗": "了", "俾": "给", "畀": "给", "嘅": "的", "唔": "不", "佢哋": "他们", "佢": "他", "啲": "些", "仲": "还", "喺": "在", "嘢": "东西",
    "乜": "什么", "点样": "怎么", "点解": "为什么", "喇": "了", "㗎": "的", "咩": "什么", "嗰": "那", "搵": "找", "系咪": "是不是", "攞": "拿", "睇": "看", "嚟": "来",
}  # fmt: skip


def _by_first(keys: Iterable[str]) -> str:
    """An alternation of the keys, the longest first, in which every branch begins with one character: the engine skips to those.

    Latin abbreviations count only as whole words: txt is no tx.
    """
    branches: dict[str, list[str]] = {}
    for key in sorted(keys, key=len, reverse=True):
        first, rest = key[0], re.escape(key[1:])
        branches.setdefault(first, []).append(rf"(?<![a-z]{first}){rest}(?![a-z])" if key.isascii() else rest)
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in branches.items())


_FOLD = re.compile(_by_first(_FOLDS))
_ERROR_PAGE = re.compile(r"(?<!\d)(?:404|50[0-4]|52\d)(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CJK_NUMBER = re.compile(
    r"[一二两三四五六七八九十几百千]{1,12}(?=(?:多|来)?(?:个)?(?:天|小时|钟头|星期|礼拜|月|年|块|元|周|遍|次|分钟|单|张|号))"
)
_REPEAT = re.compile(r"(.)\1{2,}")
# Zero-width and other invisible characters, and blanks set between single characters (没 到 账), hide a word.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACED = re.compile(r"(?<![一-鿿])[一-鿿](?: [一-鿿]){2,}(?![一-鿿])")
_BLANKED = re.compile(r"(\S) (?=\S)")
"""A blank after every character, Latin ones too."""
_GAP = re.compile(r"[^\w一-鿿]+")
_SENTENCE = re.compile(
    r"(?:“[^”\n]{0,300}”(?<![。!?]”)|[^。!?;…\n“]|“(?![^”\n]{0,300}”))*+(?:“[^”\n]{0,300}”)?+[。!?;…\n]*+"
)
"""A sentence ends at its mark, also where that stands in quotation marks."""


_MERCHANT_SAYS = re.compile(
    r"(公告|告示|通知|须知|声明|条款|店规|小字|置顶|说明(?=底下|里|下面)|页脚|滚动条|横幅|自动回复)[^。!?;\n“”\"「」『』]{0,12}(?:“[^”]{4,300}”|\"[^\"]{4,300}\"|「[^」]{4,300}」|『[^』]{4,300}』)"
)
"""A notice of the merchant, quoted: what it says is not what the buyer complains of."""
_MARK = r"[,。!?;:…\n—~ ]+"
_SAYS = r"[^,。!?;:…\n—~“”\"「」『』 ]"
_DENIED = re.compile(
    rf"(?:(?<=[,。!?;:…\n—~ ])|^)(?:(?:先说|说明|声明|一下|我|你|这|那|它|他们?|倒|可|真|也|并|又|这次|这回|这事|单子?|原来|其实|本来|压根|根本|订单|请|是|问题){{0,3}}"
    rf"(?:不是(?!说好|承诺|说了|写着)|没(?:说|要|打算|怪|冤枉)|不(?:要求?|想|打算|图|指望|怪)(?!再|等|到|退)|别(?:跟我)?说|甭说)"
    rf"{_SAYS}{{1,20}}(?<![吗嘛么吧])[,。!;:…\n—~ ]+){{1,3}}"
    r"(?=(?:而|就|只|问题|其实|实际|原来|根本|偏偏|真正|恰恰|现在|今天|明明|都|我|他们?|店家|你们|这家店?|支付宝|银行|微信|那串|号|卡|单子?|钱|人|整个)*"
    r"(?:是|要的|只要|只想|就要|显示|写着|出在|卡在|让|把))"
)
"""What a grievance is not (“不是到期，是被收回”), where what it is follows at once."""
_SUPPOSED = re.compile(
    rf"(?:(?<=[,。!?;:…\n—~ ])|^)(?:刚|最|一)?(?:开始|起初|起先|开头|原先|先前|当初|本来|先是|头先|又|后来|我|还|就|当时|大家|家里人|老公|妈|都|也){{0,4}}"
    rf"(?:以为|怀疑|只当|寻思|琢磨|误会){_SAYS}{{1,24}}{_MARK}"
)
"""What the writer took it for at first."""
_OWN_FAULT_DENIED = re.compile(
    rf"(?:(?<=[,。!?;:…\n—~ ])|^)(?:这|那|可|真|也|又|并|绝对|肯定){{0,2}}不是(?:因为)?(?:我|我们|咱)(?:自己)?"
    rf"(?:忘|没[^收到]|[充填买选输付转看点写]错|弄错|搞错|不会|手[滑误快]|网){_SAYS}{{0,16}}(?<![吗嘛么吧]){_MARK}"
)
"""That it was no fault of the writer's own (“不是我忘了续费！”), whatever follows."""
_LAW = re.compile(
    rf"(?:根据|依据|依照|按照?)?《[^》\n]{{2,24}}(?:法|条例|办法|规定)》(?:第[^条\n]{{1,8}}条)?(?:的?规定|(?:写|说|讲|规定)得?[^,。!?;:…\n我—~ ]{{0,8}}|明确[^,。!?;:…\n我—~ ]{{0,8}})?{_MARK}"
    r"(?:“?(?:电子商务|网络)?(?:经营者|商家|卖家|平台|消费者)[^。!?;\n我]{0,60}[。!?;\n]+)?"
)
"""Law quoted: what it demands is not what has happened."""
_NOT_THE_MATTER = (
    (re.compile("》"), _LAW),
    (re.compile("不是"), _OWN_FAULT_DENIED),
    (re.compile("[不没别甭]"), _DENIED),
    (re.compile("以为|怀疑|只当|寻思|琢磨|误会"), _SUPPOSED),
)
"""Each with what a text must hold for it: looking for that is much cheaper."""
_LEAST_LEFT = 8
_LONG_PIECE, _PIECE = 22, 14
_MOST_PIECES = 40
"""Pieces of a story that are read by themselves; of a longer one its beginning and its end."""


def _without_denied(plain: str) -> str:
    """The text without what its writer says it is not, or took it for at first; as it is where little else would be left."""
    for sign, pattern in _NOT_THE_MATTER:
        if sign.search(plain) and len(left := pattern.sub("", plain)) >= _LEAST_LEFT:
            plain = left
    return plain


def pieces(plain: str) -> list[str]:
    """A normalised text cut where a mark stood, and long rows of characters without one every few characters."""
    found: list[str] = []
    for clause in plain.split(" "):
        if len(clause) <= _LONG_PIECE:
            found.append(clause)
        else:
            found += [clause[at : at + _PIECE] for at in range(0, len(clause), _PIECE)]
    if len(found) > _MOST_PIECES:
        found = found[: _MOST_PIECES // 2] + found[-_MOST_PIECES // 2 :]
    return found


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _folded(text: str) -> str:
    """One spelling of the text, its marks as they were."""
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS // 2] + " " + text[-MAX_CHARS // 2 :]
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    plain = _MERCHANT_SAYS.sub(r"\1 ", plain)
    plain = _BLANKED.sub(r"\1", plain) if plain.count(" ") * 5 > len(plain) * 2 else plain
    plain = _SPACED.sub(lambda found: found.group().replace(" ", ""), plain)
    plain = _to_simplified().convert(plain)
    plain = _FOLD.sub(lambda found: _FOLDS[found.group()], plain)
    plain = _without_denied(plain)
    plain = _ERROR_PAGE.sub("报错页", plain)
    plain = _CJK_NUMBER.sub("0", _NUMBER.sub("0", plain))
    return _REPEAT.sub(r"\1\1", plain)


def _without_marks(plain: str) -> str:
    return _GAP.sub(lambda found: "?" if "?" in found.group() else " ", plain).strip()


def normalise(text: str) -> str:
    """One spelling of the text: NFKC, simplified, lower case, typos and dialect folded, numbers as 0, marks as one space.

    A question mark survives, because a question is often no complaint. Empty or meaningless input gives "".
    """
    return _without_marks(_folded(text))


def sentences(text: str) -> list[list[str]]:
    """The clauses of each sentence of a text, normalised; long rows of characters without a mark are cut every few characters.

    What stands in quotation marks stays with the words before it. Joined by blanks they are what normalise gives.
    """
    found = []
    for sentence in _SENTENCE.findall(_folded(text)):
        if clauses := [part for part in pieces(_without_marks(sentence)) if part]:
            found.append(clauses)
    return found


# A 掉单 that is a drop. Verb complements (去掉单品, 平掉单子, 弄丢掉单据) and longer words (掉单杠, 掉单反) are not.
_DROP_WORD = (
    r"(?<![去平丢吞清卖删吃擦撕甩换砍弄漏刮洗划挂扔剪拆抹摘退花烧省扣改忘错吐拿跑死咬打戒辞搬关切停撤用毁脱])(?:掉|漏)(?:了)?单"
    r"(?![品据位身杠反机词独元曲面页调价车卡的(?:小|商)])"
)

# name → phrases, one blank between them; phrases are regular expressions over normalised text.
_LEXICON: dict[str, str] = {
    "TRAP": r"[去平丢吞清卖删吃擦撕甩换砍弄漏刮洗划挂扔剪拆抹摘](?:丢|漏)?掉单\w? 掉单[杠反车]",
    "DROPWORD": _DROP_WORD + r" 吞单 吞了我的单 黑单 丢单",
    "SYNC_STATE": r"(?:未|待|没有?|等待|等|需|尚未|还没|非|继续|完成)(?:支付|付款|付费|付|缴费|结账|缴款)(?:状态|成功|确认)? 未付 待付 unpaid notpay "
    r"(?:pending|awaiting|waiting\sfor|not)\s?pay\w* 支付中 付款中 再付[一0]?[次遍] 重新(?:付|支付|付款) 付[一0]遍 去付款 去支付 催我?付 让我付 叫我付 没付过?钱 没给过?钱 欠[他它你]?0?[元块]? "
    r"支付未完成 交易未完成 没检测到 未检测到 未查询到付款 没查到付款 没(?:有)?收到(?:我的|我)?(?:付款|款|钱|款项|转账|回调|通知|汇款) 查不到(?:付款|到账|款|收款|我的付款|转账) 未确认 等待确认 待确认 确认支付结果",
    "CALLBACK": r"回调 异步 通知(?:失败|超时|延迟|没|丢|地址|商户) 没(?:有)?通知 未?没?同步 不同步 对不上 匹配不[到上] 没认 不认(?:单|账|我)? 不承认 没识别 识别不 不识别 自动确认 对账 callback notify 补单 手动补 人工补 置为已付 改状态 状态改 掉包",
    "CREDIT": r"(?:没|不|未)(?:有)?(?:入账|加上|更新|涨|增加|变化|加) 余额(?:还是|没|没有|一分|仍|不|未)\w{0,2}(?:变|涨|加|动|0|增加|更新)? 一分没(?:涨|加) 入账",
    "ORDER_CLOSED": r"(?:订单|单子|它|自己|自动|就|超时|系统|被)(?:自动|系统)?(?:超时|关闭|取消|过期|作废|逾期|失效)(?:了|关闭|取消|作废|自动取消)? 已关闭 已取消 已超时 已过期 超时关闭 逾期",
    "PAID": r"(?:支付|付款|扣款|交易|转账|扣费|缴费|刷卡|汇款)(?:都|已经|已|也|是|显示|明明)?(?:成功|完成|好了|过去了|完了|完) 已付款? 付了款? 付过款?钱? 付完款?钱? 付掉 付好 付出去 付款后 付款之后 付款以后 支付后 付后 扣了款? 扣掉 扣走 已扣款? 扣款 被扣 钱扣 钱(?:都|已经|早|也|就|已|是|真)?(?:没了|出去|扣|走|少|付|转|给|花|划|收|刷) "
    r"转了 转过去 转给 给了钱 交了钱 交钱 打过去 收了钱 收我?钱 收款 拿了钱 拿钱 花了 花钱 下单 下了单 拍下 拍了 买了 刷了 划走 支出 账单 扣款记录 付款记录 付款截图 凭证 流水 paid 付的 给的钱 刷卡 零钱少 少了0 链上 确认数 商户单号 交易单号",
    "NOT_CHARGED": r"(?:没|未|没有|并没有|不|没被)扣(?:钱|款|费|成|我)? 钱(?:也|都|还)?(?:没|没有)(?:扣|少|出去|动) 一分没[扣少] 一分钱没[扣少] 没有扣 没发起 没出账 余额没少 零钱没少 没被扣 没产生扣款 没划走 没扣走 没付出去 没出去 没支出 没有请款 没这笔 退回余额 钱没付 没付上 没付成",
    "PAY_FAIL": r"(?:支付|付款|交易|刷卡|扣款|转账|付|结账|充值)(?:时|的时候|一直|老是|总|总是|又|都|显示|提示|也)?(?:失败|不了|不成|不上|不出去|异常|受限|被拒|报错|没过|没成功|未成功|没成|不过去|不过) 付不[了出上成] 没付成 没支付成功 支付没成功 payment\s(?:failed|declined) declined failed "
    r"限额 风险(?:交易|提示)? 拦截 (?:二维码|收款码|付款码|支付码|码)(?:过期|失效|打不开|扫不|不能|无效|已过期|过了期|刷不) 扫不[了出上] 调不起 拉不起 跳不[到出转] 唤不起 更换支付方式 换(?:个|别的|其他)?(?:支付|付款|方式) 支付方式 退回来 自动退回 原路退回来了 商户(?:异常|违规|暂不|不支持) 收款方(?:账号)?异常 余额不足付款 密码(?:输|错).{0,3}次 验证码收不到",
    "NOT_ARRIVED": r"(?:没|未|没有|还没|还没有|并未|不|木有|没见|米|莫|尚未|从没|从未)(?:有)?(?:到(?:账|手)?|收到|拿到|给我?|发货?|发给|充上|充进|充到|开通?|见到|看到|见着|到位|得到|兑现|来|交货|给货|送到|下来|寄|开成|加上)(?![期]) 不发货 不给(?:货|东西|卡|发|我发|开|充) 没下文 没有下文 没动静 没反应 没影 没有然后 啥也没 啥都没 什么也没 什么都没 毛都没 毛没 东西呢 货呢 卡呢 会员呢 在哪 "
    r"寂寞 空气 打水漂 石沉大海 白给 白花 白送 白交 白拿 not\sreceived nothing no\skey never\s(?:got|received|arrived) 付款没货 款到没货 没消息 没音 没东西 没货(?=给|发) 一场空 泡汤 不见东西 影子 没个影",
    "STUCK_STATE": r"处理中 充值中 正在(?:处理|充值|发货|操作|充|为您|提交|受理|派单|出货|开通) 受理中 进行中 提交中 发货中 操作中 下发中 派单中 作业中 审核中 备货中 待处理 待发货 待充值 待出货 待开通 待受理 待接单 等待(?:处理|发货|上游|接单|充值|补发|受理|中|供货商) 待(?=$|\s) processing pending in\sprogress 已受理 已提交 已接单 状态(?:一直|还|还是|没|不|停|就|没有|卡) 排队 排单 卡在 卡住 卡单 卡着 卡了 挂着 挂在 停在 停留 进度条? 转圈 不动 没动 没变 不变 一动不动 没跑完 慢充 不成功也不失败 派单 在弄 在催 催(?:了|单|过) 加急 马上好 快好了 分批 维护 提交(?:到|给|至)(?:上游|供应|供货|主站) 人工(?:处理|发货|充值|补发) 半天 师傅 没接单 操作",
    "LOST": r"(?:查|找|搜|翻|看|搜索|查询|寻)不(?:到|着|出)(?:了|我|任何|这|那|该|相关|对应|我的|那笔|这笔|有关)?(?:笔|个|张|条)?(?:订单|单子|单|记录|交易|订单记录|购买记录)? 找不回 查无 无此 无(?:订单|单|数据|结果|记录) (?:订单|单|单号|记录)(?:号)?(?:不存在|没有了?|没了|丢了|丢失|消失|不见了?|不见|清空|全没|都没|空空?|被删|删了?|归零|蒸发|没影) 没有(?:找到|这|该|那|任何|相关|我的|查到)(?:个|笔|张|条)?(?:订单|单|记录|数据|购买|交易|单子|相关) 没(?:这|那|有这)(?:笔|个|张|条)(?:订单|单|交易)? 没记录 没有记录 没订单 没有订单 (?:订单|单子|记录|购买记录)\w{0,6}(?:不翼而飞|消失|不见|没了|蒸发|清空|空空如也|全没|清零|归零|没影|丢|空的|是空) 未找到 未查询到 不存在 没有该 没查到 "
    r"空白 空的 内容为空 为空 空框 空空如也 null undefined nan no\sdata not\sfound 乱码 \[?object 星号 横杠 404 没显示 不显示 显示不 看不到 没生成 没有生成 数据(?:库|丢|迁移|回滚|异常|没) 回滚 清(?:了|空|理|掉) 删(?:了|除|单|掉) 软删 被清 缓存 cookie 没买过 没有购买 不见了 不翼而飞 消失 凭空 人间蒸发 没抄 单号 查单 查询",
    "CARDCODE": r"卡密 卡号 密码 兑换码 激活码 cdk key 码 提卡 提取",
    "NO_STOCK": r"缺货 没货 无货 断货 售罄 卖完 卖光 卖没 没(?:有)?库存 无库存 库存(?:不足|不够|为0|是0|0|没|已空|告急|是假) 库存 补货 没卡 无卡 超卖 抢(?:完|光|走|空) 被抢 卡池 断供 停产 名额 调货 没(?:有)?现货 现货 预售 out\sof\sstock sold\sout 没有了(?=给|换|换|$|\s) 换(?:个|一个|款|别的|成|其他|另) 没进到货 货不够 已售完 空仓 拿光 拿完 没得发 暂时没有 到货 等货 上新",
    "INVALID": r"无效 失效 已?被?(?:使用|激活|兑换|充值|充|用|兑|绑定|领取|刮)(?:过|掉|走|完)(?:了)? 已(?:使用|兑换|激活|被|充|绑定|失效|过期|用) 用过 二手 (?:激活|兑换|充|用|登|使用|绑定|兑|验证|登录|刷|刮)不(?:了|上|进|进去|对|出|成)(?:去)? 登不上 不能(?:用|激活|兑换|登录) 没法(?:用|激活|兑换|登) 无法(?:使用|激活|兑换|登录|充值) 密码(?:错|不对|不正确|被改) (?:卡密|码|卡号|密码|key)(?:有误|错误|不对|是错|错|是假|是废|不正确|不存在|异常) 废(?:卡|的|码|了)? 坏的 假(?:卡|的|码|货) 黑卡 invalid redeemed already\sused duplicate expired 掉(?:了|会员|线|订阅) 回收 收回 找回 撤销 官方(?:封|收|取消|回收|判|查) 面值不 不符 冒牌 封号了? 质保 少[一0]位 锁区 不是全新 提示(?:卡|该|此|已)",
    "REFUND": r"退款 退钱 退还 退回 退给 退我 退货 (?:钱|款)退 原路 退(?:一|了|吧|到|个|一下) refund 还钱 还我 把钱(?:还|给) 要求退 申请退 返还 退订金 款项 退 还款",
    "REFUSE": r"(?:不|不给|不予|不能|不肯|不让|不准|不支持|不可|拒绝?|拒不|无法|没法|不许|死活不|坚决不|就是不|不同意|概不|不会|不接受|不办理|不办|懒得|不愿|休想|别想|没有|没得|甭想|凭什么不|也不|又不|还不)(?:给|予|办|给我|给予|再|能|肯|办理|申请|我)?(?:退款|退钱|退换|退货|退|退单|取消|返还|还) 退不了 退不成 不退 拒绝 拒了 拒退 驳回 被拒 denied rejected no\srefunds? 一经售出 概不 不支持 规定 规则 店规 协议 条款 扣(?:掉)?0?%?(?:的)?手续费 只能(?:退到|换|退|抵|转|用来)(?:余额|站内|点券)? 退到(?:站内)?余额 不可逆 做梦 没门 认栽 介意勿拍 告我 去告 起诉 理由 虚拟商品",
    "DELAY": r"迟迟 拖 一直 还(?:没|在|不) 0(?:多)?(?:个)?(?:工作)?(?:天|小时|日|个月|星期|礼拜|周|钟头|月)(?:了|多|过去)? 半个月 半年 好几天 几天 到现在 至今 现在 明天 后天 下周 下个?月 周一 周末 马上 很快 快了 稍等 再等 等(?:了|着|到|通知|等|一等)? 排期 财务 打款 工作日 审核 答应 承诺 同意 说好 登记 走流程 流程 什么时候 多久 哪天 何时 影子 一分没 没见 没影",
    "REFUND_PENDING": r"退款(?:一直|还|还在|处理|审核|申请|中|在|没|不|迟|慢|拖|未|怎么还|什么时候|多久|进度|呢|没有|说|说是|显示|到现在) 退款(?:审核|处理)?中 (?:说|答应|同意|承诺|给我?|已经?|显示|会|申请|要|说要|说给|说好|等|等着|催)(?:了)?(?:给我|要|的|会)?退(?:款|钱|了|的|我)? 该退 退的(?:钱|款) 没退(?:款|给|回|到)? 未退 没有退 (?:退款|钱)(?:还|都|也|一直|就|至今|到现在)*(?:没|未|不)(?:有)?(?:到|收|见|退|来|回) 还没(?:有)?退 不见退 退款到哪",
    "WITHDRAW": r"提现 取现 提不[出了到]\w? 提出来 取不出 取出来 转不出 结算 结款 佣金 返佣 货款 分成 收益 推广费 withdraw\w* cash\sout 打款 tx 起提 不让提 能提 提到 落袋 拿不出 拿不到手 领不出",
    "FROZEN": r"冻结?(?:了|着|住|资金|余额|账号)? 解冻 封(?:号|了|禁|停|我|掉|账号)? 被封 禁用 停用 锁(?:了|住|定|死|着)? 被锁 上锁 小锁 限制 受限 风控 违规 异常(?:登录)? 解封 没收 清零 suspended banned frozen locked account 不可用 用不了 黑号 保护期 申诉",
    "BALANCE": r"余额 钱包 预存款? 账上 账号里 里面(?:还)?有 资金 保证金 存款 本金 账号",
    "SUPPORT": r"客服 售后 商家 卖家 站长 人工 管理员? 群主 老师 掌柜 平台 上级 代理 电话 qq 微信 工单 邮件 私信 消息 旺旺 群 在线 line support seller 公众号 人",
    "NO_REPLY": r"不回(?:复|我|消息|信|话|应|答)? 不理(?:我|人|睬|会)? 没(?:人|有人|真人|活人)?(?:回|理|应|接|管|答|理我|回复|回应|搭理|搭)(?:我|了)? 没人 无人 没回 未回 不搭理 不搭 不吭声 不说话 不出声 不冒泡 不应 不读 不接 不管 已读 装死 装(?:哑巴|聋|傻|看不见) 拉黑 删(?:我|了我|好友|除好友)|删了 被删 被踢 踢(?:出|了|我) 移出 禁言 失联 联系不[上到] 找不(?:到|着)(?:人|客服|商家|他|任何人) 打不通 关机 空号 停机 没接 灰(?:的|了|色)? 注销 屏蔽 红色?感叹号 感叹号 好友验证 不通过 没通过 拒绝添加 自动回复 机器人 头像 不在线 没影 无果 dead no\s(?:reply|response) ignored? 不上线 无视 石沉大海 转接 玩失踪 失踪 躲 解散 忙音 嘟嘟 不见人 人呢 跑了 没音",
    "SITE": r"网站 网址 网店 网页 站点 域名 首页 服务器 链接 官网 主站 app 浏览器 店铺 网 站 平台 页面 site 地址栏 dns 备案 店",
    "GONE": r"打不开 打开(?:是|就|全是|不了|跳) 开不[了开] 进不(?:去|了) 上不去 登不上去 访问不了 无法访问 不可访问 连不上 连接(?:失败|超时|不) 关(?:站|了|闭|门|停|服) 倒(?:闭|了|掉)? 跑路 卷(?:款|钱|铺盖|走) 没了 消失 人去楼空 停(?:止)?(?:运营|服务|业) 解析 ping 出售 不存在了 挂了 崩了 bad\sgateway 报错 找不到(?:网页|服务器|网站|页面) 蒸发 失踪 换域名 失效 过期 (?:变|跳)(?:成|转|到)\w{0,6}(?:赌|博彩|别|默认|色) 黄了 凉了 没了 走佬 走人 下线 down offline 拜拜 跑",
    "UPSTREAM": r"上游 上家 上级 上线 供货商 供货方 供货 供应商 供应端 供应 货源 总站 主站 总代 一级 对接 下游 下级 分站 渠道 厂家 厂商 api 接口 upstream supplier 卡商 源头",
    "NO_FUNDS": r"余额不[足够] 余额(?:为0|为负|空|是0|用完|没了|见底) 没(?:有)?(?:钱|款|余额|预存)(?:了|进货|充|付|打|给)? 不够钱 钱不够 额度不足 金额不[够足] 预存不足 (?:没|没有|未|不|忘了?)(?:给)?(?:\w{0,4})(?:打款|充钱|付款给|结账|打钱|交钱|结款|充款|续费|付货款|结货款|付钱) 欠(?:费|款|钱|账|了|着|上游|上家|货款) 拖欠 垫付? 周转 资金链 资金(?:紧张|不足|断) 空了 见底 断供 停了(?:接口|他) 先款后货 催款 货款 insufficient 没钱 进货 户头 打钱 充钱 不够",
    "BAIT": r"补(?:差价|差额|款|钱|交|0) 加(?:钱|价) 手续费 保证金 押金 激活费 验证金 开通费 解冻费 升级费 工本费 服务费 认证费 会员费 入群费 尾款 定金 税费? 邮费 \w费(?=才|不|0) 再(?:付|交|转|补|充|买|掏|加)0? 又(?:要|让|叫)(?:我)?(?:交|付|补|转|加|再|0)? 还(?:要|得|让)(?:我)?(?:再)?(?:交|付|补|转|加|0)",
    "CHEAP": r"低价 便宜 超低 白菜价 特价 优惠 折扣? 0折 半价 免费 返利 返现 返佣 返0 送0 满0 充0[送返]0 首单 首月 新人 体验价 内部(?:价|渠道) 引流 套路 诱导 诱饵 标价 标(?:的|着|0)? 写着?0 海报 广告 拉人头 做任务 刷单 垫 返 不返 没返 没送 不送 到手",
    "RENEW": r"续(?:费|上|了|不了|不上|期|订|约)? 到期 过期 期满 自动(?:续|扣) 连续包月 包月 包年 签约 解约 退订 取消(?:续|自动|订阅|连续|签约) 断了 没续 用完了? 满(?:一个月|0天)? 剩(?:余|下)?0天 renew\w* subscription expired 到日子 时间到 会员(?:没了|断了|掉了|过期|到期|停了) 年卡 月卡 季卡 变灰 自己到期",
    "WRONG": r"(?:买|选|填|拍|充|点|下|输|写|看|搞|弄|登|给|付|订|手|冲)(?:成|错|岔|混|反|漏|串)(?:了|单|号|区|账号|号码|成)? 错(?:了|区|号|单) 手(?:滑|快|抖|误|贱) 不小心 没看清 没注意 没看 看漏 眼(?:瞎|花|残|殘|拙) 怪我 我的错 自己(?:填|选|点|买|写|没) 我自己 误(?:买|拍|点|操作|下) 重复(?:下单|购买|买|拍) 多(?:拍|买|点)了? 本来(?:想|要) 想(?:买|要)的?是 要的是 能换(?:吗|成|个)? 可以换 想换 换成 退换 区服 国区 美区 港服 外区 wrong 别人(?:号|那|家) 转过去 少填 填了 版本 搞混",
    "RECOVER": r"追(?:回|款|损|讨|债|数) 挽(?:回|损) 维权 拿回 要回来 讨回 帮(?:你|您|忙|大家|我)?(?:追|退|要|拿|挽|查|受害) 协助 出黑 全额 律师 律所 法务 黑客 白帽 红客 技术 大神 高人 团队 专业 成功率 先(?:办|追|退|出|处理)\w{0,2}后 不成功不 后付费 不收费 前期 加(?:我|v|vx|微|薇|q|群|他|赖|line|微信|qq|telegram)\w? 主页 头像 私(?:我|聊|信我|讯) 滴滴 咨询 免费 联系(?:我|方式|他|这|telegram) 受害(?:者|人|朋友) 被(?:骗|坑) 上当 登记 recover\w* 代办 代投诉 办理 需要的 有需要 扫码 专员 清退 立案 网警 返还 有偿 门路 亲测 薇 名额 快来 抽奖 先到先得 回复“?0 甩卡 删帖 压负面 代开 代申请 公户 费率 名片 先看效果 解封",
    "DONE": r"(?:已|已经|都|很快|马上|就|秒|刚|也|终于|后来|最后|当天|隔天|总算)(?:经)?(?:到(?:账|了)?|收到|退(?:了|款|到|回来)|解决|好了|处理好|补(?:了|上|发)|发了|恢复|搞定|结案|修好|开通了) 到了 到账了 收到了 解决了 解决 补上了? 补给 补发了 秒到 秒发 秒退 顺利 恢复了 谢谢 感谢 好评 满意 推荐 靠谱 良心 诚信 厚道 赞 给力 不错 点赞 五星 误会 虚惊 抱歉 道歉 不好意思 没问题 正常 稳定 放心 撤(?:诉|销|掉) 结案 不追究 good nice fast great 开心 惊喜 老顾客 回头客 支持 ok",
    "ASK": r"请问 想问 问(?:下|一下) 求(?:助|问|解|推荐|教) 咨询 怎么(?:办|弄|用|样|买|充|开|操作|设置|联系)? 如何 有没有 是不是 能不能 可以吗 吗 多少(?:钱)? 在哪里? 哪里 哪个 什么意思 支持 \?",
    "ADVERT": r"出售 转让 招(?:代理|商|募|收)? 诚招 一手 渠道价 批发价 货源(?:稳定|充足)? 加盟 搭建 源码 收(?:购|卡|号) 回收 求购 实体公司 开业 欢迎 长期 日结 日赚 高价 诚心 本店 本站 代理价 费率 承接 合作 全网最低",
    "ELSEWHERE": r"装修 家具 沙发 房东 房租 押金 租房 物业 快递 驿站 外卖小哥 骑手 餐 饭店 酒店 机票 火车 健身 美容 培训 驾校 学费 医保 公积金 停车 超市 冰箱 洗衣机 空调 手机(?:屏|壳|坏) 衣服 鞋 羽绒 幼儿园 医院 贷款 信用卡 房子 楼上 公司 单位 老师 学校 论文 期货 外汇 股票 打印机 菜 公交 地铁 轮胎 瓷砖 电影 相机 报销 会计 仓库 师傅 水电 工人 工期 设计 建材 门窗 橱柜 合同",
    "RUDE": r"态度 骂 阴阳怪气 语气 不客气 素质 冲 没礼貌 不耐烦 脾气 爱答不理",
    "UI": r"建议 希望 界面 页面 广告 弹窗 太丑 好丑 难看 慢 字 验证码 注册 登录 注销 改密 密码忘 教程 功能 按钮 隐私 信息泄露 电话骚扰 推销 短信 差评 举报 违规 假冒 冒充 论坛",
    "GOODS": r"会员 svip vip 点券 话费 q币 抖币 油卡 加油卡 游戏 steam 充值 网盘 视频 音乐 红包 月卡 皮肤 流量 礼品卡 key 钻 账号 号",
    "NEG": r"没有 没 不是 不 未 无 别 not no",
    "CONTRAST": r"但是? 可是? 却 结果 然而 不过 反而 虽然 后来 而是 just but",
    "IF": r"如果 假如 要是 万一 会不会 担心 怕 听说 看(?:到|评论) 有人说 别人 据说 还没买 没买 没下单 还没下单 下单前 先了解",
    "SHOWN_DONE": r"已完成 已发货 已到账 已交付 发货成功 充值成功 交易完成 显示(?:充值)?成功 显示完成 显示已",
    "TAKEN_BACK": r"原(?:号)?主 号主 车主 前主人 原拥有者 主人 找回去 找回了 收回 回收 收走 拿回 拿返 拿了回 申诉 改(?:了|掉|返|回)?密码? 密码(?:被|已)?(?:改|换|修改) 换绑 改绑 解绑 密保 实名 移除 移出 踢(?:出|下|了)? 挤下 顶(?:号|下|掉) 子账号 车位 违规渠道 非授权 被清理 登不",
    "GUARANTEE": r"质保 保修 保养 保固 延保 包赔 包补 包换 包退 包售后 售后期 坏一 假一 掉了(?:就|必|随时)?[补换赔] [补换赔]新? 不[补赔换] 终身 永久 承诺 赔付 双倍 按天补 无条件 保障 价保 履行 兑现 理赔",
    "SILENCE": r"不吱声 没声 不作声 没(?:人|有人)?接茬 搭话 接话 没影 没回音 回声 回音 零回复 占线 挂断 加不上 退信 退回来 孤零零 冒头 无人接 没人接 工单 红圈 单箭头 未读 已读 一个字 活人 真人 转人工 喊不 忙线 罐头 空响 没了下文 没下文 装看不见 沉一张 没人应",
    "MISTAKEN": r"错怪 冤枉 误会 弄错 搞错 看错 认错 认个错 道个?歉 收回 撤回 撤了 删了 白气 打扰了 耽误 脸红 虚惊 怪我 是我 跟(?:店|商家|你们|他们)\w{0,3}没关系",
    "FIRST": r"这次 这回 现在是 如今 后来 最后 谁知 没想到",
    "TIME": r"昨天|昨晚|今天|刚才?|上周|上个月|前天|早上|晚上|凌晨 0月0[日号]?",
}  # fmt: skip

# A refund refused in so many words.
_REFUSAL_PATTERN = re.compile(
    r"(?:不|没|拒|别)(?:给|予|能|肯|让|准|支持|可以|同意|可|会)*退(?!出|回来|订|役|一步)|退不了|拒绝退|拒退"
    r"|退款?(?:申请)?(?:也|都|直接|又)?被?(?:拒|驳回)"
)


def refused(text: str) -> bool:
    """Whether a normalised text says that a refund was refused."""
    return _REFUSAL_PATTERN.search(text) is not None


CONCEPTS = tuple(_LEXICON)
# What looks around itself is beyond RE2, which finds everything else in one pass over the text.
_LOOKS_AROUND = re.compile(r"\(\?[=!<]")


@cache
def _patterns() -> tuple[re2.Set, list[int], dict[int, re.Pattern[str]]]:
    """The lexicon as one RE2 set with the concept of each member, and by concept the phrases left to `re`."""
    options = re2.Options()
    options.max_mem = 64 << 20
    together, concept_of, apart = re2.Set.SearchSet(options), [], {}
    for number, phrases in enumerate(_LEXICON.values()):
        around = [phrase for phrase in phrases.split() if _LOOKS_AROUND.search(phrase)]
        if plain := [phrase for phrase in phrases.split() if phrase not in around]:
            together.Add("|".join(plain).replace(r"\w", r"[\p{L}\p{N}_]"))
            concept_of.append(number)
        if around:
            apart[number] = re.compile("|".join(around))
    together.Compile()
    return together, concept_of, apart


def concepts(text: str) -> list[int]:
    """Numbers into CONCEPTS of what a normalised text speaks of, in lexicon order, each once."""
    together, concept_of, apart = _patterns()
    found = {concept_of[member] for member in together.Match(text) or ()}
    found.update(number for number, pattern in apart.items() if number not in found and pattern.search(text))
    return sorted(found)
