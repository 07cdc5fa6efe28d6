"""Counts only, from a date on and until another, while scans are on their way: each by the time when it was made."""

import random
import time
from datetime import datetime, timedelta, timezone

import pytest

from firmware.wire import message, record, topics
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from scripts.sim import people
from tests.flow.whole import SMALL, Whole
from tests.gateway.brokers import password_of
from tests.gateway.carving import Canary, found
from tests.gateway.gateways import wait_for
from tests.gateway.people import Person

VIETNAM = timezone(timedelta(hours=7))
EPOCH = "aabbccddeeff"
HOUR_MS = 3_600_000
EACH = 12


def local(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, VIETNAM).strftime("%Y-%m-%dT%H:%M:%S")


class Queue:
    """A box that was away for a day and knew the time all along: before the counts-only hours, meanwhile, after."""

    def __init__(self, now_ms: int) -> None:
        draw = random.Random(6)
        self.now_ms = now_ms
        self.canaries: list[Canary] = []
        self.records: list[bytes] = []
        for hours in (9, 6, 3):
            for number in range(EACH):
                seq, code = len(self.records) + 1, people.citizen_card(draw)
                utc_ms = now_ms - hours * HOUR_MS + number * 1000
                made = record.encode_scan(Scan("box-a", EPOCH, seq, 1, utc_ms - now_ms + 10**8, utc_ms, 20, "", code))
                self.records.append(made)
                self.canaries.append(Canary(code, made))

    def send(self, whole: Whole) -> None:
        person = Person(whole.broker.port, "box-a", password_of("box-a"))
        person.subscribe(topics.ack("box-a"))
        pack = Pack("box-a", EPOCH, 1, len(self.records), self.records)
        person.publish(topics.scan("box-a"), message.encode_pack(pack))
        person.until(topics.ack("box-a"), f"1 ack box-a {EPOCH} {len(self.records)} {len(self.records)} -\n".encode())
        person.leave()

    def purpose(self) -> str:
        periods = {9.5: "identified", 7.5: "counts_only", 4.5: "identified"}
        since = {local(self.now_ms - round(hours * HOUR_MS)): mode for hours, mode in periods.items()}
        return "".join(f'[[place.purpose]]\nsince = "{at}"\nmode = "{mode}"\n' for at, mode in since.items())


def on_the_disk(whole: Whole) -> bytes:
    files = [path for path in (whole.gateway.folder / "data").rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in [*files, whole.gateway.folder / "gateway.log"])


@pytest.mark.parametrize("queued", ["in the box", "in the gateway"])
def test_each_scan_is_kept_by_the_purpose_of_the_time_at_which_it_was_made(queued, tmp_path):
    queue = Queue(time.time_ns() // 1_000_000)
    whole = Whole(tmp_path, SMALL if queued == "in the gateway" else SMALL + queue.purpose())
    try:
        whole.gateway.start_and_wait()
        queue.send(whole)
        if queued == "in the gateway":
            whole.gateway.kill()
            whole.gateway.config.write_text(whole.gateway.config.read_text() + queue.purpose())
            whole.gateway.start_and_wait()
            wait_for(lambda: "personal payload dropped" in whole.gateway.log())
        whole.server.start()
        wait_for(lambda: len(whole.server.scans("box-a", EPOCH)) == 3 * EACH)
        said = whole.server.scans("box-a", EPOCH)
        assert [bool(one["counted_only"]) for one in said] == [False] * EACH + [True] * EACH + [False] * EACH
        for one, canary in zip(said, queue.canaries, strict=True):
            assert (not one["digest"]) if one["counted_only"] else whole.is_of(one, canary.code)
        assert whole.gateway.stop() == 0
        assert found(on_the_disk(whole), queue.canaries) == []
    finally:
        whole.end()
