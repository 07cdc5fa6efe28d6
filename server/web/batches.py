"""`POST /api/v1/batches`: the gateways' way in.

The order is the promise: who is it, how large is it, what is it, keep it, commit, and only then the answer.
"""

import asyncio
import time
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec

from firmware.wire.batch import Batch
from server.errors import Refused, Unavailable
from server.ingest.body import unpack
from server.ingest.receive import CONTENT_TYPE, Intake, RegisterChanged, decode
from server.ingest.settle import Settlement, Verdict, answer
from server.web import bodies
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.peer import shown
from server.web.problems import refusals_to_gateways

MOST_TIMES = 5
PACKED = "A batch (SPEC §9), packed as Content-Encoding says: zstd, gzip or identity."


class VerdictView(msgspec.Struct):
    """What became of one item. `code` stands with `conflict` and `quarantined`."""

    box_id: str | None
    epoch: str | None
    seq: int | None
    verdict: Annotated[str, msgspec.Meta(pattern="^(accepted|duplicate|conflict|quarantined)$")]
    code: str | msgspec.UnsetType = msgspec.UNSET


class AnswerView(msgspec.Struct):
    """One verdict for each item, in the order of the items (SPEC §9)."""

    v: int
    gateway_id: str
    batch_no: int
    server_utc_ms: int
    verdicts: list[VerdictView]


@post(
    "/api/v1/batches",
    status_code=200,
    summary="Hand in a batch of records",
    description="Answers after the commit, one verdict for each item. Any other status: nothing was kept.",
    operation_id="post_batch",
    operation_class=takes({"type": "string", "format": "binary"}, CONTENT_TYPE, PACKED),
    security=[{"gateway": []}],
    responses={
        200: ResponseSpec(AnswerView, description="Everything is kept", generate_examples=False),
        **refusals_to_gateways(400, 401, 403, 408, 413, 415, 503),
    },
    response_headers=[
        ResponseHeader(name="Retry-After", description="Seconds; with 503", documentation_only=True, value="")
    ],
    request_max_body_size=None,
)
async def post_batch(request: Request[Any, Any, Any]) -> Response[bytes]:
    """See the module."""
    desk = desk_of(request)
    started_s = time.perf_counter()
    gateway = desk.doors.gateway(request.headers.get("authorization", ""), shown(request.scope))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Refused("content_type", "Content-Type is not " + CONTENT_TYPE)
    limits = desk.limits
    packed = await bodies.read(request, limits.packed_bytes, limits.body_timeout_s, "batch_too_large")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()

    boxes = desk.roster.assignments.boxes_of(gateway.id)
    batch = await asyncio.get_running_loop().run_in_executor(
        desk.readers, lambda: decode(unpack(encoding, packed, limits.batch_bytes), gateway.id)
    )
    intake, settlement = await _kept(desk, batch, boxes)
    desk.roster.heard_batch(gateway.id)
    desk.replays.after_batch(gateway.id, boxes, settlement.verdicts)
    _tell(desk, intake, settlement.verdicts, time.perf_counter() - started_s)
    return Response(answer(intake, settlement.verdicts, desk.now_ms()), media_type="application/json")


async def _kept(desk: Desk, batch: Batch, boxes: frozenset[str]) -> tuple[Intake, Settlement]:
    """Judged and kept by one and the same register; where that changes meanwhile, judged anew. Raises `Unavailable`."""
    for _ in range(MOST_TIMES):
        intake = await desk.reception.batch(batch, boxes, await desk.store.seating())
        try:
            return intake, await desk.store.keep(intake)
        except RegisterChanged:
            continue
    raise Unavailable("store_busy", "the register changes again and again")


def _tell(desk: Desk, intake: Intake, verdicts: list[Verdict], took_s: float) -> None:
    metrics = desk.metrics
    metrics.batches.inc()
    metrics.verdicts(verdicts)
    metrics.foreign.inc(intake.foreign_statements)
    metrics.ingest_s.observe(took_s)
    changed = {item.box_id for item in intake.items if item.box_id is not None}
    changed.update(tip[0] for tip in intake.tips)
    desk.live.changed(changed)
    odd = [one for one in verdicts if one.code is not None]
    if odd:
        desk.live.log_odd(intake, odd)
