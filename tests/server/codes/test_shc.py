"""SMART Health Cards, made here with keys of the moment; what is wrong follows the negatives of
health-cards-dev-tools.
"""

import base64
import json
import zlib

import pytest

from server.codes import trust
from server.codes.errors import CodeError
from server.codes.health_rules import HealthRule
from server.codes.read import read
from server.codes.rules import NO_RULES, Rules
from server.codes.trust import NO_TRUST, Trust
from server.codes.types import HEALTH
from server.sim.certificates import ShcIssuer, bundle, numeric
from tests.server.codes.outcomes import outcome
from tests.server.people import people

AT_MS = 1_640_000_000_000
FROM_S = 1_639_000_000
ONE = people(seed=4, count=1)[0]
CLINIC, OTHER = ShcIssuer("https://shc.example.vn"), ShcIssuer("https://other.example.vn")
DOSES = ["2021-09-01", "2021-11-01"]


def trusting(*entries):
    return Trust(issuers=trust.load_issuers(json.dumps({"issuers": list(entries)}), "issuers"))


TRUST = trusting(CLINIC.trusted(), OTHER.trusted())


def made(**claims):
    return CLINIC.card(ONE, DOSES, FROM_S, **claims)


def verdict(code, rules=NO_RULES, trusted=TRUST, at_ms=AT_MS):
    return read(code, rules, trusted, at_ms).health.verdict


def refusal(code):
    with pytest.raises(CodeError) as caught:
        read(code, NO_RULES, TRUST, AT_MS)
    return caught.value.code


def test_a_card_of_a_trusted_issuer_is_valid_and_keeps_the_minimum() -> None:
    found = read(made(), NO_RULES, TRUST, AT_MS)
    assert (found.kind, found.class_, found.name, found.born) == ("shc", HEALTH, ONE.name, str(ONE.born.year))
    assert found.health == ("valid", "vaccination", CLINIC.iss, None)
    assert [one.type for one in found.documents] == ["certificate"]
    assert found.documents[0].value.startswith("shc:")


def test_the_same_card_has_the_same_identifier_and_another_card_another() -> None:
    first, second = made(), CLINIC.card(ONE, DOSES[:1], FROM_S)
    found = [read(code, NO_RULES, TRUST, AT_MS).documents for code in (first, first, second)]
    assert found[0] == found[1] != found[2]


def test_who_is_not_in_the_list_is_not_trusted() -> None:
    assert verdict(made(), trusted=NO_TRUST) == "not_trusted"
    assert verdict(made(), trusted=trusting(OTHER.trusted())) == "not_trusted"


def test_a_key_of_another_issuer_does_not_sign_for_this_one() -> None:
    forged = OTHER.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S))
    assert verdict(numeric(forged)) == "not_trusted"
    assert verdict(numeric(OTHER.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S), kid=CLINIC.kid))) == "wrong_signature"


def test_a_wrong_signature_keeps_nothing_of_the_card() -> None:
    text = OTHER.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S), kid=CLINIC.kid)
    found = read(numeric(text), NO_RULES, TRUST, AT_MS)
    assert (found.documents, found.name, found.born, found.health.issuer) == ((), None, None, "")


@pytest.mark.parametrize(
    "from_s, until_s, wanted",
    [
        (FROM_S, None, "valid"),
        (FROM_S + 0.5, AT_MS / 1000, "valid"),
        (AT_MS / 1000 + 1, None, "not_yet"),
        (FROM_S * 1000, None, "not_yet"),
        (FROM_S, AT_MS / 1000 - 1, "expired"),
    ],
    ids=["no end", "fractions", "not yet", "in milliseconds", "expired"],
)
def test_its_own_times_are_kept(from_s, until_s, wanted) -> None:
    more = {} if until_s is None else {"exp": until_s}
    assert verdict(CLINIC.card(ONE, DOSES, from_s, **more)) == wanted


@pytest.mark.parametrize(
    "days, wanted", [(DOSES, "valid"), (DOSES[:1], "refused_by_rules"), ([], "refused_by_rules"), (DOSES * 2, "valid")]
)
def test_doses_are_counted_against_the_order(days, wanted) -> None:
    order = Rules((HealthRule("vaccination", 0, doses=2, days_after=14),))
    assert verdict(CLINIC.card(ONE, days, FROM_S), order) == wanted


def test_a_vaccination_that_was_not_completed_does_not_count() -> None:
    payload = bundle(CLINIC.iss, ONE, DOSES, FROM_S)
    payload["vc"]["credentialSubject"]["fhirBundle"]["entry"][1]["resource"]["status"] = "not-done"
    order = Rules((HealthRule("vaccination", 0, doses=2),))
    assert verdict(numeric(CLINIC.jws(payload)), order) == "refused_by_rules"


@pytest.mark.parametrize("code", [b"shc:/1/2/5676", b"shc:/2/2/5676", b"shc:/12/34/56"])
def test_the_form_in_several_codes_is_refused_by_name(code) -> None:
    assert refusal(code) == "shc_chunk"


def test_digits_that_are_none_of_its_own_are_refused() -> None:
    code = made()
    assert refusal(code[:-1]) == "shc_digits"
    assert refusal(code[:5] + b"78" + code[7:]) == "shc_digits"
    assert refusal(code[:5] + b"99" + code[7:]) == "shc_digits"


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES384"}, {"zip": "GZ"}, {"zip": None}])
def test_another_algorithm_or_none_is_refused(header) -> None:
    assert refusal(numeric(CLINIC.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S), **header))) == "shc_jws"


@pytest.mark.parametrize("header", [{"kid": 7}, {"kid": None}, {"crit": ["b64"]}, {"b64": False}])
def test_a_header_that_is_not_understood_is_refused(header) -> None:
    assert refusal(numeric(CLINIC.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S), **header))) == "shc_jws"


def test_a_header_that_is_no_map_or_no_json_is_refused() -> None:
    _, body, signature = CLINIC.jws({}).split(".")
    for head in (b"[]", b"7", b"{", b"\xff\xfe", b"[" * 900):
        text = base64.urlsafe_b64encode(head).rstrip(b"=").decode()
        assert refusal(numeric(f"{text}.{body}.{signature}")) == "shc_jws"


@pytest.mark.parametrize("text", ["ab", "ab.cd", "ab.cd.ef.gh", "..", "ab..cd", "a+b.cd.ef", "ab=.cd.ef"])
def test_what_is_no_jws_is_refused(text) -> None:
    safe = "".join(one for one in text if 45 <= ord(one) <= 122)
    assert refusal(numeric(safe)) == "shc_jws"


def test_a_body_that_is_not_deflated_or_not_whole_is_refused() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    good = packer.compress(b"{}" * 200) + packer.flush()
    for body in (b'{"iss":"x"}', zlib.compress(b"{}"), good[:-2], good + b"\x00"):
        assert refusal(numeric(CLINIC.signed(body))) == "shc_deflate"


def test_a_bomb_is_refused_by_name() -> None:
    assert refusal(numeric(CLINIC.jws(bytes(700_000)))) == "shc_bomb"


def changed(path, value):
    payload = bundle(CLINIC.iss, ONE, DOSES, FROM_S)
    at = payload
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return payload


BUNDLE = ("vc", "credentialSubject", "fhirBundle")
PATIENT = (*BUNDLE, "entry", 0, "resource")
DOSE = (*BUNDLE, "entry", 1, "resource")
WRONG = {
    "a list": [1],
    "a number": 7,
    "nothing": {},
    "no json": b"{",
    "something behind it": json.dumps(bundle(CLINIC.iss, ONE, DOSES, FROM_S)).encode() + b"x",
    "nested too deeply": b"[" * 50_000,
    "a number of 5,000 digits": b'{"iss": ' + b"9" * 5000 + b"}",
    "a mark of byte order": b"\xef\xbb\xbf{}",
    "no UTF-8": b'{"iss": "\xff"}',
    "no issuer": changed(["iss"], ...),
    "an issuer that is a number": changed(["iss"], 7),
    "an issuer of 201 letters": changed(["iss"], "https://" + "h" * 193),
    "an issuer without its lock": changed(["iss"], "http://shc.example.vn"),
    "an issuer with a line end": changed(["iss"], "https://shc.example.vn\n"),
    "an issuer with a turn of direction": changed(["iss"], "https://\u202eshc.example.vn"),
    "no beginning": changed(["nbf"], ...),
    "a beginning in text": changed(["nbf"], "1639000000"),
    "a beginning that is no number": changed(["nbf"], float("nan")),
    "an end in text": changed(["exp"], "x"),
    "an endless end": changed(["exp"], float("inf")),
    "no bundle": changed(BUNDLE, ...),
    "a bundle in text": changed(BUNDLE, "x"),
    "entries that are numbers": changed((*BUNDLE, "entry"), [1]),
    "no patient": changed((*BUNDLE, "entry"), []),
    "two patients": changed(DOSE, {"resourceType": "Patient", "name": [{"family": "A"}], "birthDate": "1990"}),
    "no name": changed((*PATIENT, "name"), ...),
    "an empty list of names": changed((*PATIENT, "name"), []),
    "a name in numbers": changed((*PATIENT, "name"), [{"family": 7}]),
    "given names in numbers": changed((*PATIENT, "name"), [{"family": "A", "given": [7]}]),
    "no date of birth": changed((*PATIENT, "birthDate"), ...),
    "a date of birth in another order": changed((*PATIENT, "birthDate"), "01/02/1990"),
    "born next year": changed((*PATIENT, "birthDate"), "2022-01-01"),
    "a dose without its day": changed((*DOSE, "occurrenceDateTime"), ...),
    "a dose on a day that is a number": changed((*DOSE, "occurrenceDateTime"), 7),
    "a dose on 30 February": changed((*DOSE, "occurrenceDateTime"), "2021-02-30"),
    "a dose without its state": changed((*DOSE, "status"), ...),
    "a resource without its kind": changed((*DOSE, "resourceType"), ...),
}


@pytest.mark.parametrize("payload", WRONG.values(), ids=WRONG)
def test_claims_that_are_wrong_are_refused_however_well_they_are_signed(payload) -> None:
    assert refusal(numeric(CLINIC.jws(payload))) == "shc_claims"


@pytest.mark.parametrize("born, year", [("1990", "1990"), ("1990-06", "1990"), ("1990-06-01", "1990")])
def test_a_date_of_birth_may_be_partial(born, year) -> None:
    code = numeric(CLINIC.jws(changed((*PATIENT, "birthDate"), born)))
    assert read(code, NO_RULES, TRUST, AT_MS).born == year


def test_every_cut_of_a_card_is_refused_or_its_signature_wrong() -> None:
    code = made()
    signature = 2 * 86  # 64 bytes in base64, two digits a letter
    seen = {refusal(code[:at]) for at in range(6, len(code) - signature)}
    assert seen <= {"shc_digits", "shc_jws", "shc_deflate"}
    for at in range(len(code) - signature, len(code)):
        found, error = outcome(code[:at], NO_RULES, TRUST, AT_MS)
        assert error in ("shc_digits", "shc_jws") or found.health.verdict == "wrong_signature"
