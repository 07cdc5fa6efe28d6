"""A box whose reader is a GM60 as it ships, from its set-up code to what the gateway holds."""

import random
from zlib import crc32

from scripts.sim.people import citizen_card
from scripts.sim.site import Site

COUNT = 3


async def test_a_gm60_as_it_ships_reads_the_set_up_code_and_the_visitors_after_it(tmp_path):
    draw = random.Random(60)
    codes = [citizen_card(draw) for _ in range(COUNT)]
    async with Site(tmp_path) as site:
        box = await site.new_box("box-1")
        await box.until(event="newcomer", provisioned=False)
        await box.until(event="reader", state="ready")
        since = box.now()
        await box.tell_reader(swap="gm60", baud=9600)
        await box.until(60, since=since, event="reader", state="ready", detail="")
        await box.show(site.code(direction="in"))
        await box.until(since=since, event="enrolled")
        await site.known(box.box_id)
        await box.until(since=since, event="boot")
        await box.until(since=since, event="link", state="up")
        for code in codes:
            since = box.now()
            seen = await box.show(code)
            assert "sent" in seen, seen
            await box.until(since=since, face="stored", crc=f"{crc32(code):08x}")
        await box.until(since=since, face="delivered", complete_to=COUNT)
        assert not [line for line in box.lines if line.get("event") == "refused"]
