"""`/healthz`: can it keep what comes? Open to anyone, and says no more than that. `/metrics`: for readers only.

Health is asked of the store by writing to it, and of the holder, without whom no code can be read and no batch taken.
However many ask, it is written once a second at most.
"""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec

from server.errors import TramError, Unavailable
from server.web.desk import Desk, desk_of
from server.web.metrics import CONTENT_TYPE
from server.web.problems import refusals_to_gateways

FRESH_MS = 1000
PATIENCE_S = 5.0


class Health(msgspec.Struct):
    """`ok`, or the code of what is wrong."""

    status: str
    code: str | None
    checked_ms: int


WELL = {503: ResponseSpec(Health, description="It cannot keep what comes", generate_examples=False)}


class Pulse:
    """The last answer, and the lock that lets one ask at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._last: Health | None = None

    async def feel(self, desk: Desk) -> Health:
        """The state of store and holder, no older than FRESH_MS."""
        async with self._lock:
            if self._last is None or not 0 <= desk.now_ms() - self._last.checked_ms < FRESH_MS:
                self._last = await self._ask(desk)
            return self._last

    async def _ask(self, desk: Desk) -> Health:
        late = "store_busy"
        try:
            async with asyncio.timeout(PATIENCE_S):
                await desk.store.beat()
                late = "holder_away"
                await desk.holder.public_keys()
        except (TramError, TimeoutError) as err:
            return Health("failing", err.code if isinstance(err, TramError) else late, desk.now_ms())
        return Health("ok", None, desk.now_ms())


@get("/healthz", summary="Can it keep what comes?", operation_id="healthz", security=[{}], responses=WELL)
async def get_health(request: Request[Any, Any, Any]) -> Response[Health]:
    """200 after a write to the store, 503 with the code of what is wrong."""
    health = await request.app.state.pulse.feel(desk_of(request))
    return Response(health, status_code=200 if health.status == "ok" else 503, headers={"Cache-Control": "no-store"})


@get(
    "/metrics",
    summary="Counters for Prometheus",
    operation_id="metrics",
    security=[{"reader": []}],
    media_type=CONTENT_TYPE,
    responses=refusals_to_gateways(401),
)
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus text. Gives the counters also where the store cannot be asked."""
    desk = desk_of(request)
    desk.doors.reader(request.headers.get("authorization", ""), request.cookies.get("tram_session", ""))
    desk.metrics.fleet(desk.roster.states(), desk.roster.findings)
    try:
        totals, quarantine = await desk.store.sums()
    except Unavailable as err:
        desk.metrics.error(err.code)
        return Response(desk.metrics.text(None, {}), media_type=CONTENT_TYPE)
    return Response(desk.metrics.text(totals, quarantine), media_type=CONTENT_TYPE)
