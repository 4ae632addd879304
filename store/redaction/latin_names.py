"""Names of people in Latin letters that no word leads to, by their capitals. Pure.

The one look at the text as it was written: where all letters are small a name is made of words like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.redaction.pinyin import RARER_SURNAMES, SURNAMES, SYLLABLE

_GIVEN = (
    "aaron abdul abigail adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alexei alfred ali alice alicia alison amanda amelia amina amit amy ana anastasia "
    "andre andrea andreas andrew andrey angela anita anjali ann anna anne annie anthony anton antonio arjun arthur ashley audrey barbara ben benjamin bernard beth bianca boris brandon "
    "brenda brian bruno bryan caitlin camila carla carlos carmen carol caroline catherine charles charlotte chen chiara chloe chris christian christina christine christopher cindy claire clara "
    "claudia colin connor craig cynthia daniel daniela darren david deborah deepak denis dennis derek diana diego dmitri dmitry dominic donald donna dorothy douglas dylan eduardo edward "
    "elena eleanor elizabeth ella ellen emily emma enrique eric erik erin ethan eugene eva evan evelyn fatima felix fernando fiona frances francesca francis francisco frank fred frederick "
    "gabriel gabriela gareth gary gavin geoffrey george gerald giovanni giulia gloria gordon graham greg gregory guillaume hannah hans harold harriet harry hassan heather hector helen helena henrik henry "
    "hiroshi howard hugh hugo ian ibrahim igor imran ingrid irene irina isaac isabel isabella ivan jack jacob jacqueline jake james jamie jan jane janet jason javier jean jeffrey "
    "jennifer jeremy jessica joan joanna joel johan johannes john jonas jonathan jorge jose joseph joshua joyce juan judith julia julian julie justin karen karim karl kate katherine kathleen "
    "katie keith kelly ken kenji kenneth kevin khalid kim kimberly kofi kristen kumar kwame kyle lara larry lars laura lauren laurence leah lee leila leo leonard leonardo liam linda lisa louis louise "
    "luca lucas lucia lucy luis luke magnus malcolm manuel marco marcus margaret maria mariam marie marina mario marion martin martina mary mateo matteo matthew maureen maurice max megan mehmet melissa michael "
    "michelle miguel mikhail mohamed mohammed monica monika muhammad nadia naomi natalia natalie nathan neha neil nicholas nicola nicole nikita nikolai nina noah nora olga oliver olivia omar oscar pablo pamela "
    "patricia patrick paul paula pedro peter philip philippe pierre pooja priya rachel rafael rahul raj rajesh ralph raymond rebecca ricardo richard rita robert roberto robin roger roland ronald rosa rosemary "
    "ross ruth ryan sabrina sally salma samantha samuel sandra sanjay sara sarah sean sebastian sergei sergey sharon sheila simon simone sofia sonia sophia sophie stefan stephanie stephen steve steven "
    "stuart sunil susan suresh svetlana sylvia tamara tanya tatiana teresa thomas tim timothy tina tobias tom tony tracy trevor tristan valentina valerie vanessa vera veronica victor vijay vikram vincent "
    "vivian vladimir walter wayne wendy werner william xavier yasmin yolanda yosef yuki yuri yusuf yvonne zachary zoe"
)
"""Usual given names of many countries, without those that are words (Will, Mark, Rose, Chase)."""
_THINGS = (
    "account app apple bank battle bundle card cash center centre city class club code coin company corp cup day deluxe digital disc disk edition elite express for fortnite game games gaming gift "
    "gold group guide inc key kingdom legend legends limited live ltd mail market max media mini mobile mode music network of online pack pad party pass pay phone plan platinum play plus point points "
    "premium prime pro program project season seller service shop software star station steam store street studio studios support switch system team the time tokens top tour trial university valley video voucher wallet war wars web world "
    "baidu taobao xiaomi jingdong weixin douyin kuaishou wangyi tengxun alibaba henan hunan hubei hebei fujian hainan jiangsu jiangxi shanxi shaanxi guangdong guangxi yunnan sichuan anhui hongkong"
)
"""What comes behind a name that is a product's or a place's, and brands and provinces written in two words."""
_GIVEN_NAMES, _OTHERS = frozenset(_GIVEN.split()), frozenset(_THINGS.split())
_WRITTEN = re.compile(
    r"(?<![A-Za-z0-9._/@\-])(?:[A-Z][a-z]{1,14}(?:[ \-][A-Z][a-z’']{1,15}|[ ][A-Z]\.){1,2}|[A-Z]{2,8} [A-Z]{2,12})(?![A-Za-z0-9_@/]|\.[a-z])"
)
_PINYIN = re.compile(
    rf"(?:{SURNAMES}) {SYLLABLE}(?:[ '\-]?{SYLLABLE})?|{SYLLABLE}[ '\-]?{SYLLABLE} (?:{SURNAMES})"
    rf"|(?:{RARER_SURNAMES}) (?=[a-z]{{5}}){SYLLABLE}{{2}}"
)
LEAST = 3
"""Letters of a given name in pinyin from which it is none of the short words English has."""


def find_latin(written: str) -> Iterator[tuple[int, int]]:
    """Spans of names in a text as it was written: a usual given name and a family name, or a Chinese name, with capitals."""
    for match in _WRITTEN.finditer(written):
        words = re.split(r"[ \-]", match.group().lower())
        if not _OTHERS.isdisjoint([*words, "".join(words)]):
            continue
        given = words[0] in _GIVEN_NAMES and not match.group().isupper()
        if given or (_PINYIN.fullmatch(" ".join(words)) and max(map(len, words)) >= LEAST):
            yield match.span()
