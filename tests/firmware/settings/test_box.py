"""Settings on a whole box: taken, refused, and given up by itself, with no scan lost on the way."""

import json

from firmware.wire import settings
from tests.firmware.link.rig import BOX, free_port
from tests.firmware.settings.boxes import place

LINK = {"ping_after_ms": 500, "status_every_ms": 2000}


def wish(version: int, **body: object) -> bytes:
    return settings.encode(settings.Settings(BOX, version, json.dumps(body).encode()))


async def test_a_wish_is_refused_by_name_or_taken_and_outlives_a_power_cut_in_its_trial(tmp_path):
    async with place(tmp_path, link=LINK, update={"confirm_s": 2, "give_up_s": 60}) as there:
        assert (await there.status())["settings_version"] == 0
        there.say("settings", wish(4, link={"tls": False}))
        refused = {"version": 4, "code": "config_not_settable", "key": "link.tls"}
        await there.status(settings_version=0, settings_refused=refused)
        assert [line["cause"] for line in there.box.lines if line.get("event") == "boot"] == ["power"]
        there.say("settings", wish(5, marks="dir=in"))
        await there.box.event("boot", times=2, limit_s=60)
        assert [line["cause"] for line in there.box.lines if line.get("event") == "boot"] == ["power", "soft"]
        await there.box.kill()
        await there.box.start()
        await there.box.event("settings", outcome="good", version=5)
        await there.gateway.until(lambda: "settings_refused" not in there.told())
        assert there.told()["settings_version"] == 5
        await there.reader.show_codes([b"hello"])
        await there.gateway.until(lambda: there.gateway.records)
        assert there.gateway.records[1].marks == "dir=in"


async def test_a_wish_that_cuts_the_box_off_is_given_up_by_itself_and_no_scan_is_lost(tmp_path):
    async with place(tmp_path, link=LINK, update={"confirm_s": 1, "give_up_s": 5}) as there:
        there.say("settings", wish(6, marks="dir=out", link={"port": free_port()}))
        await there.reads_after_boot(2)
        await there.reader.show_codes([b"while it was cut off"])
        await there.box.face("stored")
        await there.status(settings_version=0, settings_refused={"version": 6, "code": "cut_off", "key": ""})
        await there.gateway.until(lambda: there.gateway.scans)
        assert list(there.gateway.scans.values()) == [b"while it was cut off"]
        there.say("settings", wish(6, marks="dir=out"))
        there.say("settings", wish(7, marks="dir=out"))
        await there.box.event("settings", outcome="good", version=7)
        await there.gateway.until(lambda: "settings_refused" not in there.told())
        assert there.told()["settings_version"] == 7
