"""A disk that holds a part of what comes, and the server away: kept to the brim, then named; and all of it arrives."""

import os
import time

import pytest

from scripts.sim import fastbox
from tests.flow.hoard import Hoard
from tests.flow.whole import Watcher, Whole, small_disk
from tests.gateway.brokers import password_of
from tests.gateway.gateways import wait_for

CODE_BYTES = 2_000
MIB = 1024 * 1024
DISKS = [tuple(map(int, one.split("x"))) for one in os.environ.get("TRAM_SMALL_DISK", "8x2").split()]
"""(megabytes, how many times the load). The whole proof takes minutes: TRAM_SMALL_DISK=64x10, by hand."""


def settings(megabytes: int) -> str:
    return (
        f"[buffer]\nmin_free_bytes = {megabytes * MIB // 8}\nballast_bytes = {megabytes * MIB // 32}\n"
        f"segment_bytes = {max(65_536, megabytes * MIB // 32)}\n"
    )


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("megabytes, times", DISKS)
def test_of_many_times_what_the_disk_holds_nothing_acknowledged_is_lost_and_all_arrives(
    megabytes, times, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(fastbox, "PACK_RECORDS", 25)
    monkeypatch.setattr(fastbox, "WINDOW", 500)
    with small_disk(tmp_path / "disk", megabytes) as disk:
        whole = Whole(tmp_path, settings(megabytes), data_on=disk, boxes=["box-h"])
        scans = times * megabytes * MIB // CODE_BYTES
        box = Hoard("box-h", password_of("box-h"), whole.broker.port, scans, CODE_BYTES)
        watcher = Watcher(whole)
        try:
            whole.gateway.start_and_wait()
            box.start()
            wait_for(lambda: [one for one in whole.gateway.told("keeping") if "disk_full" in one], 120)
            watcher.until("full", 30)
            full_at = box.complete_to
            assert megabytes * MIB // 2 < full_at * CODE_BYTES < megabytes * MIB
            time.sleep(2.0)  # the disk stays full, and nothing more is acknowledged: there is no event for that
            assert box.complete_to - full_at < 600
            held = box.complete_to
            whole.gateway.kill()
            whole.gateway.start()
            began_s = time.monotonic()
            whole.server.start()
            wait_for(lambda: box.complete_to == scans, 900)
            took_s = time.monotonic() - began_s
            wait_for(lambda: (whole.server.accounts().get(("box-h", box.epoch)) or {}).get("complete_to") == scans, 300)
            watcher.until("ok", 30)
            check(whole, box, scans)
        finally:
            box.stop()
            watcher.leave()
            whole.end()
    with capsys.disabled():
        print(
            f"\n{megabytes} MB: {held} scans of {CODE_BYTES} bytes ({held * CODE_BYTES / MIB:.0f} MiB) acknowledged "
            f"when full; {times} times its load, {scans}, went through in {took_s:.0f} s ({scans / took_s:.0f}/s); "
            f"health: {whole.gateway.told('keeping')[:4]}"
        )


def check(whole: Whole, box: Hoard, scans: int) -> None:
    account = whole.server.accounts()["box-h", box.epoch]
    assert (account["highest"], account["complete_to"], account["holes_count"]) == (scans, scans, 0)
    assert (account["stored"], account["declared_lost"], account["quarantined"]) == (scans, 0, 0)
    assert whole.server.lines("/api/v1/quarantine", after_id=0) == []
    assert box.refused_acks == 0
    for one in whole.server.lines("/api/v1/scans", box="box-h", epoch=box.epoch, after_seq=0, limit=2000):
        assert whole.is_of(one, box.code(int(str(one["seq"]))))
