"""What is said to the boxes is on the right topic, and what cannot be said is counted."""

from firmware.wire import ack, beacon, topics
from firmware.wire.ack import Ack
from firmware.wire.beacon import Beacon, Time
from gateway.mqtt.outbound import Outbound


class Speaker:
    def __init__(self, up: bool = True) -> None:
        self.up, self.said, self.flushed = up, [], 0

    def publish(self, topic: str, payload: bytes) -> bool:
        self.said.append((topic, payload))
        return self.up

    def flush(self) -> None:
        self.flushed += 1


ONE = Ack("box-a", "aabbccddeeff", 4, 9, [(6, 7)])


def test_an_ack_goes_to_its_box():
    speaker = Speaker()
    Outbound(speaker).acks([ONE])
    ((topic, payload),) = speaker.said
    assert topic == topics.ack("box-a")
    assert ack.decode(payload) == ONE


def test_the_time_goes_to_its_box_and_the_beacon_to_everybody_at_once():
    speaker = Speaker()
    outbound = Outbound(speaker)
    outbound.time(Time("box-a", "aabbccddeeff", 1, 5, 1_800_000_000_000, 1_800_000_000_050))
    outbound.beacon(Beacon("gw-1", "0123456789ab", 77, None, None))
    assert [topic for topic, _ in speaker.said] == [topics.time("box-a"), topics.BEACON]
    assert beacon.decode_beacon(speaker.said[1][1]).mono_ms == 77
    assert speaker.flushed == 1


def test_what_could_not_be_said_is_counted():
    outbound = Outbound(Speaker(up=False))
    outbound.acks([ONE, ONE])
    outbound.beacon(Beacon("gw-1", "0123456789ab", 77, None, None))
    assert outbound.acks_sent == 0
    assert outbound.unsaid == 3
