# Names the kind of a code from its bytes, a few fields deep. Pure, and defined for any bytes.
#
# 1. White space around a code is the reader's, not the code's: it is not looked at.
# 2. A kind is named only where the code's own form proves it. What is merely similar (a ticket with bars in it, a
#    number that begins like a payment code) is "other".
# 3. The citizen card: number|old number or empty|name|ddmmyyyy|sex|residence|ddmmyyyy issued; with more fields behind
#    it is the card of 2024, and what they hold is nobody's business here. An empty field stays a field.
# 4. Readers that guess the character set spoil the names and may swallow the bar behind one. The card is still named
#    by what is ASCII in it: the numbers, the dates, the first letter of Nam or Nữ. A bar may only be missing where
#    something is spoilt.
# 5. No number is checked against a person: a wrong province, century or checksum changes no kind.
# 6. A payment code is any EMVCo merchant code, VietQR or not, with a right checksum or a wrong one, whole or cut off:
#    it is nobody's identity, and a damaged one must not be kept either.
# 7. "control" and "provision" go by their prefix alone, TRAMC1: and TRAM1: of any version, so that a forged or torn one
#    is refused as what it means to be, and the secrets in one of a later version are not taken for a visitor's code.
#
# Forms are written with 9 for a digit, X for a capital and # for a digit or a star; anything else stands for itself.
# (One string costs the box less memory than a function or several constants of bytes.)

from binascii import unhexlify

KINDS = (
    "citizen_card_2021",
    "citizen_card_2024",
    "personal_1405",
    "health_insurance_new",
    "health_insurance_old",
    "hc1",
    "shc",
    "other",
    "place",
    "vietqr",
    "control",
    "provision",
)
TAKEN = KINDS[:8]  # where nothing else is set
TAKEABLE = KINDS[:9]  # what a setting may ask for

_MAX_BARS = 23
_BASE45 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def kind_of(code: bytes) -> str:
    code = code.strip(b" \t\r\n\0")
    if _fits(code[:4], "TRAM") and b":" in code[4:9]:
        version = code[4:9].split(b":")[0]
        if version.isdigit():
            return "provision"
        if version[:1] == b"C" and version[1:].isdigit():
            return "control"
    bars = code.count(b"|")
    if 3 <= bars <= _MAX_BARS:  # bounded before it is split: each field is an object
        return _kind_of_fields(code.split(b"|"))
    if _fits(code[:6], "000201") and _is_payment(code):
        return "vietqr"
    if _fits(code[:4], "HC1:") and len(code) > 4 and not code[4:].strip(_BASE45):
        return "hc1"  # stripping stops at the first byte that is not in the alphabet
    if _fits(code[:5], "shc:/"):
        parts = code.split(b"/", 3)  # the older form, in several codes: shc:/2/3/…
        if parts[-1].isdigit() and (len(parts) == 2 or (len(parts) == 4 and (parts[1] + parts[2]).isdigit())):
            return "shc"
    return "place" if _is_place(code) else "other"


def _kind_of_fields(fields: list[bytes]) -> str:
    first, count = fields[0], len(fields)
    if _fits(fields[-1], "$"):
        if count == 17 and _fits(first, "9999999999") and _is_insured(fields):
            return "health_insurance_new"
        if count == 10 and _fits(first, "XX9999999999999") and _is_insured(fields):
            return "health_insurance_old"
    elif _fits(first, "999999999999"):
        old = fields[1]
        if not old or (old.isdigit() and len(old) in (9, 12)):
            issued = _issued(fields)
            if issued:
                return KINDS[0] if issued == count - 1 else KINDS[1]
    if count == 6 and _is_personal(fields):
        return "personal_1405"
    return "other"


# The citizen card


def _issued(fields: list[bytes]) -> int:
    # -> where the date of issue stands, 0: it is no card. Where nothing is spoilt, the sex is field 4 and this one 6;
    # each swallowed bar moves what is behind it forward by one.
    if _is_date(fields[3]):
        at = 4
    elif _is_date(fields[2], True):
        at = 3
    else:
        return 0
    rest = fields[at : at + 3]
    if not rest or rest[0][:1] != b"N" or not (len(rest[0]) <= 3 or _is_spoilt(rest[0])):  # Nam, Nữ
        return 0
    if _is_date(rest[-1]) and (len(rest) == 3 or (len(rest) == 2 and _is_spoilt(rest[0]))):
        return at + len(rest) - 1
    for ahead in (1, 0):
        if len(rest) > ahead and (_is_date(rest[ahead], True) or (ahead and _is_date(rest[1]) and _is_spoilt(rest[0]))):
            return at + ahead
    return 0


def _is_date(field: bytes, is_behind_spoilt: bool = False) -> bool:
    # ddmmyyyy; an unknown day or month is 00
    if is_behind_spoilt:
        if not _is_spoilt(field):
            return False
        field = field[-8:]
    return (
        _fits(field, "99999999") and int(field[:2]) <= 31 and int(field[2:4]) <= 12 and 1850 <= int(field[4:]) <= 2199
    )


def _is_spoilt(field: bytes) -> bool:
    # holds what a wrong character set leaves behind: bytes that are not ASCII, or question marks for them
    return any(byte > 127 or byte == 63 for byte in field)


# The others


def _is_personal(fields: list[bytes]) -> bool:
    # Decision 1405: paper|name|date|self or on behalf|number|more
    paper, name, born, whose, number, more = fields
    return (
        len(paper) <= 20
        and len(name) > 0
        and _fits(born, "9999-##-##")
        and whose in (b"0", b"1")
        and 6 <= len(number) <= 40
        and number.isdigit()
        and (not more or b"<" in more)
    )


def _is_insured(fields: list[bytes]) -> bool:
    _, name, born, sex = fields[:4]
    try:
        name = unhexlify(name)
    except ValueError:
        return False
    is_born = _fits(born, "9999") or (_fits(born, "99/99/9999") and _is_date(born[:2] + born[3:5] + born[6:]))
    return len(name) > 0 and is_born and sex in (b"1", b"2")


def _is_place(code: bytes) -> bool:
    # a poster: https://tokhaiyte.vn/?page=Group.checkin&groupId=<24 hexadecimal digits>
    parts = code.split(b"/", 3)
    if len(parts) < 4 or parts[1] or parts[0].lower() not in (b"https:", b"http:"):
        return False
    if parts[2].lower() not in (b"tokhaiyte.vn", b"www.tokhaiyte.vn") or b"page=Group.checkin" not in parts[3]:
        return False
    group = parts[3].partition(b"groupId=")[2]
    try:
        return len(unhexlify(group[:24])) == 12 and group[24:25] in (b"", b"&", b"#")
    except ValueError:
        return False


def _is_payment(code: bytes) -> bool:
    # Walks the objects (tag, length, value) until one of a merchant's: an account that begins with the name of its
    # scheme (26 to 51), a currency (53) or a country (58). A length that goes beyond the end ends the walk.
    at = 0
    while _fits(code[at : at + 4], "9999"):
        tag, length = int(code[at : at + 2]), int(code[at + 2 : at + 4])
        value = code[at + 4 : at + 4 + length]
        if 26 <= tag <= 51 and _fits(value[:4], "0099") and len(value) > 4 and not value[4:14].isdigit():
            return True
        if (tag == 53 and _fits(value, "999")) or (tag == 58 and _fits(value, "XX")):
            return True
        at += 4 + length
    return False


def _fits(data: bytes, form: str) -> bool:
    if len(data) != len(form):
        return False
    for byte, wanted in zip(data, form):
        if not (
            byte == ord(wanted)
            or (wanted == "X" and 65 <= byte <= 90)
            or (wanted in "9#" and (48 <= byte <= 57 or (byte == 42 and wanted == "#")))
        ):
            return False
    return True
