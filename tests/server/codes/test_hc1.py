"""HC1 certificates, made here by an encoder that knows nothing of the reader, with keys of the moment."""

import json
import math
import zlib
from datetime import date

import cwt
import pytest

from server.codes import trust
from server.codes.errors import CodeError
from server.codes.health_rules import HealthRule
from server.codes.read import read
from server.codes.rules import NO_RULES, Rules
from server.codes.trust import NO_TRUST, Trust
from server.codes.types import HEALTH, Document
from server.sim.certificates import DETECTED, Hc1Issuer, base45, cbor, packed
from tests.server.people import people

AT_MS = 1_640_000_000_000  # 2021-12-20 18:33 in Việt Nam
ISSUED_S, EXPIRES_S = 1_639_000_000, 1_650_000_000
ONE = people(seed=3, count=1)[0]
VN, VN_RSA, FR, STRANGER = Hc1Issuer("VN"), Hc1Issuer("VN", is_rsa=True), Hc1Issuer("FR"), Hc1Issuer("VN")


def trusting(*entries):
    return Trust(trust.load_signers(json.dumps({"keys": list(entries)}), "trust"))


TRUST = trusting(VN.trusted(), VN_RSA.trusted(), FR.trusted())


def vaccination(issuer=VN, doses=2, on="2021-11-01", issued_s=ISSUED_S, expires_s=EXPIRES_S):
    return issuer.vaccination(ONE, doses, on, issued_s, expires_s)


def verdict(code, rules=NO_RULES, trusted=TRUST, at_ms=AT_MS):
    return read(code, rules, trusted, at_ms).health.verdict


def refusal(code):
    with pytest.raises(CodeError) as caught:
        read(code, NO_RULES, TRUST, AT_MS)
    return caught.value.code


@pytest.mark.parametrize("issuer", [VN, VN_RSA], ids=["ES256", "PS256"])
def test_a_certificate_of_a_trusted_key_is_valid_and_keeps_the_minimum(issuer) -> None:
    found = read(vaccination(issuer), NO_RULES, TRUST, AT_MS)
    assert (found.kind, found.class_, found.name, found.born) == ("hc1", HEALTH, ONE.name, str(ONE.born.year))
    assert found.health == ("valid", "vaccination", "VN", EXPIRES_S * 1000)
    (document,) = found.documents
    assert document.type == "certificate"
    assert document.value.startswith("01:VN:")
    assert found.warnings == ()


def test_another_library_reads_what_the_encoder_makes() -> None:
    cose = VN.cose(cbor({1: "VN", 4: 4_000_000_000, 6: ISSUED_S, -260: {1: {"ver": "1.3.0"}}}))
    key = cwt.COSEKey.from_pem(VN.pem, kid=VN.kid)
    assert cwt.decode(cose, key)[-260] == {1: {"ver": "1.3.0"}}


def test_without_a_trust_list_nobody_is_trusted_and_the_paper_is_unproven() -> None:
    found = read(vaccination(), NO_RULES, NO_TRUST, AT_MS)
    assert (found.health.verdict, found.health.until_ms, found.warnings) == ("not_trusted", None, ("unproven",))


def test_a_key_that_nobody_named_is_not_trusted() -> None:
    assert verdict(vaccination(STRANGER)) == "not_trusted"


def test_another_key_under_a_trusted_name_is_a_wrong_signature_and_nothing_is_kept() -> None:
    entry = {**STRANGER.trusted(), "kid": VN.trusted()["kid"]}
    found = read(vaccination(), NO_RULES, trusting(entry), AT_MS)
    assert (found.health.verdict, found.health.issuer) == ("wrong_signature", "")
    assert (found.documents, found.name, found.born) == ((), None, None)


def test_of_two_keys_with_one_name_either_may_have_signed() -> None:
    entry = {**STRANGER.trusted(), "kid": VN.trusted()["kid"]}
    assert verdict(vaccination(), trusted=trusting(entry, VN.trusted())) == "valid"
    assert verdict(vaccination(), trusted=trusting(VN.trusted(), entry)) == "valid"


def test_a_key_speaks_for_its_own_country_only() -> None:
    assert verdict(vaccination(FR)) == "valid"
    assert verdict(vaccination(FR), trusted=trusting({**FR.trusted(), "country": "VN"})) == "not_trusted"


@pytest.mark.parametrize("days", [{"from": "2021-12-10"}, {"until": "2021-12-01"}])
def test_a_key_that_signed_out_of_its_days_is_not_trusted(days) -> None:
    assert verdict(vaccination(), trusted=trusting(VN.trusted(**days))) == "not_trusted"


@pytest.mark.parametrize("days", [{"from": "2021-12-08"}, {"until": "2021-12-10"}])
def test_a_key_within_its_days_is_trusted(days) -> None:
    assert verdict(vaccination(), trusted=trusting(VN.trusted(**days))) == "valid"


@pytest.mark.parametrize(
    "at_s, wanted",
    [(ISSUED_S - 1, "not_yet"), (ISSUED_S, "valid"), (EXPIRES_S, "valid"), (EXPIRES_S + 1, "expired")],
)
def test_a_certificate_is_valid_from_its_issue_to_its_expiry(at_s, wanted) -> None:
    assert verdict(vaccination(), at_ms=at_s * 1000) == wanted


DAY = date(2021, 10, 7).toordinal() - date(1970, 1, 1).toordinal()
ORDER = (
    HealthRule("vaccination", DAY, None, doses=2, days_after=14, days_valid=60),
    HealthRule("test", DAY, None, types=("LP6464-4",), hours=72),
    HealthRule("recovery", DAY, None, days_after=11, days_valid=180),
)


@pytest.mark.parametrize(
    "doses, on, wanted",
    [
        (2, "2021-12-06", "valid"),
        (2, "2021-12-07", "refused_by_rules"),
        (2, "2021-10-21", "valid"),
        (2, "2021-10-20", "refused_by_rules"),
        (1, "2021-11-01", "refused_by_rules"),
        (3, "2021-11-01", "valid"),
        (2, "2021-11", "valid"),
        (2, "2021-12", "refused_by_rules"),
        (2, "2021-10", "refused_by_rules"),
        (2, "2021", "refused_by_rules"),
    ],
)
def test_doses_and_days_are_held_to_the_order_and_a_partial_date_to_its_worse_end(doses, on, wanted) -> None:
    assert verdict(vaccination(doses=doses, on=on), Rules(ORDER)) == wanted


@pytest.mark.parametrize(
    "sampled, result, wanted",
    [
        ("2021-12-17T18:33:21+07:00", "260415000", "valid"),
        ("2021-12-17T18:33:19+07:00", "260415000", "refused_by_rules"),
        ("2021-12-17T11:33:21Z", "260415000", "valid"),
        ("2021-12-20T19:00:00+07:00", "260415000", "refused_by_rules"),
        ("2021-12-20T08:00:00+07:00", DETECTED, "refused_by_rules"),
    ],
)
def test_a_test_counts_for_its_hours_and_only_negative(sampled, result, wanted) -> None:
    assert verdict(VN.test(ONE, sampled, ISSUED_S, EXPIRES_S, result), Rules(ORDER)) == wanted


@pytest.mark.parametrize(
    "first, valid, wanted",
    [
        ("2021-12-01", ("2021-12-12", "2022-05-30"), "valid"),
        ("2021-12-10", ("2021-12-12", "2022-05-30"), "refused_by_rules"),
        ("2021-12-01", ("2021-12-21", "2022-05-30"), "refused_by_rules"),
        ("2021-11-01", ("2021-11-12", "2021-12-19"), "refused_by_rules"),
        ("2021-06-01", ("2021-06-12", "2022-05-30"), "refused_by_rules"),
    ],
)
def test_a_recovery_counts_within_the_order_and_within_its_own_days(first, valid, wanted) -> None:
    assert verdict(VN.recovery(ONE, first, valid, ISSUED_S, EXPIRES_S), Rules(ORDER)) == wanted


def test_where_no_rule_holds_that_day_signature_and_times_decide() -> None:
    past = (HealthRule("vaccination", DAY, DAY + 3, doses=9),)
    assert verdict(vaccination(doses=1), Rules(past)) == "valid"


def test_until_when_it_counts_is_the_earlier_of_its_own_end_and_the_orders() -> None:
    found = read(vaccination(), Rules(ORDER), TRUST, AT_MS)
    assert found.health.until_ms == 1_640_970_000_000  # the end of 2021-12-31 in Việt Nam: 60 days after 1 November


def body(**changed):
    entry = {"tg": "840539006", "ci": "URN:UVCI:01:VN:1", "dn": 2, "sd": 2, "dt": "2021-11-01", "mp": "EU/1/20/1528"}
    entry = {key: value for key, value in {**entry, **changed.pop("entry", {})}.items() if value is not ...}
    whole = {"ver": "1.3.0", "nam": {"fn": "Trần", "gn": "Thị"}, "dob": "1990-01-01", "v": [entry], **changed}
    return {key: value for key, value in whole.items() if value is not ...}


def claims(certificate=None, **changed):
    whole = {"iss": "VN", "exp": EXPIRES_S, "iat": ISSUED_S, "hcert": {1: certificate or body()}, **changed}
    names = {"iss": 1, "exp": 4, "iat": 6, "hcert": -260}
    return {names[key]: value for key, value in whole.items() if value is not ...}


def test_the_claims_of_these_tests_are_right_before_they_are_harmed() -> None:
    found = read(VN.signed(claims()), NO_RULES, TRUST, AT_MS)
    assert (found.health.verdict, found.documents) == ("valid", (Document("certificate", "01:VN:1"),))


@pytest.mark.parametrize("ci", ["URN:UVCI:01:FR:1", "01:FR:1", "urn:uvci:01:fr:1#X", "01FR/IZ12/1#A", "01/FR/1532F#7"])
def test_an_identifier_of_another_country_than_the_one_that_signed_is_said_and_no_verdict(ci) -> None:
    found = read(VN.signed(claims(body(entry={"ci": ci}))), NO_RULES, TRUST, AT_MS)
    assert (found.health.verdict, found.warnings) == ("valid", ("identifier_country",))


@pytest.mark.parametrize(
    "ci", ["01:VN:1", "01VN/1", "01/VN/1", "01:UNHCR:1", "LU/1212918219", "01:1:FR:2", "FR:1", "V1"]
)
def test_an_identifier_of_its_own_country_or_of_none_is_taken_without_a_word(ci) -> None:
    found = read(VN.signed(claims(body(entry={"ci": ci}))), NO_RULES, TRUST, AT_MS)
    assert (found.health.verdict, found.warnings) == ("valid", ())


def test_whose_signature_is_wrong_nothing_is_said_of_its_identifier_either() -> None:
    entry = {**STRANGER.trusted(), "kid": VN.trusted()["kid"]}
    found = read(VN.signed(claims(body(entry={"ci": "01:FR:1"}))), NO_RULES, trusting(entry), AT_MS)
    assert (found.health.verdict, found.warnings) == ("wrong_signature", ())


@pytest.mark.parametrize("dob, year", [("1990-01-01", "1990"), ("1990-06", "1990"), ("1990", "1990"), ("", None)])
def test_a_date_of_birth_may_be_partial(dob, year) -> None:
    assert read(VN.signed(claims(body(dob=dob))), NO_RULES, TRUST, AT_MS).born == year


@pytest.mark.parametrize("times", [{"exp": EXPIRES_S + 0.5}, {"iat": ISSUED_S - 0.25}])
def test_times_may_be_fractions(times) -> None:
    assert verdict(VN.signed(claims(**times))) == "valid"


@pytest.mark.parametrize(
    "nam, name",
    [
        ({"fn": "Trần", "gn": "Thị Mẫu"}, "Trần Thị Mẫu"),
        ({"fnt": "TRAN", "gnt": "THI<MAU"}, "TRAN THI MAU"),
        ({"fn": "<b>Müller</b>"}, "<b>Müller</b>"),
        ({"fn": "王", "gn": "小明"}, "王 小明"),
        ({"fn": "A\u202eB\x00C"}, "ABC"),
        ({"fn": "A" * 101}, None),
    ],
)
def test_names_of_all_scripts_are_kept_clean(nam, name) -> None:
    assert read(VN.signed(claims(body(nam=nam))), NO_RULES, TRUST, AT_MS).name == name


WRONG_CLAIMS = {
    "no issuer": claims(iss=...),
    "an issuer of three letters": claims(iss="VNM"),
    "an issuer that is a number": claims(iss=84),
    "no expiry": claims(exp=...),
    "no issue": claims(iat=...),
    "an expiry in text": claims(exp="2022-01-01"),
    "an expiry that is true": claims(exp=True),
    "an expiry beyond all years": claims(exp=2**63),
    "an expiry that is no number": claims(exp=math.nan),
    "an endless expiry": claims(exp=math.inf),
    "an issue before 1970": claims(iat=-1),
    "no certificate": claims(hcert=...),
    "a certificate in a list": claims(hcert=[body()]),
    "a certificate under 2": claims(hcert={2: body()}),
    "a text for a certificate": claims(hcert={1: "x"}),
    "no proof": claims(body(v=...)),
    "an empty proof": claims(body(v=[])),
    "two vaccinations": claims(body(v=[body()["v"][0]] * 2)),
    "a vaccination and a test": claims(body(t=[{"tg": "840539006"}])),
    "a proof that is a number": claims(body(v=7)),
    "a proof of numbers": claims(body(v=[7])),
    "another illness": claims(body(entry={"tg": "6142004"})),
    "no identifier": claims(body(entry={"ci": ...})),
    "an empty identifier": claims(body(entry={"ci": "URN:UVCI:"})),
    "an identifier of 81 letters": claims(body(entry={"ci": "A" * 81})),
    "an identifier with a line end": claims(body(entry={"ci": "01:VN\n1"})),
    "an identifier that is a number": claims(body(entry={"ci": 1})),
    "no doses": claims(body(entry={"dn": ...})),
    "doses in text": claims(body(entry={"dn": "2"})),
    "no dose": claims(body(entry={"dn": 0})),
    "doses that are true": claims(body(entry={"dn": True})),
    "a day in another order": claims(body(entry={"dt": "01/11/2021"})),
    "30 February": claims(body(entry={"dt": "2021-02-30"})),
    "month 13": claims(body(entry={"dt": "2021-13"})),
    "the year 0": claims(body(entry={"dt": "0000"})),
    "a year beyond the calendar": claims(body(entry={"dt": "9999-12-31"})),
    "no day": claims(body(entry={"dt": ""})),
    "no name": claims(body(nam=...)),
    "a name in text": claims(body(nam="A B")),
    "a first name that is a number": claims(body(nam={"fn": 7})),
    "no date of birth": claims(body(dob=...)),
    "born next year": claims(body(dob="2022-01-01")),
    "born in other digits": claims(body(dob="١٩٩٠-01-01")),
    "born on a day that is none": claims(body(dob="1990-02-31")),
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_claims_that_are_wrong_are_refused_however_well_they_are_signed(wrong) -> None:
    assert refusal(VN.signed(wrong)) == "hc1_claims"


def test_a_test_without_its_offset_from_utc_is_refused() -> None:
    assert refusal(VN.test(ONE, "2021-12-20T08:00:00", ISSUED_S, EXPIRES_S)) == "hc1_claims"


PAYLOAD = cbor(claims())
GOOD = VN.cose(PAYLOAD)
HEADER = cbor({1: -7, 4: VN.kid})
SIGNATURE = bytes(64)
WRONG_COSE = {
    "nothing": b"",
    "a number": cbor(7),
    "a text": cbor("HC1"),
    "three parts": cbor([HEADER, {}, PAYLOAD]),
    "five parts": cbor([HEADER, {}, PAYLOAD, SIGNATURE, b""]),
    "a header that is a map": cbor([{1: -7, 4: VN.kid}, {}, PAYLOAD, SIGNATURE]),
    "a header that is a list": cbor([cbor([1]), {}, PAYLOAD, SIGNATURE]),
    "no algorithm": cbor([cbor({4: VN.kid}), {}, PAYLOAD, SIGNATURE]),
    "an algorithm that signs nothing": cbor([cbor({1: 5, 4: VN.kid}), {}, PAYLOAD, SIGNATURE]),
    "an algorithm outside what is signed": cbor([cbor({4: VN.kid}), {1: -7}, PAYLOAD, SIGNATURE]),
    "an algorithm in text": cbor([cbor({1: "ES256", 4: VN.kid}), {}, PAYLOAD, SIGNATURE]),
    "no key": cbor([cbor({1: -7}), {}, PAYLOAD, SIGNATURE]),
    "a key in text": cbor([cbor({1: -7, 4: "kid"}), {}, PAYLOAD, SIGNATURE]),
    "a key of 65 bytes": cbor([cbor({1: -7, 4: bytes(65)}), {}, PAYLOAD, SIGNATURE]),
    "no signature": cbor([HEADER, {}, PAYLOAD, b""]),
    "a signature in text": cbor([HEADER, {}, PAYLOAD, "x"]),
    "a signature of 1,025 bytes": cbor([HEADER, {}, PAYLOAD, bytes(1025)]),
    "claims that are not packed in bytes": cbor([HEADER, {}, claims(), SIGNATURE]),
    "claims that are a list": cbor([HEADER, {}, cbor([1]), SIGNATURE]),
    "detached claims": cbor([HEADER, {}, None, SIGNATURE]),
    "something behind it": GOOD + b"\x00",
    "cut off": GOOD[:-1],
    "cut off in the middle": GOOD[: len(GOOD) // 2],
    "a tag of nobody's": b"\xd8\x2a" + GOOD[1:],
    "a tag of a fraction around the claims": cbor([HEADER, {}, b"\xc5\x82\x1b" + b"\x7f" * 8 + b"\x01", SIGNATURE]),
    "a tag of a regular expression": b"\xd8\x23" + cbor("(a+)+$"),
    "a shared reference": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a list that promises four billion": b"\x9a\xff\xff\xff\xff",
    "a text that promises eight exabytes": b"\x7b\x7f" + b"\xff" * 7,
    "lists a hundred deep": b"\x81" * 100 + b"\x00",
    "lists fifteen thousand deep": b"\x81" * 15_000 + b"\x00",
    "tags a hundred deep": b"\xd2" * 100 + GOOD[1:],
    "an endless list without its end": b"\x9f" + b"\x00" * 50,
    "three thousand numbers": b"\x99\x0b\xb8" + b"\x00" * 3000,
    "a key twice": cbor([HEADER, {}, b"\xa2\x01\x62VN\x01\x62FR", SIGNATURE]),
    "a key that is a list": cbor([HEADER, {}, b"\xa1\x80\x00", SIGNATURE]),
    "a key that is a fraction": cbor([HEADER, {}, b"\xa1" + cbor(1.5) + b"\x00", SIGNATURE]),
    "a text that is no UTF-8": cbor([HEADER, {}, b"\xa1\x01\x62\xc3\x28", SIGNATURE]),
    "a length that is reserved": b"\x1c",
    "an end without a beginning": b"\xff",
    "a map that ends after a key": cbor([HEADER, {}, b"\xbf\x01\xff", SIGNATURE]),
    "a text in pieces of bytes": cbor([HEADER, {}, b"\xa1\x01\x7f\x41\x41\xff", SIGNATURE]),
}


@pytest.mark.parametrize("wrong", WRONG_COSE.values(), ids=WRONG_COSE)
def test_what_is_not_signed_in_the_right_form_is_refused(wrong) -> None:
    assert refusal(packed(wrong)) == "hc1_cose"


@pytest.mark.parametrize("wrong", [b"", b"\x00" * 63, b"\x00" * 64, b"\xff" * 64, b"\x01" * 65, b"\x30" * 70])
def test_a_signature_of_another_form_is_wrong(wrong) -> None:
    code = packed(cbor([HEADER, {}, PAYLOAD, wrong or b"\x00"]))
    assert verdict(code) == "wrong_signature"


def test_the_other_algorithm_with_a_key_of_the_first_is_a_wrong_signature() -> None:
    code = packed(VN.cose(PAYLOAD, cbor({1: -37, 4: VN.kid})))
    assert verdict(code) == "wrong_signature"


def test_the_key_may_be_named_outside_what_is_signed() -> None:
    header = cbor({1: -7})
    signature = VN.cose(PAYLOAD, header)[-64:]
    assert verdict(packed(cbor([header, {4: VN.kid}, PAYLOAD, signature]))) == "valid"


@pytest.mark.parametrize("front", [b"\xd2", b"", b"\xd8\x3d\xd2"], ids=["COSE_Sign1", "none", "CWT and COSE_Sign1"])
def test_it_may_be_tagged_or_not(front) -> None:
    assert verdict(packed(front + GOOD[1:])) == "valid"


def test_a_bomb_is_refused_by_name_and_unpacked_no_further_than_its_limit() -> None:
    assert refusal(b"HC1:" + base45(zlib.compress(bytes(1_900_000), 9))) == "hc1_bomb"


def test_just_below_the_limit_it_is_not_called_a_bomb() -> None:
    assert refusal(packed(bytes(16 * 1024))) == "hc1_cose"
    assert refusal(packed(bytes(16 * 1024 + 1))) == "hc1_bomb"


@pytest.mark.parametrize("wrong", [GOOD, zlib.compress(GOOD)[:-4], zlib.compress(GOOD) + b"\x00", b"\x78\x9c"])
def test_what_is_not_packed_whole_is_refused(wrong) -> None:
    assert refusal(b"HC1:" + base45(wrong)) == "hc1_zlib"


def test_every_cut_of_a_certificate_is_refused() -> None:
    code = vaccination()
    assert {refusal(code[:at]) for at in range(4, len(code))} <= {"hc1_base45", "hc1_zlib"}
