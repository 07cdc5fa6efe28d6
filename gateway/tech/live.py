"""What happens at a box, told to the technicians who listen: server-sent events.

1. Nobody who is slow holds anybody up: of what a listener has not taken, LEFT stay, and it is told that some went.
2. There are never more than MOST listeners. A stream ends when its technician may not come in any more, which is looked
   at with every event and every HEARTBEAT_S.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any

MOST = 8
LEFT = 64
HEARTBEAT_S = 10.0
HEARTBEAT = b": pulse\n\n"


class TooMany(Exception):
    """As many listen as may."""


class _Listener:
    def __init__(self, box_id: str) -> None:
        self.box_id = box_id
        self.waiting: deque[bytes] = deque(maxlen=LEFT)
        self.missed = 0
        self.news = asyncio.Event()


class Live:
    """told() from the gateway's rooms, which costs nothing while nobody listens; listen() for a request."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._listeners: list[_Listener] = []
        self._heartbeat_s = heartbeat_s

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def told(self, box_id: str, event: str, **facts: Any) -> None:
        for one in self._listeners:
            if one.box_id == box_id:
                one.missed += len(one.waiting) == LEFT
                one.waiting.append(_line({"event": event, **facts}))
                one.news.set()

    def listen(self, box_id: str, is_welcome: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Raises TooMany."""
        if len(self._listeners) >= MOST:
            raise TooMany
        return self._stream(_Listener(box_id), is_welcome)

    async def _stream(self, listener: _Listener, is_welcome: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        self._listeners.append(listener)  # not before the first look: a stream that nobody ever looks at is never ended
        try:
            yield _line({"event": "listening", "box": listener.box_id})
            while is_welcome():
                try:
                    async with asyncio.timeout(self._heartbeat_s):
                        await listener.news.wait()
                except TimeoutError:
                    yield HEARTBEAT
                    continue
                listener.news.clear()
                if listener.missed:
                    missed, listener.missed = listener.missed, 0
                    yield _line({"event": "missed", "events": missed})
                while listener.waiting and is_welcome():
                    yield listener.waiting.popleft()
            yield _line({"event": "ended"})
        finally:
            self._listeners.remove(listener)


def _line(facts: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(facts, ensure_ascii=False).encode() + b"\n\n"
