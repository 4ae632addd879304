"""Which holders of a filing, a domain or a shop are natural persons, by how their nature is said and by the form of the name. Pure.

Registers mix people and companies in one field. A company's name may be kept, a person's never is.
"""

from __future__ import annotations

import re
import unicodedata

from store.redaction.name_parts import FULL_NAME, NOT_NAME, SHOPS, TRADES
from store.redaction.people import WITHOUT_SURNAME
from store.redaction.pinyin import SURNAMES, SYLLABLE
from store.redaction.rules import TOKEN, fold

_COMPANY = re.compile(
    r"公司|厂|集团|学校|大学|学院|医院|协会|学会|基金|委员会|事务所|合作社|研究院|研究所|管理局|总局|银行|企业|合伙|联盟|报社|出版社|电视台|政府"
)
_LATIN_COMPANY = re.compile(
    r"\b(?:ltd|limited|inc|llc|llp|corp|corporation|co|company|gmbh|ag|sas|sarl|sa|bv|b\.v|oy|ab|kk|pte|pty|plc|group|holdings?|"
    r"cloud|tech|technology|technologies|network|networks|registrar|registry|domains?|internet|services?|solutions?|hosting|"
    r"encrypt|ca|authority|trust|digicert|security|systems?|media|studio|labs?|online|global|international|names?|data|software|"
    r"foundation|association|university|bank|dot|net|com|org|server|web|ssl|tls|rsa|ecc|root|issuing|dv|ov|ev|g\d)\b|\d|\.",
    re.IGNORECASE,
)
_PERSONAL_NATURE = re.compile(
    r"个人|自然人|个体|geren|ziranren|personal|individual|natural|person|private|self-?employed"
)
_SOLE_TRADER = re.compile(r"个体(?:工商)?户?|自然人|\(个人\)|（个人）")
_TRADED_BY = re.compile(
    rf"^(?:[\u4e00-\u9fff]{{2,9}}?(?:省|市|区|县|旗|镇|乡))*{FULL_NAME}"
    rf"(?:的|个人|{TRADES}){{0,4}}(?:{SHOPS}|个人|个人网站|个人站)$"
)
_SHORT_TRADE = re.compile(
    r"店|部|中心|行|社|工作室|局|院|所|站|馆|网|卡盟|商城|[A-Za-z0-9]"
    # A brand of four characters whose last two are a trade is nobody's name; 王科技 may be one.
    r"|^..(?:软件|科技|网络|数码|通信|通讯|信息|电子|商务|游戏|传媒|文化|地图|食品|广场|集成|智能|支付|金服|在线|互联)$"
)
_ALONE = re.compile(rf"^(?:{FULL_NAME}|{WITHOUT_SURNAME})(?:先生|女士|小姐)?$")
_FOREIGN = re.compile(r"^[\u4e00-\u9fff]{1,10}(?:[·•・‧∙.．][\u4e00-\u9fff]{1,12}){1,3}$")
_LATIN = re.compile(r"^[A-Za-zÀ-ɏḀ-ỿ'’\-]{1,20}(?:[ ·,]{1,2}(?:[A-Za-z]\.|[A-Za-zÀ-ɏḀ-ỿ'’\-]{1,20})){1,3}$")
_INITIAL = re.compile(r"(?<= )[A-Za-z]\.(?= )")
_PINYIN_NAME = rf"(?P<surname>{SURNAMES})[ ,]{{1,2}}(?P<given>{SYLLABLE}(?:[ '-]?{SYLLABLE})?)"
_PINYIN = re.compile(rf"(?<![A-Za-z]){_PINYIN_NAME}(?![A-Za-z])", re.IGNORECASE)
_PINYIN_TRADE = re.compile(
    rf"{_PINYIN_NAME}(?:['’]s)? (?:personal |online )?(?:studio|shop|store|website|blog)", re.IGNORECASE
)
_PINYIN_CLOSED = re.compile(rf"(?=[A-Z][a-z]+[A-Z][a-z]+$)(?i:(?:{SURNAMES}){SYLLABLE}{{1,2}})")
"""Written as one word, each name with a capital: ZhangSan."""


def is_person(name: str | None, nature: str | None = None) -> bool:
    """Whether the holder of a filing is a natural person: its nature says so, or its name has the form of a person's."""
    if nature and _PERSONAL_NATURE.search(re.sub(r"\s", "", fold(nature))):
        return True
    said = unicodedata.normalize("NFKC", name or "").strip()
    if not said or _COMPANY.search(fold(said)):
        return False
    if _has_personal_form(said) or _PINYIN_TRADE.fullmatch(said) or _PINYIN_CLOSED.fullmatch(said):
        return True
    if _LATIN.match(said):
        return not _LATIN_COMPANY.search(_INITIAL.sub("", said))
    # A register's shortest company names have a word for what they are.
    return len(said) <= 4 and not _SHORT_TRADE.search(said)


def _has_personal_form(said: str) -> bool:
    """Whether a name without a company's words is a person's, or a trade of one person."""
    if _SOLE_TRADER.search(said) or _FOREIGN.match(said) or TOKEN.search(said):
        return True
    bare = fold(re.sub(r"\s", "", said))
    return not NOT_NAME.match(bare) and bool(_ALONE.match(bare) or _TRADED_BY.match(bare))


def without_person(name: str | None) -> str | None:
    """`name` of a company or service, None where it is a person's: written in Chinese, or in Latin letters as pinyin is."""
    if name is None or not name.strip() or TOKEN.search(name):
        return None
    if name.isascii():
        found = _PINYIN.search(name)
        return None if found and not _LATIN_COMPANY.search(name[found.end() :]) else name
    said = unicodedata.normalize("NFKC", name).strip()
    return None if not _COMPANY.search(fold(said)) and _has_personal_form(said) else name
