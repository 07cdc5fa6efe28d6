"""Every path of the technician's API, below /tech/v1. JSON in, JSON out; an error is {"error": {"code", "what"}}.

GET  /facts                      what a set-up code needs: gateway, host, port, enrol_port, ca, place; who asks
GET  /boxes                      every box: state, versions, how many scans it still has
GET  /boxes/BOX
POST /boxes/BOX/commands         {"name", "argument", "within_s"} -> {"id"}
GET  /commands/ID?wait=SECONDS   {"outcome": null} while there is none
GET  /boxes/BOX/settings         wished, in use, refused; secrets are "***"
PUT  /boxes/BOX/settings         all of them -> {"version"}; "***" stays what it was
GET  /boxes/BOX/events           what happens there, as server-sent events
POST /boxes/BOX/rescued          records of the box, as one message of SPEC §4 -> what was kept, after the commit
GET  /firmware                   bundles, and what is wanted where
POST /firmware                   a tar with a bundle -> {"version", …}
POST /firmware/want              {"version", "box" or null}; POST /firmware/back: {"box" or null}
GET  /doctor                     what the gateway's own doctor finds
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any

from firmware.wire import fields
from firmware.wire.errors import WireError
from firmware.wire.fields import U32_MAX
from firmware.wire.message import MAX_MESSAGE_BYTES
from firmware.wire.settings import MAX_SETTINGS_BYTES
from gateway.panel.exchange import Request, Response
from gateway.tech import parcel
from gateway.tech.live import Live, TooMany
from gateway.tech.technicians import Technician
from gateway.tech.types import COMMANDS, Bench, Refused

MOST_WITHIN_S = 600
POLL_S = 0.1
MOST_JSON_BYTES = 4 * MAX_SETTINGS_BYTES
_ID = re.compile(r"[0-9a-f]{12}")
_BOX = re.compile(r"/boxes/([^/]{1,64})(/commands|/settings|/events|/rescued)?")
JSON = {"Content-Type": "application/json"}


class Api:
    """answer() for a technician who is known; raises Refused or OSError."""

    def __init__(self, bench: Bench, live: Live, wait_s: float) -> None:
        self._bench = bench
        self._live = live
        self._wait_s = wait_s

    def takes(self, method: str, path: str) -> int:
        """So long may a body be that comes in pieces; 0: none does."""
        if method == "POST" and path == "/firmware":
            return parcel.MOST_BYTES
        if method == "POST" and path.startswith("/boxes/") and path.endswith("/rescued"):
            return MAX_MESSAGE_BYTES
        return MOST_JSON_BYTES if method in ("POST", "PUT") else 0

    async def answer(self, request: Request, path: str, who: Technician, is_welcome: Callable[[], bool]) -> Response:
        method, bench = "GET" if request.method == "HEAD" else request.method, self._bench
        match method, path:
            case "GET", "/facts":
                return _yes(
                    await asyncio.to_thread(bench.facts) | {"technician": who.name, "ends": who.ends.isoformat()}
                )
            case "GET", "/boxes":
                return _yes({"boxes": await bench.boxes()})
            case "GET", "/doctor":
                return _yes({"findings": await bench.doctor()})
            case _, "/firmware" | "/firmware/want" | "/firmware/back":
                return await self._firmware(request, method, path)
        if method == "GET" and path.startswith("/commands/"):
            return await self._result(request, path.removeprefix("/commands/"))
        found = _BOX.fullmatch(path)
        if found is None:
            raise Refused("no_request", "path")
        return await self._of_box(request, method, await self._box(found[1]), found[2] or "", is_welcome)

    async def _of_box(
        self, request: Request, method: str, box_id: str, what: str, is_welcome: Callable[[], bool]
    ) -> Response:
        bench = self._bench
        match method, what:
            case "GET", "":
                return _yes(await self._row(box_id))
            case "POST", "/commands":
                return await self._command(request, box_id)
            case "GET", "/settings":
                return _yes(await bench.settings(box_id))
            case "PUT", "/settings":
                return _yes({"version": await bench.wish(box_id, await _json(request))})
            case "POST", "/rescued":
                return _yes(await bench.rescue(box_id, await _all(request, MAX_MESSAGE_BYTES)))
            case "GET", "/events":
                try:
                    stream = self._live.listen(box_id, is_welcome)
                except TooMany as error:
                    raise Refused("no_answer", "listeners") from error
                return Response(200, {"Content-Type": "text/event-stream"}, stream)
        raise Refused("no_request", "method")

    async def _box(self, text: str) -> str:
        try:
            box_id = fields.box_id(fields.to_bytes(text))
        except (WireError, UnicodeError) as error:
            raise Refused("no_box", box=text[:32]) from error
        if not await self._bench.knows(box_id):
            raise Refused("no_box", box=box_id)
        return box_id

    async def _row(self, box_id: str) -> dict[str, Any]:
        for one in await self._bench.boxes():
            if one["box"] == box_id:
                return one
        return {"box": box_id, "state": "never_heard"}

    # --- commands

    async def _command(self, request: Request, box_id: str) -> Response:
        asked = await _json(request)
        name, argument, within_s = asked.get("name"), asked.get("argument", {}), asked.get("within_s", 60)
        if name not in COMMANDS:
            raise Refused("no_command", str(name)[:32])
        if not isinstance(argument, dict):
            raise Refused("no_argument", "argument")
        if not _is_number(within_s, 1, MOST_WITHIN_S):
            raise Refused("no_argument", "within_s")
        text = json.dumps(argument, ensure_ascii=False) if argument else ""
        return _yes({"id": await self._bench.order(box_id, name, text, 1000 * within_s)})

    async def _result(self, request: Request, order_id: str) -> Response:
        """As soon as there is one, or after the wait that was asked for."""
        if not _ID.fullmatch(order_id):
            raise Refused("no_result")
        wait = request.query.get("wait", "0")
        if not (wait.isascii() and wait.isdigit() and len(wait) <= 3):
            raise Refused("no_request", "wait")
        until_s = asyncio.get_running_loop().time() + min(int(wait), self._wait_s)
        while True:
            found = await self._bench.result(order_id)
            if found is not None:
                return _yes(found)
            if asyncio.get_running_loop().time() >= until_s:
                return _yes({"outcome": None})
            await asyncio.sleep(POLL_S)

    # --- firmware

    async def _firmware(self, request: Request, method: str, path: str) -> Response:
        bench = self._bench
        match method, path:
            case "GET", "/firmware":
                return _yes(await bench.firmware())
            case "POST", "/firmware":
                try:
                    taken = await bench.take_in(_pieces(request))
                finally:
                    await _drain(request)
                return _yes({"version": taken.version, "name": taken.name, "boards": list(taken.boards)})
        if method != "POST":
            raise Refused("no_request", "method")
        asked = await _json(request)
        scope = asked.get("box")
        box_id = None if scope is None else await self._box(str(scope))
        if path == "/firmware/back":
            return _yes({"version": await bench.back(box_id)})
        version = asked.get("version")
        if not _is_number(version, 0, U32_MAX):
            raise Refused("no_version", str(version)[:32])
        return _yes({"version": await bench.want(int(version), box_id)})  # type: ignore[arg-type]  # _is_number


async def _json(request: Request) -> dict[str, Any]:
    body = await _all(request, MOST_JSON_BYTES)
    try:
        found = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("no_request", "json") from error
    if not isinstance(found, dict):
        raise Refused("no_request", "json")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


async def _all(request: Request, most: int) -> bytes:
    """The body, whether it is here or still comes."""
    body = b""
    async for piece in _pieces(request):
        body += piece
        if len(body) > most:
            raise Refused("no_request", "too long")
    return body


async def _pieces(request: Request) -> AsyncGenerator[bytes, None]:
    if request.body:
        yield request.body
    if request.pieces is not None:
        async for piece in request.pieces:
            yield piece


async def _drain(request: Request) -> None:
    """So that whoever is still sending hears the answer."""
    if request.pieces is not None:
        async for _ in request.pieces:
            pass


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _yes(facts: dict[str, Any]) -> Response:
    return Response(200, JSON, json.dumps({"v": 1, **facts}, ensure_ascii=False).encode())
