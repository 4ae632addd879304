"""Names and addresses of people in complaint texts, by their context. Pure.

A name is taken only where something says that it is one (投诉人, 我叫, 先生, a telephone number beside it): Chinese names
are made of everyday characters, and a text robbed of those would say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

TAKEN = "\ue001"
"""Stands in the folded text where something was taken out already."""

_H = "\u4e00-\u9fff"
# Surnames that begin few everyday words; enough where the context is weak.
_COMMON = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗凤花俞袁柳鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬傅卞齐伍余顾孟黄穆萧尹姚邵汪祁狄贝臧戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾娄童颜"
    "郭梅盛林刁钟徐邱骆夏蔡田樊胡凌霍虞柯卢莫房裘缪宗丁宣邓郁杭洪包诸左石崔吉钮龚程嵇邢裴陆荣翁荀甄曲封储靳段巫焦"
    "巴侯宓全秋仲宁仇栾甘厉祖武符刘景詹束龙叶幸韶黎薄印怀蒲邰赖卓蔺屠蒙池乔阴胥闻莘翟谭姬申扶冉宰郦雍桑桂濮牛寿"
    "边扈燕冀浦尚农温庄晏柴瞿阎慕茹习宦艾鱼容古易慎戈廖庾终暨居衡步耿满弘匡寇广禄阙欧殳沃利蔚越夔隆师巩聂晁勾敖融冷"
    "辛阚简饶沙养鞠丰巢关蒯查荆红游竺权逯盖益桓岳覃佟苟肖闫涂区麦"
)
# Two-character surnames; written so that every name pattern begins with one set, which lets the engine skip ahead.
_FIRST = "欧上司诸夏皇尉公慕令宇东南端独西申轩长"
_SURNAME = (
    rf"[{_COMMON}{_FIRST}](?:(?<=欧)阳|(?<=上)官|(?<=司)[马徒]|(?<=诸)葛|(?<=夏)侯|(?<=皇)甫|(?<=尉)迟|(?<=公)孙|(?<=慕)容|(?<=令)狐"
    r"|(?<=宇)文|(?<=东)方|(?<=南)宫|(?<=端)木|(?<=独)孤|(?<=西)门|(?<=申)屠|(?<=轩)辕|(?<=长)孙|(?<![上皇尉公令宇东南端独西轩长司]))"
)
_OTHERS = "于方高常时成任向应曾安江毛路白金康平明计强华单解万文车谷管支经解牧干官宫国元卜米麻乐邬邸丛战"
_STOP = "在于的是和与我你他她它们电手身住已说要被把给充付买下投联因为了不就也都还又将至及或等先女号两个几这那哪什么呢吧吗啊让叫跟打没退拒却对此到"
_USUAL = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞刚桂英华玉兰红建国文志辉海燕梅鹏飞龙宇浩轩梓涵欣怡雨桐子思佳琪诗嘉俊凯晨睿博泽旭阳瑞雪莹婷晓春兵峰斌波亮鑫宏光林东庆祥福贵德荣富永长根银宝玲琴珍凤香莲云慧颖倩蕾薇璐瑶琳琼洁雯洪武胜健"
    "顺义仁礼智信忠良善学才贤达兴发财昌盛茂松柏森树栋梁岩石川江河湖溪源清泉冰雅淑贞惠美娇媛媚蓉芬芝芸茹萍菊荷莉蓓苗苑若菲萱蔓曼妮娅露霜虹霓彩青蓝紫丹彤启振邦耀祖宗继承世延绍威猛毅坚立敬诚谦恒远航帆翔翼骏驰骁虎彪豪雄奇伦仪元亨利"
    "乾坤星宸昊昕昱晗晴曦煜烨炜炎焱灿炳焕照熙黎铭锐锋钧钢铁铮锦镇钊铎鉴尧舜禹君民卿伯仲叔季少奎魁凯旋辰宁逸凡越岳峻岭崇峥嵘巍山岚培基城均增墨声寿夏秋冬爱念恩懿芷依语诺谨琦婧妍姝姗娴娉婕娥姣妙新正中平安康明金生全成哲誉罗庚然"
    "田山占宗木保双娣妹翠喜巧菁筠桃杏柳枝花月秋云素彬尚友善咏詠穗淇淳润沛瀚澜滨涌淮濤琛琨珂珊珠珏瑜瑾璇璞炳煊爽羽翰聪胤腾苏茜荟菡蒙薛蕊蕴言谊贝轶辛迪邱郁钰铃锡闯隆雁霄霖霆颂馨骥鸣鸿鹤麒麟齐"
)
"""Characters of which given names are commonly made."""
_USUAL_NAME = rf"(?:{_SURNAME}|[{_OTHERS}])[{_USUAL}]{{1,2}}"
_GIVEN = rf"[{_H}](?:(?![{_STOP}])[{_H}])?"
_NAME = rf"{_SURNAME}{_GIVEN}"
PERSON_NAME = _NAME
"""A full name that begins with a surname few everyday words begin with."""
_SYLLABLES = "扎西|卓玛|次仁|多吉|平措|旺堆|格桑|央金|达瓦|尼玛|丹增|索朗|洛桑|强巴|贡布|拉姆|仁增|顿珠|白玛|巴桑|旦增|才让"
WITHOUT_SURNAME = rf"(?:{_SYLLABLES}){{2}}"
"""A full name of people who have no surnames: two such names, one behind the other."""
_ANY_NAME = rf"(?:{_SURNAME}|[{_OTHERS}]){_GIVEN}"
_END = rf"(?=[\s,.。;!?、:()\[\]《》“”「」【】\"'\d{TAKEN}]|$)"
# A company's name has no function words before its legal form; "张三在某某公司买" is a person who bought.
_COMPANY = (
    rf"(?!(?:(?![{_STOP}])[{_H}()]){{2,22}}(?:公司|商行|工作室|银行|集团|商城|卡盟|旗舰店|专营店|经营部))"
)
_NOBODY = f"[{_STOP}人您亲]|客服|老板|商家|平台|卖家|店家|警察|朋友|家人|站长|群主|代理"
_ROLE = (
    "投\\s?诉\\s?人|联\\s?系\\s?人|收\\s?件\\s?人|收\\s?货\\s?人|持\\s?卡\\s?人|开户人|申请人|当事人|寄件人|付款人|收款人|购买人|下单人|"
    "报案人|举报人|被处罚人|被罚款人|被执行人|违法行为人|责任人|经营者|主办人|站点负责人|机主|户\\s?主\\s?名?|法定代表人|法人代表|法人|姓\\s?名|户\\s?名|开户名|账户名|真名|实名|名字|收款方|付款方|收款码|对接人|经办人|受害人|受害者|受骗人|本名|全名|原名|曾用名|中文名|英文名|真实姓名|被举报人|证人|代购者|运营者|被投诉人|嫌疑人|经手人|当事者|签字|签名|落款|卡主|汇款人|打款人|转账人|备案人|实际控制人|实控人|股东|监护人|委托人|联络人|署名|抬头|(?<![a-z])(?:payee|account name|account holder|holder)"
)
# Roles whose everyday words (用户评价, 买家秀) are no names: a full name with a common surname, and an end or a verb behind it.
_WEAK_ROLE = "买家|卖家|上家|下家|用户|学生|家长|原告|被告|备注|昵称|姓名|老板|站长|店长|负责人|被骗人|骗子|此致|敬上|显示|证上|认证|实名|name|致"
_POINTER = r"(?:[:=是为叫(\[【“\"「《_/|>\-→➡👉👤\ufe0f]{1,2})"
_PARTED = rf"[{_COMMON}{_OTHERS}{_FIRST}][{_H}]?(?:[ .\-_]{{1,2}}[{_H}]{{1,2}}){{1,2}}{_END}|[{_COMMON}]\([^()]{{1,6}}\)[{_H}]{{1,2}}{_END}|[某*×]{{0,2}}[{_H}]?[某*×]{{1,2}}[{_H}]{{0,2}}{_END}|[{_COMMON}{_OTHERS}]x{{1,2}}[{_H}]?{_END}"
"""A name written with signs between its characters, explained, or masked."""
_TIBETAN = rf"(?:{_SYLLABLES}|阿[卜布依不迪]|买买提|艾合|吐尔|古丽|迪力|乌云|巴特|其其格|苏日|那仁|孟和)[{_H}]{{0,6}}"
_DOTTED = rf"[{_H}]{{2,8}}·[{_H}]{{1,10}}"
"""A name of people who write its parts with a dot between them."""
_LATIN_NAME = r"[a-z]{2,15}(?:[ ·.,/]{1,2}[a-z]{2,15}){1,3}(?![a-z0-9@._])"
_LABELLED = re.compile(
    rf"(?:{_ROLE}|客服|经理|负责人|老板|店主|[甲乙丙]方|个人|代表|代填人?|填表人?|经理人|签收人?)(?:姓名|名字|信息|显示|认证|一?栏|处|里|写的|填的|上?写着|那里){{0,3}}[\s]?{_POINTER}\s{{0,3}}{_COMPANY}"
    rf"(?P<x>[{_H}]{{1,8}}·[{_H}]{{1,10}}|{_ANY_NAME}(?![{_H}]{{0,1}}(?:客服|人员))|(?!{_NOBODY})[{_H}](?:[ *·某x]?[{_H}*某x]){{1,3}}{_END}|\*{{1,2}}[{_H}]{{1,2}}"
    rf"|[{_COMMON}{_OTHERS}] [{_H}](?: ?(?![{_STOP}])[{_H}])?|{_PARTED}|{_TIBETAN}|[a-z]{{2,15}}(?:[ ·./,]{{1,2}}[a-z]{{2,15}}){{0,2}}(?![a-z0-9@._]))"
)
_ROLE_ONLY = re.compile(
    rf"(?:{_ROLE})(?:显示|叫|一?栏|是|写着?的?){{0,2}}\s?{_COMPANY}(?P<x>[{_H}]{{2,10}}·[{_H}]{{1,10}}|{_PARTED}|{_ANY_NAME}|[{_COMMON}] [{_H}](?: [{_H}])?{_END}|{_TIBETAN}|(?<!名字)(?<!名字 ){_LATIN_NAME})"
)
_WEAK = re.compile(
    rf"(?:{_WEAK_ROLE})\s?(?:[:=是叫为]\s?)?(?P<x>(?:{_SURNAME}|[毛段高于金石方汤戴]){_GIVEN})(?={_END}|投诉|反映|说|要求|不退|收款|付款|账户|卡)"
)
_REST = rf"(?![{_STOP}])[{_H}](?:(?![{_STOP}])[{_H}])?"
_RECEIVES = re.compile(
    rf"(?<![{_H}])(?:(?P<x>{_SURNAME}{_REST})(?=收{_END}|账户|老板{_END})|(?P<y>(?:{_SURNAME}|[{_OTHERS}]){_REST})(?=\((?:身份证|手机|电话|微信|实名|本人)|\)的(?:银行)?卡))"
)
_FOR = re.compile(rf"(?<![{_H}])[替代为](?P<x>(?:{_SURNAME}|[{_OTHERS}]){_REST})(?=投诉|反映|举报)")
_SPLIT = re.compile(rf"姓\s?(?P<x>[{_H}]{{1,2}}[,\s]?\s?[名叫]\s?[{_H}]{{1,2}}){_END}")
_ENGLISH = re.compile(
    r"(?:(?:my|full|payee|account|holder)\s?name\s?(?:is|:)|name\s?:(?= ?[a-z]{2,15} [a-z]{2,15}$)|payee\s?:|contact(?: person)?\s?:|account holder\s?:|holder\s?:|i am(?= [a-z]{2,15} (?:chen|wang|li|zhang|liu|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo)(?![a-z])))"
    r"\s?(?P<x>[a-z]{2,15}(?:[ ·.,]{1,2}[a-z]{2,15}){0,3})(?![a-z0-9@._])"
    r"|(?:mr|mrs|ms|miss|dear)(?<!\d ms)(?<![a-z]mr)(?<![a-z]mrs)(?<![a-z]ms)(?<![a-z]miss)(?<![a-z]dear)\.? (?!and |or |of |in |at |the |a |to |is |each |instead )(?P<y>[a-z]{2,15}(?: [a-z]{2,9})?)(?![a-z0-9@._])"
)
_SELF_CALLED = re.compile(
    rf"(?:自称(?:姓名|名字)?(?:是|叫|为)?\s?:?\s?[“\"「]?(?:老板|客服|经理|店长|店主|站长|代理|技术|平台|官方)?(?:叫|是)?(?P<y>{_ANY_NAME})(?:{_END}|(?=[的加说要让称给把找联来打发在跟和收冒是转私]))|(?:我|本人|他|她|对方|名字|名|大名|老板|客服|经理|卖家|商家|店家|个|人|姓[{_H}]{{1,2}}[\s,、]{{0,2}})(?:的?(?:名字|真名|姓名))?叫(?:做|作)?\s?:?\s?(?:[“\"「【《](?={_ANY_NAME}))?(?P<x>{_DOTTED}|{_TIBETAN}|{_ANY_NAME}|(?!{_NOBODY})[{_H}](?: ?[{_H}]){{1,3}}{_END}))"
)
_SELF_IS = re.compile(
    rf"(?:(?:[我俺咱][是系]|我,|我姓|我乃|本人系)\s?:?\s?(?P<x>{_ANY_NAME}|{_DOTTED}){_END}|(?:本人|鄙人|在下|对方是|儿子|女儿|孩子)\s?:?\s?(?P<y>{_DOTTED}|{_ANY_NAME})(?:{_END}|(?=[于在因系])))"
)
_KIN = re.compile(
    # Written out, so that every branch begins with a literal and the engine skips ahead.
    r"(?:老公|老婆|我[妈爸哥姐弟妹]|[表堂][哥弟姐妹]|舅舅|叔叔|姑姑|外甥女?|侄[子女]|孙[子女]|女友|男友|女朋友|对象|闺蜜|女婿|儿媳|岳[父母]|公公|婆婆|邻居|战友|发小|老乡|师兄|师姐|学[弟妹长姐]|丈夫|妻子|朋友|儿子|女儿|爸爸|妈妈|父亲|母亲|弟弟|哥哥|姐姐|妹妹|同事|孩子|爱人|同学|室友"
    rf"|转账?给了?|付款?给了?|打款?给了?|汇款?给了?|(?:转|打|汇|存)[到给](?:了?(?:[工农中建交招邮][商业国设通储]?行|[一-鿿]{{2,4}}银行|信用社|支付宝|微信))?)(?:的?(?:名字|大名)?叫|是)?\s?[“\"「【]?(?P<x>{_SURNAME}(?![{_STOP}])[{_H}](?:(?![{_STOP}])[{_H}])?)(?![{_H}]{{0,8}}(?:平台|公司|商户))"
)
_STAFF = re.compile(
    rf"(?:客服|老板|店主|负责人|卖家|站长|群主|代理|业务员|员工|个体(?:工商)?户)\s?(?P<x>{_SURNAME}(?![{_STOP}])[{_H}](?:(?![{_STOP}])[{_H}])?)"
    rf"(?=[\s,.。;!?、:()\d{TAKEN}说称回让叫要在不跟加的于告]|失[联踪]|消失|跑[路了]|卷[款钱走]|拉黑|删[我除]|骗[我了人钱走]|收[了款钱]|发[来给]|退[款给]|拒绝|承[认诺]|答应|威胁|辱骂|推[脱卸]|拖[着延]|态度|$)"
)
_TITLED = re.compile(
    rf"(?P<x>{_SURNAME}(?:(?!先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨|客服|[的是了])[{_H}]){{0,2}})"
    r"(?=(?:先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨)(?!们))"
)
_TITLED_RARE = re.compile(
    rf"(?P<x>[{_OTHERS}](?:(?!先生|女士|小姐|[{_STOP}])[{_H}]){{1,2}})(?=(?:先生|女士|小姐|经理)(?!们))"
)
_PAID = re.compile(
    rf"(?:转账?给了?|付款?给了?|打款?给了?|汇款?给了?|(?:转|打|汇|存)到(?:支付宝|微信)?|老板|店主|客服)\s?(?P<x>[{_OTHERS}](?![{_STOP}])[{_H}](?:(?![{_STOP}])[{_H}])?)"
    rf"(?={_END}|[了不说的])"
)
_TITLED_SHORT = re.compile(
    "(?P<x>[方高于任曾江金白康万安成文])(?=(?:先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨)(?!们))"
)
_OWNER = re.compile(
    rf"(?:(?:(?<![{_H}])|(?<=[是找去在到看叫给]))(?!.(?:先生|女士|小姐|老师|师傅|经理))(?P<x>{_NAME})(?=的(?:小|网|微|个人)?(?:店|铺|站|工作室)|(?:个人|网络|科技)?(?:网站|主页|博客|空间|个人站))"
    rf"|(?:处罚|对|罚款|被告|原告|上诉人)\s?(?P<y>{_NAME})(?={TAKEN}|[\s,.。;、:()]|$|的|在|于|因|作出|处以|予以))"
)
"""Whose a shop or a page is, and whom a decision is about."""
_DID = "冒充|骗|诈|诱|忽悠|威胁|辱骂|骂|恐吓|骚扰|拉黑|删|卷|跑|失联|失踪|消失|拒|承诺|答应|保证|声称|说|称|回复|让我|叫我|要我|要求|带我|给我|向我|对我|找我|加我|教我|拉我|介绍|收了|收[我款钱]|退[我款钱]|欠|拖|赖|不[退给发理回接认]|没[退给发]|拿[了走我]|发[给了]|转[给我]|打[给电]|开[的了设]|经营|运营|负责|一直|多次|反复|当面|亲口|微信|电话|手机|名下|本人|个人|账户|卡|这个?[人骗]|此人|等人|及其|先生|女士|因|于|在|的(?:店|钱|卡|账|支付宝|微信|号|电话)|投诉|举报|反映|返还|赔|支付|履行|退还|承担|停止|偿还|起诉|诉|同意|表示|告知|解释|道歉|否认|推[脱卸]|律师|警官|法官|医生|主任|村长|书记|队长|老师|师傅|经理|才|也|还|都|就|又|已|没|不|上个?月|去年|今年|昨天|今天|前天|那天|当时|当天|自己|替|帮|代[填我为]|为|来|去|用|从|把|将|和我|跟我|与我|同志|住|家住|身份证|生于|出生|现年|今年|[(]|充[了值]|买[了的]|付[了款]|被|通过|注册|使用|实名|认证"
_USUAL_DOES = re.compile(rf"(?P<x>{_USUAL_NAME})(?=[”\"」】]?(?:{_DID})|{_END})")
"""A name made as most are, where somebody is said to do something; only behind a word that leads to a person."""
_LEADS_TO_PERSON = re.compile(
    r"(?:控告|起诉|骗子|店主|老板|站长|客服|认识|群主|收款|转账|汇款|打款|户名|实名|老公|老婆|"
    r"朋友|同学|同事|儿子|女儿|父亲|母亲|爸爸|妈妈|我爸|我妈|哥哥|弟弟|姐姐|妹妹|表哥|表弟|"
    r"表姐|表妹|堂哥|堂弟|室友|网友|群友|被告|原告|申请人|第三人|嫌疑人|代理人|甲方|乙方|法人|"
    r"股东|被告人|投诉人|店长|技术员|财务|会计|代表|个人|本名|全名|真名|原名|委托人|主播|博主|"
    r"群管|骗子叫|外甥|侄子|侄女|孙子|女友|男友|闺蜜|对象|同志|客人|主任|负责人|所谓|名叫|人叫|"
    r"员工|经理|师傅|村民|居民|学生|业主|家长|家属|客户|用户|顾客|买家|会员|老乡|邻居)$"
)
"""Words behind which a name is a person's."""
_PERSONAL = re.compile("冒充|辱骂|骂|威胁|恐吓|骚扰|本人|此人|先生|女士|同志|身份证|住|出生|生于|现年")
"""What nobody but a person does, is or has."""
_LEADS_TO_EITHER = re.compile("(?:举报|投诉|曝光|商家|卖家|上家|代理|联系|通过)$")
"""Words behind which it is a person's or a shop's."""


def _is_led(match: re.Match[str], shadow: str) -> bool:
    """Whether a word that leads to a person stands before it: by itself a shop's name (易宝达, 蓝月亮) looks like one and does the same things."""
    start, end = match.span("x")
    led = shadow[max(0, start - 5) : start].rstrip(' “"「【:')
    if _LEADS_TO_PERSON.search(led) or (end - start >= 3 and _LEADS_TO_PERSON.search(led.rstrip(",(、"))):
        return True
    return bool(_LEADS_TO_EITHER.search(led) and _PERSONAL.match(shadow, end))


_SIGNED = re.compile(
    rf"(?:此致|敬礼|敬上|特此(?:声明|证明|投诉|反映)?|谢谢|感谢|拜托|为盼|——|—|--|~|署名|落款|以上|恳请|投诉|[。!;\n])[\s。!,:—\-~]{{0,6}}(?P<x>{_USUAL_NAME})[\s,。]{{0,3}}(?=(?:敬上|谨上|上$|呈|拜上|携|签)|(?:于)?(?:20)?\d\d[年.\-/](?:\d|$)|[一二]〇|二[〇零]|\ue000|$|\n)"
)
"""Who has signed, at the end or before a date."""
_MASKED = re.compile(rf"(?P<x>{_SURNAME}(?:某某?|\*{{1,2}}[{_H}]?))(?![{_H}]?卡盟|[{_H}]?平台)")
_HALF = re.compile(
    rf"(?:支付宝|微信|实名|收款|转账|付款|账户|户名|认证|银行卡?|校验|名字|姓名|最后[一两]个?字|对方)[{_H}]{{0,6}}[\s:(“\"'「【]{{0,3}}(?P<x>[*×]{{1,2}}(?![必限号元未不请仅需]|可[用选以]|支[持付]|推荐|优[惠先]|免[费签])[{_H}]{{1,2}}){_END}"
)
"""The end of a name, as payment services show it to strangers."""
_BESIDE = re.compile(rf"(?P<x>{_NAME})(?=[\s,:、(]{{0,3}}(?:{TAKEN}|电话|手机|身份证|住址|本人))")
_AFTER = re.compile(rf"{TAKEN}[\s,()、]{{0,2}}(?P<x>{_NAME}){_END}")
_NOT_NAMES = (
    "储值|封锁|赖账|钱照|钱都|那边|那头|那里|全不|全在|全没|区了|慢了|金额|余额|黄金|白金|钻石|王者|马上|华为|江苏|高手|高级|高峰|常客|方面|方式|方法|平台|官方|时间|全场|全网|全天|高兴|高度|高速|高中|高考|方才|方可|方便|常规|常见|常用|任意|任凭|成本|成品|成员|成人|成年|成都|安心|安静|安慰|安排|平时|平常|平均|平民|金融|金币|金钱|金牌|康师|明确|明年|明日|计划|计较|强调|单纯|单价|解冻|解封|解除|解锁|万一|万分|文明|文档|车票|管家|经理|经营|经济|干什|干嘛|官网|国内|国外|国庆|元旦|上次|安卓|苹果|温馨|全部|全额|全国|"
    "任何|任务|白天|白嫖|石油|广告|广东|广西|后台|后来|后面|后续|关于|关注|关闭|查询|查看|查单|游戏|红包|易支付|简单|权益|满意|居然|终于|"
    "师傅|利息|花费|花呗|花钱|花了|包括|包月|包年|包退|明天|明白|明显|经常|经过|管理|支付|支持|解决|解释|计算|单位|单号|单子|单独|文件|成功|"
    "应该|应当|应在|应按|应依|应予|向消|时应|时须|明示|明知|单方|成立|曾经|向我|安全|安装|万元|万能|干脆|封号|封禁|封了|印象|段时|古董|毕竟|严重|严格|习惯|尚未|容易|费用|费了|程序|施工|别人|"
    "许多|何时|何况|何必|席位|房间|房卡|燕云|梅花|边缘|左右|左边|池子|乔迁|申请|申诉|龙卡|龙年|农行|农业|农村|幸好|幸运|怀疑|阴阳|"
    "祖国|武汉|武器|仇人|宁波|宁夏|荣耀|童年|雷电|雷达|项目|祝福|宋体|季卡|季度|蓝钻|蓝牙|贝壳|史诗|花卡|司机|司法|秋季|夏季|沙盒|那么|那个|那天|"
    "谢谢|步骤|隆重|欧元|麦当|区服|区号|卡盟|肖像|于是|于今|于昨|路由|强制|强烈|国家|元宝|文字|车主|华夏|康复|毛利|江湖|成交|时候|时常|常常|常年|高价|高额|高仿|关联|全的|全是|全都|费交|费用|谢谢|利润|明明|那我|那等|查查|陈述|时作|静态|向某|钱永|钱一直|永远"
)
NOT_NAME = re.compile(_NOT_NAMES)
_TOWN = re.compile(rf"(?:(?![{_STOP}])[{_H}]){{2,3}}[市县](?!场)")
"""A town, whose name may begin as a surname does."""
_ROLE_WORDS = (*"人者名主方码字款头", "客服", "经理", "老板", "股东", "payee", "holder", "name")
_TITLES = ("先生", "女士", "小姐", "同学", "师傅", "老师", "经理", "太太", "阿姨")
_TITLE = re.compile("|".join(_TITLES))
_OWNED = re.compile(
    r"的(?:小|网|微|个人)?(?:店|铺|站|工作室)|个人|网络|科技|网站|主页|博客|空间|处罚|对|罚款|被告|原告|上诉人"
)
_SOMEBODY = re.compile(f"{TAKEN}|电话|手机|身份证|住址|本人")
_HINTS: tuple[tuple[re.Pattern[str], tuple[str, ...], re.Pattern[str] | None, int], ...] = (
    (_LABELLED, _ROLE_WORDS, None, 0),
    (_ROLE_ONLY, _ROLE_WORDS, None, 0),
    (_SELF_CALLED, ("叫", "自称"), None, 0),
    (_WEAK, tuple(_WEAK_ROLE.split("|")), None, 0),
    (_RECEIVES, ("收", "(", ")的", "账户", "老板"), None, 0),
    (_FOR, ("替", "代", "为"), None, 0),
    (_SPLIT, ("姓",), None, 0),
    (_ENGLISH, ("name", "payee", "contact", "holder", "i am", "mr", "ms", "miss", "dear"), None, 0),
    (_KIN, tuple("公婆夫妻友子儿爸妈亲弟哥姐妹事孩爱学给到"), None, 0),
    (_SELF_IS, ("我", "人", "在下", "对方是", "子", "女儿"), None, 0),
    (_STAFF, ("客服", "老板", "店主", "负责人", "卖家", "站长", "群主", "代理", "员", "个体"), None, 0),
    (_TITLED, _TITLES, _TITLE, 4),
    (_TITLED_SHORT, _TITLES, _TITLE, 1),
    (_TITLED_RARE, ("先生", "女士", "小姐", "经理"), _TITLE, 3),
    (_PAID, ("给", "到", "老板", "店主", "客服"), None, 0),
    (_OWNER, ("店", "铺", "站", "室", "页", "博客", "空间", "罚", "对", "告", "诉"), _OWNED, 4),
    (_USUAL_DOES, (), None, 0),
    (_SIGNED, (), None, 0),
    (_MASKED, ("某", "*"), None, 0),
    (_HALF, ("*", "×"), None, 0),
    (_BESIDE, (TAKEN, "电话", "手机", "身份证", "住址", "本人"), _SOMEBODY, 7),
    (_AFTER, (TAKEN,), None, 0),
)
"""Each pattern with words one of which a text must hold for it to match: looking for a word is much cheaper. Of those that begin with
a name, which surnames make common, also what must begin within so many characters of where they begin."""

_NUMBER = r"(?:[0-9]{1,5}[a-z]?|[一二三四五六七八九十百]{1,5})"
_ROAD = "(?<![线网电思套通链])路|(?<![频渠通报知轨赛])道|街|巷|弄|大道|胡同|里弄|村|圩|屯|庄"
_ESTATE = "小区|社区|花园|花苑|苑|公寓|大厦|大楼|广场|新村|家园|公馆|府|城|园区|园|湾|庭|居|期|里|楼|坊|宿舍|号院|大院|座|厂"
_DETAIL = re.compile(
    rf"(?:(?:{_ROAD})\s?(?:[一二三四五六七八九东南西北中]段)?\s?{_NUMBER}(?:-[0-9]{{1,3}})?\s?(?:号楼?|弄|组|队)|(?:{_ESTATE})\s?{_NUMBER}\s?(?:号楼|栋|幢|座|单元|室|区)"
    rf"|{_NUMBER}\s?(?:号楼|栋|幢|座)\s?-?{_NUMBER}\s?(?:单元|室|号|层|楼)|[0-9]{{1,2}}[栋幢座舍][0-9]{{3,4}}(?![0-9元])|[0-9]{{1,2}}\s?(?:公寓|舍|宿舍)\s?[0-9]{{2,4}}\s?(?:寝室?|室|房|号)|(?:{_ESTATE})\s?[0-9]{{1,2}}-[0-9]{{1,2}}-[0-9]{{3,4}}|{_NUMBER}\s?单元\s?{_NUMBER}\s?(?:室|号|层|楼)?)"
    rf"(?:[\s,\-之附]{{0,2}}{_NUMBER}\s?(?:号楼|号|栋|幢|座|单元|室|楼|层|户|弄|组|房|门|(?=\W|$))|[\s]?[{_H}]{{2,8}}(?:小区|花园|大厦|公寓|苑|广场|家园|宿舍|中心|(?:{_ESTATE}|都|寓)(?=[0-9a-z]{{1,4}}\s?(?:号|楼|层|栋|幢|座|单元|室|-)))|院|(?:[{_H}]{{0,4}}[a-z]{{2,12}})?[{_H}]{{0,8}}[a-z][0-9]?\s?[座栋幢](?:[0-9]{{2,5}})?|[0-9]{{1,2}}\s?(?:公寓|舍|宿舍)\s?[0-9]{{2,4}}\s?(?:寝室?|室|房|号)?|(?<=[栋幢座元楼号])[0-9]{{3,4}}(?![0-9元])){{0,8}}"
)
_DETAIL_HINT = re.compile(
    r"[0-9a-z一二三四五六七八九十百]\s?(?:号|[弄组队栋幢座室舍]|单元|公寓|宿舍)|[0-9]-[0-9]"
)
_DETAIL_UNIT = re.compile(
    r"[0-9a-z一二三四五六七八九十百]\s?(?:号|[弄组队栋幢座室区舍]|单元|公寓|宿舍)|[0-9]-[0-9]"
)
_DETAIL_LEAD = 8
"""Characters of _DETAIL before the last sign of its first number: a road, a space and the number's other signs."""
_BEFORE = re.compile(rf"(?:[{_H}0-9]{{1,12}} ){{0,4}}[{_H}0-9a-z]{{0,30}}$")
_DIVISION = (
    "(?:北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南"
    "|西藏|陕西|甘肃|青海|宁夏|新疆)"
)
_AREA = re.compile(
    rf"{_DIVISION}(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)?\s?[{_H}]{{1,7}}?(?:市|州|盟|区|县)\s?(?:[{_H}]{{1,7}}?(?:区|县|市|旗)\s?)?"
    rf"[{_H}0-9]{{1,14}}?(?:街道|镇|乡|村|小区|社区|花园|路|大道|公寓|大厦|家园|苑)(?:[{_H}0-9]{{0,8}}(?:小区|花园|大厦|公寓|宿舍|村|组|号|栋|室))?(?![{_H}]{{0,4}}(?:局|法院|派出所))"
)
_LIVES = re.compile(
    rf"(?:地址\s?(?::|是|为)|住址\s?(?::|是|为)|住所\s?(?::|是|为)|家住|我住|现住|住在|寄到|寄往|寄去|邮寄到|快递到|邮到)\s{{0,2}}"
    rf"(?P<x>[{_H}0-9][{_H}0-9a-z\s\-#()]{{3,59}})"
)
_PLACE = re.compile(r"[省市区县镇乡村街路巷弄号栋幢室楼苑园]")
_LEAD = re.compile(r"^.*(?:住在|住址|地址|家住|我住|现住|寄到|寄往|发到|发往|送到|位于|就在|在|是|到|住|:)")


SCANNED = (*(hint[0] for hint in _HINTS), _TITLE, _OWNED, _SOMEBODY, _LIVES, _AREA, _DETAIL, _DETAIL_UNIT)
"""Patterns for which a long text is scanned at once."""


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


def find_names(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text; where a full name was found, its other occurrences too."""
    spans: list[tuple[int, int]] = []
    for hint in _HINTS:
        for match in found(*hint):
            start, end = match.span("y" if match.groupdict().get("y") is not None else "x")
            if hint[0] is _USUAL_DOES and not _is_led(match, shadow):
                continue
            if hint[0] is _BESIDE and shadow[start - 1 : start].isalnum() and start:
                continue
            if not NOT_NAME.match(shadow, start) and not _TOWN.match(shadow, start):
                spans.append((start, end))
        if hint[0] is _SPLIT:
            spans += _said_elsewhere(shadow, found(*hint))
    yield from spans
    for name in {shadow[a:b] for a, b in spans if b - a >= 2 and re.fullmatch(f"[{_H}·]+", shadow[a:b])}:
        at = shadow.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = shadow.find(name, at + len(name))


def _said_elsewhere(shadow: str, split: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Where a name that the text spells out (姓康名健) stands as one word."""
    for match in split:
        name = re.sub(r"[名叫,\s]", "", match["x"])
        at = shadow.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = shadow.find(name, at + len(name))


def find_addresses(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of postal addresses: a road or estate with its number, a division down to a street, or a text after 地址."""
    last = (0, 0)
    for start, end in sorted(_address_parts(shadow, found)):
        if start > last[1]:
            yield last
            last = start, end
        else:
            last = last[0], max(last[1], end)
    yield last


def _address_parts(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    for match in found(_LIVES):
        if _PLACE.search(match["x"]) and re.search(r"\d|[省市区县镇乡村]", match["x"]):
            yield match.start("x"), match.end("x")
    for match in found(_AREA):
        yield match.span()
    last = 0
    for match in _details(shadow, found):
        low = max(last, match.start() - 60)
        before = _BEFORE.search(shadow[low : match.start()])
        start = low + (before.start() if before else match.start() - low)
        lead = _LEAD.match(shadow[start : match.start()])
        yield start + (lead.end() if lead else 0), match.end()
        last = match.end()


def _details(shadow: str, found: Found) -> list[re.Match[str]]:
    """What _DETAIL finds; it begins shortly before a number with a unit."""
    if not any(_DETAIL_HINT.match(shadow, match.start()) for match in found(_DETAIL_UNIT)):
        return []
    return found(_DETAIL, (), _DETAIL_UNIT, _DETAIL_LEAD)
