"""A reader on a wire of the whole gateway, as a process: kept, sealed, reported, and killed in the middle."""

import asyncio
import random

import pytest

from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from tests.gateway.brokers import RealBroker, eventually
from tests.gateway.gateways import DEFAULT_TIME, RealGateway


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", [])
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def gateway(tmp_path, broker):
    readers = f'[readers]\nserial = ["{tmp_path}/tty1"]\ndirection = "in"\n'
    gateway = RealGateway(tmp_path / "gateway", broker, more=DEFAULT_TIME + readers)
    yield gateway
    gateway.kill()


def is_well(gateway: RealGateway) -> bool:
    return "state=half_configured" in gateway.log().rpartition("gateway starts")[2]


async def test_scans_of_a_reader_are_kept_through_kills_of_the_gateway(gateway, tmp_path):
    rng = random.Random(2)
    sent = 0
    async with SimReader(tmp_path / "tty1", "gm65", hurry=4) as reader:
        for run in range(3):
            await asyncio.to_thread(gateway.start_and_wait)
            await eventually(lambda: is_well(gateway), 30)
            for number in range(4):
                if number == 3:  # so that a kill finds one under way at most, also on a busy machine
                    await eventually(lambda: (gateway.metric("tram_stored_total") or 0) >= sent - run, 60)  # noqa: B023
                (result,) = await reader.show_codes([b"run %d visitor %d" % (run, number)], hold_ms=1_000)
                sent += isinstance(result, Sent)
            if run < 2:
                await asyncio.sleep(rng.uniform(0, 0.15))  # where in its work it dies is the point
                await asyncio.to_thread(gateway.kill)
        await eventually(lambda: (gateway.metric("tram_stored_total") or 0) >= sent - 2)
        stored = gateway.metric("tram_stored_total")
        assert stored is not None
        assert sent - 2 <= stored <= sent
        assert gateway.metric("tram_conflicts_total") == 0
        await eventually(lambda: gateway.metric("tram_events_waiting") or 0)
    await asyncio.to_thread(gateway.stop)
    events = (gateway.folder / "data" / "events.log").read_text()
    assert events.count("enrolled") == 1
