"""What is said to the boxes is on the right topic, and what cannot be said is counted."""

from firmware.wire import ack, beacon, command, ruling, settings, topics, update
from firmware.wire.ack import Ack
from firmware.wire.beacon import Beacon, Time
from firmware.wire.command import Command
from firmware.wire.ruling import Notice, Ruling
from firmware.wire.settings import Settings
from firmware.wire.update import Offer, Piece
from gateway.mqtt.outbound import Outbound


class Speaker:
    def __init__(self, up: bool = True) -> None:
        self.up, self.said, self.qos, self.flushed = up, [], [], 0

    def publish(self, topic: str, payload: bytes, qos: int = 0) -> bool:
        self.said.append((topic, payload))
        self.qos.append(qos)
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


def test_what_is_wished_goes_to_its_box_commands_and_settings_with_qos_1():
    speaker = Speaker()
    outbound = Outbound(speaker)
    order = Command("box-a", "0123456789ab", "ba9876543210", 99, "identify", b"")
    wished = Settings("box-a", 7, b'{"marks":""}')
    offer, piece = Offer("box-a", 3, 900, "ab" * 32), Piece("box-a", 3, "manifest", 0, b"1 manifest")
    assert outbound.command(order)
    assert outbound.settings(wished)
    assert outbound.offer(offer)
    assert outbound.piece(piece)
    assert [topic for topic, _ in speaker.said] == [
        topics.of("box-a", word) for word in ("command", "settings", "update", "update")
    ]
    assert speaker.qos == [1, 1, 0, 0]
    assert command.decode(speaker.said[0][1]) == order
    assert settings.decode(speaker.said[1][1]) == wished
    assert update.decode_offer(speaker.said[2][1]) == offer
    assert update.decode_piece(speaker.said[3][1]) == piece


def test_what_could_not_be_said_is_counted():
    outbound = Outbound(Speaker(up=False))
    outbound.acks([ONE, ONE])
    outbound.beacon(Beacon("gw-1", "0123456789ab", 77, None, None))
    assert not outbound.settings(Settings("box-a", 7, b"{}"))
    assert outbound.acks_sent == 0
    assert outbound.unsaid == 4


def test_a_ruling_goes_to_its_box_and_a_notice_to_everybody_at_once():
    speaker = Speaker()
    outbound = Outbound(speaker)
    outbound.ruling(Ruling("box-a", "aabbccddeeff", 4, "place_full"))
    assert speaker.flushed == 0
    outbound.notice(Notice("gw-1", "0123456789ab", "full"))
    assert speaker.flushed == 1
    assert [topic for topic, _ in speaker.said] == ["tram/1/box/box-a/ruling", topics.NOTICE]
    assert ruling.decode_ruling(speaker.said[0][1]) == Ruling("box-a", "aabbccddeeff", 4, "place_full")
    assert ruling.decode_notice(speaker.said[1][1]) == Notice("gw-1", "0123456789ab", "full")
    assert speaker.qos == [0, 0]
