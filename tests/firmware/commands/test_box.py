"""Commands on a whole box: given over the broker, executed once, answered; and what its log and status tell of it."""

import json

from firmware.wire.command import Command, Result, decode_result, encode
from tests.firmware.link.rig import BOX
from tests.firmware.rig import PASSWORD
from tests.firmware.settings.boxes import GATEWAY_BOOT, Place, place


def order(number: int, name: str, deadline_ms: int = 9_000_000, **argument: object) -> bytes:
    body = json.dumps(argument).encode() if argument else b""
    return encode(Command(BOX, f"{number:012x}", GATEWAY_BOOT, deadline_ms, name, body))


async def answered(there: Place, number: int, times: int = 1) -> Result:
    def results() -> list[Result]:
        told = [decode_result(payload) for word, payload in there.gateway.mail if word == "result"]
        return [result for result in told if result.id == f"{number:012x}"]

    await there.gateway.until(lambda: len(results()) >= times)
    return results()[times - 1]


async def heard(there: Place) -> None:
    """The box knows the gateway's clock: what is given from here on is not refused for want of a beacon."""
    for number in range(900 + len(there.gateway.mail), 2000):
        there.say("command", order(number, "self_test"))
        if json.loads((await answered(there, number)).body) != {"code": "no_beacon"}:
            return


async def test_commands_are_answered_or_refused_by_name_and_a_reboot_is_done_once(tmp_path):
    async with place(tmp_path, link={"ping_after_ms": 500, "status_every_ms": 2000}) as there:
        await heard(there)
        for number, given, refusal in (
            (11, order(11, "reboot", deadline_ms=1), {"code": "expired"}),
            (12, order(12, "reboot", force=True), {"code": "argument_unknown", "key": "force"}),
            (13, order(13, "no_such"), {"code": "unknown_command"}),
            (14, order(14, "identify", seconds=5)[:-1], {"code": "length"}),
        ):
            there.say("command", given)
            assert json.loads((await answered(there, number)).body) == refusal
        there.say("command", order(1, "identify", seconds=1))
        await there.box.face("identify")
        assert (await answered(there, 1)).outcome == "done"
        there.say("command", order(2, "self_test"))
        assert json.loads((await answered(there, 2)).body)["reader"] == "ready"
        there.say("command", order(3, "reboot"))
        assert (await answered(there, 3)).outcome == "done"
        await there.box.event("boot", times=2)
        await there.box.event("link", times=2, state="up")
        there.say("command", order(3, "reboot"))
        assert (await answered(there, 3, times=2)).outcome == "done"
        assert [line["cause"] for line in there.box.lines if line.get("event") == "boot"] == ["power", "soft"]
        await heard(there)
        await check_log(there)


async def check_log(there: Place) -> None:
    # what is fetched tells of the boots before, newest first, and no secret is in it or on any flash
    there.say("command", order(4, "fetch_log", lines=50))
    parts = (await answered(there, 4)).parts
    log = b"".join([(await answered(there, 4, times=number)).body for number in range(1, parts + 1)])
    boots = [line.split(" ")[1] for line in log.decode().splitlines() if " boot " in line]
    assert boots == ["2", "1"]
    for place_of_secrets in (log, there.box.system.read_bytes(), there.box.flash.read_bytes()):
        assert PASSWORD.encode() not in place_of_secrets
