"""An update on a whole box: reader, spool, broker, gateway. What was green before is there after, forwards and back."""

import asyncio

from tests.firmware.update.places import broken, place, release, system_image


def seqs(gateway):
    return sorted(gateway.scans)


async def test_an_update_is_taken_tried_and_confirmed_and_the_spool_outlives_it(tmp_path):
    async with place(tmp_path, system_image(release(1))) as (there, reader):
        there.gateway.acks = False
        await there.status(firmware_version=1, slot="a", reader="ready")
        await reader.show_codes([b"one", b"two", b"three"])
        await there.box.face("stored", times=3)
        there.offer(release(2, note_bin=b"a file more " * 700), 2)
        await there.box.event("update", state="restarting", version=2)
        status = await there.status(firmware_version=2, firmware="v2", slot="b", first_held=1, last_seq=3)
        await there.box.event("update", state="confirmed", version=2)
        await reader.show_codes([b"four"])
        await there.box.face("stored", times=4)
        there.gateway.acks = True
        there.gateway.ack()
        await there.gateway.until(lambda: seqs(there.gateway) == [1, 2, 3, 4])
        assert [there.gateway.scans[seq] for seq in (1, 2, 3, 4)] == [b"one", b"two", b"three", b"four"]
        assert {want.path for want in there.wants} == {"manifest", "note.bin"}
        assert status["epoch"] == there.gateway.epoch
        assert there.volume().state()["good"] == "b"


async def test_a_version_that_fails_goes_back_by_itself_and_says_why(tmp_path):
    async with place(tmp_path, system_image(release(1))) as (there, reader):
        there.gateway.acks = False
        await there.status(firmware_version=1, reader="ready")
        await reader.show_codes([b"one", b"two"])
        await there.box.face("stored", times=2)
        there.offer(dict(broken(3)), 3)
        await there.box.event("boot", times=2)
        await there.box.event("reader", state="ready", times=2)
        refused = {"version": 3, "code": "failed_boots", "detail": "RuntimeError: not this one"}
        await there.status(firmware_version=1, slot="a", firmware_refused=refused, first_held=1, last_seq=2)
        there.gateway.acks = True
        there.gateway.ack()
        await there.gateway.until(lambda: seqs(there.gateway) == [1, 2])
        there.offer(dict(broken(3)), 3)
        await there.box.event("update", state="refused", code="went_back")
        state = there.volume().state()
        assert (state["active"], state["good"], state["bad"]) == ("a", "a", "b")


async def test_a_power_cut_in_the_middle_of_an_update_costs_only_time(tmp_path):
    new = release(2, note_bin=b"a file more " * 3000)
    async with place(tmp_path, system_image(release(1))) as (there, _):
        await there.status(firmware_version=1, reader="ready")
        there.holds_after = 3
        there.offer(new, 2)
        async with asyncio.timeout(30):
            while len(there.wants) < 4:
                await asyncio.sleep(0.02)
        await there.box.kill()
        await there.start()
        await there.box.event("boot", times=2)
        there.holds_after = 10**9
        there.gateway.statuses.clear()
        await there.status(firmware_version=1, slot="a")
        there.offer(new, 2)
        await there.status(firmware_version=2, slot="b")
        await there.box.event("update", state="confirmed", version=2)


async def test_safe_mode_takes_an_update_and_never_opens_the_spool(tmp_path):
    bad = dict(broken(1))
    state = b'{"active": "a", "good": "a", "bad": "", "floor": 0}'
    async with place(tmp_path, system_image(bad, state, b=bad)) as (there, _):
        status = await there.status(mode="safe")
        assert status["last_seq"] == 0
        await there.box.face("safe_mode")
        assert set(there.box.flash.read_bytes()) == {0xFF}
        there.offer(release(2, note_bin=b"x"), 2)
        await there.status(firmware_version=2, last_seq=0)
        await there.box.event("update", state="confirmed", version=2)
        assert there.volume().state()["good"] == "b"


async def test_an_update_that_needs_the_whole_memory_is_carried_out_in_safe_mode_and_leads_out_of_it(tmp_path):
    state = b'{"active": "a", "good": "a", "bad": "", "floor": 0, "lean": 1}'
    async with place(tmp_path, system_image(release(1), state)) as (there, _):
        await there.box.event("safe_mode", lean=True)
        await there.box.face("updating")
        await there.status(mode="safe", firmware_version=0)
        there.offer(release(2, note_bin=b"x" * 5000), 2)
        await there.status(firmware_version=2, slot="b")
        await there.box.event("update", state="confirmed", version=2)
        state = there.volume().state()
        assert (state["good"], state["bad"], state["lean"]) == ("b", "", 0)
        assert {want.path for want in there.wants} == {"manifest", "note.bin"}
