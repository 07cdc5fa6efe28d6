"""The gateway's disk is full, read-only or slow while people come: named, told to boxes, nothing lost, well again."""

import random
import statistics
import time

import pytest

from tests.flow.whole import Watcher, Whole, scanning
from tests.gateway.gateways import wait_for

DRAW = random.Random(1)
CODES = {"full": "disk_full", "readonly": "io"}


@pytest.fixture
def whole(tmp_path):
    whole = Whole(tmp_path)
    whole.server.start()
    yield whole
    whole.end()


def named(whole, code):
    """In the log: metrics.prom lies on the very disk that refuses."""
    return [one for one in whole.gateway.told("keeping") if code in one]


@pytest.mark.parametrize("what", CODES)
def test_a_disk_that_refuses_while_people_come_is_named_to_the_boxes_and_nothing_is_lost_or_there_twice(what, whole):
    whole.gateway.start_and_wait()
    watcher = Watcher(whole)
    whole.connect()
    with scanning(whole):
        wait_for(lambda: len(whole.acknowledged()) > 20)
        whole.trouble(what)
        wait_for(lambda: named(whole, CODES[what]))
        watcher.until("full")
        before = whole.acknowledged()
        time.sleep(0.5)  # nothing may be acknowledged: there is no event for that
        assert whole.acknowledged() == before
        whole.trouble("")
        watcher.until("ok")
        wait_for(lambda: len(whole.acknowledged()) > len(before) + 20)
    whole.until_acked()
    wait_for(lambda: whole.gateway.metric('tram_part_ok{part="keeping"}') == 1)
    whole.until_delivered()
    assert whole.gateway.process.poll() is None
    watcher.leave()


@pytest.mark.parametrize("what", CODES)
def test_killed_while_its_disk_refuses_it_has_acknowledged_nothing_that_it_has_not(what, whole):
    whole.gateway.start_and_wait()
    whole.connect()
    with scanning(whole):
        wait_for(lambda: len(whole.acknowledged()) > 20)
        whole.trouble(what)
        wait_for(lambda: named(whole, CODES[what]))
        whole.gateway.kill()
        whole.gateway.start()
        wait_for(lambda: "the buffer cannot be opened yet" in whole.gateway.log())
        whole.trouble("")
    whole.until_acked()
    whole.until_delivered()


@pytest.mark.parametrize("what", CODES)
def test_a_disk_that_refuses_at_the_start_is_waited_for(what, whole):
    whole.gateway.start_and_wait()
    whole.connect()
    whole.scan(30, DRAW)
    whole.until_acked()
    assert whole.gateway.stop() == 0
    whole.trouble(what)
    whole.gateway.start()
    with scanning(whole):
        wait_for(lambda: f"code={CODES[what]}" in whole.gateway.log() or named(whole, CODES[what]))
        assert len(whole.acknowledged()) == 30
    whole.trouble("")
    whole.until_acked()
    whole.until_delivered()


def test_where_every_sync_fails_nothing_is_acknowledged_and_the_file_is_given_up_by_name(whole):
    whole.gateway.start_and_wait()
    whole.connect()
    with scanning(whole):
        wait_for(lambda: len(whole.acknowledged()) > 20)
        whole.trouble("error")
        wait_for(lambda: named(whole, "io"))
        whole.trouble("")
        wait_for(lambda: whole.gateway.metric("tram_buffer_finished_files_total"))
        wait_for(lambda: whole.gateway.metric('tram_part_ok{part="storage"}') == 0)
    whole.until_acked()
    whole.until_delivered()


@pytest.mark.parametrize("stall_ms, within_s", [(24, 1.0), (2000, 15.0)])
def test_a_slow_disk_makes_acks_late_and_nothing_else(stall_ms, within_s, whole, capsys):
    whole.gateway.start_and_wait()
    whole.connect()
    whole.trouble(f"slow {stall_ms}")
    waited_s = []
    give_up_s = time.monotonic() + 8.0
    with scanning(whole, every_s=0.05):
        while len(waited_s) < 60 and time.monotonic() < give_up_s:
            box = whole.boxes[0]
            began_s, seq = time.monotonic(), box.last_seq + 1
            wait_for(lambda seq=seq, box=box: box.acked_to >= seq, 30)
            waited_s.append(time.monotonic() - began_s)
    whole.trouble("")
    whole.until_acked()
    whole.until_delivered()
    with capsys.disabled():
        told = f"syncs {stall_ms} ms longer: next scan acknowledged within p50 {statistics.median(waited_s):.3f} s"
        print(f"\n{told}, longest {max(waited_s):.3f} s ({len(waited_s)}); health: {whole.gateway.told('keeping')}")
    assert max(waited_s) < within_s
    assert whole.gateway.process.poll() is None
