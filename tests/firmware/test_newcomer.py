"""A box without a place: on the real interpreter, with a simulated reader and the gateway's own enrolment over TLS.

After each test, whatever happened in it: no secret is in anything that the box said, and its spool was not touched.
"""

import time

import pytest

from firmware.wire import provisioning
from scripts.provisioning.key import FleetKey
from tests.firmware.link.rig import until
from tests.firmware.provision.rig import BOX, WIFI_PASSWORD, EnrolGateway, code_for, workshop

ENROLLED = 75  # what a reset ends the process with


async def is_itself(box, gateway, gate="cong-1"):
    """The box has started again, and is what the gateway thinks it is."""
    assert await box.ended() == ENROLLED
    await box.start()
    said = await box.event("itself")
    assert (said["gateway"], said["gate"], said["rotating"]) == (gateway.id, gate, False)
    assert await box.ended() == 0
    assert gateway.registry.knows(BOX, box.knows()["now"]["password"])


async def test_a_new_box_asks_for_its_code_refuses_every_other_one_and_becomes_what_the_code_says(tmp_path):
    async with workshop(tmp_path) as (box, reader, gateway, key):
        await box.start()
        await box.face("unprovisioned")
        await box.event("reader", state="ready")
        before = box.system.read_bytes()
        await reader.show_codes([b"084199012345||someone|05081999"])
        assert await box.event("not_wanted") == {"event": "not_wanted", "source": "reader", "length": 30}
        await box.face("provision_refused", reason="not_wanted")
        assert box.system.read_bytes() == before
        await reader.show_codes([code_for(box, key, gateway, gate="cong-7")])
        await box.event("provision", verdict="taken", source="reader")
        await box.face("provision_ok", gate="cong-7")
        await is_itself(box, gateway, "cong-7")
        assert b"05081999" not in box.said


async def test_the_same_code_may_be_typed_on_the_console(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await box.start()
        await box.face("unprovisioned")
        code = code_for(box, key, gateway)
        box.type(b"")
        box.type(b"hello")
        await box.answered(b"-> not_wanted")
        box.type(code[:200])
        await box.answered(b"-> form")
        box.type(b"  " + code + b"\r")
        await box.answered(b"-> taken")
        await is_itself(box, gateway)


async def test_a_forged_a_foreign_and_a_damaged_code_are_refused_by_name_and_nothing_is_kept(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await box.start()
        await box.face("unprovisioned")
        before = box.system.read_bytes()
        good = code_for(box, key, gateway)
        for code, reason in (
            (code_for(box, FleetKey.make(), gateway), b"signature"),
            (good.replace(b".", b"x."), b"form"),
            (good[:-1], b"form"),
            (good.replace(b"TRAM1", b"TRAM9"), b"form"),
            (code_for(box, key, gateway, box="box-000002"), b"other_box"),
        ):
            box.type(code)
            await box.answered(b"-> " + reason)
            await box.face("provision_refused", reason=reason.decode())
        assert box.system.read_bytes() == before


async def test_a_box_waits_for_a_gateway_that_is_away_and_for_one_that_does_not_know_the_time(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await gateway.stop()
        await box.start()
        await box.face("unprovisioned")
        box.type(code_for(box, key, gateway))
        await box.event("enrol", state="failed")
        await box.face("provisioning")
        utc, gateway.utc = gateway.utc, None
        await gateway.start()
        await box.event("enrol", state="failed", code="busy")
        gateway.utc = utc
        await is_itself(box, gateway)


async def test_what_the_gateway_refuses_for_good_is_shown_and_another_code_may_follow(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await box.start()
        await box.face("unprovisioned")
        used = code_for(box, key, gateway)
        gateway.registry.enrol("box-000009", "its password", provisioning.decode(used)[0], 0)
        now_ms = int(time.time() * 1000)
        for code, reason in (
            (code_for(box, key, gateway, issued_ms=now_ms - 90_000, valid_s=60), "expired"),
            (used, "token_spent"),
            (code_for(box, key, gateway, gateway="gw-2"), "tls_name"),
        ):
            box.forget()
            box.type(code)
            if reason == "tls_name":  # it never gets as far as a refusal
                await box.event("enrol", state="failed", code=reason)
            else:
                await box.face("provision_refused", reason=reason)
                await box.face("unprovisioned")
                assert "code" not in box.knows()
        box.type(code_for(box, key, gateway, issued_ms=now_ms + 5_000))
        await box.answered(b"-> taken")
        await is_itself(box, gateway)


async def test_a_cut_between_the_gateways_commit_and_its_answer_ends_with_the_password_that_it_kept(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await box.start()
        await box.face("unprovisioned")
        gateway.before_answer = lambda: box.process.kill()
        box.type(code_for(box, key, gateway))
        assert await box.ended() == -9
        assert "now" not in box.knows()
        gateway.before_answer = lambda: None
        await box.start()
        assert (await box.event("newcomer"))["busy"] is True
        await is_itself(box, gateway)


@pytest.mark.parametrize("operations", [1, 4, 9, 16, 22])
async def test_a_power_cut_at_a_flash_operation_of_the_enrolment_still_ends_with_an_enrolled_box(tmp_path, operations):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await box.start(system_cut_after_ops=operations)
        await box.face("unprovisioned")
        code = code_for(box, key, gateway)
        box.type(code)
        assert await box.ended() == 87
        await box.start()
        await until(lambda: {"newcomer", "itself"} & {line.get("event") for line in box.lines}, box.news)
        if not [line for line in box.lines if line.get("event") == "itself"]:
            if not (await box.event("newcomer"))["busy"]:
                box.type(code)
            await is_itself(box, gateway)
        assert gateway.registry.knows(BOX, box.knows()["now"]["password"])


async def enrolled(box, gateway, code):
    await box.start()
    await box.face("unprovisioned")
    box.type(code)
    await is_itself(box, gateway)


async def test_a_box_with_a_place_takes_a_code_only_with_the_button_held_or_made_for_it(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        now_ms = int(time.time() * 1000)
        first = code_for(box, key, gateway)
        await enrolled(box, gateway, first)
        before = box.system.read_bytes()
        assert await box.offer(first) == "replayed"
        assert await box.offer(code_for(box, key, gateway, issued_ms=now_ms + 1000)) == "provisioned"
        assert await box.offer(code_for(box, key, gateway, issued_ms=now_ms + 1000, box="box-2")) == "other_box"
        assert box.system.read_bytes() == before
        box.set_world(button=True)
        assert await box.offer(code_for(box, key, gateway, issued_ms=now_ms + 1000, gate="cong-2")) is None
        box.set_world()
        await box.start()
        await is_itself(box, gateway, "cong-2")
        assert await box.offer(code_for(box, key, gateway, issued_ms=now_ms + 2000, gate="cong-3", box=BOX)) is None
        await box.start()
        await is_itself(box, gateway, "cong-3")


async def test_a_box_with_a_place_goes_to_another_gateway_and_keeps_the_old_one_until_then(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await enrolled(box, gateway, code_for(box, key, gateway))
        old = box.knows()["now"]
        other = EnrolGateway(tmp_path, key, "gw-2")
        await box.offer(code_for(box, key, other, issued_ms=int(time.time() * 1000) + 1000, box=BOX))
        await box.start()
        await box.event("enrol", state="failed")
        assert box.knows()["now"] == old
        await other.start()
        await is_itself(box, other)
        await other.stop()


async def test_a_box_with_a_place_that_is_refused_is_what_it_was(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await enrolled(box, gateway, code_for(box, key, gateway))
        old = box.knows()["now"]
        code = code_for(box, key, gateway, issued_ms=int(time.time() * 1000) + 1000, box=BOX, gate="cong-2")
        gateway.registry.enrol("box-000009", "its password", provisioning.decode(code)[0], 0)
        await box.offer(code)
        await box.start()
        await box.face("provision_refused", reason="token_spent")
        await box.face("provision_gave_up")
        assert await box.ended() == ENROLLED
        assert box.knows()["now"] == old


async def test_a_box_with_a_place_that_does_not_get_through_is_what_it_was_after_a_while(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        await enrolled(box, gateway, code_for(box, key, gateway))
        old = box.knows()["now"]
        nowhere = EnrolGateway(tmp_path, key, "gw-2")
        await box.offer(code_for(box, key, nowhere, issued_ms=int(time.time() * 1000) + 1000, box=BOX))
        box.give_up_ms = 1500
        await box.start()
        await box.event("enrol", state="gave_up", code="time")
        await is_itself(box, gateway)
        assert box.knows()["now"] == old


async def test_a_box_joins_the_network_that_the_code_names_and_says_what_is_wrong_with_it(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        network = {"password": "another-one", "state": "up"}
        box.set_world(wifi={"networks": {"Chợ Mới": network}, "faster": 60})
        await box.start()
        await box.face("unprovisioned")
        box.type(code_for(box, key, gateway, wifi=[["Chợ Mới", WIFI_PASSWORD]]))
        await box.event("wifi", state="down", reason="wrong_password")
        await box.face("provisioning", code="wifi_wrong_password")
        box.set_world(wifi={"networks": {"Chợ Mới": {**network, "password": WIFI_PASSWORD}}, "faster": 60})
        await box.event("wifi", state="up")
        await is_itself(box, gateway)
        assert box.knows()["now"]["wifi"] == [["Chợ Mới", WIFI_PASSWORD]]


async def test_a_newer_code_takes_the_place_of_one_that_leads_nowhere(tmp_path):
    async with workshop(tmp_path) as (box, _, gateway, key):
        nowhere = EnrolGateway(tmp_path, key, "gw-2")
        await box.start()
        await box.face("unprovisioned")
        first = code_for(box, key, nowhere)
        box.type(first)
        await box.event("enrol", state="failed")
        box.type(first)
        await box.answered(b"-> same")
        box.type(code_for(box, key, gateway, issued_ms=1000))
        await box.answered(b"-> replayed")
        box.type(code_for(box, key, gateway, issued_ms=int(time.time() * 1000) + 1000))
        await is_itself(box, gateway)
