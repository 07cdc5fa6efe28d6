"""10,000 harms to each kind of code, drawn from a seed: none becomes another person in silence, and none raises
anything but `CodeError`.

What can be proved, and what is held to here:
1. A signed code that was changed is never valid as something else: what is valid says word for word what was signed.
2. Cards have no check digit, so a changed digit of the number reads as another number. But bytes behind the number
   never change it, and no other field ever slips into its place, or into that of the year, the old number, or the sex.
3. A masked number never loses all its stars by harm to anything else, and what is left of its digits is no number.
4. Who is read where a digit of sex, century or year was changed is read with a warning.
5. A payment code and a place code never become a person.
"""

import json
import random

import pytest

from scripts.fuzzing.harms import harmed
from server.codes import trust
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST, Trust
from server.codes.types import CERTIFICATE, CITIZEN, HEALTH, INSURANCE, OLD_CITIZEN, PERSON, PERSONAL_QR
from server.sim.certificates import Hc1Issuer, ShcIssuer, cbor, packed
from tests.server.codes.outcomes import outcome
from tests.server.people import (
    citizen_2021,
    citizen_2024,
    insurance_new,
    insurance_old,
    on_behalf,
    payment,
    people,
    personal,
    place,
)

AT_MS = 1_640_000_000_000
COUNT = 10_000
TOWN = [one for one in people(seed=5, count=400) if one.old_number and one.phone]
SIGNED = Hc1Issuer("VN")
CLINIC = ShcIssuer("https://shc.example.vn")
TRUST = Trust(
    trust.load_signers(json.dumps({"keys": [SIGNED.trusted()]}), "trust"),
    trust.load_issuers(json.dumps({"issuers": [CLINIC.trusted()]}), "issuers"),
)


def values(parsed, type_):
    return [one.value for one in parsed.documents if one.type == type_]


@pytest.mark.parametrize("encode", [citizen_2021, citizen_2024])
def test_harm_behind_the_number_never_changes_it_nor_shifts_a_field(encode) -> None:
    draw = random.Random(1)
    seen = {"read": 0, "refused": 0}
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        found, _ = outcome(harmed(draw, encode(one), 13), NO_RULES, NO_TRUST, AT_MS)
        if found is None or found.class_ != PERSON:
            seen["refused"] += 1
            continue
        seen["read"] += 1
        assert values(found, CITIZEN) == [one.number]
        assert all(len(old) in (9, 12) and old != one.number for old in values(found, OLD_CITIZEN))
        assert found.name is None or "|" not in found.name
        assert found.sex in (one.sex, None) or "sex_digit" in found.warnings
        if found.born != str(one.born.year):
            assert "year_digit" in found.warnings
    assert min(seen.values()) > COUNT / 10, seen


@pytest.mark.parametrize("encode", [citizen_2021, citizen_2024])
def test_harm_to_the_old_number_alone_changes_only_it(encode) -> None:
    draw = random.Random(2)
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        front, old, back = encode(one).split(b"|", 2)
        code = b"|".join((front, harmed(draw, old).replace(b"|", b""), back))
        found, error = outcome(code, NO_RULES, NO_TRUST, AT_MS)
        if found is None:
            assert error == "card_fields"
            continue
        assert (values(found, CITIZEN), found.name, found.born) == ([one.number], one.name, str(one.born.year))


def test_a_changed_digit_of_sex_century_or_year_is_read_with_a_warning() -> None:
    draw = random.Random(3)
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        code = bytearray(citizen_2021(one))
        place_of = draw.choice((3, 4, 5))
        code[place_of] = draw.choice([digit for digit in b"0123456789" if digit != code[place_of]])
        found, _ = outcome(bytes(code), NO_RULES, NO_TRUST, AT_MS)
        assert found is not None
        assert {"sex_digit", "year_digit"} & set(found.warnings)


def test_a_masked_number_is_never_unmasked() -> None:
    draw = random.Random(4)
    seen = 0
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        found, _ = outcome(harmed(draw, personal(one, is_masked=True)), NO_RULES, NO_TRUST, AT_MS)
        if found is None or found.class_ != PERSON:
            continue
        seen += 1
        unmasked = [value.value for value in found.documents if value.type == CITIZEN and not value.masked]
        assert not unmasked
        assert not [value for value in found.documents if value.masked and "*" not in value.value]
    assert seen > COUNT / 10


def test_harm_to_a_personal_code_shifts_no_field() -> None:
    draw = random.Random(5)
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        found, _ = outcome(harmed(draw, personal(one), 13), NO_RULES, NO_TRUST, AT_MS)
        if found is None or found.class_ != PERSON:
            continue
        assert values(found, CITIZEN) == [one.number]
        assert len(values(found, PERSONAL_QR)) == 1
        assert found.born == str(one.born.year) or "year_digit" in found.warnings
        assert one.number not in [value for kind in (PERSONAL_QR, INSURANCE) for value in values(found, kind)]


def test_a_child_never_takes_its_guardians_number_or_telephone() -> None:
    draw = random.Random(6)
    for at in range(COUNT):
        child, guardian = TOWN[at % len(TOWN)], TOWN[(at + 7) % len(TOWN)]
        code = on_behalf(child, guardian)
        last_bar = code.rindex(b"|") + 1
        found, _ = outcome(harmed(draw, code, last_bar), NO_RULES, NO_TRUST, AT_MS)
        if found is None or not found.on_behalf:
            continue
        own = {value.value for value in found.documents if value.type != INSURANCE}
        assert own == {child.qid}
        assert child.qid not in {value.value for value in found.guardian}


@pytest.mark.parametrize("encode", [insurance_new, insurance_old])
def test_harm_behind_the_number_of_insurance_never_changes_it(encode) -> None:
    draw = random.Random(7)
    for at in range(COUNT):
        one = TOWN[at % len(TOWN)]
        code = encode(one)
        found, _ = outcome(harmed(draw, code, code.index(b"|") + 1), NO_RULES, NO_TRUST, AT_MS)
        if found is not None and found.class_ == PERSON:
            assert values(found, INSURANCE) == [one.insurance]


@pytest.mark.parametrize("encode", [insurance_new, insurance_old, citizen_2021, citizen_2024, personal])
def test_harm_anywhere_gives_a_number_of_its_form_or_none(encode) -> None:
    draw = random.Random(8)
    lengths = {CITIZEN: (12,), OLD_CITIZEN: (9, 12), INSURANCE: (10,)}
    for at in range(COUNT):
        found, _ = outcome(harmed(draw, encode(TOWN[at % len(TOWN)])), NO_RULES, NO_TRUST, AT_MS)
        for value in found.documents if found is not None else ():
            assert value.type not in lengths or len(value.value) in lengths[value.type]


def test_a_changed_hc1_is_never_valid_as_something_else() -> None:
    draw = random.Random(9)
    codes = [SIGNED.vaccination(one, 2, "2021-11-01", 1_639_000_000, 1_650_000_000) for one in TOWN[:20]]
    right = [outcome(code, NO_RULES, TRUST, AT_MS)[0] for code in codes]
    errors = set()
    for at in range(COUNT):
        found, error = outcome(harmed(draw, codes[at % 20], 4), NO_RULES, TRUST, AT_MS)
        errors.add(error)
        if found is not None and found.class_ == HEALTH and found.health.verdict != "not_trusted":
            assert found == right[at % 20] or (found.health.verdict, found.documents) == ("wrong_signature", ())
    assert errors >= {"hc1_base45", "hc1_zlib"}


def test_harm_inside_the_signed_part_of_hc1_is_a_wrong_signature_or_refused() -> None:
    draw = random.Random(10)
    body = {"ver": "1.3.0", "nam": {"fn": "A", "gn": "B"}, "dob": "1990-01-01"}
    entry = {"tg": "840539006", "ci": "URN:UVCI:01:VN:1", "dn": 2, "sd": 2, "dt": "2021-11-01", "mp": "EU/1/20/1528"}
    payload = cbor({1: "VN", 4: 1_650_000_000, 6: 1_639_000_000, -260: {1: {**body, "v": [entry]}}})
    whole = SIGNED.cose(payload)
    right, _ = outcome(packed(whole), NO_RULES, TRUST, AT_MS)
    assert right is not None
    seen = set()
    for _ in range(COUNT):
        found, error = outcome(packed(harmed(draw, whole)), NO_RULES, TRUST, AT_MS)
        seen.add(error or found.health.verdict)
        assert found in (None, right) or found.health.verdict in ("wrong_signature", "not_trusted")
        if found is not None and found.health.verdict == "wrong_signature":
            assert (found.documents, found.name, found.born) == ((), None, None)
    assert seen >= {"wrong_signature", "not_trusted", "hc1_cose", "hc1_claims"}


def test_a_changed_health_card_is_never_valid_as_something_else() -> None:
    draw = random.Random(11)
    codes = [CLINIC.card(one, ["2021-09-01", "2021-11-01"], 1_639_000_000) for one in TOWN[:20]]
    right = [outcome(code, NO_RULES, TRUST, AT_MS)[0] for code in codes]
    errors = set()
    for at in range(COUNT):
        found, error = outcome(harmed(draw, codes[at % 20], 5), NO_RULES, TRUST, AT_MS)
        errors.add(error)
        if found is not None and found.class_ == HEALTH and found.health.verdict != "not_trusted":
            # the last digit of a signature in base64 has spare bits: the same signature, written otherwise
            assert found == right[at % 20] or not found.documents
            assert all(one.type == CERTIFICATE for one in found.documents)
    assert errors >= {"shc_digits", "shc_jws", "shc_deflate"}


@pytest.mark.parametrize("encode", [payment, place])
def test_a_code_of_nobodys_never_becomes_a_person(encode) -> None:
    draw = random.Random(12)
    for _ in range(COUNT):
        found, _ = outcome(harmed(draw, encode(draw)), NO_RULES, NO_TRUST, AT_MS)
        assert found is None or (found.class_, found.documents, found.name) == ("code", (), None)
