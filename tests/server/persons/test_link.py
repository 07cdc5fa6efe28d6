"""Who is who, out of pairs of tokens."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.persons.link import edges_of, resolve
from tests.server.persons.rig import mac, token


def resolved(*codes):
    tokens, edges = {}, set()
    for names in codes:
        tokens.update({mac(name): token(name).type for name in names})
        edges |= edges_of(mac(name) for name in names)
    return resolve(tokens, edges)


def together(found, *names):
    persons = {found.person[mac(name)] for name in names}
    return len(persons) == 1 and None not in persons


def test_a_card_and_the_number_before_it_are_one_person_called_by_the_smallest():
    found = resolved(("citizen-1", "old_citizen-1"), ("old_citizen-1", "personal_qr-1"))
    assert set(found.person.values()) == {mac("citizen-1")}


def test_a_chain_through_documents_reaches_the_card():
    found = resolved(("personal_qr-1", "insurance-1"), ("insurance-1", "old_citizen-1"), ("old_citizen-1", "citizen-1"))
    assert together(found, "personal_qr-1", "insurance-1", "citizen-1")


@pytest.mark.parametrize("shared", ["old_citizen-9", "insurance-9", "personal_qr-9", "certificate-9", "passport-9"])
def test_what_stands_with_two_cards_links_neither(shared):
    found = resolved(("citizen-1", shared), ("citizen-2", shared))
    assert not together(found, "citizen-1", "citizen-2")
    assert found.ambiguous == {mac(shared)}
    assert found.person[mac(shared)] == mac(shared)


def test_two_cards_stay_two_persons_however_long_the_chain_between_them():
    found = resolved(
        ("citizen-1", "insurance-1"),
        ("insurance-1", "personal_qr-1"),
        ("personal_qr-1", "old_citizen-2"),
        ("old_citizen-2", "citizen-2"),
    )
    assert not together(found, "citizen-1", "citizen-2")
    assert together(found, "citizen-1", "insurance-1")
    assert together(found, "citizen-2", "old_citizen-2")
    assert mac("personal_qr-1") in found.ambiguous


def test_two_cards_in_one_code_stay_two_persons():
    found = resolved(("citizen-1", "citizen-2", "insurance-1"))
    assert not together(found, "citizen-1", "citizen-2")


def test_two_personal_codes_with_one_typed_insurance_number_stay_two_persons():
    found = resolved(("personal_qr-1", "insurance-9"), ("personal_qr-2", "insurance-9"))
    assert not together(found, "personal_qr-1", "personal_qr-2")


def test_a_family_phone_never_merges():
    found = resolved(("citizen-1", "phone-9"), ("citizen-2", "phone-9"), ("citizen-3", "phone-9"))
    assert len({found.person[mac(f"citizen-{number}")] for number in (1, 2, 3)}) == 3
    assert found.person[mac("phone-9")] is None


def test_a_phone_alone_names_who_alone_has_it():
    found = resolved(("citizen-1", "phone-9"), ("phone-9",), ("personal_qr-1", "citizen-1", "phone-9"))
    assert together(found, "phone-9", "citizen-1")


def test_a_phone_of_nobody_is_somebody_of_its_own():
    assert resolved(("phone-9",)).person == {mac("phone-9"): mac("phone-9")}


def test_two_phones_in_one_code_do_not_hold_each_other():
    found = resolved(("phone-1", "phone-2"), ("citizen-1", "phone-1"))
    assert not together(found, "phone-2", "citizen-1")


def test_a_masked_number_is_a_person_of_its_own():
    assert resolved(("probable-1",), ("citizen-1",)).person[mac("probable-1")] == mac("probable-1")


TYPES = ("citizen", "old_citizen", "insurance", "personal_qr", "phone", "passport", "certificate")
NAMES = st.builds(lambda type_, number: f"{type_}-{number}", st.sampled_from(TYPES), st.integers(0, 5))
CODES = st.lists(st.lists(NAMES, min_size=1, max_size=4, unique=True), min_size=1, max_size=14)


@settings(max_examples=300, deadline=None)
@given(CODES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(codes, random):
    again = [random.sample(names, len(names)) for names in random.sample(codes, len(codes))]
    assert resolved(*codes) == resolved(*again)


@settings(max_examples=300, deadline=None)
@given(CODES)
def test_no_two_cards_are_ever_one_person(codes):
    found = resolved(*codes)
    cards = [person for name, person in found.person.items() if name.startswith(b"citizen")]
    assert len(cards) == len(set(cards))


@settings(max_examples=200, deadline=None)
@given(CODES, CODES)
def test_what_does_not_hang_together_does_not_matter(codes, others):
    others = [[name.replace("-", "-x") for name in names] for names in others]
    alone, beside = resolved(*codes), resolved(*codes, *others)
    assert {name: beside.person[name] for name in alone.person} == alone.person


@settings(max_examples=200, deadline=None)
@given(CODES)
def test_a_person_is_called_by_the_smallest_of_its_own(codes):
    found = resolved(*codes)
    joined = {name: person for name, person in found.person.items() if not name.startswith(b"phone")}
    for person, group in itertools.groupby(sorted(joined, key=joined.__getitem__), joined.__getitem__):
        assert person == min(group)
