"""What goes out, in which order, and what acks do to it: the box's link against the real broker."""

import asyncio

from firmware.wire import ack, record
from tests.firmware.link.rig import BOX, EPOCH, Broker, Gateway, LinkBox, door_closed, standing

PATIENT = {"patience_ms": 300, "patience_cap_ms": 1200}


def code(seq: int, length: int) -> bytes:
    return b"%d/" % seq + b"x" * (length - len(str(seq)) - 1)


async def test_what_was_accepted_arrives_bit_for_bit_up_to_three_kibibytes(tmp_path):
    lengths = [8, 100, 1023, 3072, 3072, 50] * 5
    async with standing(tmp_path) as (_, gateway, box):
        box.tell(append=lengths)
        await box.until_delivered(len(lengths))
        assert gateway.scans == {seq: code(seq, length) for seq, length in enumerate(lengths, 1)}
        report = await box.report()
        assert report["first_held"] == len(lengths) + 1
        assert report["counters"]["freed"] == len(lengths)


async def test_a_scan_that_was_just_accepted_goes_alone_and_at_once(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        for seq in range(1, 4):
            box.tell(append=[100])
            await gateway.until(lambda seq=seq: ("live", [seq]) in gateway.messages)
        await box.until_delivered(3)


async def test_the_first_thing_after_each_connect_is_the_statement(tmp_path):
    async with standing(tmp_path) as (_, gateway, _box):
        await gateway.until(lambda: bool(gateway.statements))
        assert gateway.messages[0] == ("pack", [])
        assert gateway.statements[0].first_held == 1
        assert gateway.statements[0].last_seq == 0


async def test_a_live_scan_overtakes_the_backlog(tmp_path):
    async with door_closed(tmp_path, answer_wait_ms=2000, window_bytes=4096) as (door, gateway, box):
        box.tell(append=[500] * 300)  # no broker yet: all of it is backlog
        await box.report()
        gateway.acks = False
        await door.start()
        await box.until_up()
        gateway.beacon()
        await gateway.until(lambda: len(gateway.messages) > 1)
        box.tell(append=[100])
        await gateway.until(lambda: ("live", [301]) in gateway.messages)
        assert len(gateway.scans) < 100
        gateway.acks = True
        gateway.ack()
        await box.until_delivered(301)
        assert sorted(gateway.scans) == list(range(1, 302))
        backlog = [seq for form, numbers in gateway.messages if form == "pack" for seq in numbers]
        assert backlog == list(range(1, 301))  # oldest first, and nothing twice


async def test_a_backlog_goes_in_packs_that_the_heap_can_bear(tmp_path):
    async with door_closed(tmp_path) as (door, gateway, box):
        box.tell(append=[100] * 500 + [3072] * 20)
        await box.report()
        await door.start()
        await box.until_delivered(520)
        packs = [numbers for form, numbers in gateway.messages if form == "pack" and numbers]
        assert max(len(numbers) for numbers in packs) >= 40
        assert len(packs) < 30


async def test_what_is_not_acked_is_bounded(tmp_path):
    async with standing(tmp_path, window_bytes=8192, pack_bytes=4096, window_messages=4) as (_, gateway, box):
        gateway.acks = False
        box.tell(append=[1000] * 100)
        await box.until_counted("sent_live", 12)
        report = await box.report()
        assert report["counters"]["sent_live"] <= 12
        assert report["counters"].get("sent_in_packs", 0) <= 10
        gateway.acks = True
        gateway.ack()
        await box.until_delivered(100)


async def test_a_hole_that_an_ack_names_is_sent_again_without_waiting_for_patience(tmp_path):
    async with standing(tmp_path, patience_ms=60_000) as (_, gateway, box):
        refused = {2, 3}
        gateway.drop = lambda seq: seq in refused
        for seq in range(1, 6):
            box.tell(append=[100])
            await gateway.until(lambda seq=seq: any(seq in numbers for _, numbers in gateway.messages))
            refused -= {seq - 2}  # the next time it is taken
        await box.until_delivered(5, limit_s=10)
        assert (await box.report())["counters"]["resent_messages"] >= 1


async def test_without_an_ack_the_oldest_is_sent_again_with_growing_pauses(tmp_path):
    async with standing(tmp_path, **PATIENT) as (_, gateway, box):
        gateway.acks = False
        box.tell(append=[100] * 3)
        await box.until_counted("patience_lost", 3)
        again = [numbers for form, numbers in gateway.messages if form == "pack" and numbers]
        assert again[0][0] == 1
        gateway.acks = True
        gateway.ack()
        await box.until_delivered(3)


async def test_without_a_gateway_the_broker_is_not_flooded(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    box = await LinkBox(tmp_path, broker.port, **PATIENT).start()
    try:
        await box.until_up()
        box.tell(append=[1000] * 1000)
        report = await box.until_counted("patience_lost", 4)
        window = 65536 // 1000 + 8 + 24
        assert report["counters"]["sent_in_packs"] + report["counters"]["sent_live"] < 2 * window + 4 * 8
        gateway = await Gateway(broker.port).ready()
        await box.until_delivered(1000)
        gateway.close()
    finally:
        await box.kill()
        await broker.kill()


async def test_a_gateway_that_comes_back_is_asked_at_once(tmp_path):
    async with standing(tmp_path, patience_ms=60_000, patience_cap_ms=60_000) as (_, gateway, box):
        gateway.drop = lambda seq: True
        gateway.acks = False
        box.tell(append=[100] * 5)
        await gateway.until(lambda: len([form for form, _ in gateway.messages if form == "live"]) == 5)
        gateway.drop = lambda seq: False
        gateway.acks = True
        gateway.beacon()
        await box.until_delivered(5, limit_s=10)


async def test_an_ack_from_the_future_frees_nothing(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        gateway.acks = False
        box.tell(append=[100] * 3)
        await gateway.until(lambda: len(gateway.scans) == 3)
        gateway.publish("ack", ack.encode(ack.Ack(BOX, EPOCH, 4, 4, [])))
        gateway.publish("ack", ack.encode(ack.Ack(BOX, EPOCH, 3, 4, [])))
        gateway.publish("ack", ack.encode(ack.Ack(BOX, EPOCH, 3, 4294967295, [])))
        report = await box.until_counted("ack_from_future", 3)
        assert report["first_held"] == 1
        gateway.acks = True
        gateway.ack()
        await box.until_delivered(3)


async def test_an_ack_of_another_epoch_or_box_frees_nothing(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        gateway.acks = False
        box.tell(append=[100] * 3)
        await gateway.until(lambda: len(gateway.scans) == 3)
        gateway.publish("ack", ack.encode(ack.Ack(BOX, "ffffffffffff", 3, 3, [])))
        gateway.publish("ack", ack.encode(ack.Ack("box-2", EPOCH, 3, 3, [])))
        await box.until_counted("ack_other_epoch")
        report = await box.until_counted("ack_other_box")
        assert report["first_held"] == 1


async def test_an_ack_that_asks_for_what_is_freed_is_answered_with_the_statement(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        box.tell(append=[100] * 5)
        await box.until_delivered(5)
        stated = len(gateway.statements)
        gateway.acks = False
        gateway.publish("ack", ack.encode(ack.Ack(BOX, EPOCH, 0, 0, [])))  # a gateway whose card was replaced
        await gateway.until(lambda: len(gateway.statements) > stated)
        assert gateway.statements[-1].first_held == 6
        assert gateway.statements[-1].last_seq == 5


async def test_losses_are_declared_until_an_ack_covers_them(tmp_path):
    async with standing(tmp_path, **PATIENT) as (_, gateway, box):
        gateway.drop = lambda seq: seq <= 4
        box.tell(append=[100] * 4)
        await gateway.until(lambda: len(gateway.messages) > 4)
        box.tell(lose=[2, 3])
        gateway.drop = lambda seq: seq == 2
        await box.until_counted("sent_others", 2)
        gateway.drop = lambda seq: False
        await box.until_delivered(4)
        assert gateway.lost[0] == record.Lost(BOX, EPOCH, 2, 3, "bad_sector")
        assert sorted(gateway.scans) == [1, 4]


async def test_what_is_left_of_an_earlier_epoch_is_sent_with_its_own_statement(tmp_path):
    async with standing(tmp_path, **PATIENT) as (_, gateway, box):
        gateway.acks = False
        box.tell(rescue=70)
        for complete_to in (32, 64, 70):
            await gateway.until(lambda n=complete_to: n in gateway.scans)
            gateway.publish("ack", ack.encode(ack.Ack(BOX, "aaaaaaaaaaaa", complete_to, complete_to, [])))
        report = await box.until_counted("freed", 70)
        assert report["first_held"] == 1


async def test_nothing_grows_over_thousands_of_messages(tmp_path):
    async with standing(tmp_path) as (_, _gateway, box):
        box.tell(append=[200] * 500)
        await box.until_delivered(500)
        before = await box.report()
        for top in range(1000, 6001, 500):
            box.tell(append=[200] * 500)
            await box.until_delivered(top)
        after = await box.report()
        # the stand-in's own list of lengths grows by 8 bytes a scan, and is allocated anew as it does
        assert after["heap"] - before["heap"] < 5500 * 8 * 2 + 2048


async def test_a_broker_that_restarts_loses_nothing_and_repeats_little(tmp_path):
    async with standing(tmp_path) as (broker, gateway, box):
        box.tell(append=[300] * 200)
        await broker.kill()
        box.tell(append=[300] * 200)
        await box.until(lambda: bool(box.states("down")))
        await broker.start()
        # paho's own back-off is not what is measured
        again = await Gateway(broker.port).ready()
        again.spans, again.scans = gateway.spans, gateway.scans
        await box.until_delivered(400)
        assert sorted(again.scans) == list(range(1, 401))
        again.close()
        await asyncio.sleep(0)
