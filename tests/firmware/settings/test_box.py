"""Settings on a whole box: taken, refused, and given up by itself, with no scan lost on the way."""

import json

from firmware.wire import settings
from tests.firmware.link.rig import BOX, free_port
from tests.firmware.settings.boxes import place

QUICK = {"update": {"confirm_s": 1, "give_up_s": 4}, "link": {"ping_after_ms": 500, "status_every_ms": 2000}}


def wish(version: int, **body: object) -> bytes:
    return settings.encode(settings.Settings(BOX, version, json.dumps(body).encode()))


async def test_a_wish_is_taken_with_a_restart_and_confirmed(tmp_path):
    async with place(tmp_path, **QUICK) as there:
        assert (await there.status())["settings_version"] == 0
        there.say("settings", wish(5, marks="dir=in"))
        await there.box.event("settings", outcome="good", version=5)
        await there.status(settings_version=5)
        await there.reader.show_codes([b"hello"])
        await there.gateway.until(lambda: there.gateway.records)
        assert there.gateway.records[1].marks == "dir=in"
        boots = [line["cause"] for line in there.box.lines if line.get("event") == "boot"]
        assert boots == ["power", "soft"]


async def test_a_wish_that_cuts_the_box_off_is_given_up_by_itself_and_no_scan_is_lost(tmp_path):
    async with place(tmp_path, **QUICK) as there:
        there.say("settings", wish(5, marks="dir=in"))
        await there.box.event("settings", outcome="good", version=5)
        there.say("settings", wish(6, marks="dir=out", link={"port": free_port()}))
        await there.box.event("boot", times=3)
        await there.reader.show_codes([b"while it was cut off"])
        await there.box.face("stored")
        await there.status(settings_version=5, settings_refused={"version": 6, "code": "cut_off", "key": ""})
        await there.gateway.until(lambda: there.gateway.scans)
        assert list(there.gateway.scans.values()) == [b"while it was cut off"]
        there.say("settings", wish(6, marks="dir=out"))
        there.say("settings", wish(7, marks="dir=out"))
        await there.box.event("settings", outcome="good", version=7)
        status = await there.status(settings_version=7)
        assert "settings_refused" not in status


async def test_a_wish_that_is_wrong_is_refused_and_nothing_restarts(tmp_path):
    async with place(tmp_path, **QUICK) as there:
        there.say("settings", wish(5, link={"tls": False}))
        refused = {"version": 5, "code": "config_not_settable", "key": "link.tls"}
        await there.status(settings_version=0, settings_refused=refused)
        assert len([line for line in there.box.lines if line.get("event") == "boot"]) == 1


async def test_settings_outlive_a_power_cut_in_the_middle_of_their_trial(tmp_path):
    async with place(tmp_path, update={"confirm_s": 2, "give_up_s": 60}) as there:
        there.say("settings", wish(5, marks="dir=in"))
        await there.box.event("boot", times=2)
        await there.box.kill()
        await there.box.start()
        await there.box.event("settings", outcome="good", version=5)
        await there.status(settings_version=5)
