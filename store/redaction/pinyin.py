"""How Chinese names are written in Latin letters. Pure."""

SYLLABLE = r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|uai|uan|iao|ian|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|ui|uo|ue|er|[aeiouv]))"
_SURNAMES = (
    "li wang zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu dong xiao "
    "cheng cao yuan deng fu shen zeng peng lv lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren fan fang shi yao tan "
    "liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan lei qian yin ouyang sima"
)
SURNAMES = "|".join(sorted(_SURNAMES.split(), key=len, reverse=True))
"""The usual ones, the longest first, so that none ends within another."""
_RARER = (
    "zhuang bian bo bi cen chai chi chu cong dou fei feng gan geng gong guan gui hang hua ji jian jiao jing ju lan lao leng lian ling luan "
    "mei miao min mo mu ning niu ou pang pei peng piao ping pu qi qiao qing qu quan rao rong ruan rui sang sha shan shang shi shu si sui tai "
    "teng tong tu wen weng xi xian xiang xin xing xuan yi ying you yue yun zang zhan zhen zhi zhuo zong zu"
)
RARER_SURNAMES = "|".join(sorted(_RARER.split(), key=len, reverse=True))
"""Further ones, many of them words or parts of words: for where capitals say that a name stands there."""
