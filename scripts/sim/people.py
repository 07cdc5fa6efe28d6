"""Who shows what: synthetic people and the codes on their cards and telephones. Pure, and drawn from a seed.

    draw = random.Random(7)
    citizen_card(draw)            # b"084199000731|334000731|TR\xe1\xba\xa6N TH\xe1\xbb\x8a ...|..."
    kind, code = any_code(draw)

Nobody here exists: names and places are put together at random, and the last six digits of a personal number begin
with 00. The forms are those of the citizen card of 2021 and of 2024, Decision 1405/QĐ-BTTTT, the health insurance card
and the payment code (EMVCo). Names carry every vowel and mark of Vietnamese.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta


def _listed(text: str, between: str = " ") -> list[str]:
    return text.split(between)


FAMILY = _listed(
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đoàn Trịnh Lò Giàng Kpă Thạch Sơn"
)
MIDDLE_MEN = _listed("Văn Hữu Đức Công Quốc Minh Thế Sĩ Tấn Bá")
MIDDLE_WOMEN = _listed("Thị Thị Thị Ngọc Thúy Mỹ Cẩm Hồng Diệu Bích")
GIVEN = _listed(
    "An Hà Bá Bảo Nhã Hạnh Năm Hằng Thắng Khẳng Sẵn Tặng Tân Trần Mẫn Nhật Cẩn Tấn Sen Mè Bé Vẻ Kẽm Vẹn Quê Huề Thế Kể"
    " Huệ Minh Bình Trí Nhỉ Sĩ Lịch Long Hòa Đó Đỏ Võ Thọ Công Hồng Quốc Tổ Mỗ Lộc Sơn Bờ Thới Sở Nỡ Lợi Trung Phùng Tú"
    " Thủy Vũ Phụng Hưng Từ Đức Cử Hữu Tự Huy Quỳnh Quý Kỷ Mỹ Kỵ Thụy"
)
HAMLETS = _listed("Ấp Chợ,Ấp Mới,Khóm 3,Thôn Đoài,Bản Sẻ,Tổ 12,Số 1 Đường Mẫu,Phum Thmây", ",")
COMMUNES = _listed("Xã Mẫu,Xã Lương Hòa,Phường Thử,Thị trấn Ví Dụ,Xã Ea Kẻ", ",")
DISTRICTS = _listed("Huyện Thử,Thành phố Mẫu,Quận Ví Dụ,Thị xã Giả Định", ",")
PROVINCES = {
    "001": "Hà Nội",
    "004": "Cao Bằng",
    "031": "Hải Phòng",
    "038": "Thanh Hóa",
    "048": "Đà Nẵng",
    "066": "Đắk Lắk",
    "079": "Hồ Chí Minh",
    "084": "Trà Vinh",
    "092": "Cần Thơ",
    "096": "Cà Mau",
}
ALPHABETS = {
    "latin": "Zażółć gęślą jaźń Ðuro Øystein Šárka Łukasz Çağla Ñandú Þórður",
    "cyrillic": "Анна Ёлкина Йосип Щука Їжак Ґанна Ђорђе Ѓорѓи",
    "cjk": "王小明 田中太郎 鈴木花子 김철수 陳美麗 龍龘",
    "thai": "สมชาย ใจดี น้ำฝน ก๊กเฮง ปู่ ผู้ใหญ่",
    "arabic": "محمد علي فاطمة الزهراء عبد الله ١٢٣٤",
    "khmer": "សុខា ស្រីមុំ ចាន់ដារ៉ា",
    "emoji": "😀 👩‍👩‍👧‍👦 🇻🇳 🏍️ 🧑🏽‍⚕️ ❤️",
}
_PLAIN = str.maketrans(
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ",
    "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd",
)


class Person:
    """Somebody who does not exist."""

    def __init__(self, draw: random.Random) -> None:
        self.is_woman = draw.random() < 0.5
        middle = draw.choice(MIDDLE_WOMEN if self.is_woman else MIDDLE_MEN)
        self.name = f"{draw.choice(FAMILY)} {middle} {draw.choice(GIVEN)}"
        self.born = date(1930, 1, 1) + timedelta(days=draw.randrange(365 * 85))
        province = draw.choice(list(PROVINCES))
        century_and_sex = (self.born.year - 1900) // 100 * 2 + self.is_woman
        self.number = f"{province}{century_and_sex}{self.born.year % 100:02}00{draw.randrange(10000):04}"
        self.old_number = f"{draw.randrange(100, 400)}00{draw.randrange(10000):04}"
        places = (draw.choice(HAMLETS), draw.choice(COMMUNES), draw.choice(DISTRICTS), PROVINCES[province])
        self.residence = ", ".join(places)
        self.issued = date(2021, 1, 1) + timedelta(days=draw.randrange(1200))


def plain(text: str) -> str:
    """Upper case, without marks."""
    return text.lower().translate(_PLAIN).upper()


def _numeric_date(day: date) -> str:
    return f"{day:%d%m%Y}"


def _card_fields(draw: random.Random, old_number: bool) -> list[str]:
    person = Person(draw)
    return _fields_of(person, person.name.upper() if draw.random() < 0.5 else person.name, old_number)


def _fields_of(person: Person, name: str, old_number: bool) -> list[str]:
    return [
        person.number,
        person.old_number if old_number else "",
        name,
        _numeric_date(person.born),
        "Nữ" if person.is_woman else "Nam",
        person.residence,
        _numeric_date(person.issued),
    ]


def citizen_card(draw: random.Random) -> bytes:
    """The card of 2021: seven fields. The old number of nine digits is there or empty."""
    return "|".join(_card_fields(draw, draw.random() < 0.5)).encode()


def card_of(person: Person) -> bytes:
    """This person's card of 2021, with the old number."""
    return "|".join(_fields_of(person, person.name, True)).encode()


def personal_code_of(person: Person, draw: random.Random) -> bytes:
    """What this person's telephone shows by Decision 1405, nothing masked."""
    return _personal(person, person.number, person.born.isoformat(), draw)


def citizen_card_2024(draw: random.Random) -> bytes:
    """The card of 2024: eleven fields, the last four mostly empty."""
    relatives = [Person(draw).name if draw.random() < 0.2 else "" for _ in range(4)]
    return "|".join(_card_fields(draw, False) + relatives).encode()


def personal_code(draw: random.Random) -> bytes:
    """Decision 1405, of a person who shows their own: masked as the app shows it by default, or not."""
    person = Person(draw)
    masked = draw.random() < 0.7
    number = "******" + person.number[6:] if masked else person.number
    born = f"{person.born.year}-**-**" if masked else person.born.isoformat()
    return _personal(person, number, born, draw)


def _personal(person: Person, number: str, born: str, draw: random.Random) -> bytes:
    sex = "2" if person.is_woman else "1"
    return f"{number}|{plain(person.name)}|{born}|0|{_qid(draw)}|<{sex}<<0900{draw.randrange(1000000):06}".encode()


def personal_code_on_behalf(draw: random.Random) -> bytes:
    """Decision 1405, made by a guardian for somebody without a card."""
    child = Person(draw)
    sex = "2" if child.is_woman else "1"
    return f"|{plain(child.name)}|{child.born.isoformat()}|1|{_qid(draw)}|{_qid(draw)}<{sex}<<".encode()


def health_card(draw: random.Random) -> bytes:
    """The health insurance card of 2021, 17 fields and a dollar sign; name and place in hexadecimal."""
    person = Person(draw)
    fields = [
        f"00{draw.randrange(10**8):08}",
        person.name.encode().hex(),
        f"{person.born:%d/%m/%Y}",
        "2" if person.is_woman else "1",
        "-",
        f"84 - {draw.randrange(1000):03}",
        "01/01/2024",
        "-",
        f"{person.issued:%d/%m/%Y}",
        f"00{draw.randrange(10**12):012}",
        "-",
        "4",
        " 01/01/2029",
        f"{draw.randbytes(8).hex()}-{draw.randrange(10000):04}",
        "4",
        person.residence.encode().hex(),
        "$",
    ]
    return "|".join(fields).encode()


def health_card_old(draw: random.Random) -> bytes:
    """The older health insurance card, ten fields."""
    person = Person(draw)
    sex = "2" if person.is_woman else "1"
    code = f"{draw.choice(('GD', 'HT', 'TE', 'DN'))}{draw.randint(1, 5)}8400{draw.randrange(10**8):08}"
    fields = [code, person.name.encode().hex(), f"{person.born:%d/%m/%Y}", sex, person.residence.encode().hex()]
    return "|".join([*fields, "84 - 001", "01/01/2020", "31/12/2020", "01/01/2020", "$"]).encode()


def payment_code(draw: random.Random) -> bytes:
    """A bank transfer, which is what people show by mistake."""
    account = f"00{draw.randrange(10**10):010}"
    bank = _field("00", "970499") + _field("01", account)
    fields = _field("00", "01") + _field("01", "11")
    fields += _field("38", _field("00", "A000000727") + _field("01", bank) + _field("02", "QRIBFTTA"))
    fields += _field("53", "704") + _field("58", "VN") + "6304"
    return f"{fields}{payment_crc(fields.encode()):04X}".encode()


def payment_crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, over everything up to and with `6304`."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def place_code(draw: random.Random) -> bytes:
    """The poster at a gate, which is the wrong way round."""
    return f"https://tokhaiyte.vn/?page=Group.checkin&groupId={draw.randbytes(12).hex()}".encode()


def foreign_text(draw: random.Random) -> bytes:
    """A visitor's own code in one of several alphabets."""
    words = ALPHABETS[draw.choice(sorted(ALPHABETS))].split()
    return " ".join(draw.choice(words) for _ in range(draw.randint(2, 30))).encode() + b" %06d" % draw.randrange(10**6)


def token(draw: random.Random) -> bytes:
    """Something that no one here can read: bytes of any value."""
    return draw.randbytes(draw.randint(16, 400))


def long_token(draw: random.Random) -> bytes:
    """As long as a code can be that a reader still gets in one piece."""
    return draw.randbytes(draw.randint(1000, 2900))


def too_long(draw: random.Random) -> bytes:
    """More than a scan may hold; digits, of which a code takes more than of bytes."""
    return "".join(draw.choices("0123456789", k=draw.randint(3200, 6000))).encode()


CARDS: dict[str, Callable[[random.Random], bytes]] = {
    "citizen_card": citizen_card,
    "citizen_card_2024": citizen_card_2024,
    "personal_code": personal_code,
    "personal_code_on_behalf": personal_code_on_behalf,
    "health_card": health_card,
    "health_card_old": health_card_old,
    "foreign_text": foreign_text,
    "token": token,
    "long_token": long_token,
}
"""What is somebody's own code."""
WRONG: dict[str, Callable[[random.Random], bytes]] = {
    "payment": payment_code,
    "place": place_code,
    "too_long": too_long,
}
"""What is not."""
_SHARES = {"citizen_card": 40, "citizen_card_2024": 15, "personal_code": 15, "foreign_text": 6, "token": 4}


def any_code(draw: random.Random) -> tuple[str, bytes]:
    """Somebody's own code: (kind, code), mostly of the kinds that are seen most."""
    kinds = list(CARDS)
    kind = draw.choices(kinds, [_SHARES.get(kind, 3) for kind in kinds])[0]
    return kind, CARDS[kind](draw)


def _qid(draw: random.Random) -> str:
    return f"1000{draw.randrange(10**14):014}"


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"
