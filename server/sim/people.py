"""Who shows what: synthetic people and the codes that they show. Pure, and drawn from a seed.

    town = people(seed=7, count=10_000)          # no two share a number of any kind; a household shares a telephone
    anyone = person(random.Random(7))
    citizen_2021(anyone)                          # bytes, as a reader gives them
    CODES[kind](anyone)                           # kind as in firmware/codes: the person's code of that kind
    anyone.shows                                  # the 1-4 kinds of codes that this person has
    household(draw)                               # [guardian, child, …] of one phone
    on_behalf(child, guardian)                    # bytes

1. Nobody here exists: names and places are put together from syllables at random, the last six digits of a citizen's
   number begin with 00, the others hold 00 as well, and so does a telephone behind its second digit.
2. Numbers follow the rules of the real ones (Thông tư 59/2021/TT-BCA art. 4): place, sex and century, year.
3. The same seed gives the same people, in the same order.
Source of the forms: codes.md §2.1-2.6, §2.10.
"""

import random
from binascii import crc_hqx
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from server.codes.numbers import PROVINCES


def _listed(text: str, between: str = " ") -> list[str]:
    return text.split(between)


FAMILY = _listed(
    "Nguyễn Nguyễn Nguyễn Trần Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đoàn Trịnh Thạch Sơn Kpă"
)
MIDDLE_MEN = _listed("Văn Văn Hữu Đức Công Quốc Minh Thế Sĩ Tấn Bá")
MIDDLE_WOMEN = _listed("Thị Thị Thị Ngọc Thúy Mỹ Cẩm Hồng Diệu Bích")
GIVEN = _listed(
    "An Hà Bá Bảo Nhã Hạnh Năm Hằng Thắng Khẳng Sẵn Tặng Tân Trần Mẫn Nhật Cẩn Tấn Sen Mè Bé Vẻ Kẽm Vẹn Quê Huề Thế Kể"
    " Huệ Minh Bình Trí Nhỉ Sĩ Lịch Long Hòa Đó Đỏ Võ Thọ Công Hồng Quốc Tổ Mỗ Lộc Sơn Bờ Thới Sở Nỡ Lợi Trung Phùng Tú"
    " Thủy Vũ Phụng Hưng Từ Đức Cử Hữu Tự Huy Quỳnh Quý Kỷ Mỹ Kỵ Thụy"
)
HAMLETS = _listed("Ấp Chợ,Ấp Mới,Khóm 3,Thôn Đoài,Bản Sẻ,Tổ 12,Số 1 Đường Mẫu,Phum Thmây", ",")
COMMUNES = _listed("Xã Mẫu,Xã Lương Hòa,Phường Thử,Thị trấn Ví Dụ,Xã Ea Kẻ", ",")
DISTRICTS = _listed("Huyện Thử,Thành phố Mẫu,Quận Ví Dụ,Thị xã Giả Định", ",")
BORN_FROM, BORN_DAYS = date(1935, 1, 1), 75 * 365
CHILD_FROM, CHILD_DAYS = date(2012, 1, 1), 9 * 365
OLD_CARDS_UNTIL = 1999
"""Who was born later never had a card of 9 digits."""
_PLAIN = str.maketrans(
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ",
    "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd",
)


class Person(NamedTuple):
    """Somebody who does not exist."""

    number: str
    """12 digits, by the rules of the citizen number."""
    old_number: str | None
    """9 digits"""
    insurance: str
    """10 digits"""
    passport: str | None
    qid: str
    """18 digits"""
    phone: str | None
    """10 digits; members of a household may share one"""
    name: str
    """With its marks."""
    born: date
    sex: str
    """f, m"""
    residence: str
    shows: tuple[str, ...]
    """Which codes this person has, 1 to 4 of: citizen_card_2021, citizen_card_2024, personal_1405,
    health_insurance_new, health_insurance_old. Certificates: server/sim/certificates.py."""


def person(draw: random.Random, born: date | None = None, phone: str | None = None) -> Person:
    """Somebody; `born` and `phone` where they are to be given."""
    born = born or BORN_FROM + timedelta(days=draw.randrange(BORN_DAYS))
    sex = draw.choice("fm")
    province = draw.choice(list(PROVINCES))
    century_and_sex = (born.year - 1900) // 100 * 2 + (sex == "f")
    number = f"{province}{century_and_sex}{born.year % 100:02}00{draw.randrange(10_000):04}"
    has_old = born.year <= OLD_CARDS_UNTIL and draw.random() < 0.7
    middle = draw.choice(MIDDLE_WOMEN if sex == "f" else MIDDLE_MEN)
    places = (draw.choice(HAMLETS), draw.choice(COMMUNES), draw.choice(DISTRICTS), PROVINCES[province])
    return Person(
        number,
        f"{draw.randrange(100, 400)}00{draw.randrange(10_000):04}" if has_old else None,
        f"{draw.randrange(10, 97)}00{draw.randrange(1_000_000):06}",
        f"{draw.choice('BCN')}00{draw.randrange(100_000):05}" if draw.random() < 0.1 else None,
        f"1000{draw.randrange(10**14):014}",
        phone or (_phone(draw) if draw.random() < 0.8 else None),
        f"{draw.choice(FAMILY)} {middle} {draw.choice(GIVEN)}",
        born,
        sex,
        ", ".join(places),
        _shown(draw, born),
    )


def people(seed: int, count: int) -> list[Person]:
    """So many people; some are a guardian's children. No two have a number, old number, insurance number, QID or
    passport in common; only a household has a telephone in common."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    found: list[Person] = []
    taken: set[str] = set()
    while len(found) < count:
        home = household(draw, draw.choices((0, 1, 2), (8, 1, 1))[0])
        phone = home[0].phone
        if phone is not None and phone in taken:
            continue
        taken.add(phone or "")
        for one in home:
            own = {value for value in (one.number, one.old_number, one.insurance, one.qid, one.passport) if value}
            if not own & taken:
                taken |= own
                found.append(one)
    return found[:count]


def household(draw: random.Random, children: int = 1) -> list[Person]:
    """The guardian first, then the children, who have the guardian's phone."""
    guardian = person(draw)
    if not children:
        return [guardian]
    guardian = person(draw, date(1980, 1, 1) + timedelta(days=draw.randrange(3650)), _phone(draw))
    born = [CHILD_FROM + timedelta(days=draw.randrange(CHILD_DAYS)) for _ in range(children)]
    return [guardian, *(person(draw, one, guardian.phone)._replace(shows=("personal_1405",)) for one in born)]


def _phone(draw: random.Random) -> str:
    return f"0{draw.choice('35789')}00{draw.randrange(1_000_000):06}"


def _shown(draw: random.Random, born: date) -> tuple[str, ...]:
    card = "citizen_card_2024" if draw.random() < 0.3 else "citizen_card_2021"
    insurance = "health_insurance_old" if draw.random() < 0.3 else "health_insurance_new"
    has = [card, "personal_1405", insurance]
    if card == "citizen_card_2024" and draw.random() < 0.3:
        has.append("citizen_card_2021")  # the old one was not given back
    return tuple(draw.sample(has, draw.randint(1, len(has))))


def plain(text: str) -> str:
    """Upper case, without marks."""
    return text.lower().translate(_PLAIN).upper()


def citizen_2021(one: Person) -> bytes:
    """The chip card of 2021."""
    sex = "Nữ" if one.sex == "f" else "Nam"
    fields = (one.number, one.old_number or "", one.name, f"{one.born:%d%m%Y}", sex, one.residence, "20052021")
    return "|".join(fields).encode()


def citizen_2024(one: Person) -> bytes:
    """The card of 2024, with its four fields that nobody reads."""
    return citizen_2021(one)[:-8] + b"01082024||||"


def personal(one: Person, is_masked: bool = False, has_phone: bool = True, has_insurance: bool = True) -> bytes:
    """Decision 1405, for oneself."""
    paper = "*" * 6 + one.number[6:] if is_masked else one.number
    born = f"{one.born:%Y}-**-**" if is_masked else f"{one.born:%Y-%m-%d}"
    insurance, phone = one.insurance if has_insurance else "", (one.phone or "") if has_phone else ""
    more = f"<{_sex(one)}<{insurance}<{phone}"
    return "|".join((paper, plain(one.name), born, "0", one.qid, more)).encode()


def on_behalf(child: Person, guardian: Person, has_paper: bool = False) -> bytes:
    """Decision 1405, for a child: the guardian's QID and phone stand behind it."""
    more = f"{guardian.qid}<{_sex(child)}<{child.insurance}<{guardian.phone or ''}"
    paper = child.number if has_paper else ""
    return "|".join((paper, plain(child.name), f"{child.born:%Y-%m-%d}", "1", child.qid, more)).encode()


def insurance_new(one: Person) -> bytes:
    """The health-insurance card of 17 fields."""
    place = "Trạm y tế Mẫu".encode().hex()
    dates = ("01/01/2024", "-", "01/01/2024")
    back = ("84000000000000", "-", "4", " 01/01/2029", "0123456789abcdef-0000", "4", place, "$")
    return "|".join((one.insurance, *_insured(one), "-", "84 - 001", *dates, *back)).encode()


def insurance_old(one: Person) -> bytes:
    """The health-insurance card of 10 fields."""
    residence = one.residence.encode().hex()
    dates = ("01/01/2020", "31/12/2024", "01/01/2020")
    holder = f"DN4{one.number[1:3]}{one.insurance}"
    return "|".join((holder, *_insured(one), residence, "84 - 001", *dates, "$")).encode()


def payment(draw: random.Random) -> bytes:
    """A bank's transfer code (VietQR), with its checksum; the account is nobody's."""
    account = f"00{draw.randrange(10**10):010}"
    bank = _object("00", "970400") + _object("01", account)
    merchant = _object("00", "A000000727") + _object("01", bank) + _object("02", "QRIBFTTA")
    text = "000201010211" + _object("38", merchant) + "53037045802VN6304"
    return (text + f"{crc_hqx(text.encode(), 0xFFFF):04X}").encode()


def place(draw: random.Random) -> bytes:
    """A place's poster."""
    return f"https://tokhaiyte.vn/?page=Group.checkin&groupId={draw.randbytes(12).hex()}".encode()


def ticket(draw: random.Random, prefix: str = "VE-") -> bytes:
    """A ticket of an operator's: the prefix and eight digits."""
    return f"{prefix}{draw.randrange(10**8):08}".encode()


def _insured(one: Person) -> tuple[str, str, str]:
    return one.name.encode().hex(), f"{one.born:%d/%m/%Y}", _sex(one)


def _sex(one: Person) -> str:
    return "2" if one.sex == "f" else "1"


def _object(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


CODES: dict[str, Callable[[Person], bytes]] = {
    "citizen_card_2021": citizen_2021,
    "citizen_card_2024": citizen_2024,
    "personal_1405": personal,
    "health_insurance_new": insurance_new,
    "health_insurance_old": insurance_old,
}
"""The kinds of Person.shows, each with what makes the code."""
