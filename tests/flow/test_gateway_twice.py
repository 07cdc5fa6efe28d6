"""Two gateways that are one: on one buffer, and on a card that was copied into another machine."""

import random
import shutil
from binascii import crc32

import pytest

from tests.flow.whole import Whole
from tests.gateway.brokers import RealBroker, password_of
from tests.gateway.gateways import RealGateway, wait_for
from tests.gateway.people import Box

EXIT_LATER = 75
DRAW = random.Random(4)


@pytest.fixture
def whole(tmp_path):
    whole = Whole(tmp_path)
    yield whole
    whole.end()


def of_another_machine(folder) -> None:
    """What the note of its machine looks like to any other one."""
    other = "ab" * 32
    (folder / "data" / "buffer" / "instance").write_text(f"{other} {crc32(other.encode()):08x}\n")


def test_a_second_gateway_on_the_same_buffer_ends_and_the_first_goes_on(whole):
    whole.server.start()
    whole.gateway.start_and_wait()
    whole.connect()
    whole.scan(50, DRAW)
    first = whole.gateway.process
    whole.gateway.start()
    assert whole.gateway.exit_code() == EXIT_LATER
    assert "code=in_use" in whole.gateway.log()
    whole.gateway.process = first
    whole.scan(50, DRAW)
    whole.until_acked()
    whole.until_delivered()
    assert first.poll() is None
    assert whole.gateway.metric("tram_broker_connections_total") == 1


def test_a_card_that_was_copied_is_refused_by_name_until_it_is_adopted_and_then_nothing_is_there_twice(whole, tmp_path):
    whole.gateway.start_and_wait()
    whole.connect()
    whole.scan(200, DRAW)
    whole.until_acked()
    assert whole.gateway.stop() == 0
    twin_broker = RealBroker(tmp_path / "twin broker", ["box-a", "box-b"]).start()
    twin = RealGateway(tmp_path / "twin", twin_broker)
    shutil.copytree(whole.gateway.folder / "data", twin.folder / "data")
    text = whole.gateway.config.read_text().replace(f"port = {whole.broker.port}\n", f"port = {twin_broker.port}\n")
    twin.config.write_text(text)
    of_another_machine(twin.folder)
    try:
        twin.start()
        assert twin.exit_code() == EXIT_LATER
        assert "code=copied" in twin.log()
        assert "adopt" in twin.log()
        told = twin.call("adopt")
        assert told.returncode == 0, told.stderr
        twin.start_and_wait()
        whole.gateway.start_and_wait()
        whole.server.start()  # and now both send the same two hundred scans
        whole.scan(50, DRAW)
        more = Box("box-b", password_of("box-b"), twin_broker.port, epoch="0123456789ab")
        more.connect()
        wait_for(lambda: more.connected)
        for number in range(30):
            more.scan(b"at the twin %d" % number)
        wait_for(lambda: not more.kept)
        whole.until_acked()
        wait_for(lambda: len(whole.server.scans("box-b", "0123456789ab")) == 30)
        whole.until_delivered()
        for one in (whole.gateway, twin):
            wait_for(lambda one=one: one.metric("tram_waiting_records") == 0)
        answered = [
            one.metric(f'tram_verdicts_total{{verdict="{verdict}"}}') or 0
            for one in (whole.gateway, twin)
            for verdict in ("accepted", "duplicate")
        ]
        assert sum(answered) >= 200 + 250 + 30
        more.disconnect()
    finally:
        twin.kill()
        twin_broker.kill()
