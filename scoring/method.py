"""The method: its version and every number it uses. Nothing here reads, computes or decides.

Changing a number without a new METHOD_VERSION fails tests/scoring/rating/test_method.py, which says what to do.
Sources: the scorecard of the project's scoring reference (§3), fitted on simulated markets (seeds 1-5, 11-13, 101-109 only).
"""

from __future__ import annotations

METHOD_VERSION = "2026.12.2"

# --- Scale -------------------------------------------------------------------------------------------------
DIMENSIONS = {"A": 10.0, "B": 44.0, "C": 33.0, "D": 8.0, "E": 5.0}
"""Points of each dimension; they sum to 100."""
DIMENSION_TITLES = {
    "A": ("主体与备案", "Identity and filing"),
    "B": ("交付", "Delivery"),
    "C": ("资金与退款", "Money and refunds"),
    "D": ("投诉处理", "Complaint handling"),
    "E": ("公示与技术记录", "Public registers and technical record"),
}
BLOCKLISTED = "列入公开名单"
"""Category of a block-list hit among the penalty records; shown as evidence, not scored."""
WEIGHTS = {
    "icp_filing": ("A", 3.5),
    "identity_match": ("A", 1.5),
    "licence_claim": ("A", 1.5),
    "operating_time": ("A", 2.0),
    "domain_hops": ("A", 1.5),
    "drop_rate": ("B", 28.0),
    "drop_overrepresented": ("B", 5.5),
    "order_backlog": ("B", 6.0),
    "repair_time": ("B", 4.5),
    "refund_delay": ("C", 14.0),
    "withdrawal_trouble": ("C", 11.5),
    "price_anomaly": ("C", 3.5),
    "funds_terms": ("C", 4.0),
    "reply_rate": ("D", 1.5),
    "completion_rate": ("D", 2.0),
    "unreachable_share": ("D", 1.0),
    "complaint_index": ("D", 3.5),
    "penalties": ("E", 3.0),
    "availability": ("E", 1.5),
    "https": ("E", 0.5),
}
"""Indicator -> (dimension, weight in points). An indicator file without a weight is shown but unscored."""
PRIOR_SHARE = 0.25
"""kappa: the prior weighs this share of a dimension's applicable weight."""
PRIOR_UTILITY = {"A": 0.65, "B": 0.66, "C": 0.70, "D": 0.60, "E": 0.75}
"""u0: what a dimension is worth before any evidence; slightly below an ordinary platform."""
PRIOR_SD = 0.15
GRADES = (("A", 85.0), ("B", 70.0), ("C", 55.0), ("D", 40.0))
HYSTERESIS = 2.0
PROOF_GOOD = 0.80
"""A grade is given when P(score >= its cut) is at least this."""
PROOF_BAD = 0.90
"""D or E need P(score < cut) of at least this and BAD_FAMILIES independent source families."""
BAD_FAMILIES = 2
INTERVAL_Z = 1.6448536269514722

# --- Coverage and NR ---------------------------------------------------------------------------------------
COVERAGE_FLOOR = 40.0
COVERAGE_ONE_FAMILY = 60.0
OBSERVED_DAYS = 30
NEW_DAYS = 90
MIN_COMPLAINANTS = 5

# --- Evidence strength and freshness ------------------------------------------------------------------------
STRENGTH_OFFICIAL = 1.0
STRENGTH_COMPLAINTS = 0.8
STRENGTH_OWN_PAGE = 0.6
STRENGTH_CLAIM = 0.35
HALF_LIFE_FACT = 30.0
"""Days after the last successful check in which the strength of a structural fact halves."""
HALF_LIFE_COMPLAINT = 60.0
HALF_LIFE_WITHDRAWAL = 30.0
HALF_LIFE_HANDLING = 90.0
HALF_LIFE_PENALTY = 730.0
EVIDENCE_LIMIT = 12
"""At most so many observations are cited by one finding (the newest)."""
CADENCE_DAYS = 7
OWN_READINGS, OWN_STALE_DAYS = 3, 21
"""A site whose own pages were read on so many days is read regularly; unread for longer than CADENCE_DAYS it is known less well,
for longer than OWN_STALE_DAYS too old a picture to speak for it."""
FILING_STALE_DAYS = 30
FILING_CADENCE_DAYS = 30
REGISTRATION_CADENCE_DAYS = 120
OWN_WORDS_CAP = 0.6
HIDDEN_CAP = 0.4
PEERS_DISCLOSE = 0.6

# --- Curves: log-normal with two control points (value at u = 0.9, value at u = 0.5) ------------------------------
CURVES = {
    "drop_rate": (0.005, 0.04),
    "order_backlog": (0.5, 2.0),
    "repair_time": (3.0, 30.0),
    "withdrawal_trouble": (0.1, 0.6),
    "availability": (0.002, 0.02),
}

# --- Drop rate ------------------------------------------------------------------------------------------------
DROP_WINDOW = 90
DROP_MIN_AGE_HOURS = 24.0
REPORTING_MEAN = 0.04
REPORTING_GLOBAL_SD = 0.80
"""Of the logarithm: nobody knows within a factor of three how many of those who paid in vain complain where we can see it (90 %: 1.1 % to 15 %)."""
REPORTING_PLATFORM_SD = 0.45
"""Of the logarithm: how much sites differ in it (who their buyers are, what an order costs)."""
REPORTING_FEWEST = 50
"""Single orders a platform must have shown before it says anything about the share that is reported."""
DROP_MEDIAN = 0.03
DROP_MEDIAN_SD = 1.0
DROP_SPREAD_RANGE = (0.5, 1.6)
DROP_SPREAD_USUAL = (1.2, 0.15)
"""Spread (of the logarithm) of the complaints per order before a market is seen, and how sure that is (of its logarithm): a few dozen
sites tell their spread badly, and one told too small makes every interval too narrow and the worst sites too good."""
SECTOR_FEWEST = 10
"""The sector has a median when the orders of so many sites are known."""
EXPOSURE_SD = {"orders": 0.25, "orders_alone": 0.40, "orders_inconsistent": 0.90, "sold": 0.30}
"""Of the logarithm of a site's orders, by what they are read from."""
MADE_UP = (0.15, 0.50, 14.0)
"""The share of counters taken to be made up before they are looked at, that of those which contradict themselves, and over how many
units of the logarithm such numbers lie evenly."""
SUPPORT_FACTOR = 3.0
"""Sales or stock movements of at least one in so many of the orders a counter claims support it."""
SOLD_COMPLETE = 0.9
"""With sales shown of fewer of the listed products they are a lower bound of the orders."""
FEED_WHOLE, FEED_FEWEST, PURCHASES_FEWEST = 0.8, 10, 50
"""A site's own orders are a count when they make up this share of its counter and are at least so many; test purchases when so many."""
CONTRADICTED = 3.0
"""More complaints of a drop than drops in a site's own orders, beyond so many, contradict these orders."""
TODAY_MARGIN, TODAY_FEWEST = (1.5, 5.0), 3
"""A counter contradicts itself when today's orders exceed so many times its growth since an earlier day plus so many orders, so often."""
COMPLAINT_SHAPE = 25.0
"""NB shape of a 90-day complaint count around its mean (bursts of one incident)."""
KIND_PSEUDO = 0.5
DELAY_LONGEST, DELAY_LOOK, DELAY_FEWEST = 60, 180, 30
"""Days a complaint may take to become visible, days of filings the delay is learned from, and the fewest complaints that teach it."""
FIT_EVERY_DAYS = 28
FIT_SAMPLE = 800
COPY_WEIGHTS = (1.0, 0.6931471805599453, 0.3068528194400547)
"""Weight of the 1st, 2nd and 3rd copy of one text (1 + ln n, at most 2); further copies weigh nothing."""
COPY_GAP_DAYS = 14
COPY_SIMILARITY = 0.7
"""Estimated Jaccard similarity of character triples from which a text is a copy."""
COPY_TRIPLES = 9
"""Different bytes of a signature below which a text (of some ten characters) is too short to be called a copy."""
COMMON_WORDING = 3
COMMON_PERIOD_DAYS = 28
"""A text seen at this many platforms, or in this many periods at one, is common wording, not a copy."""
COMMON_BANDS = 10
"""So many of the 16 bands of its signature must have stood at them."""

# --- Campaigns: held back until a person decides -------------------------------------------------------------
CAMPAIGN_ATTACK = (4, 10, 5.0, 56)
"""Days, fewest complaints in them, times what was expected, days before from which that is expected."""
CAMPAIGN_SLOW = (14, 5, 2.0, 84)
"""The same for one that takes its time."""
CAMPAIGN_REPEATS = (3, 2.0, 0.3)
"""Complaints of a burst are arranged where at least so many, plus so many times as many as usual, repeat others, and this share of it."""
CAMPAIGN_BANDS = 8
"""So many of the 16 bands of a signature stand in complaints about other sites where a text was taken from there."""
CAMPAIGN_USUAL = 0.9
"""A complaint is close to the others of the burst where its third most similar one is more alike than that of this share of usual complaints."""
CAMPAIGN_MARKET = 4_000
"""At most so many complaints about other sites are compared with (the newest)."""
CAMPAIGN_PRAISE = (42, 15, 2.0, 84)
"""The same for cases settled within CAMPAIGN_SETTLED_HOURS of filing."""
CAMPAIGN_SETTLED_HOURS = 24
CAMPAIGN_ALIKE = 0.5
"""Estimated similarity of a text to its nearest neighbour in the burst that ordinary complaints seldom reach."""
CAMPAIGN_SHARE = 0.40
CAMPAIGN_MARGIN = 0.35
"""At least this share of the burst must be that similar, and by this margin more than is usual for the platform and its peers."""
CAMPAIGN_KIN = 0.35
"""Only complaints at least this similar to another one of the campaign are held back."""
CAMPAIGN_LOOK = 200
"""At most so many complaints of one burst are compared with each other (the newest)."""

# --- Shrinkage of shares: (prior mean, prior strength in cases) -----------------------------------------------
SHARES = {
    "refund_delay": (0.35, 6.0),
    "reply_rate": (0.60, 6.0),
    "completion_rate": (0.45, 6.0),
    "unreachable_share": (0.08, 10.0),
    "void_after_delivery": (0.10, 10.0),
    "drop_overrepresented": (0.45, 8.0),
}
PERCENT_FROM = 30

# --- Caps ---------------------------------------------------------------------------------------------------------
CAPS = {
    "alarm": 45.0,
    "warning": 50.0,
    "closed": 39.9,
    "filing": 69.9,
    "funds_terms": 84.9,
    "weak_dimension": 54.0,
}
CAP_SLOPE = 0.1
"""Under a cap c a score s counts as at most c - CAP_SLOPE * (100 - s), so that what lies below one cap stays in order."""
WEAK_DIMENSION = 0.40
PACE = (4, 2.5)
"""Within so many days, delivery, money and handling together lose at most so many points: time to look into a burst of complaints."""
PACE_BURST = (90, 2.0)
"""The same while a burst of complaints has nothing beside it: neither a sign of another kind nor complaints before or after it."""
SUSTAINED = (21, 2.0, 2.0)
"""Complaints go on when, of the last two spans of so many days, those outside the fullest span are so many times what is usual of the site,
plus so many people: whoever writes them all within one span does not reach that."""

# --- Warning --------------------------------------------------------------------------------------------------------
SHIRYAEV_RHO = (1.5, 2.5, 5.0)
HAZARD = 1.0 / 365.0
THETA = {"watch": 1.6, "warning": 3.0, "alarm": 4.2}
LEAVE = {"watch": (0.5, 14), "warning": (1.0, 28), "alarm": (1.0, 56)}
"""State -> (log odds below which, for how many days in a row, it is left by one step)."""
COMPLAINT_CAP = 1.0
OTHER_CAP = 0.5
BASELINE_GAP = 14
BASELINE_SHORT = 56
BASELINE_LONG = 120
BASELINE_PRIOR_DAYS = 28.0
DEPTH_GAIN, DEPTH_RATIO = 8.0, 4.0
"""Log likelihood and ratio of rates from which the first complaints seen are stragglers of a past nobody showed us."""
STREAM_SHAPE = 1.0
"""NB shape of a day's complaints: they come in clusters, because one complaint brings others."""
STREAMS = {
    "drop": ("掉单投诉", "drop complaints"),
    "refund": ("退款拖延投诉", "complaints of delayed refunds"),
    "withdrawal": ("提现或余额投诉", "complaints about withdrawals or balances"),
    "unreachable": ("失联投诉", "complaints that nobody can be reached"),
    "counters": ("投诉平台上的投诉数上升", "rising counters of a complaint site"),
    "backlog": ("未处理订单积压", "backlog of unprocessed orders"),
    "price": ("标价骤降", "sudden price cut"),
    "handling": ("投诉回复变差", "complaints answered less than before"),
    "terms": ("资金条款收紧", "tightened money terms"),
    "site": ("网站打不开", "site unreachable"),
    "operator": ("同一主体的网站出问题", "trouble at a site of the same operator"),
}
MONEY_STREAMS = ("refund", "withdrawal", "backlog", "terms")
COMPLAINT_STREAMS = ("drop", "refund", "withdrawal", "unreachable")
STREAM_WINDOW = 28
STREAM_ACTIVE = 1.5
SIGN_ACTIVE = 1.0
SUPPORT_SIGNS = 3.0
"""Evidence of STREAM_WINDOW days about the site itself (backlog, prices, terms, reachability) from which it supports a burst of complaints.
A price cut or tightened terms support it from SIGN_ACTIVE on: of calm days a backlog reaches that on one in fifteen, these two on none."""
COMPLAINANT_WINDOW = 28
"""Four weeks, as Farrington's limit54: in two, half of all platforms have too few complaints to pass any gate."""
WATCH_COMPLAINANTS = 3
WARNING_COMPLAINANTS = 4
WARNING_STREAMS = 2
WARNING_STRONG = 5.0
"""Log odds from which a warning asks for no stream about money, and for fewer complainants where the site's own backlog or terms, as
we saw them, are among the streams: WARNING_OWN[0] of them, or none beside WARNING_OWN[1] streams about the site itself."""
WARNING_OWN = (1, 2)
ALARM_STREAMS = 3
WARNING_FAMILIES = 2
COVERAGE_WINDOW = 14
COVERAGE_SHARE = 0.70
CLOSED_DAYS = 7
LINE_PLATFORMS = 3
"""From so many platforms probed on a day on, more than half of the probes failing is a fault of our own line."""
QUORUM_HOURS = 24
"""A site is down only by a majority of the places that looked within so many hours before; where only we look, by our own word."""
SIGN_LLR = (0.9, 0.25)
"""Centre (sd above the platform's own past) and daily slope of the evidence of backlog, price, handling and counters."""
SIGN_FLOOR = -0.1
PRICE_NOISE = 0.05
HANDLING_NOISE = 0.12
HANDLING_CASES = 3.0
TERMS_EVIDENCE_DAYS = 4
SITE_EVIDENCE = 0.25

# --- Confidence words -----------------------------------------------------------------------------------------------
CONFIDENCE_HIGH = (5, 12.0)
"""高 needs this many sources and an interval at most this wide on either side."""
CONFIDENCE_MEDIUM = (2, 25.0)

# --- Withdrawals ------------------------------------------------------------------------------------------------------
ORDERS_ASSUMED = 60.0
"""Orders a day assumed of a middling platform while those of fewer than ten platforms are known."""
ORDERS_SPREAD_RANGE = (0.5, 1.2)
"""Bounds of the spread (of the logarithm) of the platforms' orders, for those whose own are unknown."""
WITHDRAWAL_PRIOR = (0.1, 8_000.0)
"""Cases and orders the prior of the withdrawal rate is worth."""

# --- Utilities of shares: (share, utility) points ---------------------------------------------------------------------
SHARE_POINTS = {
    "refund_delay": ((0.15, 1.0), (0.65, 0.5), (0.95, 0.0)),
    "reply_rate": ((0.0, 0.0), (0.40, 0.5), (0.80, 1.0)),
    "completion_rate": ((0.0, 0.0), (0.25, 0.5), (0.60, 1.0)),
    "unreachable_share": ((0.0, 1.0), (0.15, 0.5), (0.30, 0.0)),
    "void_after_delivery": ((0.0, 1.0), (0.25, 0.5), (0.50, 0.0)),
}

# --- Links between platforms: shown, not scored -------------------------------------------------------------------------
LINK_WEIGHTS = {
    "redirect": 0.9,
    "entity": 0.8,
    "contact": 0.75,
    "account": 0.75,
    "code": 0.75,
    "certificate": 0.7,
    "notice": 0.7,
}
"""Feature -> how sure two sites that alone share it have one operator. Page structure, wording, goods, addresses, registrars and
similar names are the software's, the supplier's or the host's and never tell."""
LINK_FAMILY = {
    "redirect": "pointing",
    "notice": "pointing",
    "entity": "filing",
    "code": "filing",
    "contact": "contact",
    "account": "account",
    "certificate": "certificate",
}
"""Features of one family are not independent of each other; a link needs two families."""
LINK_TELLING = 0.5
"""Weight from which a feature tells one operator: its LINK_WEIGHTS times its inverse document frequency."""
LINK_SURE = 0.8
"""Confidence from which two families are published as a link."""
LINK_COMMON = 12
"""A value held by more platforms than this is common and links nobody."""
LINK_MARKET = 30
"""Document frequency is measured against this many platforms at least: of few sites nothing can be called rare or common."""
LINK_DEFAULT_SHARE = 0.1
"""A value that more of a theme's other sites are expected to show comes with the theme."""
LINK_OWN_SHARE = 0.5
"""A contact in common that is no more of a site's contacts of its kind stands beside the site's own: a supplier's."""
LINK_CERTIFICATE_DOMAINS = 4
"""A certificate for more domains is a host's."""
OPERATOR_KEYS = {"filing": 0.7, "footer": 0.4, "number": 0.5, "code": 0.6, "stated": 0.4}
"""How sure each key makes it that a company runs a site; two independent keys are needed for a link."""

# --- Shown, not scored: payments, practice, terms, promises, mentions elsewhere -------------------------------------------------------------
PAYMENT_RECOURSE = {
    "licensed": 1.0,
    "aggregator": 0.6,
    "epay": 0.4,
    "balance": 0.3,
    "personal_qr": 0.2,
    "manual": 0.1,
    "usdt": 0.0,
}
"""How much recourse a channel leaves; the best one offered counts."""
PAYMENT_CONCERN = 0.5
PRACTICES_FEW = 2
EDIT_WINDOW = 365
ANNOUNCED_DAYS = 7
"""A notice within so many days of an edit announces it."""
INSTANT_HOURS = 1.0
"""Delivery within this keeps a promise of instant delivery."""
SAID_WINDOW = 90
"""Days that a mention elsewhere counts."""
SEEN_LONG_DAYS = 365
"""A third party's first record as old as this or older is no young site's."""
SOFTWARE_ISSUES_FEW = 10
"""Issues below which a share of them says nothing."""
SOFTWARE_DROPS_CONCERN = 0.2
COMPENSATION_DAYS = 30
PROMISE_CASES = 3
PROMISE_KEPT = 0.8
