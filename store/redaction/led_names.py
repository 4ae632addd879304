"""Names found by the word that leads to them: a role, kin, who was called, paid or complained of, in Chinese or English. Pure.

A name is taken where it is made as most are, a surname and one or two characters usual in given names, and is no everyday word. What
has to follow depends on what leads: only a person is somebody's husband or a courier, but one can complain of a shop, whose name
may look like a person's (易宝达, 蓝月亮).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from store.redaction.name_parts import (
    COMMON,
    DID,
    END,
    HAN,
    NOT_NAME,
    OTHERS,
    RARE,
    TAKEN,
    USUAL,
    begins_no_word,
    is_everyday,
    surname,
)
from store.redaction.pinyin import SURNAMES, SYLLABLE


class Found(Protocol):
    """Finds what `pattern` matches; `words`: it needs one of them; `followed`: by what, at most `reach` characters from its beginning."""

    def __call__(
        self,
        pattern: re.Pattern[str],
        words: tuple[str, ...] = (),
        followed: re.Pattern[str] | None = None,
        reach: int = 0,
    ) -> list[re.Match[str]]:
        """The matches, in order."""


_PLAIN = "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范姚谭廖邹熊陆郝孔崔邱秦史顾侯邵孟段汤尹黎乔贺赖龚庞樊殷施陶洪翁倪严聂"
_FREQUENT = _PLAIN + "高于任方石金白康毛江龙万雷钱易常武文严华柯莫向温安成鲁葛"
"""Surnames of nine people in ten; of _PLAIN few everyday words begin."""
_PERSONS = (
    "@|骗子|店主|老板|老板娘|站长|客服|群主|群管|管理|管理员|版主|号主|车主|机主|业主|房东|店长|掌柜|掌柜的|店员|快递员|快递|小哥|骑手|司机|师傅|上家|下家|供货商|供应商|货源|技术|技术员|财务|会计|出纳|业务|业务员|销售|销售员|专员|顾问|运营|主管|经理|总监|助理|"
    "文员|前台|主播|博主|中介|担保|担保人|中间人|合伙人|股东|推广|推广员|代充|代练|打手|陪玩|号商|卡商|同伙|诈骗犯|嫌疑人|被告|被告人|原告|第三人|申请人|代理人|委托|委托人|法人|律师|警官|民警|辅警|法官|村民|居民|学生|家长|家属|客户|顾客|客人|买家|会员|用户|"
    "老乡|邻居|朋友|同学|同事|室友|网友|群友|闺蜜|对象|同志|老公|老婆|丈夫|妻子|爱人|爸爸|妈妈|父亲|母亲|爷爷|奶奶|外公|外婆|姥姥|姥爷|儿子|女儿|儿媳|女婿|哥哥|弟弟|姐姐|妹妹|表哥|表弟|表姐|表妹|堂哥|堂弟|堂姐|堂妹|我爸|我妈|我哥|我姐|我弟|我妹|我爷|我奶|"
    "舅舅|叔叔|姑姑|姑妈|姨妈|阿姨|侄子|侄女|外甥|外甥女|孙子|孙女|女友|男友|孩子|员工|代表|认识|名叫|人叫|所谓|自称|冒充|名为|姓名|户名|实名|本名|全名|真名|大名|学名|乳名|原名|名字|收款|收款人|转账|汇款|打款|付款|签收|代签|落款|经办|经办人|主任|负责人|个人|甲方|乙方|丙方|"
    "联系了|联系到了|约谈了|抓到了|传唤了|给了|交给|交给了|已由|消费者|患者|病人|就诊人|乘车人|旅客|入住人|投诉方|变成了|换成了|出来是|人就是|投诉人|当事人|控告|起诉|接待|接待我|对接|对接我|服务我|转给|汇给|打给|退给|赔给|寄给|借给|转给了|汇给了|打给了|钱给|钱给了|钱都给|转到|汇到|打到|卡主|卡是|码是|持有人|登记人|使用人|注册人|推荐人|邀请人|发货人|收件|寄件|老总|总经理|董事|监事|接线员|审核员|"
    "学员|乘客|师父|同行|小孩|老人|孕妇|物业|班主任|操盘手|调解员|承认自己|写的|写着|扫出来|拉我进群|卖号的|批评|曝光骗子|备注|复核|制表|制单|审批|核准|署名|投诉者|举报者|申诉者|推销员|代表人|转告|显示|收据上写的是"
)
"""Words behind which a name is a person's."""
_EITHER = "举报|投诉|曝光|商家|卖家|店家|代理|联系|联系上|通过|电联|致电|咨询|私聊|寻找|找|找到|问|问过|加|加了|请|让|跟|和|向|与|被|对|要求|希望|敦促|责令|判令|致|由"
"""Words behind which it is a person's or a shop's, or somebody's of whom nothing is said."""
_ENGLISH = "name|is|contact|boss|mr|mrs|ms|miss|dear|owner|seller|manager|agent|called|named|paid|pay|to|from|by|with|ask|am|i'm|and"
_SUFFIXES = "员人者师手主友客东妇总爷奶叔伯婶姨舅孩傅妈爸哥姐弟妹事"
_WEAK_LEADS = "[昨今前][天晚日]|的|是|把|感谢|警惕|小心|批评|处罚|里|说|号|至|听|经查|据|帮|给|让"
_SURE = '(?:是|叫|名叫|[\\s:“"「【《.]|一个|那个|这个|一位|一名|姓名|名字|先生|女士|本人|,|\\(|、|的)'
_CANDIDATE = re.compile(rf"{surname(COMMON + OTHERS + RARE + '付')}(?=[{USUAL}])")
_GIVEN = frozenset(USUAL)
_LEAD = re.compile(
    rf"(?:(?P<p>{_PERSONS})|(?P<e>{_EITHER})|(?<![a-z])(?P<l>{_ENGLISH})(?=[\s:.])|{_WEAK_LEADS}|(?P<r>[{_SUFFIXES}]|[a-z](?=[\s:.])))(?P<j>{_SURE}{{0,3}})$"
)
_REACH = 10
"""Characters before a name in which what leads to it lies."""
_PLACED_BESIDE = re.compile(
    rf"\s?(?:{TAKEN}|夫[妻妇]|[两二三]人|等人|父[子女]|母[子女]|兄弟|姐妹|冒充|辱骂|骂|威胁|恐吓|骚扰|本人|此人|先生|女士|同志|同学|[您你]好|[这那]个人|身份证|住|出生|生于|现年|名下|的?(?:微信|电话|手机|身份证|银行卡|支付宝|私人|个人|账户)|[,(、]?\s?(?:男|女)(?![{HAN}])|[,(]\s?(?:绰号|外号|网名|别名|小名|人称))"
)
"""What nobody but a person does, is or has."""
_DOES = re.compile(
    rf"[”\"」】]?(?:{DID}|审|处理|核|登记|接[待了听]|送|签|查|禁|报|挂|找回|协商|系该|告|告上|打了|可以|已经|赔|算|催)"
)
_ENDS = re.compile(rf"{END}|的|[”」』]|[\s,.]+[a-z]")
_THING = re.compile(
    rf"(?:(?![在于的是和与我你他她把给因了不没诉被告打说退收要骗让])[{HAN}a-z0-9]){{0,4}}(?:公司|集团|银行|平台|卡盟|商城|商行|旗舰|专营|专卖|工作室|医院|大学|学[院校]|中学|小学|法院|皮肤|点券|钻石|礼包|账号|卡牌|碎片|武将|专辑|演唱会|电影|珠宝|剪刀|药业|食品|保险|证券|基金|游戏|手游|模拟器|加速器|周边|同款|套餐|流量|激活码|cdk|月卡|年卡|季卡|周卡|购物|商店|超市)"
    "|[省市区县镇路街局厂网]|科技|网络|信息|app"
)
"""What follows the name of a company, a product or somebody in a story."""
_IN_STORIES = (
    "王昭君|李元芳|李逍遥|赵灵儿|张起灵|张无忌|孙尚香|孙悟空|马可波罗|杨玉环|花木兰|程咬金|钟无艳|蔡文姬|狄仁杰|苏妲己|沈梦溪|裴擒虎|武则天|林黛玉|林妹妹|林月如|贾宝玉|薛宝钗|韦小宝|鲁智深|潘金莲|姜子牙|金闪闪|卢俊义|秦始皇|白居易|沙和尚"
    rf"|(?:李白|赵云|赵敏|张飞|张良|孙策|孙膑|周瑜|刘备|刘邦|刘禅|马超|黄忠|黄蓉|项羽|杨戬|杨过|庄周|廉颇|荆轲|苏烈|虞姬|林冲|郭靖|段誉|乔峰|萧炎|唐三|叶修|吴邪|宋江|鲁班|许褚|曹操|吕布|韩信|关羽|貂蝉|姜维|魏延|夏洛|秦琼|柯南|唐僧)(?![{USUAL}])"
)
"""Figures of games and stories, who are named after people."""
BRANDS = re.compile(
    _IN_STORIES
    + "|周大[福生]|周生生|周黑鸭|张小泉|李宁|李锦记|马应龙|王老吉|王致和|陈克明|张一元|江小白|杨国福|海尔|乔丹|金利来|安居|王府井|老干|张裕|金龙鱼|康恩|石家庄|张家[口界港]|王者|马龙|陆金|高德(?![顺明胜忠全才福贵荣华永新])|王国|罗技|金山|乐高|华润|万宝"
)
_PINYIN_NAME = rf"(?:{SURNAMES})[ ,]{{1,2}}{SYLLABLE}(?:[ '\-]?{SYLLABLE})?|{SYLLABLE}{{1,2}} (?:{SURNAMES})"
_OF_LEAD = "板服主术务员售理介家叫是系找我贵他她方长"
_BARE = re.compile(
    rf"[{_OF_LEAD}](?=[小老阿])(?<=客服|老板|店主|技术|财务|务员|销售|代理|中介|群主|上家|快递|递员|.叫|我是|方是|联系|.找)(?P<x>[小老阿][{_FREQUENT}])(?={END}|头|即可|就|可以|咨询|说|让|叫|要|回|不|没|在|把|给|一直|骗|拉黑|退|处理|微信|电话|帮|发)"
    rf"|[板服我贵他她主方家长](?=[也是]?姓)[也是]?姓(?P<y>欧阳|上官|司马|诸葛|[{COMMON}{OTHERS}])(?={END}|的)"
    rf"|[叫做人是子板主服系名给公婆字](?=[\s:是]{{0,2}}[a-z])(?<=我叫|名叫|叫做|本人|我是|他叫|她叫|方叫|骗子|老板|店主|客服|联系|系人|真名|实名|户名|姓名|款人|转给|打给|汇给|名字|宝名|信名|名是|老公|老婆)[\s:是]{{0,2}}(?P<z>{_PINYIN_NAME})(?![a-z0-9@._])"
)
_GREAT = re.compile(
    rf"(?P<x>[{_PLAIN}高方金江石白毛康](?=[老总哥姐姨叔工律警主店师大])(?:(?<![{HAN}].)|(?<=[是找叫跟给问让和去由向].)|(?<=(?:客服|联系|投诉|举报|老板).))(?:老板娘?|总|哥|姐|姨|叔|工|律师|警官|主任|店长|主管|老?师傅|大哥|大姐))(?!们|[决共会部统结计额价量数机裁监经编局分站程具作资人号])"
)
_SIDES = "款对我官双各地甲乙丙卖买"
"""收款方, 对方: a side, and nobody's surname."""
_BEGIN = ' \n\t,.。:;!?()[]"“「【《'
"""Before a name that nothing leads to: a pause."""
_OPENED, _CLOSED = ("[", "【", "「"), ("]", "】", "」")
"""Around a name as a chat shows who speaks."""
_ENOUGH = 6
"""What a name has to score."""
_MOST = 4
"""The most that what leads to a name adds."""
LED = (_CANDIDATE, _BARE, _GREAT)
"""Patterns for which a long text is scanned at once."""


def find_led(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text behind a word that leads to one."""
    for match in found(_CANDIDATE):
        start, given = match.span()
        if is_everyday(shadow, start):
            continue
        family = match.group()
        for stop in (given + 2, given + 1) if shadow[given + 1 : given + 2] in _GIVEN else (given + 1,):
            if _score(shadow, start, stop, family) >= _ENOUGH:
                if not NOT_NAME.match(shadow, start) and not BRANDS.match(shadow, start):
                    yield start, stop
                break
    for pattern in LED[1:]:
        for match in found(pattern):
            if not NOT_NAME.match(shadow, match.start(match.lastgroup or 0)):
                yield match.span(match.lastgroup or 0)


def _score(shadow: str, start: int, stop: int, family: str) -> int:
    """How sure it is that a person is named: how usual the surname is, whether two characters follow it, what stands around it."""
    if family == "方" and start and shadow[start - 1] in _SIDES:
        return 0
    usual = 2 if family in _PLAIN or begins_no_word(family) else 1 if family in _FREQUENT else 0
    full = stop - start - len(family) == 2 or len(family) == 2
    score = usual + 2 * full
    if score == 0:
        return 0
    if _PLACED_BESIDE.match(shadow, stop):
        score += 4
    elif _DOES.match(shadow, stop):
        score += 2
    elif _ENDS.match(shadow, stop):
        score += 1
    if full and (not start or shadow[start - 1] in _BEGIN):
        score += family in _PLAIN or stop - start == 4
        score += shadow[max(0, start - 1) : start] in _OPENED and shadow[stop : stop + 1] in _CLOSED
    if score < _ENOUGH <= score + _MOST:
        score += _led(shadow, start, usual, full)
    return 0 if score >= _ENOUGH and _THING.match(shadow, stop) else score


def _led(shadow: str, start: int, usual: int, full: bool) -> int:
    """What stands before a name adds."""
    lead = _LEAD.search(shadow, max(0, start - _REACH), start)
    if lead is None or any(sign in lead["j"] for sign in ",(、"):
        return 0
    if lead["l"] or lead["p"]:
        return _MOST
    if lead["e"]:
        return usual
    return 2 if full and lead["r"] else 1
