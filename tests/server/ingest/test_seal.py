"""Opening: the box's record comes back bit for bit, or the envelope stays closed with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import envelope, record
from firmware.wire.batch import Item
from server.ingest.receive import judge
from server.ingest.seal import Closed, Keys, key_id
from tests.server import sealing
from tests.server.rig import BOX, EPOCH, FOREIGN_BOX, OTHER_BOX, lost, scan
from tests.server.sealing import KEYS, NO_KEYS, OTHER_PRIVATE, PRIVATE, counted, opaque, sealed

PLAIN = envelope.plain_of(record.decode(scan(3)))
BROKEN = scan(3)[:-4] + b"zzz\n"


def read(raw, keys=KEYS, boxes=(BOX,)):
    return judge(Item(raw, 10, 20), set(boxes), keys)


@pytest.mark.parametrize(
    "raw",
    [
        scan(3),
        scan(3, code=bytes(range(256)) * 12),
        scan(3, code=b"\n"),
        scan(4294967295, boot=4294967295, uptime_ms=2**53 - 1, utc_ms=1, bound_ms=0, marks="dir=in,x="),
    ],
)
def test_a_sealed_scan_is_the_scan_in_it_bit_for_bit(raw):
    found = read(sealed(raw))
    assert (found.kind, found.raw, found.code) == ("scan", raw, None)
    assert found[1:4] == record.identity(raw)[2:]
    assert (found.earliest_ms, found.latest_ms) == (10, 20)


@given(code=st.binary(min_size=1, max_size=3072))
def test_whatever_a_code_is_it_comes_back(code):
    assert read(sealed(scan(1, code=code))).raw == scan(1, code=code)


def test_the_key_of_before_opens_too():
    both = Keys([PRIVATE, OTHER_PRIVATE])
    assert read(sealed(scan(1)), both).raw == read(sealed(scan(1), OTHER_PRIVATE), both).raw == scan(1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (sealed(scan(3), OTHER_PRIVATE), "sealed_key"),
        (sealed(scan(3), plain=b"x"), "sealed"),
        (sealed(scan(3), plain=PLAIN[:4]), "sealed"),
        (sealed(scan(3), plain=bytes(4) + PLAIN[4:]), "sealed"),
        (sealed(scan(3), plain=PLAIN + b"x"), "sealed"),
        (sealed(scan(3), plain=PLAIN[:-1]), "sealed"),
        (sealed(scan(3), plain=envelope.plain_of(record.decode(scan(4)))), "sealed"),
        (sealed(scan(3), info=envelope.sealed_info(record.decode(scan(4)), sealing.KEY_ID)), "sealed"),
        (sealed(scan(3), info=b"x"), "sealed"),
        (sealed(scan(3, marks="dir=in")).replace(b"dir=in", b"dir=on"), "crc"),
        (sealed(scan(3))[:-1], "length"),
        (sealed(scan(3)) + b"\n", "length"),
        (sealed(scan(3)).replace(b"1 sealed", b"2 sealed"), "version"),
        (sealed(scan(3)).replace(sealing.KEY_ID.encode(), sealing.KEY_ID.upper().encode()), "crc"),
        (counted(scan(3)).replace(b" 3 1 ", b" 3 2 "), "crc"),
        (counted(scan(3)) + b"a code\n", "length"),
        (opaque(scan(3), seq=4).replace(b" 4 ", b" 3 "), "crc"),
        (opaque(scan(4), seq=3), "sealed"),
        (opaque(scan(3, box_id=OTHER_BOX), seq=3), "sealed"),
        (opaque(b"anything", seq=3), "sealed"),
        (opaque(BROKEN, seq=3, private=OTHER_PRIVATE), "sealed_key"),
    ],
)
def test_what_does_not_open_stays_closed_with_its_code_under_its_identity(raw, code):
    found = read(raw)
    assert (found.kind, found.code, found.counts, found.raw) == ("bad", code, True, raw)
    assert found[1:4] == (BOX, EPOCH, 3)


def test_another_header_around_the_same_seal_does_not_open():
    closed = envelope.decode(sealed(scan(3)))
    moved = envelope.encode_sealed(closed._replace(seq=4))
    assert (read(moved).code, read(moved)[1:4]) == ("sealed", (BOX, EPOCH, 4))
    assert read(envelope.encode_sealed(closed._replace(marks="dir=in"))).code == "sealed"


def test_a_bit_of_the_seal_turned_over_does_not_open():
    closed = envelope.decode(sealed(scan(3)))
    for at in (0, 31, 32, len(closed.sealed) - 1):
        turned = bytearray(closed.sealed)
        turned[at] ^= 1
        assert read(envelope.encode_sealed(closed._replace(sealed=bytes(turned)))).code == "sealed"


@pytest.mark.parametrize("private", [PRIVATE, OTHER_PRIVATE])
def test_what_is_of_another_box_is_not_opened(private):
    raw = sealed(scan(3, box_id=FOREIGN_BOX), private)
    found = read(raw)
    assert (found.code, found.counts, found.raw, found.box_id) == ("box_not_assigned", False, raw, FOREIGN_BOX)
    assert read(counted(scan(3, box_id=FOREIGN_BOX))).code == "box_not_assigned"
    assert read(opaque(b"x", box_id=FOREIGN_BOX)).code == "box_not_assigned"


@pytest.mark.parametrize(
    ("inner", "kind", "code"),
    [
        (scan(3), "scan", None),
        (lost(3, 5), "lost", None),
        (BROKEN, "bad", "crc"),
        (scan(3)[:-1], "bad", "length"),
        (scan(3).replace(b"1 scan", b"7 scan"), "bad", "version"),
        (scan(3).replace(b"1 scan", b"1 skan"), "bad", "word"),
        (counted(scan(3)), "bad", "word"),
        (sealed(scan(3)), "bad", "word"),
        (lost(3, 5).replace(b"flash", b"clash"), "bad", "crc"),
    ],
)
def test_an_opaque_record_is_judged_as_the_record_in_it(inner, kind, code):
    found = read(opaque(inner, seq=3))
    assert (found.kind, found.code, found.raw) == (kind, code, inner)


def test_a_counted_scan_is_kept_as_it_came():
    found = read(counted(scan(3)))
    assert (found.kind, found.raw, found[1:4]) == ("counted", counted(scan(3)), (BOX, EPOCH, 3))


def test_keys_show_nothing_of_themselves():
    assert repr(KEYS) == f"Keys({sealing.KEY_ID})"
    assert KEYS.ids() == [sealing.KEY_ID]
    assert [KEYS.has(one) for one in (bytes.fromhex(sealing.public_hex()), bytes(32), PRIVATE)] == [True, False, False]
    assert key_id(bytes.fromhex(sealing.public_hex())) == sealing.KEY_ID


def test_without_keys_everything_stays_closed():
    with pytest.raises(Closed) as err:
        NO_KEYS.open(envelope.decode(sealed(scan(1))), sealed(scan(1)))
    assert err.value.code == "sealed_key"


@given(body=st.binary(min_size=49, max_size=200))
def test_random_bytes_in_place_of_a_seal_do_not_open(body):
    head = f"1 sealed {BOX} {EPOCH} 3 1 3000 - - - {sealing.KEY_ID}".encode()
    assert read(sealing.with_crc(head, body)).code == "sealed"
