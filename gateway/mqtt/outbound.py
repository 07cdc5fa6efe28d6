"""What the gateway says to the boxes: acknowledgements, the time, and the beacon.

All of it is QoS 0, and none of it is kept: an ack that is lost is said again by the next commit, or when the box is
born again or asks; a time or a beacon that is late is of no use.
"""

from collections.abc import Iterable
from typing import Protocol

from firmware.wire import ack, beacon, topics
from firmware.wire.ack import Ack
from firmware.wire.beacon import Beacon, Time


class Speaker(Protocol):
    """What this module needs of the session."""

    def publish(self, topic: str, payload: bytes) -> bool: ...

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

    def _say(self, topic: str, payload: bytes) -> None:
        if not self._session.publish(topic, payload):
            self.unsaid += 1
