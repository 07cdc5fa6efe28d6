"""Safe mode answers too: who it is, why the slots were left, what is wrong with its link."""

import json

import pytest

from scripts.bundle.image import sealed
from tests.firmware.console.asking import Laptop
from tests.firmware.update.disk import Volume
from tests.firmware.update.places import broken, place, release, system_image

BOTH_BAD = b'{"active": "a", "good": "a", "bad": "ab", "floor": 0, "noted": 1}'
STATE = b'{"active": "a", "good": "a", "bad": "", "floor": 0}'


async def test_safe_mode_says_why_it_runs_and_does_not_touch_the_spool(tmp_path):
    laptop, bad = Laptop(), dict(broken(1))
    image = system_image(bad, STATE, b=bad)
    async with place(tmp_path, image, test={"console": laptop.line.path}) as (there, _):
        await there.status(mode="safe")
        hello = await laptop.meet()
        assert (hello["program"], hello["firmware"]["name"]) == ("safe", "safe")
        said = {word: await laptop.ask(word) for word in hello["words"] if word not in ("hello", "reboot")}
        assert said["firmware"]["running"] == "s"
        assert said["firmware"]["back"]["code"] == "failed_boots"
        assert sorted(said["firmware"]["bad"]) == ["a", "b"]
        assert said["status"]["mode"] == "safe"
        assert said["link"]["state"] == "up"
        assert await laptop.refusal(laptop.ask, "unsent") == {"code": "not_here"}
        assert await laptop.refusal(laptop.wipe, hello["box_id"], 0) == {"code": "not_here"}
        assert await laptop.refusal(laptop.ask, "self_test") == {"code": "not_here"}
        assert await laptop.refusal(laptop.ask, "reader") == {"code": "not_here"}
        assert set(there.box.flash.read_bytes()) == {0xFF}
        await laptop.ask("reboot")
        await there.box.event("safe_mode", times=2)
    laptop.line.close()


@pytest.mark.parametrize("is_broken", [True, False])
async def test_a_wipe_that_was_cut_off_is_finished_in_safe_mode_and_the_slots_get_another_go(tmp_path, is_broken):
    bad = dict(broken(1))
    volume = Volume(system_image(bad if is_broken else release(1), BOTH_BAD, b=bad))
    volume.write("/wipe", sealed(b"3"))
    volume.write("/id.a", sealed(b"{}"))
    (tmp_path / "flash.img").write_bytes((b"1 scan of somebody " * 4096).ljust(1 << 20, b"\xff"))
    async with place(tmp_path, volume.image()) as (there, _):
        await there.box.event("wipe", state="done")
        if is_broken:
            await there.status(mode="safe")
        else:
            await there.box.event("reader", state="ready")
        assert b"somebody" not in there.box.flash.read_bytes()
        assert not {"/wipe", "/id.a", "/wipe.fill"} & set(there.volume().files())
        assert len([line for line in there.box.lines if line.get("event") == "wipe"]) == 1


def refuse_settings(config):
    given = json.loads(config.read_text())
    config.write_text(json.dumps(given | {"gate": {"no_such_setting": 1}}))


@pytest.mark.parametrize("is_broken", [False, True])
@pytest.mark.parametrize("is_refused", [False, True])
async def test_a_wipe_that_cannot_be_finished_is_said_and_takes_all_that_it_can(tmp_path, is_refused, is_broken):
    # And when it can be, it is, whatever the box's settings say.
    laptop, bad = Laptop(), dict(broken(1))
    volume = Volume(system_image(bad, BOTH_BAD, b=bad) if is_broken else system_image(release(1), STATE))
    volume.write("/wipe", sealed(b"3"))
    volume.write("/id.a", sealed(b"{}"))
    flash = tmp_path / "flash.img"
    flash.write_bytes(b"not the size that it should have")
    async with place(tmp_path, volume.image(), test={"console": laptop.line.path}) as (there, _):
        assert (await there.status(mode="safe"))["wipe"] == "unfinished"
        await there.box.event("wipe", state="spool_shut", code="image_size")
        await there.box.face("safe_mode", code="wipe")
        await laptop.meet()
        assert (await laptop.ask("status"))["wipe"] == "unfinished"
        assert "/wipe" in there.volume().files()
        assert not {"/id.a", "/wipe.fill"} & set(there.volume().files())
        flash.write_bytes((b"1 scan of somebody " * 4096).ljust(1 << 20, b"\xff"))
        if is_refused:
            refuse_settings(there.box.config)
        await laptop.ask("reboot")
        await there.box.event("wipe", state="done")
        assert b"somebody" not in flash.read_bytes()
        assert "/wipe" not in there.volume().files()
    laptop.line.close()


async def test_safe_mode_starts_with_settings_that_are_refused_and_says_so(tmp_path):
    laptop, bad = Laptop(), dict(broken(1))
    image = system_image(bad, BOTH_BAD, b=bad)
    async with place(tmp_path, image, test={"console": laptop.line.path}) as (there, _):
        await there.status(mode="safe")
        await laptop.meet()
        refuse_settings(there.box.config)
        await laptop.ask("reboot")
        await there.box.event("refused", code="config_unknown")
        await there.box.event("safe_mode", times=2)
    laptop.line.close()


async def test_the_light_of_safe_mode_blinks_and_its_sound_ends(tmp_path):
    bad = dict(broken(1))
    image = system_image(bad, BOTH_BAD, b=bad)
    async with place(tmp_path, image, test={"show_light": True}) as (there, _):
        await there.box.event("tone", hz=400, times=2)
        await there.box.event("tone", hz=0, times=2)
        await there.box.event("light", rgb=[0, 0, 0], times=3)
