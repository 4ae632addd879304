"""Names and addresses of people in complaint texts, by their context. Pure.

A name is taken only where something says that it is one (投诉人, 我叫, 先生, a telephone number beside it): Chinese names
are made of everyday characters, and a text robbed of those would say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from store.redaction.likely_names import find_likely
from store.redaction.name_parts import (
    ANY_NAME,
    BRANDS,
    COMMON,
    END,
    FIRST_OF_TWO,
    FULL_NAME,
    HAN,
    NOT_NAME,
    OTHERS,
    RARE,
    STOP,
    SURNAME,
    TAKEN,
    USUAL,
    is_everyday,
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


_SYLLABLES = "扎西|卓玛|次仁|多吉|平措|旺堆|格桑|央金|达瓦|尼玛|丹增|索朗|洛桑|强巴|贡布|拉姆|仁增|顿珠|白玛|巴桑|旦增|才让"
WITHOUT_SURNAME = rf"(?:{_SYLLABLES}){{2}}"
"""A full name of people who have no surnames: two such names, one behind the other."""
# A company's name has no function words before its legal form; "张三在某某公司买" is a person who bought.
_COMPANY = rf"(?!(?:(?![在于的是和与我你他她它们身已说要被把给因为了不就也都还又将至及或等几这那哪什么呢吧吗啊让叫跟没却对此到])[{HAN}()]){{2,22}}(?:公司|商行|工作室|银行|集团|商城|卡盟|旗舰店|专[营卖]店|经营部|厂|[金商药]行|珠宝|药业|股份|超市|商[店贸场]|事务所|中心|医院|大学|学[院校]|协会|基金|合作社|[分总]店))"
_NOBODY = f"[{STOP}人您亲]|机器|真人|自动|人工|外包|兼职|个人|企业|单位|自然人|客服|老板|商家|平台|卖家|店家|警察|朋友|家人|站长|群主|代理"
_ROLE = (
    "投\\s?诉\\s?人|联\\s?系\\s?人|收\\s?件\\s?人|收\\s?货\\s?人|持\\s?卡\\s?人|开户人|申请人|当事人|寄件人|付款人|收款人|购买人|下单人|"
    "报案人|举报人|申诉人|反映人|求助人|签收人|处理人|被处罚人|被罚款人|被执行人|违法行为人|责任人|经营者|主办人|站点负责人|机主|户\\s?主\\s?名?|法定代表人|法人代表|法人|姓\\s?名|户\\s?名|开户名|账户名|真名|实名|名字|收款方|付款方|收款码|对接人|经办人|受害人|受害者|受骗人|本名|全名|原名|曾用名|中文名|英文名|真实姓名|被举报人|证人|代购者|运营者|被投诉人|嫌疑人|经手人|当事者|签字|签名|落款|卡主|汇款人|打款人|转账人|备案人|实际控制人|实控人|股东|监护人|委托人|联络人|署名|抬头|名片|备案主体|收款名|付款名|取件人|注册人|登记人|持有人|(?<![a-z])(?:payee|account name|account holder|holder)"
)
_POINTER = r"(?:(?:应该|好像|可能|大概)?[:=是为叫填(\[【“\"「《_/|>\-→➡👉👤\ufe0f]{1,2})"
_PARTED = rf"[{COMMON}{OTHERS}{FIRST_OF_TWO}][{HAN}]?(?:[ .\-_]{{1,2}}[{HAN}]{{1,2}}){{1,2}}{END}|[{COMMON}]\([^()]{{1,6}}\)[{HAN}]{{1,2}}{END}|[某*×]{{0,2}}[{HAN}]?[某*×]{{1,2}}[{HAN}]{{0,2}}{END}|[{COMMON}{OTHERS}]x{{1,2}}[{HAN}]?{END}"
"""A name written with signs between its characters, explained, or masked."""
_TIBETAN = rf"(?:{_SYLLABLES}|阿[卜布依不迪]|买买提|艾合|吐尔|古丽|迪力|乌云|巴特|其其格|苏日|那仁|孟和)[{HAN}]{{0,6}}"
_SPELT = "吾甫逊阿艾爱安奥巴白拜贝比毕别波伯布卜达代丹德迪丁都多俄尔法菲费夫福噶盖甘格古果哈海汗赫胡华霍吉加江娇杰金卡凯克库肯拉莱兰朗勒雷里力丽林鲁伦罗洛玛买麦曼梅米明莫穆木娜纳南尼努诺帕派佩皮普其奇恰切热日如萨赛桑森沙山什史斯苏孙索塔太坦特提铁图吐托瓦外旺维温翁乌西夏孜则扎泽扎子依伊以亦牙亚雅尤于玉约再赞"
"""Characters by whose sound names of other languages are written."""
_DOTTED = rf"(?:[{HAN}]{{2,8}}·[{HAN}]{{1,10}}|[{_SPELT}]{{2,8}}\.[{_SPELT}]{{1,8}})"
"""A name of people who write its parts with a dot between them."""
_COLOURS = "[红蓝青紫彩银金]"
_SPACED = re.compile(
    rf"(?P<x>[{COMMON}{OTHERS}] (?<![{HAN}][{HAN}] )(?<![{HAN}] [{HAN}] )[{USUAL}] [{USUAL}]"
    rf"|[{COMMON}] (?<![{HAN}]..) {{0,2}}[{USUAL}]{{1,2}}"
    rf"|[{COMMON}{OTHERS}](?P<s>[./\-_|])(?!{_COLOURS})[{USUAL}](?P=s)(?!{_COLOURS})[{USUAL}]){END}"
)
"""One character after the other, so that no filter sees the name."""
_ABROAD = re.compile(
    r"(?:person|man|woman|guy|girl|seller|someone|somebody|friend) (?:called|named) (?P<x>[a-z]{2,15}(?: [a-z]{2,15}){1,2})(?=[,.;!?]|$| who| and)"
    r"|(?:real|full) name is (?P<z>[a-z]{2,15}(?: [a-z]{2,15}){1,2}?)(?=[,.;!?]|$| and| who)"
    r"|(?:regards|sincerely|thanks|cheers|faithfully)[,.!]?\s{1,4}(?P<y>[a-z]{2,15}(?: [a-z]{2,15}){1,2})(?=\s*$|\n)"
)
_FOREIGNER = re.compile(
    r"(?:外教|老外|外国人|外籍[^\s,。]{0,4}|留学生),?\s?(?P<x>[a-z]{3,15} [a-z]{3,15})(?=[\s,。]|[让给说跟和在的叫帮]|$)"
)
_LETTERED = re.compile(
    r"(?P<x>[a-z](?<![a-z\-].)(?P<s>[\-.])[a-z](?:(?P=s)[a-z]){0,5}(?: [a-z](?:(?P=s)[a-z]){1,6}){1,3})(?<=[a-z\-. ]{9})(?![a-z\-])"
)
"""Letter by letter, so that no filter sees the name."""
_IN_PINYIN = re.compile(
    r"拼音[\s:是为写]{0,3}(?P<x>[a-z]{4,15}(?: [a-z]{2,15}){0,2}|[a-z]{2,15}(?: [a-z]{2,15}){1,2})(?![a-z0-9@._])"
)
_APPOSED = re.compile(
    r"(?:seller|owner|boss|manager|agent),\s(?P<x>(?!(?:an?|the|as|of|in|on|at|to|for|by|if|who|which|whose|after|before|once|not|but|and|or|so|however|then|please|with|without|is|was|when|while|like|my|his|her|their|our|your|this|that|no|yes|he|she|they|we|you|it|i) )[a-z]{2,15} (?!(?:is|was|he|she|they|we|you|it|the|to|me|us|not|did|has|had|of|in|on|at)[ ,])[a-z]{2,15})(?=,)"
)
_FAMOUS = (
    "哈利·|达·芬|列奥纳多·|夏洛克·|史蒂夫·|伊隆·|埃隆·|比尔·盖|马克·扎|沃伦·|穆罕默德·|莱昂|克里斯蒂亚诺·"
)
_FAR = re.compile(
    rf"(?P<z>[{_SPELT}]{{1,4}}(?:古丽|努尔|木江|买提|其格|仁托娅|日娜))|(?P<x>(?:{_SYLLABLES})(?<!尼玛)(?:{_SYLLABLES})(?<!尼玛))|(?P<y>(?!{_FAMOUS})(?:[{_SPELT}]{{2,8}}(?:·[{_SPELT}和]|\.(?=[{_SPELT}]{{2}}))[{_SPELT}和]{{0,9}}))"
)
"""Names of people without surnames: two of theirs, one with an ending of theirs, or two spelt by their sound with a dot."""
_LATIN_NAME = r"[a-z]{2,15}(?:[ ·.,/]{1,2}[a-z]{2,15}){1,3}(?![a-z0-9@._])"
_LABELLED = re.compile(
    rf"(?:{_ROLE}|客服|经理|负责人|老板|店主|[甲乙丙]方|个人|代表|代填人?|填表人?|经理人|签收人?)(?:姓名|名字|信息|显示|认证|一?栏|处|里|写的|填的|上?写着|那里|是我|我|\([^()\n]{{1,8}}\)){{0,3}}[\s]?{_POINTER}\s{{0,3}}{_COMPANY}"
    rf"(?P<x>[{HAN}]{{1,8}}·[{HAN}]{{1,10}}|{ANY_NAME}(?![{HAN}]{{0,1}}(?:客服|人员))|(?!{_NOBODY})[{HAN}](?:[ *·某x]?[{HAN}*某x]){{1,3}}{END}|\*{{1,2}}[{HAN}]{{1,2}}"
    rf"|[{COMMON}{OTHERS}] {{1,3}}[{HAN}](?: ?(?![{STOP}])[{HAN}])?|{_PARTED}|{_TIBETAN}|[a-z]{{2,15}}(?:[ ·./,]{{1,2}}[a-z]{{2,15}}){{0,2}}(?![a-z0-9@._]))"
)
_ROLE_ONLY = re.compile(
    rf"(?:{_ROLE})(?:显示|叫|一?栏|是|写着?的?){{0,2}}\s?{_COMPANY}(?P<x>[{HAN}]{{2,10}}·[{HAN}]{{1,10}}|{_PARTED}|{ANY_NAME}|[{COMMON}] [{HAN}](?: [{HAN}])?{END}|{_TIBETAN}|(?<!名字)(?<!名字 ){_LATIN_NAME})"
)
_SPLIT = re.compile(
    rf"姓\s?(?P<x>[{HAN}]{{1,2}}[,\s]?\s?[名叫]\s?[{HAN}]{{1,2}}){END}|姓(?P<s>[{COMMON}{OTHERS}{RARE}])[,\s]{{1,2}}(?P<y>(?P=s)[{HAN}]{{1,2}}){END}"
)
_ENGLISH = re.compile(
    r"(?:(?:my|full|payee|account|holder)\s?name\s?(?:is|:)|name\s?:(?= ?[a-z]{2,15} [a-z]{2,15}$)|payee\s?:|contact(?: person)?\s?:|account holder\s?:|holder\s?:|i am(?= [a-z]{2,15} (?:chen|wang|li|zhang|liu|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo)(?![a-z])))"
    r"\s?(?P<x>[a-z]{2,15}(?:[ ·.,]{1,2}[a-z]{2,15}){0,3})(?![a-z0-9@._])"
    r"|(?:mr|mrs|ms|miss|dear)(?<!\d ms)(?<![a-z]mr)(?<![a-z]mrs)(?<![a-z]ms)(?<![a-z]miss)(?<![a-z]dear)\.? (?!and |or |of |in |at |the |a |to |is |each |instead |bean|customer|sir|madam|all|user|team|friend|seller|buyer|client|support)(?P<y>[a-z]{2,15}(?: [a-z]{2,9})?)(?![a-z0-9@._])"
)
_ENGLISH_PINYIN = re.compile(
    rf"(?:(?:(?:real |full |his |her )?name is|(?:receiver|recipient|payee|account|person|man|guy|seller|owner|boss)[^.;]{{0,30}} (?:is|was)|paid(?:[^.;]{{0,24}} to)?|(?:sent|transferred)[^.;]{{0,24}} to|seller|boss|owner|contact|named|called|s?he is),? |name\s?: ?)"
    rf"(?P<x>(?!he )(?:{SURNAMES}) {SYLLABLE}(?:[ '\-]?{SYLLABLE})?|{SYLLABLE}{{2}} (?:{SURNAMES}))(?![a-z0-9@_])"
)
"""A Chinese name in an English sentence, and no word of the sentence after it."""
_SELF_CALLED = re.compile(
    rf"(?:自称(?:姓名|名字)?(?:是|叫|为)?\s?:?\s?[“\"「]?(?:老板|客服|经理|店长|店主|站长|代理|技术|平台|官方)?(?:叫|是)?(?P<y>{_DOTTED}|{ANY_NAME})(?:{END}|(?=[的加说要让称给把找联来打发在跟和收冒是转私]))|(?:我|本人|他|她|对方|名字|名|大名|主播|群主|店主|代理|掌柜|老板|客服|经理|卖家|商家|店家|朋友|同事|同学|室友|邻居|其实|实际上?|原来|本来|个|人|姓[{HAN}]{{1,2}}[\s,、]{{0,2}})(?:的?(?:名字|真名|姓名))?叫(?:做|作)?\s?:?\s?(?:[“\"「【《](?={ANY_NAME}))?(?P<x>{_DOTTED}|{_TIBETAN}|{ANY_NAME}|(?!{_NOBODY})[{HAN}](?: ?[{HAN}]){{1,3}}{END}))"
)
_SELF_IS = re.compile(
    rf"(?:(?:[我俺咱][是系]|我,|我姓|我乃|本人系)\s?:?\s?(?P<x>{ANY_NAME}|{_DOTTED}){END}|(?:本人|鄙人|在下|对方是|儿子|女儿|孩子)\s?:?\s?(?P<y>{_DOTTED}|{ANY_NAME})(?:{END}|(?=[于在因系])))"
)
_KIN = re.compile(
    # Written out, so that every branch begins with a literal and the engine skips ahead.
    r"(?:老公|老婆|我[妈爸哥姐弟妹]|[表堂][哥弟姐妹]|舅舅|叔叔|姑姑|外甥女?|侄[子女]|孙[子女]|女友|男友|女朋友|对象|闺蜜|女婿|儿媳|岳[父母]|公公|婆婆|邻居|战友|发小|老乡|师兄|师姐|学[弟妹长姐]|丈夫|妻子|朋友|儿子|女儿|爸爸|妈妈|父亲|母亲|弟弟|哥哥|姐姐|妹妹|同事|孩子|爱人|同学|室友"
    rf"|转账?给了?|付款?给了?|打款?给了?|汇款?给了?|(?:转|打|汇|存)[到给](?:了?(?:[工农中建交招邮][商业国设通储]?行|[一-鿿]{{2,4}}银行|信用社|支付宝|微信))?)(?:的?(?:名字|大名)?叫|是)?\s?[“\"「【]?(?P<x>{SURNAME}(?![{STOP}])[{HAN}](?:(?![{STOP}])[{HAN}])?|[{OTHERS}][{USUAL}]{{2}}(?={END}|[的在把才也买充付被说用给他她]|今年))(?![{HAN}]{{0,8}}(?:平台|公司|商户))"
)
_STAFF = re.compile(
    rf"(?:客服|老板|店主|负责人|卖家|站长|群主|代理|业务员|员工|个体(?:工商)?户)\s?(?P<x>{SURNAME}(?![{STOP}])[{HAN}](?:(?![{STOP}])[{HAN}])?)"
    rf"(?=[\s,.。;!?、:()\d{TAKEN}说称回让叫要在不跟加的于告]|失[联踪]|消失|跑[路了]|卷[款钱走]|拉黑|删[我除]|骗[我了人钱走]|收[了款钱]|发[来给]|退[款给]|拒绝|承[认诺]|答应|威胁|辱骂|推[脱卸]|拖[着延]|态度|$)"
)
_TITLED = re.compile(
    rf"(?P<x>{SURNAME}(?:(?!先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨|客服|[的是了])[{HAN}]){{0,2}})"
    r"(?=(?:先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨)(?!们))"
)
_TITLED_SHORT = re.compile(
    "(?P<x>[方高于任曾江金白康万安成文])(?=(?:先生|女士|小姐|同学|师傅|老师|经理|太太|阿姨)(?!们))"
)
_PLAIN = "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范姚谭廖邹熊陆郝孔崔邱秦史顾侯邵孟段汤尹黎乔贺赖龚庞樊殷施陶洪翁倪严聂"
_FREQUENT = _PLAIN + "高于任方石金白康毛江龙万雷钱易常武文严华柯莫向温安成鲁葛"
"""Surnames of nine people in ten; of _PLAIN few everyday words begin."""
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
_TITLED_RARE = re.compile(
    rf"(?P<x>[{OTHERS}](?:(?!先生|女士|小姐|[{STOP}])[{HAN}]){{1,2}})(?=(?:先生|女士|小姐|经理)(?!们))"
)
_MASKED = re.compile(rf"(?P<x>{SURNAME}(?:某某?|\*{{1,2}}[{HAN}]?))(?![{HAN}]?卡盟|[{HAN}]?平台)")
_HALF = re.compile(
    rf"(?:支付宝|微信|实名|收款|转账|付款|账户|户名|认证|银行卡?|校验|名字|姓名|最后[一两]个?字|对方)[{HAN}]{{0,6}}[\s:(“\"'「【]{{0,3}}(?P<x>[*×]{{1,2}}(?![必限号元未不请仅需]|可[用选以]|支[持付]|推荐|优[惠先]|免[费签])[{HAN}]{{1,2}}){END}"
)
"""The end of a name, as payment services show it to strangers."""
_BESIDE = re.compile(rf"(?P<x>{FULL_NAME})(?=[\s,:、(/|]{{0,3}}(?:{TAKEN}|电话|手机|身份证|住址|本人))")
_TOWN = re.compile(rf"(?:(?![{STOP}])[{HAN}]){{2,3}}[市县](?!场)")
"""A town, whose name may begin as a surname does."""
_ROLE_WORDS = (*"人者名主方码字款头", "客服", "经理", "老板", "股东", "payee", "holder", "name")
_TITLES = ("先生", "女士", "小姐", "同学", "师傅", "老师", "经理", "太太", "阿姨")
_TITLE = re.compile("|".join(_TITLES))
_SOMEBODY = re.compile(f"{TAKEN}|电话|手机|身份证|住址|本人")
_HINTS: tuple[tuple[re.Pattern[str], tuple[str, ...], re.Pattern[str] | None, int], ...] = (
    (_LABELLED, _ROLE_WORDS, None, 0),
    (_ROLE_ONLY, _ROLE_WORDS, None, 0),
    (_SELF_CALLED, ("叫", "自称"), None, 0),
    (_SPLIT, ("姓",), None, 0),
    (
        _ENGLISH,
        (
            "name",
            "payee",
            "contact",
            "holder",
            "i am",
            "mr",
            "ms",
            "miss",
            "dear",
        ),
        None,
        0,
    ),  # fmt: skip
    (
        _ENGLISH_PINYIN,
        (
            "receiver",
            "recipient",
            "payee",
            "account",
            "person",
            " man ",
            " guy ",
            "paid",
            "sent",
            "transferred",
            "seller",
            "boss",
            "owner",
            "contact",
            "named",
            "called",
            "he is",
            "name",
        ),
        None,
        0,
    ),
    (_KIN, tuple("公婆夫妻友子儿爸妈亲弟哥姐妹事孩爱学给到"), None, 0),
    (_SELF_IS, ("我", "人", "在下", "对方是", "子", "女儿"), None, 0),
    (_STAFF, ("客服", "老板", "店主", "负责人", "卖家", "站长", "群主", "代理", "员", "个体"), None, 0),
    (_TITLED, _TITLES, _TITLE, 4),
    (_TITLED_SHORT, _TITLES, _TITLE, 1),
    (_LETTERED, ("-", "."), None, 0),
    (_SPACED, (" ", ".", "/", "-", "_", "|"), None, 0),
    (_IN_PINYIN, ("拼音",), None, 0),
    (_FOREIGNER, ("外", "留学生"), None, 0),
    (
        _ABROAD,
        ("name is", " called ", " named ", "regards", "sincerely", "thanks", "cheers", "faithfully"),
        None,
        0,
    ),
    (_APPOSED, (",",), None, 0),
    (_FAR, ("·", "古丽", "努尔", "木江", "买提", "其格", "托娅", "日娜", *_SYLLABLES.split("|")), None, 0),
    (_TITLED_RARE, ("先生", "女士", "小姐", "经理"), _TITLE, 3),
    (_BARE, (), None, 0),
    (_GREAT, (), None, 0),
    (_MASKED, ("某", "*"), None, 0),
    (_HALF, ("*", "×"), None, 0),
    (_BESIDE, (TAKEN, "电话", "手机", "身份证", "住址", "本人"), _SOMEBODY, 7),
)
"""Each pattern with words one of which a text must hold for it to match: looking for a word is much cheaper. Of those that begin with
a name, which surnames make common, also what must begin within so many characters of where they begin."""

_LETTERS = re.compile("[a-z]{2}")
_CHINESE_HINTS = tuple(
    hint
    for hint in _HINTS
    if hint[0] not in (_ENGLISH, _ENGLISH_PINYIN, _ABROAD, _APPOSED, _FOREIGNER, _IN_PINYIN)
)
"""What can match where no Latin word is."""
_WEAKER = (_KIN, _STAFF)

_NUMBER = r"(?:[0-9]{1,5}[a-z]?|[一二三四五六七八九十百]{1,5})"
_ROAD = "(?<![线网电思套通链])路|(?<![频渠通报知轨赛])道|街|巷|弄|大道|胡同|里弄|村|圩|屯|庄"
_ESTATE = "小区|社区|花园|花苑|苑|公寓|大厦|大楼|广场|新村|家园|公馆|府|城|园区|园|湾|庭|居|期|里|楼|坊|宿舍|号院|大院|座|厂"
_DETAIL = re.compile(
    rf"(?:(?:{_ROAD})\s?(?:[一二三四五六七八九东南西北中]段)?\s?{_NUMBER}(?:-[0-9]{{1,3}})?\s?(?:号楼?|弄|组|队)|(?:{_ESTATE})\s?{_NUMBER}\s?(?:号楼|栋|幢|座|单元|室|区)"
    rf"|{_NUMBER}\s?(?:号楼|栋|幢|座)\s?-?{_NUMBER}\s?(?:单元|室|号|层|楼)|[0-9]{{1,2}}(?:[栋幢座舍]|[号#][楼院])[0-9]{{3,4}}(?![0-9元])|(?:{_ESTATE})\s?[a-z]\s?[座栋幢区]\s?[0-9]{{2,5}}(?![0-9元])|[0-9]{{1,2}}\s?(?:公寓|舍|宿舍)\s?[0-9]{{2,4}}\s?(?:寝室?|室|房|号)|(?:{_ESTATE})\s?[0-9]{{1,2}}-[0-9]{{1,2}}-[0-9]{{3,4}}|{_NUMBER}\s?单元\s?{_NUMBER}\s?(?:室|号|层|楼)?|(?:宿舍|公寓)\s?[a-z]?[0-9]{{1,2}}-[0-9]{{3,4}}(?![0-9元])|{_NUMBER}\s?(?:号|栋)?(?:宿舍楼|宿舍|公寓楼|学生公寓)\s?[0-9]{{2,4}}\s?(?:寝室|室|房|号)|{_NUMBER}\s?(?:号楼|栋|幢)\s?{_NUMBER}\s?门\s?[0-9]{{2,4}}(?![0-9元]))"
    rf"(?:[\s,\-之附]{{0,2}}{_NUMBER}\s?(?:号楼|号|栋|幢|座|单元|室|楼|层|户|弄|组|房|门|(?=\W|$))|[\s]?[{HAN}]{{2,8}}(?:小区|花园|大厦|公寓|苑|广场|家园|宿舍|中心|(?:{_ESTATE}|都|寓)(?=[0-9a-z]{{1,4}}\s?(?:号|楼|层|栋|幢|座|单元|室|-)))|院|(?:[{HAN}]{{0,4}}[a-z]{{2,12}})?[{HAN}]{{0,8}}[a-z][0-9]?\s?[座栋幢](?:[0-9]{{2,5}})?|[0-9]{{1,2}}\s?(?:公寓|舍|宿舍)\s?[0-9]{{2,4}}\s?(?:寝室?|室|房|号)?|(?<=[栋幢座元楼号])[0-9]{{3,4}}(?![0-9元])){{0,8}}"
)
_DETAIL_HINT = re.compile(
    r"[0-9a-z一二三四五六七八九十百]\s?(?:号|#楼|[弄组队栋幢座室舍]|单元|公寓|宿舍)|[0-9]-[0-9]"
)
_DETAIL_UNIT = re.compile(
    r"[0-9a-z一二三四五六七八九十百]\s?(?:号|#楼|[弄组队栋幢座室区舍]|单元|公寓|宿舍)|[0-9]-[0-9]"
)
_DETAIL_LEAD = 8
"""Characters of _DETAIL before the last sign of its first number: a road, a space and the number's other signs."""
_BEFORE = re.compile(rf"(?:[{HAN}0-9]{{1,12}} ){{0,4}}[{HAN}0-9a-z]{{0,30}}$")
_DIVISION = (
    "(?:北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南"
    "|西藏|陕西|甘肃|青海|宁夏|新疆)"
)
_AREA = re.compile(
    rf"{_DIVISION}(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)?\s?[{HAN}]{{1,7}}?(?:市|州|盟|区|县)\s?(?:[{HAN}]{{1,7}}?(?:区|县|市|旗)\s?)?"
    rf"[{HAN}0-9]{{1,14}}?(?:街道|镇|乡|村|小区|社区|花园|路|大道|公寓|大厦|家园|苑)(?:[{HAN}0-9]{{0,8}}(?:小区|花园|大厦|公寓|宿舍|村|组|号|栋|室))?(?![{HAN}]{{0,4}}(?:局|法院|派出所))"
)
_LIVES = re.compile(
    rf"(?:地址\s?(?::|是|为)|住址\s?(?::|是|为)|住所\s?(?::|是|为)|家住|我住|现住|住在|寄到|寄往|寄去|邮寄到|快递到|邮到)\s{{0,2}}"
    rf"(?P<x>[{HAN}0-9][{HAN}0-9a-z\s\-#()]{{3,59}})"
)
_LOCKER = re.compile("丰巢|蜂巢|快递柜|自提柜|驿站")
_HOMES = "小区|花园|苑|家园|公寓|社区|新村|宿舍"
_LOCKER_OF = re.compile(
    rf"(?:(?![在放存到送把的了])[{HAN}]){{2,10}}?(?:(?:{_HOMES}|学校|大学|里|园|城)(?:[东西南北]{{1,2}}门)?|[东西南北]门)[{HAN}0-9]{{0,4}}$"
)
_LOCKER_NUMBER = re.compile(rf"(?:[{HAN}0-9]{{0,4}}?(?:取件口?|格)?[0-9]{{1,3}}号?(?:格口|格|柜|门)|柜)?")
_LOCKER_AT = re.compile(
    rf"[\s:,]{{0,2}}(?P<x>(?:(?![的了我你他没不])[{HAN}]){{2,10}}(?:{_HOMES})(?:[0-9]{{1,3}}号)?(?:[东西南北]门)?(?:门店|店|门|柜机?)?(?:[a-z]?[0-9]{{1,3}}号?(?:格口|格|柜))?)"
)
"""Where parcels wait for somebody: near where they live."""
_PLACE = re.compile(r"[省市区县镇乡村街路巷弄号栋幢室楼苑园]")
_LEAD = re.compile(r"^.*(?:住在|住址|地址|家住|我住|现住|寄到|寄往|发到|发往|送到|位于|就在|在|是|到|住|:)")


SCANNED = (
    *(hint[0] for hint in _HINTS),
    _TITLE,
    _SOMEBODY,
    _LIVES,
    _AREA,
    _LOCKER,
    _DETAIL,
    _DETAIL_UNIT,
)
"""Patterns for which a long text is scanned at once."""


def find_names(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text; where a full name was found, its other occurrences too."""
    spans: list[tuple[int, int]] = []
    for hint in _HINTS if _LETTERS.search(shadow) else _CHINESE_HINTS:
        for match in found(*hint):
            start, end = match.span(
                next(group for group in "zyx" if match.groupdict().get(group) is not None)
            )
            if hint[0] is _BESIDE and shadow[start - 1 : start].isalnum() and start:
                continue
            if hint[0] in _WEAKER and (is_everyday(shadow, start) or BRANDS.match(shadow, start)):
                continue
            if not NOT_NAME.match(shadow, start) and not _TOWN.match(shadow, start):
                spans.append((start, end))
        if hint[0] is _SPLIT:
            spans += _said_elsewhere(shadow, found(*hint))
    spans = _joined([*spans, *find_likely(shadow)])
    yield from spans
    for name in {shadow[a:b] for a, b in spans if b - a >= 2 and re.fullmatch(f"[{HAN}·]+", shadow[a:b])}:
        at = shadow.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = shadow.find(name, at + len(name))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that overlap as one: what two patterns see of one name is one name."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _said_elsewhere(shadow: str, split: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Where a name that the text spells out (姓康名健) stands as one word."""
    for match in split:
        name = re.sub(r"[名叫,\s]", "", match["x"] or match["y"])
        at = shadow.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = shadow.find(name, at + len(name))


def find_addresses(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of postal addresses: a road or estate with its number, a division down to a street, or a text after 地址."""
    last = (0, 0)
    for start, end in sorted(_address_parts(shadow, found)):
        if _AUTHORITY.search(shadow, max(0, start - 24), start) or _AUTHORITY.search(shadow, start, end):
            continue
        if start > last[1]:
            yield last
            last = start, end
        else:
            last = last[0], max(last[1], end)
    yield last


_AUTHORITY = re.compile(
    r"(?:法院|立案大厅|[监总公安商]局|管理局|派出所|消协|消费者协会|委员会|仲裁委|办事大厅|政府|检察院)[\s,:(]{0,2}(?:(?:通信|办公|联系)?地址|位于|在|住所)?[\s,:是在为]{0,2}$"
)
"""Before an address that is an authority's."""


def _address_parts(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    for match in found(_LIVES):
        if _PLACE.search(match["x"]) and re.search(r"\d|[省市区县镇乡村]", match["x"]):
            yield match.start("x"), match.end("x")
    for match in found(_AREA):
        yield match.span()
    for match in found(_LOCKER):
        low = max(0, match.start() - 24)
        if of := _LOCKER_OF.search(shadow[low : match.start()]):
            number = _LOCKER_NUMBER.match(shadow, match.end())
            yield low + of.start(), number.end() if number else match.end()
        elif at := _LOCKER_AT.match(shadow, match.end()):
            yield at.span("x")
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
