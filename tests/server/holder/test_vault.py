"""What a holder keeps, gives back, and does not tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes.types import CODE, HEALTH, PERSON, Document
from server.errors import Refused
from tests.server import sealing
from tests.server.holder.rig import (
    CARD,
    DAY,
    HEALTH_CODE,
    OTHER_CODE,
    PAYMENT_CODE,
    PERSON_CODE,
    TICKET_CODE,
    TORN_CODE,
    Clock,
    ask,
    counted_of,
    row,
    vault,
)
from tests.server.rig import NOW_MS, scan


@pytest.fixture
def holder(tmp_path):
    return vault(tmp_path / "keys")


def keep(holder, *asked):
    return holder.keep(list(asked))


def test_a_persons_code_is_kept_as_the_minimum_and_nothing_of_it_is_in_the_row(holder):
    asked = ask()
    kept = keep(holder, asked)[0]
    assert (kept.raw, kept.kind, kept.unread, kept.day, kept.class_) == (
        counted_of(asked),
        "citizen_card_2021",
        None,
        DAY,
        PERSON,
    )
    assert len(kept.digest) == 16
    assert holder.read([row(asked, kept)]) == [CARD]
    for part in (b"084199012345", b"334012345", "TRẦN".encode(), b"MAU"):
        assert part not in kept.raw + kept.digest + kept.sealed


@pytest.mark.parametrize(
    "code, kind, class_, unread, comes_back",
    [
        (HEALTH_CODE, "hc1", HEALTH, None, "hc1"),
        (TICKET_CODE, "other", CODE, None, "other"),
        (OTHER_CODE, "other", CODE, None, OTHER_CODE),
        (TORN_CODE, "other", CODE, "fields", TORN_CODE),
    ],
)
def test_each_class_has_what_belongs_to_it(holder, code, kind, class_, unread, comes_back):
    asked = ask(code=code)
    kept = keep(holder, asked)[0]
    assert (kept.kind, kept.class_, kept.unread) == (kind, class_, unread)
    found = holder.read([row(asked, kept)])[0]
    assert (found if isinstance(found, bytes) else found.kind) == comes_back


def test_of_a_payment_code_nothing_is_sealed(holder):
    kept = keep(holder, ask(code=PAYMENT_CODE))[0]
    assert (kept.unread, kept.day, kept.class_, kept.sealed) == ("payment_code", None, None, None)


@pytest.mark.parametrize("code", [PERSON_CODE, HEALTH_CODE, OTHER_CODE, TORN_CODE, PAYMENT_CODE])
def test_where_only_counts_may_be_kept_nothing_else_is(holder, code):
    asked = ask(code=code, is_identified=False)
    assert keep(holder, asked)[0] == (counted_of(asked), b"", None, None, None, None, None)
    assert holder.days() == []


@pytest.mark.parametrize(
    "other",
    [
        {"seq": 2},
        {"box_id": "box-0002"},
        {"epoch": "ba9876543210"},
        {"day": DAY - 1},
        {"class_": HEALTH},
        {"class_": CODE},
    ],
)
def test_in_another_row_it_does_not_open(holder, other):
    asked = ask()
    kept = keep(holder, asked, ask(9, HEALTH_CODE), ask(8, OTHER_CODE), ask(7, at_ms=NOW_MS - 86_400_000))[0]
    assert holder.read([row(asked, kept, **other)]) == [None]


@given(st.data())
def test_a_changed_byte_does_not_open(data):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        holder, asked = vault(Path(folder) / "keys"), ask()
        kept = keep(holder, asked)[0]
        at = data.draw(st.integers(0, len(kept.sealed) - 1))
        broken = bytearray(kept.sealed)
        broken[at] ^= data.draw(st.integers(1, 255))
        assert holder.read([row(asked, kept, sealed=bytes(broken)), row(asked, kept, sealed=kept.sealed[:at])]) == [
            None,
            None,
        ]


def test_the_same_scan_sealed_twice_looks_different_and_has_one_digest(holder):
    first, second = keep(holder, ask(), ask())
    assert first.sealed != second.sealed
    assert first.digest == second.digest == holder.digest([ask().raw])[0]
    assert holder.digest([scan(1, b"another code")])[0] != first.digest


def test_the_length_of_a_name_does_not_show(tmp_path):
    def read(code, at_ms):
        return CARD._replace(name=code.decode())

    holder = vault(tmp_path / "keys", reader=read)
    short, long = keep(holder, ask(1, b"AN"), ask(2, b"NGUYEN THI BICH"))
    assert len(short.sealed) == len(long.sealed)


@pytest.mark.parametrize(
    "at_ms, received_ms, day",
    [
        (NOW_MS, NOW_MS, DAY),
        (NOW_MS - 86_400_000, NOW_MS, DAY - 1),
        (None, NOW_MS, DAY),
        (NOW_MS + 400 * 86_400_000, NOW_MS, DAY),
        (NOW_MS + 400 * 86_400_000, NOW_MS + 400 * 86_400_000, DAY),
        (0, NOW_MS, None),
    ],
)
def test_a_scan_belongs_to_the_day_it_was_made_and_never_to_one_to_come(holder, at_ms, received_ms, day):
    kept = keep(holder, ask(at_ms=at_ms, received_ms=received_ms))[0]
    assert kept.day == day
    assert kept.unread == (None if day else "expired")


def test_tokens_tell_the_same_person_and_no_number(holder):
    first, second = ask(1), ask(2, at_ms=NOW_MS - 86_400_000)
    rows = [row(asked, kept) for asked, kept in zip((first, second), keep(holder, first, second), strict=True)]
    one, two = holder.tokens(rows)
    assert one == two
    assert [token.type for token in one.tokens] == ["citizen", "probable", "old_citizen", "probable"]
    assert one.naming == holder.tokens_of([Document("citizen", " 084199012345")])[0]
    assert b"084199012345" not in b"".join(token.mac for token in one.tokens)


def test_tokens_of_another_folder_are_others(holder, tmp_path):
    asked = [Document("citizen", "084199012345")]
    assert holder.tokens_of(asked) != vault(tmp_path / "other").tokens_of(asked)


def test_who_is_nobody_has_no_tokens(holder):
    asked = [ask(1, OTHER_CODE), ask(2, TORN_CODE)]
    rows = [row(one, kept) for one, kept in zip(asked, keep(holder, *asked), strict=True)]
    assert holder.tokens(rows) == [None, None]


def test_envelopes_open_with_either_kind_of_key_and_stay_closed_without(tmp_path):
    from server.holder.folder import Folder

    folder = tmp_path / "keys"
    Folder(folder)
    path = folder / "sealing" / "next.key"
    path.write_bytes(sealing.OTHER_PRIVATE.hex().encode())
    path.chmod(0o600)
    holder = vault(folder)
    raw = scan(1)
    unknown = sealing.sealed(raw, private=bytes(range(2, 34)))
    asked = [sealing.sealed(raw), sealing.sealed(raw, sealing.OTHER_PRIVATE), unknown, raw, b"", sealing.counted(raw)]
    assert holder.open_all(asked) == [raw, raw, "sealed_key", "sealed", "sealed", "sealed"]
    assert holder.public_keys().sealing == [sealing.KEY_ID, sealing.OTHER_KEY_ID]


def test_a_secret_opens_for_its_purpose_alone(holder):
    sealed = holder.wrap("totp:u1", b"secret")
    assert holder.unwrap("totp:u1", sealed) == b"secret"
    assert b"secret" not in sealed
    for purpose, data in (("totp:u2", sealed), ("totp:u1", sealed[:-1]), ("totp:u1", b""), ("totp:u1", sealed[1:])):
        with pytest.raises(Refused) as caught:
            holder.unwrap(purpose, data)
        assert caught.value.code == "sealed"


def test_raw_bytes_are_sealed_by_the_day_of_their_arrival(tmp_path):
    clock = Clock()
    holder = vault(tmp_path / "keys", clock)
    [(day, sealed), (old_day, gone)] = holder.seal_raw([(b"item 1", b"bytes", NOW_MS), (b"item 2", b"old", 0)])
    assert (day, old_day, gone) == (DAY, 0, b"")
    assert holder.open_raw([(b"item 1", day, sealed), (b"item 2", day, sealed), (b"item 2", old_day, gone)]) == [
        b"bytes",
        None,
        None,
    ]
    holder.destroy(day, CODE)
    assert holder.open_raw([(b"item 1", day, sealed)]) == [None]


def test_no_repr_shows_a_key_or_a_person(holder, tmp_path):
    asked = ask()
    kept = keep(holder, asked)[0]
    shown = repr([holder, holder.days(), asked, holder.read([row(asked, kept)]), holder.tokens([row(asked, kept)])])
    for path in (tmp_path / "keys").rglob("*.key"):
        assert path.read_text().strip() not in shown
    assert "0841" not in shown
    assert "MẪU" not in shown


def test_a_batch_of_500_cards_costs_little(holder):
    import time

    asked = [ask(seq) for seq in range(1, 501)]
    best_s = min(_timed(time, holder, asked) for _ in range(5))
    assert best_s / 500 < 200e-6  # measured 9 µs on an idle machine


def _timed(time, holder, asked):
    begun = time.perf_counter()
    keep(holder, *asked)
    return time.perf_counter() - begun
