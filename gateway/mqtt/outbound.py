"""What the gateway says to the boxes: acknowledgements, the time, the beacon, and what is wished for them.

None of it is kept: an ack that is lost is said again by the next commit, or when the box is born again or asks; a time,
a beacon or a ruling that is late is of no use; a notice goes out with every beacon while it holds; what is wished is
said again until the box says that it has it.
"""

from collections.abc import Iterable
from typing import Protocol

from firmware.wire import ack, beacon, command, ruling, settings, topics, update
from firmware.wire.ack import Ack
from firmware.wire.beacon import Beacon, Time
from firmware.wire.command import Command
from firmware.wire.ruling import Notice, Ruling
from firmware.wire.settings import Settings
from firmware.wire.update import Offer, Piece


class Speaker(Protocol):
    """What this module needs of the session."""

    def publish(self, topic: str, payload: bytes, qos: int = 0) -> bool: ...

    def flush(self) -> None: ...


class Outbound:
    """Puts values on their topics; counts what could not be said."""

    def __init__(self, session: Speaker) -> None:
        self._session = session
        self.acks_sent = 0
        self.unsaid = 0

    def acks(self, acks: Iterable[Ack]) -> None:
        for one in acks:
            if self._session.publish(topics.ack(one.box_id), ack.encode(one)):
                self.acks_sent += 1
            else:
                self.unsaid += 1

    def time(self, time: Time) -> None:
        self._say(topics.time(time.box_id), beacon.encode_time(time))

    def beacon(self, one: Beacon) -> None:
        self._say(topics.BEACON, beacon.encode_beacon(one))
        self._session.flush()

    def notice(self, one: Notice) -> None:
        self._say(topics.NOTICE, ruling.encode_notice(one))
        self._session.flush()

    def ruling(self, one: Ruling) -> None:
        """Whoever calls flushes."""
        self._say(topics.of(one.box_id, "ruling"), ruling.encode_ruling(one))

    def command(self, one: Command) -> bool:
        return self._say(topics.of(one.box_id, "command"), command.encode(one), 1)

    def settings(self, one: Settings) -> bool:
        return self._say(topics.of(one.box_id, "settings"), settings.encode(one), 1)

    def offer(self, one: Offer) -> bool:
        return self._say(topics.of(one.box_id, "update"), update.encode_offer(one))

    def piece(self, one: Piece) -> bool:
        return self._say(topics.of(one.box_id, "update"), update.encode_piece(one))

    def flush(self) -> None:
        self._session.flush()

    def _say(self, topic: str, payload: bytes, qos: int = 0) -> bool:
        went = self._session.publish(topic, payload, qos)
        self.unsaid += not went
        return went
