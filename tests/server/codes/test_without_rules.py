"""What is held against a certificate where no authority's rules hold: what it says itself."""

import pytest

from server.codes.health_rules import HealthRule
from server.codes.read import read
from server.codes.rules import NO_RULES, Rules
from server.codes.trust import Trust
from server.sim.certificates import DETECTED
from server.web.said.codes import WARNINGS
from tests.server.codes import test_hc1, test_shc
from tests.server.codes.test_hc1 import AT_MS, EXPIRES_S, FR, ISSUED_S, ONE, STRANGER, TRUST, VN, vaccination
from tests.server.codes.test_shc import CLINIC, FROM_S

LATER_RULES = Rules((HealthRule("vaccination", 20_000, doses=2), HealthRule("test", 0, 10_000, hours=1)))
BOTH = Trust(TRUST.signers, test_shc.TRUST.issuers)
INCOMPLETE, NOT_NEGATIVE = "series_incomplete", "test_not_negative"


def said(code, rules=NO_RULES, at_ms=AT_MS):
    found = read(code, rules, BOTH, at_ms)
    return found.health.verdict, found.warnings


@pytest.mark.parametrize("rules", [NO_RULES, LATER_RULES], ids=["no rules", "rules of other days"])
@pytest.mark.parametrize("on", ["2030-01-01", "2030", "2022-01", "2021-12-22", "9998-12-31", "2030-01-01T08:00:00"])
def test_a_vaccination_of_a_day_to_come_is_never_valid(on, rules) -> None:
    assert said(vaccination(on=on), rules) == ("not_yet", ())


@pytest.mark.parametrize("on", ["2021-12-21", "2021-12-20", "2021-12", "2021", "1950-01-01"])
def test_a_day_that_may_have_been_is_not_held_against_it_nor_is_tomorrow(on) -> None:
    assert said(vaccination(on=on)) == ("valid", ())


@pytest.mark.parametrize("days", [["2030-01-01"], ["2021-09-01", "2021-12-22"], ["2022", "2021-09-01"]])
def test_a_health_card_with_a_dose_of_a_day_to_come_is_never_valid(days) -> None:
    assert said(CLINIC.card(ONE, days, FROM_S)) == ("not_yet", ())


@pytest.mark.parametrize(
    ("sampled", "wanted"),
    [
        ("2021-12-21T18:33:21+07:00", "not_yet"),
        ("2030-01-01T00:00:00Z", "not_yet"),
        ("2021-12-21T11:33:21Z", "not_yet"),
        ("2021-12-21T18:33:19+07:00", "valid"),
        ("2021-12-19T18:33:19+07:00", "valid"),
    ],
)
def test_a_test_that_was_sampled_more_than_a_day_from_now_is_never_valid(sampled, wanted) -> None:
    assert said(VN.test(ONE, sampled, ISSUED_S, EXPIRES_S)) == (wanted, ())


@pytest.mark.parametrize("rules", [NO_RULES, LATER_RULES], ids=["no rules", "rules of other days"])
@pytest.mark.parametrize(
    ("first", "valid", "wanted"),
    [
        ("2021-12-22", ("2021-12-01", "2022-05-30"), "not_yet"),
        ("2030-01-01", ("2021-12-01", "2032-05-30"), "not_yet"),
        ("2021-12-01", ("2021-12-21", "2022-05-30"), "not_yet"),
        ("2021-12-01", ("2021-12", "2022-05-30"), "not_yet"),
        ("2021-06-01", ("2021-06-12", "2021-12-19"), "expired"),
        ("2021-06-01", ("2021-06-12", "2021"), "expired"),
        ("2021-06-01", ("2021-12-20", "2021-12-19"), "expired"),
        ("2021-06-01", ("2021-06-12", "2021-12-20"), "valid"),
        ("2021-12-01", ("2021-12-20", "2022-05-30"), "valid"),
    ],
)
def test_a_recovery_is_valid_from_its_own_first_day_to_its_own_last(first, valid, wanted, rules) -> None:
    assert said(VN.recovery(ONE, first, valid, ISSUED_S, EXPIRES_S), rules) == (wanted, ())


def test_a_recovery_counts_until_its_own_last_day_ends_if_that_comes_first() -> None:
    until = [
        read(VN.recovery(ONE, "2021-06-01", ("2021-06-12", day), ISSUED_S, EXPIRES_S), NO_RULES, TRUST, AT_MS)
        for day in ("2021-12-31", "2029-12-31")
    ]
    assert [one.health.until_ms for one in until] == [1_640_970_000_000, EXPIRES_S * 1000]


@pytest.mark.parametrize("rules", [NO_RULES, LATER_RULES], ids=["no rules", "rules of other days"])
@pytest.mark.parametrize(("doses", "series"), [(1, 2), (2, 3), (1, 99)])
def test_a_series_with_doses_to_come_is_said_to_be_incomplete(doses, series, rules) -> None:
    code = VN.vaccination(ONE, doses, "2021-11-01", ISSUED_S, EXPIRES_S, series=series)
    assert said(code, rules) == ("valid", (INCOMPLETE,))


@pytest.mark.parametrize(("doses", "series"), [(1, 1), (2, 2), (3, 2), (3, 3), (2, 1)])
def test_a_whole_series_is_said_nothing_against(doses, series) -> None:
    assert said(VN.vaccination(ONE, doses, "2021-11-01", ISSUED_S, EXPIRES_S, series=series)) == ("valid", ())


@pytest.mark.parametrize(("doses", "series"), [(0, 2), (0, 0), (2, 0), (-1, 2), (1, -2), (100, 2)])
def test_no_dose_or_a_number_that_is_none_is_refused(doses, series) -> None:
    code = VN.vaccination(ONE, doses, "2021-11-01", ISSUED_S, EXPIRES_S, series=series)
    assert test_hc1.refusal(code) == "hc1_claims"


@pytest.mark.parametrize("result", [DETECTED, "", "positive", "260415000 "])
def test_a_test_whose_result_is_not_negative_says_so(result) -> None:
    code = VN.test(ONE, "2021-12-19T08:00:00Z", ISSUED_S, EXPIRES_S, result)
    assert said(code) == ("valid", (NOT_NEGATIVE,))


def test_a_health_card_names_no_series_and_no_result() -> None:
    assert said(CLINIC.card(ONE, ["2021-09-01"], FROM_S)) == ("valid", ())
    assert said(CLINIC.card(ONE, [], FROM_S)) == ("valid", ())


def test_where_rules_hold_they_decide_alone() -> None:
    one_dose = Rules((HealthRule("vaccination", 0, doses=1),))
    assert said(vaccination(doses=1), one_dose) == ("valid", ())
    assert said(vaccination(doses=1), Rules((HealthRule("vaccination", 0, doses=2),))) == ("refused_by_rules", ())
    assert said(vaccination(on="2030-01-01"), one_dose) == ("refused_by_rules", ())


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (vaccination(STRANGER, doses=1, on="2030-01-01"), ("not_trusted", ("unproven",))),
        (vaccination(doses=1, expires_s=ISSUED_S + 1), ("expired", ())),
        (vaccination(FR, doses=1, on="2030-01-01", issued_s=EXPIRES_S - 1), ("not_yet", ())),
    ],
    ids=["of a stranger", "expired", "not yet"],
)
def test_what_is_not_valid_anyway_is_named_by_that(code, wanted) -> None:
    assert said(code) == wanted


def test_what_is_said_against_a_certificate_is_put_into_words() -> None:
    assert {INCOMPLETE, NOT_NEGATIVE} <= set(WARNINGS)
