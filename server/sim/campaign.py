"""The whole campaign: live through it, compare, make everything derived anew, let the time of what is kept run out.

Each part is told as it goes on (`Tell`), and how long it took is a figure; PHASES are the parts in their order, each
with the share of the whole that it takes at full size.
"""

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from server.sim import compare_contacts, compare_inside, compare_links, compare_silence, compare_stays
from server.sim.clock import BEGINS_MS, DAY_MS
from server.sim.figures import Figure, Outcome, Value, must
from server.sim.province import Asked, Province, Tell, opened
from server.sim.truth import Truth
from server.store import province_rows

FORGOTTEN_AFTER_DAYS = 24
WEEKS, DAYS, ROWS, COMPARED, CONTACTS, ANEW, FORGOTTEN = (
    "weeks before",
    "days",
    "reading rows",
    "comparing",
    "contacts",
    "deriving anew",
    "forgetting",
)
PHASES = {WEEKS: 2, DAYS: 45, ROWS: 1, COMPARED: 2, CONTACTS: 5, ANEW: 24, FORGOTTEN: 21}


async def run(asked: Asked, folder: Path, tell: Tell = lambda what, done, total: None) -> Outcome:
    """Everything. `folder`: for the server's data; its own, and empty. Raises `TramError`."""
    started_s = time.perf_counter()
    async with opened(asked, folder) as province:
        await province.live(tell)
        with province.timed("comparing"):
            figures, evidence = await _compared(province, tell)
        with province.timed("deriving_anew"):
            figures += await _again(province, tell)
        with province.timed("forgetting"):
            figures += await _forgotten(province, tell)
        took = [*province.took_s.items(), ("took", time.perf_counter() - started_s)]
        figures += [Figure("pace", f"{name}_s", round(value, 1)) for name, value in took]
    return Outcome(figures, evidence)


async def _compared(province: Province, tell: Tell) -> tuple[list[Figure], dict[str, list[str]]]:
    tell(ROWS, 0, 1)
    figures = _pace(province)
    truth = Truth(province, await province_rows.everything(province.server.shelf.database))
    accepted, seen = province.gateways.verdicts["accepted"] - province.gateways.declared, len(truth.rows.seen)
    figures.append(must("pace", "sightings", seen, seen == accepted, "= scans accepted"))
    tell(COMPARED, 0, 4)
    found = [compare_links.compare(truth)]
    tell(COMPARED, 1, 4)
    found.append(compare_stays.compare(truth))
    tell(COMPARED, 2, 4)
    found.append(compare_silence.compare(province))
    tell(COMPARED, 3, 4)
    found.append(await compare_inside.compare(truth))
    found.append(await compare_contacts.compare(truth, lambda done, total: tell(CONTACTS, done, total)))
    evidence = {name: shown for _, some in found for name, shown in some.items()}
    return figures + [one for some, _ in found for one in some], evidence


def _pace(province: Province) -> list[Figure]:
    took, gateways = province.took_s, province.gateways
    odd = {name: many for name, many in gateways.verdicts.items() if "/" in name}
    return [
        Figure("pace", "places", len(province.sites)),
        Figure("pace", "boxes", len(province.boxes)),
        Figure("pace", "people", len(province.residents)),
        Figure("pace", "days", province.asked.days),
        Figure("pace", "batches", gateways.batches),
        Figure("pace", "accepted", gateways.verdicts["accepted"]),
        Figure("pace", "duplicates", gateways.verdicts["duplicate"]),
        must("pace", "neither_accepted_nor_duplicate", str(odd) if odd else 0, not odd, "= 0"),
        Figure("pace", "derived_along_the_way", province.derived),
        Figure("pace", "ingest_scans_per_s", _rate(province.sent, took["sending"])),
        Figure("pace", "deriving_scans_per_s", _rate(province.derived, took["deriving"])),
    ]


def _rate(many: int, took_s: float) -> Value:
    return round(many / took_s) if took_s else None


async def _again(province: Province, tell: Tell) -> list[Figure]:
    """Everything derived anew gives the same."""
    server = province.server
    tell(ANEW, 0, province.gateways.verdicts["accepted"])
    before = await province_rows.fingerprint(server.shelf.database, BEGINS_MS)
    started_s = time.perf_counter()
    total = await server.shelf.deriving.clear()
    done = server.deriver.done
    await server.deriver.all(lambda so_far: tell(ANEW, so_far - done, total))
    took_s = time.perf_counter() - started_s
    after = await province_rows.fingerprint(server.shelf.database, BEGINS_MS)
    return [
        Figure("rebuild", "hash", before),
        must("rebuild", "hash_again", after, after == before, "the same"),
        Figure("rebuild", "rebuild_scans_per_s", _rate(server.deriver.done - done, took_s)),
    ]


async def _forgotten(province: Province, tell: Tell) -> list[Figure]:
    """When its time is over nothing of anybody is left, and a rebuild brings nothing back."""
    server = province.server
    province.clock.to(BEGINS_MS + (province.asked.days + FORGOTTEN_AFTER_DAYS) * DAY_MS)
    started_s = time.perf_counter()
    await server.purge.run(lambda days, done, rows: tell(FORGOTTEN, done, days + 1))
    took_s = time.perf_counter() - started_s
    rows = await province_rows.everything(server.shelf.database)
    left = len(rows.seen) + len(rows.visits)
    before = await province_rows.fingerprint(server.shelf.database, BEGINS_MS)
    await server.shelf.deriving.clear()
    await server.deriver.all()
    after = await province_rows.fingerprint(server.shelf.database, BEGINS_MS)
    tell(FORGOTTEN, 1, 1)
    return [
        must("retention", "left_when_time_is_over", left, left == 0, "= 0"),
        Figure("retention", "hash_of_what_is_left", before),
        must("retention", "hash_of_what_is_left_again", after, after == before, "the same"),
        Figure("retention", "purge_s", round(took_s, 1)),
    ]


@contextlib.asynccontextmanager
async def folder_of(kept: Path | None) -> AsyncIterator[Path]:
    """That one, or one that goes with this."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="tram-province-") as name:
        yield Path(name)
