"""What a person showed goes into an envelope that only the server opens, or is dropped; nothing else of it is left."""

import random
import threading
import zlib
from hashlib import sha1, sha256

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.wire import envelope, record
from firmware.wire.envelope import Counted, Opaque, Sealed
from firmware.wire.record import Lost, Scan
from gateway.seal import SUITE, DigestKeys, Sealer, SealError, Shelf, key_id, quarantine_info
from scripts.sim import people
from tests.gateway import sealing

BOOT = "0123456789ab"


def scan_of(code: bytes, seq: int = 1, **changes: object) -> tuple[Scan, bytes]:
    scan = Scan("box-1", "aabbccddeeff", seq, 3, 5_000, None, None, "dir=in", code)._replace(**changes)
    return scan, record.encode_scan(scan)


def sealer_of(mode: str = "identified", public: bytes = sealing.PUBLIC) -> Sealer:
    return Sealer(public, lambda *_: mode, DigestKeys(Shelf(None), lambda: 5))


codes = st.one_of(
    st.binary(min_size=1, max_size=3072), st.builds(lambda n: people.citizen_card(random.Random(n)), st.integers())
)


@settings(max_examples=60)
@given(codes, st.integers(1, 2**32 - 1))
def test_the_server_gets_the_record_back_bit_for_bit(code, seq):
    scan, raw = scan_of(code, seq)
    kept = sealer_of().scan(scan, raw, BOOT, 7)
    assert sealing.opened(kept) == raw
    found = envelope.decode(kept)
    assert isinstance(found, Sealed)
    assert found[:8] == scan[:8]
    assert found.key_id == key_id(sealing.PUBLIC) == sha256(sealing.PUBLIC).hexdigest()[:16]


def test_nothing_of_a_code_is_left_in_the_envelope_in_any_form():
    scan, raw = scan_of(
        b"084199000731|334000731|TR\xe1\xba\xa6N TH\xe1\xbb\x8a M\xe1\xba\xaaU|05081999|N\xe1\xbb\xaf|x|20052021"
    )
    sealer = sealer_of()
    for kept in (
        sealer.scan(scan, raw, BOOT, 7),
        sealer.opaque("box-1", "aabbccddeeff", 1, raw),
        sealer.quarantine(raw),
    ):
        for content in (raw, scan.code):
            crc = zlib.crc32(content)
            for trace in (
                content[-20:],
                content[:12].hex().encode(),
                crc.to_bytes(4, "big"),
                crc.to_bytes(4, "little"),
                b"%08x" % crc,
                sha256(content).digest()[:8],
                sha1(content, usedforsecurity=False).digest()[:8],
            ):
                assert trace not in kept
        assert raw[: raw.index(b"\n")][-8:] not in kept  # the record's own checksum
        assert b"084199" not in kept


def test_two_envelopes_of_the_same_scan_have_nothing_sealed_in_common():
    scan, raw = scan_of(b"hello world")
    one, other = (envelope.decode(sealer_of().scan(scan, raw, BOOT, 7)).sealed for _ in range(2))
    assert not {one[at : at + 4] for at in range(len(one))} & {other[at : at + 4] for at in range(len(other))}


def test_another_key_opens_nothing():
    scan, raw = scan_of(b"hello")
    kept = sealer_of().scan(scan, raw, BOOT, 7)
    with pytest.raises(InvalidTag):
        SUITE.decrypt(envelope.decode(kept).sealed, X25519PrivateKey.generate(), envelope.info_of(kept))


@pytest.mark.parametrize(
    "change", [{"seq": 2}, {"uptime_ms": 5_001}, {"marks": "dir=out"}, {"utc_ms": 5, "bound_ms": 5}]
)
def test_what_was_sealed_under_one_header_does_not_open_under_another(change):
    scan, raw = scan_of(b"hello")
    found = envelope.decode(sealer_of().scan(scan, raw, BOOT, 7))
    moved = envelope.encode_sealed(found._replace(**change))
    with pytest.raises(InvalidTag):
        SUITE.decrypt(found.sealed, sealing.PRIVATE, envelope.info_of(moved))


def test_where_only_counts_may_be_kept_the_code_is_dropped():
    scan, raw = scan_of(b"hello")
    kept = sealer_of("counts_only").scan(scan, raw, BOOT, 7)
    assert envelope.decode(kept) == Counted(*scan[:8])


def test_what_the_mode_is_asked_for_is_the_scan_and_when_it_came():
    asked = []
    sealer = Sealer(
        sealing.PUBLIC, lambda *what: asked.append(what) or "identified", DigestKeys(Shelf(None), lambda: 5)
    )
    scan, raw = scan_of(b"hello")
    sealer.scan(scan, raw, BOOT, 7)
    sealer.opaque("box-1", "aabbccddeeff", 4, b"2 scan box-1 aabbccddeeff 4 new", BOOT, 8)
    sealer.quarantine(b"what?")
    assert asked == [(scan, BOOT, 7), (None, BOOT, 8), (None, "", 0)]


def test_a_record_of_a_later_version_is_sealed_whole():
    raw = b"2 scan box-1 aabbccddeeff 4 something new\n"
    kept = sealer_of().opaque("box-1", "aabbccddeeff", 4, raw)
    assert isinstance(envelope.decode(kept), Opaque)
    assert sealing.opened(kept) == raw
    assert record.identity(kept)[2:] == ("box-1", "aabbccddeeff", 4)


def test_where_only_counts_may_be_kept_it_is_declared_lost_instead():
    kept = sealer_of("counts_only").opaque("box-1", "aabbccddeeff", 4, b"2 scan box-1 aabbccddeeff 4 Somebody\n")
    assert record.decode(kept) == Lost("box-1", "aabbccddeeff", 4, 4, "counts_only")


def test_a_declaration_of_loss_stays_as_it_is():
    raw = record.encode_lost(Lost("box-1", "aabbccddeeff", 4, 9, "flash"))
    assert sealer_of().lost(raw) is raw


@given(st.binary(max_size=70_000))
@settings(max_examples=20)
def test_what_nobody_can_read_is_sealed_with_the_name_of_its_key(payload):
    head, _, sealed = sealer_of().quarantine(payload).partition(b"\n")
    assert head == quarantine_info(key_id(sealing.PUBLIC))
    assert SUITE.decrypt(sealed, sealing.PRIVATE, head) == payload


def test_where_only_counts_may_be_kept_nothing_of_it_is():
    assert sealer_of("counts_only").quarantine(b"Somebody") == b""


def test_a_new_key_is_used_from_the_next_scan_on():
    sealer = sealer_of()
    private = X25519PrivateKey.generate()
    scan, raw = scan_of(b"hello")
    before = sealer.scan(scan, raw, BOOT, 7)
    sealer.set_key(private.public_key().public_bytes_raw())
    after = sealer.scan(scan, raw, BOOT, 7)
    assert envelope.decode(before).key_id != envelope.decode(after).key_id == sealer.key_id
    assert sealing.opened(before) == raw
    assert (
        envelope.record_of(
            envelope.decode(after), SUITE.decrypt(envelope.decode(after).sealed, private, envelope.info_of(after))
        )
        == raw
    )


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_a_key_that_is_none_is_refused_and_the_old_one_stays(bad):
    sealer = sealer_of()
    with pytest.raises(SealError) as raised:
        sealer.set_key(bad)
    assert raised.value.code == "form"
    assert sealer.key_id == key_id(sealing.PUBLIC)
    with pytest.raises(SealError):
        sealer_of(public=bad)


def test_several_threads_seal_and_compare_at_once_while_the_key_is_changed():
    sealer, privates = sealer_of(), [sealing.PRIVATE, X25519PrivateKey.generate()]
    by_id = {key_id(one.public_key().public_bytes_raw()): one for one in privates}
    wrong: list[object] = []

    def work(first: int) -> None:
        for seq in range(first, first + 60):
            scan, raw = scan_of(b"code %d" % seq, seq)
            kept, digest = sealer.scan(scan, raw, BOOT, 7), sealer.digest(raw)
            found = envelope.decode(kept)
            plain = SUITE.decrypt(found.sealed, by_id[found.key_id], envelope.info_of(kept))
            if envelope.record_of(found, plain) != raw or sealer.same(digest, raw) is not True:
                wrong.append(seq)

    threads = [threading.Thread(target=work, args=(1 + 100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(40):
        sealer.set_key(privates[turn % 2].public_key().public_bytes_raw())
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_key_is_shown():
    shelf = Shelf(None)
    keys = DigestKeys(shelf, lambda: 5)
    sealer = Sealer(sealing.PUBLIC, lambda *_: "identified", keys)
    sealer.digest(b"x")
    shown = f"{sealer!r} {keys!r} {shelf!r} {sealer} {keys}"
    (name,) = shelf.names()
    assert bytes(shelf.get(name)).hex()[:8] not in shown
    assert str(bytes(shelf.get(name)))[2:10] not in shown
