"""Safe mode answers too: who it is, why the slots were left, what is wrong with its link."""

from tests.firmware.console.asking import Laptop
from tests.firmware.update.places import broken, place, system_image

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
