"""Invented hosts, shop names, operators, people and filing numbers. Every host ends in .test; every company carries 示例."""

from __future__ import annotations

from datetime import date

import numpy as np

WORDS = """
青岚 qinglan|砚池 yanchi|竹溪 zhuxi|云栖 yunqi|星渚 xingzhu|墨白 mobai|橘洲 juzhou|拾光 shiguang|半夏 banxia|松间 songjian
南屿 nanyu|北辰 beichen|鹿鸣 luming|听潮 tingchao|望舒 wangshu|锦鲤 jinli|飞羽 feiyu|扶摇 fuyao|清禾 qinghe|漫步 manbu
初雪 chuxue|晚风 wanfeng|极昼 jizhou|蓝鲸 lanjing|小满 xiaoman|谷雨 guyu|白露 bailu|惊蛰 jingzhe|霜降 shuangjiang|立夏 lixia
千寻 qianxun|万象 wanxiang|九尾 jiuwei|七喜 qixi|六出 liuchu|五柳 wuliu|四海 sihai|三味 sanwei|双鱼 shuangyu|一苇 yiwei
麦田 maitian|稻香 daoxiang|榴火 liuhuo|桃坞 taowu|梨花 lihua|枫桥 fengqiao|梧桐 wutong|银杏 yinxing|木棉 mumian|紫藤 ziteng
海棠 haitang|玉兰 yulan|沧浪 canglang|雁回 yanhui|鹤归 hegui|燕然 yanran|鸿蒙 hongmeng|麒麟 qilin|貔貅 pixiu|玄武 xuanwu
朱雀 zhuque|银河 yinhe|流萤 liuying|烛影 zhuying|灯市 dengshi|画舫 huafang|石桥 shiqiao|古渡 gudu|长亭 changting|短棹 duanzhao
潮汐 chaoxi|浅滩 qiantan|深蓝 shenlan|赤道 chidao|极光 jiguang|磐石 panshi|琥珀 hupo|玛瑙 manao|珊瑚 shanhu|珍珠 zhenzhu
"""
KINDS = (("卡盟", "km"), ("发卡", "faka"), ("点卡", "dianka"), ("卡铺", "kapu"), ("数卡网", "shuka"))
KINDS += (("会员站", "vip"), ("自助充值", "cz"), ("卡密屋", "kami"))
CITIES = (
    ("粤", "广州", 44),
    ("粤", "深圳", 44),
    ("浙", "杭州", 33),
    ("闽", "厦门", 35),
    ("豫", "郑州", 41),
    ("鄂", "武汉", 42),
)
CITIES += (
    ("苏", "徐州", 32),
    ("湘", "长沙", 43),
    ("蜀", "成都", 51),
    ("皖", "合肥", 34),
    ("鲁", "临沂", 37),
    ("赣", "南昌", 36),
)
SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕"
GIVEN = ("小样", "示例", "样本", "试样", "演示", "小例")
REGISTRARS = ("Example Registrar (Beijing) Co., Ltd.", "Sandbox Names Inc.", "Demo Domain Technology Ltd.")


def shop_names(count: int, rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """`count` unique triples (host, Chinese name, Chinese word); past 640 a number is added."""
    words = [tuple(pair.split()) for line in WORDS.split("\n") for pair in line.split("|") if pair.strip()]
    pairs = [(word, pinyin, kind, tail) for word, pinyin in words for kind, tail in KINDS]
    order = rng.permutation(len(pairs))
    result = []
    for index in range(count):
        word, pinyin, kind, tail = pairs[order[index % len(pairs)]]
        again = index // len(pairs)
        join = "-" if index % 3 == 0 else ""
        host = f"{pinyin}{join}{tail}{again + 1 if again else ''}.test"
        result.append((host, f"{word}{kind}{again + 1 if again else ''}", word))
    return result


def company_name(word: str, city: str, rng: np.random.Generator) -> str:
    """An invented limited company; 示例 in the name keeps it apart from any real one."""
    line = ("网络科技", "信息技术", "数字科技", "电子商务")[int(rng.integers(4))]
    return f"{city}{word}示例{line}有限公司"


def person_name(rng: np.random.Generator) -> str:
    """An invented natural person."""
    return SURNAMES[int(rng.integers(len(SURNAMES)))] + GIVEN[int(rng.integers(len(GIVEN)))]


def licence_number(province: str, year: int, serial: int) -> str:
    """A main filing number in the ten-digit form used since 2020, with a serial from the unused 9xxxxx range."""
    return f"{province}ICP备{year}{900000 + serial % 100000:06d}号"


def police_number(city_code: int, rng: np.random.Generator) -> str:
    """Fourteen digits that begin with the code of the province."""
    return f"{city_code}0103020{int(rng.integers(10000, 99999))}"


def spread_date(latest: date, days: float) -> date:
    """`days` before `latest`."""
    return date.fromordinal(latest.toordinal() - int(days))
