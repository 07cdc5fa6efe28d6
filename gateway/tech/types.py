"""What the API asks of the gateway, as plain values; `Refused` where it cannot be."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, NamedTuple, Protocol

COMMANDS = ("identify", "reboot", "self_test", "reader_reinit", "fetch_log", "drop_wifi", "succession")
"""What a technician may have a box told. Passwords and authorities are not among it; another key of the fleet's is,
since the box takes it from nobody but the key that it trusts."""

STATUS = {
    "no_request": 400,
    "no_right": 401,
    "no_technicians": 403,
    "no_box": 404,
    "no_result": 404,
    "no_settings_there": 404,
    "no_version": 404,
    "no_turn": 409,
    "no_command": 422,
    "no_argument": 422,
    "no_settings": 422,
    "no_bundle": 422,
    "no_rescue": 422,
    "no_more_tries": 429,
    "no_answer": 503,
    "no_room": 507,
}
"""Code of an answer that is no, and its status of HTTP."""


class Refused(Exception):
    """`code` is one of STATUS; `what` has neither secrets nor paths of this machine in it."""

    def __init__(self, code: str, what: str = "", **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.what = what
        self.facts = facts


class Parcel(NamedTuple):
    """A bundle of firmware that was taken in."""

    version: int
    name: str
    boards: tuple[str, ...]


class Bench(Protocol):
    """Each may raise Refused, and OSError where the disk does not do."""

    def facts(self) -> dict[str, Any]:
        """What a set-up code needs to name this gateway, and what it is. Blocks for the disk."""

    def authority(self) -> bytes:
        """The authority's certificate, DER: public."""

    async def boxes(self) -> list[dict[str, Any]]: ...

    async def knows(self, box_id: str) -> bool: ...

    async def order(self, box_id: str, name: str, argument: str, within_ms: int) -> str:
        """-> the command's id"""

    async def result(self, order_id: str) -> dict[str, Any] | None:
        """None: not answered yet."""

    async def settings(self, box_id: str) -> dict[str, Any]: ...

    async def wish(self, box_id: str, settings: Mapping[str, Any]) -> int: ...

    async def firmware(self) -> dict[str, Any]: ...

    async def take_in(self, pieces: AsyncGenerator[bytes, None]) -> Parcel: ...

    async def want(self, version: int, box_id: str | None) -> int: ...

    async def back(self, box_id: str | None) -> int: ...

    async def rescue(self, box_id: str, message: bytes) -> dict[str, Any]:
        """Returns after the commit."""

    async def doctor(self) -> list[dict[str, Any]]: ...
