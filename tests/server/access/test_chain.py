"""The record of looks: whatever is touched in it is found, and named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from server.access import chain
from server.access.chain import BEGINNING, Checker, Fault, Head, Told
from server.access.vault import Keys, Vault
from tests.server.access import users_in

VAULT = Vault(bytes(range(32)))
OTHER = Vault(bytes(32))
FIELDS = ("at_ms", "node", "actor", "action", "subjects", "detail", "prev", "hash", "key", "signature")


def made(count=8, vault=VAULT):
    found, head = [], BEGINNING
    for number in range(count):
        subjects, detail = chain.said("u-1", "person_read", [f"{number:032x}", "case:c-1"], {"n": number, "ok": True})
        found.append(chain.append(head, 1000 + number, "node-1", "u-1", "person_read", subjects, detail, vault))
        head = Head(found[-1].no, found[-1].hash)
    return found


def faults(entries, heads=(), keys=VAULT, after=BEGINNING):
    checker = Checker(keys, after, heads)
    return [*checker.feed(entries), *checker.end()]


def test_a_record_that_nobody_touched_is_whole():
    entries = made()
    assert faults(entries, [Head(8, entries[-1].hash), Head(3, entries[2].hash)]) == []
    assert faults([]) == []


def flipped(value, place):
    if isinstance(value, int):
        return value ^ (1 << place)
    if isinstance(value, str):
        place %= len(value)
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
    place %= len(value)
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("at", [0, 3, 7])
def test_every_byte_of_every_field_of_a_line_is_held(field, at):
    entries = made()
    value = getattr(entries[at], field)
    for place in range(40 if isinstance(value, int) else len(value)):
        touched = list(entries)
        touched[at] = touched[at]._replace(**{field: flipped(value, place)})
        found = faults(touched)
        assert found, (field, place)
        assert found[0].no == at + 1, (field, place)


@pytest.mark.parametrize("gone", [0, 1, 4, 6])
def test_a_line_that_was_removed_is_named(gone):
    entries = made()
    del entries[gone]
    assert faults(entries) == [Fault(gone + 1, "missing")]


def test_lines_that_were_cut_off_at_the_end_are_seen_by_who_knows_a_later_head():
    entries = made()
    assert faults(entries[:5]) == []
    assert faults(entries[:5], [Head(8, entries[-1].hash)]) == [Fault(8, "missing")]


def test_lines_that_changed_places_are_named():
    entries = made()
    entries[2], entries[3] = entries[3]._replace(no=3), entries[2]._replace(no=4)
    assert {fault.no for fault in faults(entries)} >= {3, 4}
    entries = made()
    entries[2], entries[3] = entries[3], entries[2]
    assert faults(entries) != []


@pytest.mark.parametrize(("at", "twice"), [(8, 7), (4, 3), (4, 0), (1, 0)])
def test_a_line_that_is_there_twice_is_named(at, twice):
    entries = made()
    entries.insert(at, entries[twice])
    assert Fault(twice + 1, "broken") in faults(entries)


def test_removing_a_line_and_numbering_the_rest_anew_is_seen():
    entries = made()
    left = [entry._replace(no=number) for number, entry in enumerate(entries[:3] + entries[4:], 1)]
    assert faults(left)[0].no == 4


def test_a_line_forged_with_its_hash_right_lacks_the_signature():
    entries = made()
    bare = entries[4]._replace(subjects="case:c-9")
    entries[4] = bare._replace(hash=chain.digest(bare))
    assert faults(entries)[:2] == [Fault(5, "forged"), Fault(6, "broken")]


def test_a_whole_record_made_anew_by_another_key_is_not_believed():
    found = faults(made(vault=OTHER))
    assert [fault.code for fault in found] == ["unknown_key"] * 8
    assert faults(made(vault=OTHER), keys=Keys(VAULT.public_key, OTHER.public_key)) == []


def test_a_record_made_anew_by_who_has_the_key_is_seen_by_who_knows_a_head():
    entries = made()
    again = made(4) + made(8)[4:]
    bare = again[1]._replace(actor="u-2")
    again[1] = bare._replace(hash=chain.digest(bare))
    again[1] = again[1]._replace(signature=VAULT.sign(again[1].hash))
    assert Fault(2, "head") in faults(again, [Head(2, entries[1].hash)])


def test_time_that_goes_back_is_no_fault():
    entry = made(1)[0]
    later = chain.append(Head(1, entry.hash), -5, "n", "u", "x", "", b"{}", VAULT)
    assert faults([entry, later]) == []


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_no_two_entries_share_their_bytes(one, two):
    entry = made(1)[0]
    left = entry._replace(detail=one, prev=two)
    right = entry._replace(detail=one + two[:1], prev=two[1:])
    assert (chain.digest(left) == chain.digest(right)) == (left == right)


@pytest.mark.parametrize(
    ("actor", "action", "subjects", "detail"),
    [
        ("", "x", [], {}),
        ("u 1", "x", [], {}),
        ("u\r\n1", "x", [], {}),
        ("u", "X", [], {}),
        ("u", "x\n", [], {}),
        ("u", "x", ["a b"], {}),
        ("u", "x", ["Nguyễn"], {}),
        ("u", "x", ["a"] * 5001, {}),
        ("u", "x", [], {"name": "Nguyễn Văn An"}),
        ("u", "x", [], {"why": "a" * 121}),
        ("u", "x", [], {"why": "line\nline"}),
        ("u", "x", [], {"document": "001099012345"}),
        ("u", "x", [], {"phone": "call 0912345678 now"}),
        ("u", "x", [], {"phone": "+84912345678"}),
        ("u", "x", [], {"card": "GD4790123456789"}),
        ("u", "x", [], {"many": ["ok", "091234567"]}),
        ("u", "x", [], {"deep": {"a": "b"}}),
        ("u", "x", [], {"bytes": b"x"}),
    ],
)
def test_what_could_be_a_name_or_number_of_a_person_is_never_written(actor, action, subjects, detail):
    with pytest.raises(ValueError) as err:
        chain.said(actor, action, subjects, detail)
    for value in detail.values():
        assert str(value) not in str(err.value)


@pytest.mark.parametrize("detail", [{"hash": "0" * 64}, {"at_ms": 1790000000000}, {"id": "c-2026-11-22"}, {"n": None}])
def test_ids_hashes_and_times_are(detail):
    assert json.loads(chain.said("u-1", "x", [], detail)[1]) == detail


# --- in the store


async def filled(server, count=6):
    access = server.shelf.access
    for number in range(count):
        await access.record("u-1", "person_read", [f"{number:032x}"], {"n": number})
    return access


async def store_faults(access, heads=()):
    checker = Checker(access.vault, heads=heads)
    found = []
    while True:
        lines, page = await access.check(checker, 2)
        found += page
        if not lines:
            return [*found, *checker.end()]


async def test_the_record_in_the_store_is_whole_page_by_page(server):
    access = await filled(server)
    assert await store_faults(access, [await access.head()]) == []
    assert (await access.head()).no == 6


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET actor = 'u-2' WHERE no = 3", Fault(3, "changed")),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE no = 1", Fault(1, "changed")),
        ("UPDATE audit SET subjects = '' WHERE no = 2", Fault(2, "changed")),
        ("DELETE FROM audit WHERE no = 4", Fault(4, "missing")),
        ("DELETE FROM audit WHERE no = 1", Fault(1, "missing")),
        ("UPDATE audit SET no = 60 WHERE no = 6", Fault(6, "missing")),
        ("DELETE FROM audit_subjects WHERE no = 5", Fault(5, "index")),
        ("UPDATE audit_subjects SET subject = 'x' WHERE no = 2", Fault(2, "index")),
        ("INSERT INTO audit_subjects VALUES ('case:x', 3)", Fault(3, "index")),
        ("DELETE FROM audit WHERE no = 6", Fault(6, "missing")),
        ("DELETE FROM audit WHERE no > 2", Fault(3, "missing")),
        ("DELETE FROM audit", Fault(1, "missing")),
    ],
)
async def test_whoever_writes_to_the_database_by_hand_is_found(server, statement, expected):
    access = await filled(server)
    await server.shelf.database.write(lambda connection: connection.execute(text(statement)) and None)
    assert expected in await store_faults(access)


async def test_a_record_without_a_line_is_not_whole_where_there_are_users(server):
    assert await store_faults(server.shelf.access) == []
    await server.shelf.access.add_user(users_in.user("an", ["ops"]), None, Told("cli:test", "user_added"))
    for table in ("audit_subjects", "audit"):
        await server.shelf.database.write(lambda one, table=table: one.execute(text(f"DELETE FROM {table}")) and None)
    assert await store_faults(server.shelf.access) == [Fault(1, "missing")]


async def test_what_comes_later_is_checked_from_where_it_was_left(server):
    access = await filled(server)
    checker = Checker(access.vault, await access.head_at(6))
    await access.record("u-1", "person_read", ["f" * 32], {})
    assert await access.check(checker, 100) == (1, [])
    assert checker.head == await access.head()


async def test_a_person_is_found_by_every_pseudonym_that_it_had(server):
    access = await filled(server)
    await access.record("u-2", "contacts_read", [f"{1:032x}", f"{4:032x}"], {"case": "c-1"})
    found = await access.looks([f"{1:032x}", "a" * 32], 0, 10)
    assert [(entry.no, entry.actor) for entry in found] == [(2, "u-1"), (7, "u-2")]
    assert await access.looks([f"{1:032x}"], 7, 10) == []


async def test_what_must_not_be_written_leaves_nothing_behind(server):
    access = await filled(server, 1)
    with pytest.raises(ValueError):
        await access.record("u-1", "person_read", [], {"document": "001099012345"})
    assert (await access.head()).no == 1
