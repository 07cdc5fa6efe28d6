"""The stand-in keeps to the wire's rules: it frees only what an ack covers, and sends again what was not."""

import queue
from types import SimpleNamespace

import pytest

from firmware.wire import ack, message, record, topics
from scripts.sim import fastbox
from scripts.sim.evidence import Evidence
from scripts.sim.fastbox import FastBox

SCANS = 250


class FakeClient:
    def __init__(self):
        self.published = queue.Queue()
        self.subscribed = []
        self.up = False

    def connect_async(self, *_, **__):
        pass

    def loop_start(self):
        self.up = True

    def loop_stop(self):
        self.up = False

    def disconnect(self):
        pass

    def is_connected(self):
        return self.up

    def subscribe(self, topic):
        self.subscribed.append(topic)

    def publish(self, topic, payload, qos):
        self.published.put((topic, message.decode_pack(payload)))


@pytest.fixture
def box(monkeypatch):
    monkeypatch.setattr(fastbox, "PATIENCE_S", 0.2)
    made = FastBox("box-fast", "secret", 1, SCANS, 7)
    made._client = FakeClient()
    made.start()
    made._on_connect(made._client)
    yield made
    made.stop()


def next_numbers(box):
    """The numbers in the next pack that it sends."""
    topic, pack = box._client.published.get(timeout=5)
    assert topic == topics.scan("box-fast")
    return [record.decode(one).seq for one in pack.records]


def receive(box, *facts, epoch=None):
    said = ack.encode(ack.Ack("box-fast", epoch or box.epoch, *facts))
    box._on_message(box._client, None, SimpleNamespace(payload=said))


def test_a_connection_begins_with_a_statement_and_the_oldest_records_come_first(box):
    numbers = []
    for _ in range(4):
        numbers += next_numbers(box)
    assert sorted(numbers) == list(range(1, SCANS + 1))
    assert box._client.subscribed == [topics.ack("box-fast")]


def test_what_an_ack_covers_is_freed_and_the_rest_comes_again(box):
    receive(box, 100, 200, [])
    assert box.complete_to == 100
    numbers = [number for _ in range(8) for number in next_numbers(box)]
    assert numbers.count(250) >= 2


def test_what_an_ack_misses_is_sent_again_at_once(box):
    receive(box, 10, 200, [(11, 12), (50, 50)])
    seen = []
    while len(seen) < 100 and not ([11, 12] in seen and [50] in seen):  # other packs may go out before them
        seen.append(next_numbers(box))
    assert [11, 12] in seen
    assert [50] in seen


@pytest.mark.parametrize(("facts", "epoch"), [((SCANS + 1, SCANS + 1, []), None), ((5, 5, []), "f" * 12)])
def test_an_ack_from_the_future_or_of_another_epoch_frees_nothing(box, facts, epoch):
    receive(box, *facts, epoch=epoch)
    assert (box.complete_to, box.refused_acks) == (0, 1)


@pytest.mark.parametrize("payload", [b"", b"1 ack", b"\xff" * 50])
def test_what_is_no_ack_is_refused(box, payload):
    box._on_message(box._client, None, SimpleNamespace(payload=payload))
    assert (box.complete_to, box.refused_acks) == (0, 1)


def test_everything_that_it_holds_counts_as_shown_and_green(box):
    evidence = Evidence()
    box.witness(evidence)
    assert len(evidence.shown) == len(evidence.greens) == SCANS
