"""What a box held, as the messages that it would have sent; and counted by kind."""

from collections import Counter

import pytest

from firmware.wire import message, record
from firmware.wire.record import Lost
from scripts.tram.box import rescue
from scripts.tram.box.safe import Held
from scripts.tram.gateways.words import WORDS
from scripts.tram.trouble import Trouble
from tests.gateway.tech.station import BOX, EPOCH, scan


def held(*sizes, first=1, others=()):
    records = [(EPOCH, seq, scan(seq, b"x" * size)) for seq, size in enumerate(sizes, first)]
    return Held(BOX, EPOCH, first, first + len(sizes) - 1, "gw-1", records + list(others))


@pytest.mark.parametrize(
    "sizes", [(), (1,), (10,) * 128, (10,) * 129, (10,) * 1000, (3072,) * 45, (3072, 1) * 60, (3000,) * 20]
)
def test_every_record_is_sent_once_in_messages_that_a_gateway_takes(sizes):
    sent = []
    for count, payload in rescue.messages(held(*sizes, first=7)):
        pack = message.decode_pack(payload)
        assert (pack.box_id, pack.first_held, pack.last_seq, len(pack.records)) == (BOX, 7, 6 + len(sizes), count)
        sent += pack.records
    assert sent == [data for _, _, data in held(*sizes, first=7).records]


def test_what_is_of_another_epoch_goes_alone_without_a_statement_about_this_one():
    old, lost = scan(5, epoch="000000000001"), record.encode_lost(Lost(BOX, "000000000001", 6, 9, "flash"))
    found = list(rescue.messages(held(5, others=[("000000000001", 5, old), ("000000000001", 6, lost)])))
    assert [(count, message.is_pack(payload)) for count, payload in found] == [(1, True), (1, False), (1, False)]
    assert [payload for _, payload in found[1:]] == [old, lost]


def test_they_are_counted_by_kind_and_nothing_of_them_is_shown():
    card = b"084199012345||Nguyen Van A|05081999|Nam|Ha Noi|01012022"
    found = Held(BOX, EPOCH, 1, 5, "", [
        (EPOCH, 1, scan(1, card)), (EPOCH, 2, scan(2, card)), (EPOCH, 3, scan(3, b"hello")),
        (EPOCH, 4, record.encode_lost(Lost(BOX, EPOCH, 4, 4, "flash"))), (EPOCH, 5, b"torn"),
    ])  # fmt: skip
    counts = rescue.kinds(found)
    assert counts == {"citizen_card_2021": 2, "other": 1, "lost": 1, "unreadable": 1}
    assert "Nguyen" not in str(counts)


class Gateway:
    refuses = ()

    def __init__(self, **answer):
        self.answer = {"stored": 0, "duplicates": 0, "conflicts": 0, "unreadable": 0, "quarantined": 0, "deferred": 0}
        self.answer |= answer
        self.messages = []

    def rescue(self, box, payload):
        self.messages.append((box, payload))
        if len(self.messages) in self.refuses:
            raise Trouble("no_rescue", 5, WORDS, what="crc")
        return self.answer


def test_what_a_gateway_puts_off_is_left_and_said_so():
    told = []
    sums = rescue.deliver(Gateway(stored=2, deferred=1), held(1, 1, 1), lambda done, of: told.append((done, of)))
    assert (sums["sent"], sums["stored"], sums["left"], told) == (3, 2, 1, [(3, 3)])


def test_a_conflict_is_kept_too_and_nothing_is_left():
    sums = rescue.deliver(Gateway(stored=3, conflicts=1), held(1, 1, 1), lambda done, of: None)
    assert isinstance(sums, Counter)
    assert (sums["conflicts"], sums["left"]) == (1, 0)


def test_one_that_is_refused_keeps_no_other_from_being_brought():
    gateway = Gateway(stored=1)
    gateway.refuses = (2,)
    sums = rescue.deliver(gateway, held(1, others=[("000000000001", n, b"x") for n in (1, 2)]), lambda done, of: None)
    assert (len(gateway.messages), sums["sent"], sums["stored"], sums["left"]) == (3, 3, 2, 1)
