"""The clients of the demonstration's agency: who they are, what comes in and goes out, whom they owe, and where they stand.

Amounts are whole units of the currency; days count from the day of loading. With the household of demo.py they are forty.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .engine.loan import Method
from .models import Part


class Story(StrEnum):
    """Where a client stands; what it means for the rows is in demo_agency.py."""

    SOON = "short soon"
    LATER = "short later"
    FINE = "not short"
    OVERDUE = "overdue"
    WAITING = "waits for a lender"
    ACCEPTED = "accepted"
    COUNTERED = "countered"
    ASKED = "asked for more"
    DECLINED = "declined"
    REVIEW = "an agreement to look at again"
    ENDING = "consent ends"
    WITHDRAWN = "consent withdrawn"
    EXPIRED = "consent expired"
    VERBAL = "verbal consent, no account"
    LISTED = "no case yet"


class Debt(NamedTuple):
    """A contract: `paid` instalments are paid, the next one is due in so many days (below zero: it is overdue)."""

    creditor: str
    amount: int
    rate: str
    method: Method
    times: int
    paid: int
    due_in: int
    is_priority: bool = False


class Person(NamedTuple):
    """A client; `balance` is the money in hand (None: not said), `wage_in` days until wages come, `seen_days` since they last
    opened the app (None: never)."""

    name: str
    place: str
    contact: str | None
    story: Story
    income: int = 8000
    rent: int = 2200
    balance: int | None = None
    wage_in: int = 20
    debts: tuple[Debt, ...] = ()
    seen_days: int | None = 1
    currency: str = "CNY"
    parts: tuple[Part, ...] = (Part.BUDGET, Part.LOANS, Part.PLANS, Part.CONTACTS, Part.FILES)


_LEVEL, _PRINCIPAL, _INTEREST, _FLAT, _CARD = (
    Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.FLAT, Method.FIXED_PAYMENT,
)  # fmt: skip
_MONEY = (Part.BUDGET, Part.LOANS)


def _card(amount: int, due_in: int, creditor: str = "信用卡 5518") -> Debt:
    return Debt(creditor, amount, "0.1825", _CARD, 0, 3, due_in)


CLIENTS = (
    Person("周明", "济南", "139 5310 2214", Story.SOON, 7200, 1900, 310, 18, (
        Debt("海尔消费金融", 15000, "0.095", _FLAT, 12, 4, 2), _card(6200, 15)), 0),
    Person("刘芳", "烟台", "135 0645 8801", Story.SOON, 6400, 1500, 520, 21, (
        Debt("马上消费", 12000, "0.229", _LEVEL, 12, 6, 3),), 2),
    Person("王磊", "青岛", "186 5328 4410", Story.SOON, 8600, 2400, 640, 14, (
        Debt("招联金融", 18000, "0.18", _PRINCIPAL, 18, 5, 5), Debt("快惠小贷", 4000, "0.239", _LEVEL, 6, 2, 11)), 1),
    Person("Grace Miller", "Leeds", "grace.m@example.org", Story.SOON, 1950, 640, 85, 17, (
        Debt("Northgate Loans", 3200, "0.349", _LEVEL, 24, 9, 4), Debt("Aire Energy", 540, "0", _FLAT, 9, 2, 12, True)),
        3, "GBP"),
    Person("陈静", "潍坊", "152 6368 1175", Story.SOON, 5600, 1300, 260, 22, (
        Debt("微粒贷", 8000, "0.1642", _LEVEL, 10, 3, 6),), None, parts=_MONEY),
    Person("何伟", "淄博", "150 6438 2290", Story.SOON, 9100, 2600, 900, 19, (
        Debt("平安普惠", 50000, "0.169", _LEVEL, 36, 11, 6), _card(9400, 9)), 6),
    Person("赵敏", "潍坊", "158 6541 0033", Story.LATER, 8200, 2100, 1650, 25, (
        Debt("中银消费", 14000, "0.13", _LEVEL, 18, 7, 15),), 1),
    Person("Hannah Cole", "Bristol", "hannah.cole@example.org", Story.LATER, 2100, 720, 420, 24, (
        Debt("Severn Bank", 5400, "0.149", _LEVEL, 36, 12, 13), Debt("City Council", 960, "0", _FLAT, 10, 4, 18, True)),
        9, "GBP"),
    Person("徐静", "青岛", "138 6422 7719", Story.LATER, 6900, 1700, 1700, 26, (
        Debt("众安小贷", 9000, "0.215", _FLAT, 9, 3, 20),), 4),
    Person("马超", "德州", "151 5341 6602", Story.LATER, 7800, 2000, 1400, 23, (
        Debt("兴业消费", 22000, "0.156", _PRINCIPAL, 24, 8, 12),), 12),
    Person("Daniel Ortiz", "Tucson", "520-555-0142", Story.LATER, 3100, 1150, 560, 22, (
        Debt("Desert Auto Finance", 11800, "0.119", _LEVEL, 48, 20, 14, True),
        Debt("Card 8814", 2600, "0.2399", _CARD, 0, 5, 19)),
        2, "USD"),
    Person("林小雨", "厦门", "136 0592 7731", Story.FINE, 9800, 2600, 32000, 10, (
        Debt("建设银行快贷", 30000, "0.0435", _INTEREST, 12, 5, 8),), 1),
    Person("Tom Baker", "Exeter", "07700 900148", Story.FINE, 2600, 700, 5200, 9, (
        Debt("Exe Credit Union", 2400, "0.1268", _PRINCIPAL, 24, 6, 16),), 20, "GBP"),
    Person("高翔", "日照", "133 0633 9017", Story.FINE, 10200, 2700, 26000, 8, (_card(5200, 13),), 1),
    Person("Maria Santos", "El Paso", "maria.s@example.org", Story.FINE, 3600, 980, 9100, 6, (
        Debt("Rio Grande CU", 6400, "0.089", _LEVEL, 36, 10, 17),), 5, "USD"),
    Person("罗强", "临沂", "155 6399 2041", Story.FINE, 7600, 1500, 18500, 11, (), 30, parts=(Part.BUDGET,)),
    Person("谢娜", "威海", "159 0631 8855", Story.FINE, 9300, 2200, 24000, 7, (
        Debt("花呗", 6000, "0.1533", _FLAT, 6, 2, 9), Debt("交通银行", 40000, "0.058", _LEVEL, 48, 15, 19)), 2,
        parts=(Part.LOANS,)),
    Person("黄磊", "东营", "188 5466 3120", Story.OVERDUE, 6800, 1800, 950, 16, (
        Debt("360 借条", 10000, "0.2388", _LEVEL, 12, 4, -3),), 1),
    Person("邓丽", "菏泽", "130 0530 6674", Story.OVERDUE, 5200, 1200, 400, 20, (
        Debt("小象优品", 6000, "0.2399", _LEVEL, 12, 3, -12), Debt("供热公司", 1800, "0", _FLAT, 6, 1, 14, True)), 8),
    Person("Priya Shah", "Leicester", "priya.shah@example.org", Story.OVERDUE, 1720, 610, 60, 15, (
        Debt("Soar Finance", 2800, "0.399", _LEVEL, 18, 6, -35), Debt("Landlord", 1220, "0", _FLAT, 2, 0, -6, True)),
        4, "GBP"),
    Person("郭峰", "聊城", "147 0635 5093", Story.OVERDUE, 7100, 1600, 700, 18, (
        Debt("捷信消费", 16000, "0.2256", _LEVEL, 18, 6, -65), _card(7300, -20)), 40),
    Person("宋洁", "滨州", "134 0543 2286", Story.OVERDUE, 4800, 1100, 150, 24, (
        Debt("拍拍贷", 9000, "0.2388", _PRINCIPAL, 12, 2, -100),), None),
    Person("James Reed", "Dayton", "937-555-0117", Story.OVERDUE, 2400, 880, 110, 13, (
        Debt("Wright Patt Lending", 5200, "0.2999", _LEVEL, 24, 5, -200), Debt("Card 0291", 3900, "0.2724", _CARD, 0, 2, -75)),
        61, "USD"),
    Person("韩冰", "青岛", "138 0532 9917", Story.WAITING, 7900, 2300, 3600, 15, (
        Debt("海尔消费金融", 20000, "0.09", _FLAT, 18, 6, 14), _card(4100, 16)), 2),
    Person("唐宇", "济宁", "156 0537 1482", Story.WAITING, 6600, 1700, 2900, 17, (
        Debt("中邮消费", 15000, "0.186", _LEVEL, 15, 5, 16),), 5),
    Person("Olivia Grant", "York", "olivia.grant@example.org", Story.WAITING, 2050, 690, 640, 12, (
        Debt("Ouse Finance", 4200, "0.279", _LEVEL, 30, 9, 15),), 1, "GBP"),
    Person("冯雪", "泰安", "153 0538 6609", Story.WAITING, 7300, 1900, 3100, 14, (
        Debt("度小满", 24000, "0.168", _PRINCIPAL, 24, 9, 18),), 3),
    Person("曹军", "枣庄", "157 0632 7750", Story.ACCEPTED, 6900, 1600, 2800, 13, (
        Debt("北银消费", 13000, "0.158", _LEVEL, 15, 6, 17),), 2),
    Person("Emily Stone", "Derby", "07700 900922", Story.COUNTERED, 1980, 650, 720, 16, (
        Debt("Peak Loans", 3600, "0.319", _LEVEL, 24, 7, 14),), 1, "GBP"),
    Person("彭涛", "莱芜", "132 0634 4561", Story.ASKED, 8100, 2100, 3300, 12, (
        Debt("杭银消费", 17000, "0.176", _LEVEL, 18, 5, 19),), 7),
    Person("Luis Romero", "Fresno", "559-555-0163", Story.DECLINED, 2900, 1040, 880, 11, (
        Debt("Valley Lending", 4800, "0.259", _LEVEL, 24, 8, 16),), 3, "USD"),
    Person("蒋婷", "烟台", "187 0535 2248", Story.REVIEW, 7000, 1800, 3400, 14, (
        Debt("招联金融", 16000, "0.19", _LEVEL, 18, 6, 15),), 1),
    Person("袁鹏", "青岛", "139 6398 5530", Story.REVIEW, 8400, 2300, 3900, 12, (
        Debt("苏宁消费", 19000, "0.172", _LEVEL, 24, 9, 17), _card(3600, 18)), 10),
    Person("魏兰", "威海", "131 0631 7068", Story.ENDING, 6300, 1500, 5200, 9, (
        Debt("微粒贷", 7000, "0.1478", _LEVEL, 10, 4, 13),), 2),
    Person("Noah Hughes", "Cardiff", "noah.h@example.org", Story.ENDING, 2250, 700, 1900, 10, (
        Debt("Taff Credit", 2900, "0.229", _LEVEL, 24, 11, 12),), 15, "GBP"),
    Person("石磊", "济南", "135 0531 6632", Story.WITHDRAWN, 7700, 2000, 2600, 13, (
        Debt("马上消费", 11000, "0.2196", _LEVEL, 12, 5, 9),), 4),
    Person("叶青", "淄博", "138 0533 1904", Story.EXPIRED, 6500, 1600, 4100, 15, (
        Debt("中原消费", 10000, "0.148", _LEVEL, 12, 6, 11),), 26),
    Person("崔奶奶", "莱西", None, Story.VERBAL, 3100, 0, 900, 12, (
        Debt("农商银行", 12000, "0.0685", _INTEREST, 12, 8, 10),), None),
    Person("Amy Fox", "Bath", "amy.fox@example.org", Story.LISTED),
)  # fmt: skip
