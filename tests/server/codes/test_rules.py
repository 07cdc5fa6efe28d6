"""Rules out of files: orders about certificates, tickets of an operator's; each mistake by name and line."""

import json

import pytest

from server.codes import health_rules, tickets
from server.codes.dates import day_of
from server.codes.health_rules import HealthRule, Proof, judge
from server.codes.types import Document
from server.errors import Unusable

DOSES = {"what": "vaccination", "from": "2021-10-07", "doses": 2, "days_after": 14, "days_valid": 365}
BUS = {"name": "bus", "prefix": "VE-", "form": "99999999", "keep": "number", "slice": [3, 11]}
MARKET = {"name": "market", "prefix": "CHO:", "keep": "hash"}
AT_MS = 1_640_000_000_000
TODAY = day_of("2021-12-20")


def listed(*entries):
    return json.dumps({"rules": list(entries)}, indent=1)


def test_an_order_is_read_with_its_days() -> None:
    (rule,) = health_rules.load(listed({**DOSES, "until": "2022-05-15", "products": ["EU/1/20/1528"]}), "f")
    assert rule == HealthRule(
        "vaccination", day_of("2021-10-07"), day_of("2022-05-15"), 2, ("EU/1/20/1528",), (), 14, 365
    )


WRONG_ORDERS = {
    "of nothing": {**DOSES, "what": "luck"},
    "without what": {key: value for key, value in DOSES.items() if key != "what"},
    "without a beginning": {key: value for key, value in DOSES.items() if key != "from"},
    "with a beginning that is none": {**DOSES, "from": "2021-13-01"},
    "with a beginning that is a number": {**DOSES, "from": 20211007},
    "that ends before it begins": {**DOSES, "until": "2021-10-06"},
    "with hours for a vaccination": {**DOSES, "hours": 72},
    "with a word that is not known": {**DOSES, "dose": 2},
    "with doses in text": {**DOSES, "doses": "2"},
    "with true doses": {**DOSES, "doses": True},
    "with minus one dose": {**DOSES, "doses": -1},
    "with half a day": {**DOSES, "days_after": 0.5},
    "that ends before it counts": {**DOSES, "days_valid": 13},
    "with one product": {**DOSES, "products": "EU/1/20/1528"},
    "with an empty product": {**DOSES, "products": [""]},
    "for tests, without hours": {"what": "test", "from": "2021-10-07"},
    "for tests, with doses": {"what": "test", "from": "2021-10-07", "hours": 72, "doses": 1},
    "for tests, with no hour": {"what": "test", "from": "2021-10-07", "hours": 0},
    "for recovery, with types": {"what": "recovery", "from": "2021-10-07", "types": ["x"]},
}


@pytest.mark.parametrize("entry", WRONG_ORDERS.values(), ids=WRONG_ORDERS)
def test_a_wrong_order_is_refused_with_its_line(entry) -> None:
    with pytest.raises(Unusable) as caught:
        health_rules.load(listed(entry), "rules.json")
    assert caught.value.code == "health_rules"
    assert caught.value.detail.startswith("rules.json, line 3: ")


def test_a_key_that_stands_twice_in_an_entry_is_refused() -> None:
    with pytest.raises(Unusable) as caught:
        health_rules.load('{"rules": [{"what": "test", "what": "test", "from": "2021-10-07", "hours": 1}]}', "f")
    assert caught.value.code == "health_rules"


@pytest.mark.parametrize(
    "from_day, until_day, holds",
    [(TODAY, TODAY, True), (TODAY + 1, None, False), (TODAY - 9, TODAY - 1, False), (TODAY - 9, TODAY + 9, True)],
)
def test_an_order_holds_from_its_first_day_to_its_last(from_day, until_day, holds) -> None:
    order = (HealthRule("vaccination", from_day, until_day, doses=9),)
    assert judge(order, Proof("vaccination", TODAY, TODAY, 1), AT_MS)[0] is not holds


def test_orders_for_one_kind_are_alternatives() -> None:
    one_dose = HealthRule("vaccination", 0, doses=1, products=("EU/1/20/1525",))
    two = HealthRule("vaccination", 0, doses=2)
    janssen, pfizer = (Proof("vaccination", TODAY, TODAY, 1, product=name) for name in ("EU/1/20/1525", "EU/1/20/1528"))
    assert judge((one_dose, two), janssen, AT_MS)[0]
    assert not judge((one_dose, two), pfizer, AT_MS)[0]


def test_without_a_number_of_doses_the_series_has_to_be_whole() -> None:
    order = (HealthRule("vaccination", 0),)
    assert judge(order, Proof("vaccination", TODAY, TODAY, 1, is_whole_series=True), AT_MS)[0]
    assert not judge(order, Proof("vaccination", TODAY, TODAY, 1), AT_MS)[0]


def test_what_no_order_of_the_day_names_does_not_count() -> None:
    assert not judge((HealthRule("vaccination", 0),), Proof("recovery", TODAY, TODAY), AT_MS)[0]


def taken(code, *entries):
    found = tickets.take(code, tickets.load(listed(*entries), "f"))
    return None if found is None else (found.rule, found.documents)


def test_the_number_of_a_ticket_is_kept_with_its_rules_name() -> None:
    assert taken("VE-00001234", BUS, MARKET) == ("bus", (Document("ticket", "bus:00001234"),))


@pytest.mark.parametrize("code", ["VE-0000123", "VE-000012345", "VE-0000123A", "ve-00001234", "XVE-00001234", "VE-"])
def test_what_has_another_form_is_no_ticket(code) -> None:
    assert taken(code, BUS, MARKET) is None


def test_a_form_stands_for_digits_capitals_and_itself() -> None:
    rule = {"name": "r", "prefix": "A", "form": "9-#X", "keep": "hash"}
    fits = {code: taken(code, rule) is not None for code in ("A1-ZZ", "A1-9Z", "a1-ZZ", "AA-ZZ", "A1.ZZ", "A1-Z9")}
    assert [code for code in fits if fits[code]] == ["A1-ZZ", "A1-9Z"]


def test_a_form_is_no_regular_expression() -> None:
    rule = {"name": "r", "prefix": "(", "form": ".*[a-z]+)", "keep": "hash"}
    assert taken("(abc", rule) is None
    assert taken("(.*[a-z]+)", rule) is not None


def test_the_first_rule_that_fits_takes_the_code() -> None:
    every = {"name": "all", "prefix": "VE", "keep": "hash"}
    assert taken("VE-00001234", every, BUS)[0] == "all"
    assert taken("VE-00001234", BUS, every)[0] == "bus"


@pytest.mark.parametrize("rest", ["", "A" * 197, "Chợ", "a\nb", "\x00"])
def test_without_a_form_only_printable_text_of_200_characters_is_taken(rest) -> None:
    assert taken("CHO:" + rest, MARKET) is None


WRONG_TICKETS = {
    "without a name": {key: value for key, value in BUS.items() if key != "name"},
    "with a name in capitals": {**BUS, "name": "Bus"},
    "with a name that holds a colon": {**BUS, "name": "a:b"},
    "without a prefix": {**BUS, "prefix": ""},
    "with a prefix of spaces": {**BUS, "prefix": " "},
    "with a mark in the prefix": {**BUS, "prefix": "Vé"},
    "with a line end in the prefix": {**BUS, "prefix": "VE\n"},
    "that takes certificates": {**BUS, "prefix": "HC1:"},
    "that takes some certificates": {**BUS, "prefix": "HC1:6BF"},
    "that takes payments": {**BUS, "prefix": "000201"},
    "that takes set-up codes": {**BUS, "prefix": "TRAM1"},
    "that would take certificates, having no form": {**MARKET, "prefix": "H"},
    "that would take health cards, having no form": {**MARKET, "prefix": "shc:"},
    "with an empty form": {**BUS, "form": ""},
    "with a form that is too long": {**BUS, "form": "9" * 198},
    "with a form that ends in a space": {**BUS, "form": "99999999 "},
    "with a form that has a mark": {**BUS, "form": "Đ99"},
    "without what is kept": {key: value for key, value in BUS.items() if key != "keep"},
    "that keeps everything": {**BUS, "keep": "all"},
    "that keeps a number of no form": {**MARKET, "keep": "number", "slice": [0, 4]},
    "that keeps a hash of a slice": {**MARKET, "slice": [0, 4]},
    "without a slice": {key: value for key, value in BUS.items() if key != "slice"},
    "with a slice of nothing": {**BUS, "slice": [3, 3]},
    "with a slice backwards": {**BUS, "slice": [11, 3]},
    "with a slice beyond the end": {**BUS, "slice": [3, 12]},
    "with a slice from before the beginning": {**BUS, "slice": [-1, 3]},
    "with a slice of three": {**BUS, "slice": [0, 1, 2]},
    "with a slice in text": {**BUS, "slice": "3:11"},
    "with a true slice": {**BUS, "slice": [False, True]},
    "with a word that is not known": {**BUS, "regex": ".*"},
}


@pytest.mark.parametrize("entry", WRONG_TICKETS.values(), ids=WRONG_TICKETS)
def test_a_wrong_ticket_rule_is_refused_with_its_line(entry) -> None:
    with pytest.raises(Unusable) as caught:
        tickets.load(listed(entry), "tickets.json")
    assert caught.value.code == "ticket_rules"
    assert caught.value.detail.startswith("tickets.json, line 3: ")


@pytest.mark.parametrize("second", [{**BUS, "prefix": "XE-"}, {**BUS, "name": "other"}])
def test_two_rules_of_one_name_or_for_the_same_codes_are_refused(second) -> None:
    with pytest.raises(Unusable) as caught:
        tickets.load(listed(BUS, second), "f")
    assert caught.value.code == "ticket_rules"
