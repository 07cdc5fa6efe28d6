# Runs on MicroPython: the commander, with a system volume in memory; each restart is a new commander.

import asyncio
import json
import sys

import told
from cuts import fresh, mount
from ramflash import RamFlash

from firmware.commands import QUEUE, Commander
from firmware.commands.done import MOST
from firmware.commands.fetch_log import LogParts
from firmware.log import PATHS, Log, is_whole
from firmware.modules import forget
from firmware.wire.command import Command, decode_result, encode  # kept here, whoever lets go of them

BOOT, OTHER_BOOT = "3fa2b1c0d9e8", "000000000001"
LIMIT_MS = 3000


class Fault(Exception):
    code = "reader_mute"


class Refusal(Exception):
    code, is_refusal = "not_proven", True


class Box:
    def __init__(self):
        self.flash, self.files = fresh()
        self.gateway_ms = 1000
        self.gateway_boot = BOOT
        self.counters = {}
        self.said = []
        self.results = []
        self.done = []  # what was really executed
        self.hold = None
        self.is_proven = True
        self.text = "ready"
        self.room = True
        self.task = None
        self.log = Log(self.files, 1, lambda: 0, 16384)

    def start(self):
        do = {}
        for name in ("identify", "self_test", "reader_reinit", "drop_wifi", "rotate_password", "reboot", "trust"):
            do[name] = self._doing(name)
        do["fetch_log"] = self._fetch_log
        self.commander = Commander(
            "box-1", self.files, self._gateway_now, self._post, do, self._say, self._count, forget
        )  # fmt: skip
        if self.task:
            self.task.cancel()
        self.task = asyncio.create_task(self.commander.run())
        return self

    def cut_power(self):
        # what is in memory is gone; what is on the flash is not
        self.task.cancel()
        self.files = mount(RamFlash(self.flash.blocks, self.flash.block_bytes, self.flash.image))
        return self.start()

    def _gateway_now(self):
        return self.gateway_boot and (self.gateway_boot, self.gateway_ms - 50, self.gateway_ms)

    def _post(self, word, payload):
        assert word == "result"
        if self.room:
            self.results.append(decode_result(payload))
        return self.room

    def _doing(self, name):
        async def do(argument):
            if not self.is_proven:
                raise Refusal()
            self.done.append((name, argument))
            if self.hold:
                await self.hold.wait()
            if name == "reader_reinit":
                raise Fault()
            if name == "rotate_password":
                raise KeyError("never-to-be-told")
            return {"reader": self.text} if name == "self_test" else None

        return do

    async def _fetch_log(self, argument):
        return LogParts(self.log, PATHS, is_whole, argument["lines"], argument["skip"])

    def _say(self, event, **facts):
        self.said.append(facts)

    def _count(self, name):
        self.counters[name] = self.counters.get(name, 0) + 1

    def give(self, number, name="identify", argument=b"", boot=BOOT, deadline_ms=60000, box_id="box-1"):
        if isinstance(argument, dict):
            argument = json.dumps(argument).encode()
        self.commander.on_command(encode(Command(box_id, f"{number:012x}", boot, deadline_ms, name, argument)))

    async def until(self, holds):
        for _ in range(LIMIT_MS // 5):
            if holds():
                return
            await asyncio.sleep_ms(5)
        raise AssertionError("it did not happen")

    async def answers(self, count):
        await self.until(lambda: len(self.results) >= count)
        await asyncio.sleep_ms(20)
        assert len(self.results) == count, self.results
        return self.results

    async def is_refused(self, body, *given, **more):
        before = self.files.read("/cmd/done")
        self.give(1, *given, **more)
        result = (await self.answers(1))[0]
        assert (result.outcome, result.id) == ("refused", f"{1:012x}")
        assert json.loads(result.body) == body, result.body
        assert self.done == []
        assert self.files.read("/cmd/done") == before
        assert self.counters["command_" + body["code"]] == self.counters["command_refused"] == 1


async def a_command_is_executed_and_answered():
    box = Box().start()
    box.give(1, "identify", {"seconds": 5})
    result = (await box.answers(1))[0]
    assert tuple(result) == ("box-1", "000000000001", "done", 1, 1, b"")
    assert box.done == [("identify", {"seconds": 5})]


async def what_is_found_is_the_body_of_the_answer():
    box = Box().start()
    box.give(1, "self_test")
    assert json.loads((await box.answers(1))[0].body) == {"reader": "ready"}


async def what_fails_is_answered_with_its_code():
    box = Box().start()
    box.give(1, "reader_reinit")
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("failed", {"code": "reader_mute"})


async def what_fails_unforeseen_is_answered_by_its_kind_and_tells_no_content():
    box = Box().start()
    box.give(1, "rotate_password")
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("failed", {"code": "KeyError"})


async def a_command_that_comes_twice_is_executed_once_and_answered_twice():
    box = Box().start()
    for _ in range(2):
        box.give(1, "self_test")
    first, second = await box.answers(2)
    assert tuple(first) == tuple(second)
    assert len(box.done) == 1


async def a_command_that_comes_again_after_a_power_cut_is_not_executed_again():
    box = Box().start()
    box.give(1, "self_test")
    await box.answers(1)
    box.cut_power().give(1, "self_test")
    first, second = await box.answers(2)
    assert tuple(first) == tuple(second)
    assert len(box.done) == 1


async def a_replay_after_forty_others_is_refused():
    box = Box().start()
    for number in range(1, 42):
        box.give(number, deadline_ms=10000 + number)
        await box.answers(number)
    assert len(box.done) == 41
    box.give(1, deadline_ms=10001)
    result = (await box.answers(42))[-1]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "expired"})
    box.give(41, deadline_ms=10041)
    assert (await box.answers(43))[-1].outcome == "done"
    assert len(box.done) == 41


async def a_replay_after_forty_others_and_a_power_cut_is_refused():
    box = Box().start()
    for number in range(1, 42):
        box.give(number, deadline_ms=10000)
        await box.answers(number)
    executed = len(box.done)
    assert executed == MOST + 1  # all have one deadline: what might be a replay is refused
    box.cut_power().give(1, deadline_ms=10000)
    await box.answers(42)
    assert len(box.done) == executed


async def it_is_not_begun_at_its_deadline():
    box = Box().start()
    box.gateway_ms = 60000
    await box.is_refused({"code": "expired"})


async def it_is_begun_just_before_its_deadline():
    box = Box().start()
    box.gateway_ms = 59999
    box.give(1)
    assert (await box.answers(1))[0].outcome == "done"


async def it_is_refused_where_no_beacon_was_heard():
    box = Box().start()
    box.gateway_boot = None
    await box.is_refused({"code": "no_beacon"})


async def it_is_refused_where_it_is_from_another_boot_of_the_gateway():
    await Box().start().is_refused({"code": "no_beacon"}, boot=OTHER_BOOT)


async def what_was_refused_for_want_of_a_beacon_may_come_again_and_is_executed():
    box = Box().start()
    box.gateway_boot = None
    await box.is_refused({"code": "no_beacon"})
    box.gateway_boot = BOOT
    box.give(1)
    assert (await box.answers(2))[-1].outcome == "done"
    assert len(box.done) == 1


async def what_has_begun_nothing_may_refuse_and_be_taken_later():
    box = Box().start()
    box.is_proven = False
    await box.is_refused({"code": "not_proven"}, "trust", {"ca": "AAAA", "only": True})
    box.is_proven = True
    box.give(1, "trust", {"ca": "AAAA", "only": True})
    assert (await box.answers(2))[-1].outcome == "done"
    assert box.done == [("trust", {"ca": "AAAA", "only": True})]


async def what_is_in_flash_as_begun_can_only_fail():
    box = Box().start()
    box.is_proven = False
    box.give(1, "reader_reinit")
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("failed", {"code": "not_proven"})
    box.is_proven = True
    box.give(1, "reader_reinit")
    assert (await box.answers(2))[-1].outcome == "failed"
    assert box.done == []


async def an_unknown_command_is_refused():
    await Box().start().is_refused({"code": "unknown_command"}, "format_flash")


async def an_unknown_key_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_unknown", "key": "colour"}, "identify", {"colour": 1})


async def an_argument_of_a_wrong_type_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_type", "key": "seconds"}, "identify", {"seconds": "5"})


async def an_argument_that_is_a_switch_and_no_number_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_type", "key": "seconds"}, "identify", {"seconds": True})


async def an_argument_that_is_too_large_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_range", "key": "seconds"}, "identify", {"seconds": 111})


async def an_argument_that_is_too_long_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_range", "key": "ssid"}, "drop_wifi", {"ssid": "a" * 33})


async def an_argument_that_is_missing_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_missing", "key": "ssid"}, "drop_wifi")


async def an_argument_where_none_is_wanted_is_refused_by_name():
    await Box().start().is_refused({"code": "argument_unknown", "key": "now"}, "reboot", {"now": True})


async def a_command_for_another_box_is_refused():
    await Box().start().is_refused({"code": "other_box"}, box_id="box-2")


async def a_truncated_command_is_refused():
    box = Box().start()
    whole = encode(Command("box-1", f"{1:012x}", BOOT, 60000, "identify", b'{"seconds": 5}'))
    box.commander.on_command(whole[:-1])
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "length"})
    box.commander.on_command(whole[:30])
    await box.until(lambda: box.counters.get("command_header") == 1)
    assert box.done == []
    assert box.counters["command_length"] == 1
    assert len(box.results) == 1


async def a_command_that_was_changed_on_its_way_is_refused():
    box = Box().start()
    whole = encode(Command("box-1", f"{1:012x}", BOOT, 60000, "identify", b'{"seconds": 5}'))
    box.commander.on_command(whole.replace(b"5}", b"9}"))
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "crc"})
    assert box.done == []


async def an_argument_that_is_no_object_is_refused():
    box = Box().start()
    from firmware.wire import sealed

    head = ["1 command", "box-1", f"{1:012x}", BOOT, "60000", "identify"]
    box.commander.on_command(sealed.encode(head, b"[5]"))
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "json"})
    assert box.done == []


async def an_argument_that_is_longer_than_any_may_be_is_refused():
    box = Box().start()
    from firmware.wire import sealed

    head = ["1 command", "box-1", f"{1:012x}", BOOT, "60000", "drop_wifi"]
    box.commander.on_command(sealed.encode(head, b'{"ssid": "' + b"a" * 2048 + b'"}'))
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "field"})
    assert box.done == []


async def a_flood_is_bounded_and_each_is_answered_or_counted():
    box = Box().start()
    box.hold = asyncio.Event()
    for number in range(1, 101):
        box.give(number)
    await asyncio.sleep_ms(50)
    assert len(box.done) == 1
    box.hold.set()
    results = await box.answers(2 * QUEUE)
    outcomes = [(int(result.id, 16), result.outcome, bytes(result.body)) for result in results]
    busy = [(number, "refused", b'{"code": "busy"}') for number in range(QUEUE + 1, 2 * QUEUE + 1)]
    assert sorted(outcomes) == [(number, "done", b"") for number in range(1, QUEUE + 1)] + busy
    assert box.counters["command_busy"] == 100 - QUEUE
    assert len(box.done) == QUEUE


async def what_was_turned_away_may_come_again():
    box = Box().start()
    for number in range(1, QUEUE + 2):
        box.give(number)
    await box.answers(QUEUE + 1)
    box.give(QUEUE + 1)
    await box.answers(QUEUE + 2)
    assert len(box.done) == QUEUE + 1


async def what_was_cut_off_is_answered_interrupted_and_not_begun_again():
    box = Box().start()
    box.hold = asyncio.Event()
    box.give(1, "drop_wifi", {"ssid": "Cho"})
    await box.until(lambda: box.done)
    box.cut_power()
    result = (await box.answers(1))[0]
    assert (result.outcome, result.id) == ("interrupted", f"{1:012x}")
    box.give(1, "drop_wifi", {"ssid": "Cho"})
    assert (await box.answers(2))[1].outcome == "interrupted"
    assert len(box.done) == 1


async def a_reboot_is_answered_after_it_and_is_not_done_again():
    box = Box().start()
    box.hold = asyncio.Event()  # the box goes down before this ends
    box.give(1, "reboot")
    await box.until(lambda: box.done)
    assert box.results == []
    box.cut_power()
    assert (await box.answers(1))[0].outcome == "done"
    box.give(1, "reboot")
    assert (await box.answers(2))[1].outcome == "done"
    assert len(box.done) == 1


async def what_changes_nothing_that_lasts_costs_one_write():
    box = Box().start()
    box.give(1)
    await box.answers(1)
    before = box.flash.erases
    for number in range(2, 102):
        box.gateway_ms += 1000
        box.give(number, deadline_ms=box.gateway_ms + 60000)
        await box.answers(number)
    assert len(box.done) == 101
    assert box.flash.erases - before <= 300, box.flash.erases - before
    assert len(box.files.read("/cmd/done")) <= 4096


async def a_command_that_finds_no_memory_harms_none_that_comes_after_it():
    box = Box()
    box.start()
    whole = box.commander.gateway_now

    def no_memory():
        box.commander.gateway_now = whole
        raise MemoryError

    box.commander.gateway_now = no_memory
    box.give(1)
    box.give(2)
    try:  # noqa: SIM105  (MicroPython has no contextlib)
        await box.task  # as it is started again by who keeps it running
    except MemoryError:
        pass
    box.task = asyncio.create_task(box.commander.run())
    assert (await box.answers(1))[0].id == "000000000002"
    box.give(1)
    assert (await box.answers(2))[1].outcome == "done"
    assert len(box.done) == 2


async def what_was_answered_at_length_is_kept_while_there_is_room():
    box = Box().start()
    box.text = "x" * 900
    for number in range(1, 4):
        box.give(number, "self_test")
        await box.answers(number)
    for number in range(1, 4):
        box.give(number, "self_test")
    bodies = [json.loads(result.body) for result in (await box.answers(6))[3:]]
    assert bodies == [{"code": "answer_not_kept"}, {"reader": "x" * 900}, {"reader": "x" * 900}]
    assert len(box.done) == 3
    assert len(box.files.read("/cmd/done")) < 4096


async def what_the_flash_does_not_take_is_not_begun():
    box = Box().start()
    box.flash.fails = True
    box.give(1, "drop_wifi", {"ssid": "Cho"})
    result = (await box.answers(1))[0]
    assert (result.outcome, json.loads(result.body)) == ("refused", {"code": "flash"})
    assert box.done == []


async def an_answer_waits_for_room():
    box = Box().start()
    box.room = False
    box.give(1)
    await box.until(lambda: box.done)
    await asyncio.sleep_ms(50)
    box.room = True
    assert (await box.answers(1))[0].outcome == "done"


async def the_log_comes_in_parts_newest_first_and_within_bounds():
    box = Box().start()
    for number in range(120):
        box.log.add("event", {"number": number, "text": "x" * 60}, True)
    box.give(1, "fetch_log", {"lines": 100, "skip": 10})
    await box.until(lambda: box.results and len(box.results) == box.results[0].parts)
    parts = box.results[0].parts
    assert [(result.part, result.parts, result.outcome) for result in box.results] == [
        (number, parts, "done") for number in range(1, parts + 1)
    ]
    assert max([len(result.body) for result in box.results]) <= 1024
    assert parts > 5
    lines = b"".join([result.body for result in box.results]).decode().split("\n")
    assert lines[0] == "# damaged lines: 0"
    assert lines[-1] == ""
    assert [json.loads(line.split(" ", 4)[4])["number"] for line in lines[1:-1]] == list(range(109, 9, -1))


async def damaged_lines_of_the_log_are_skipped_and_counted():
    box = Box().start()
    for number in range(10):
        box.log.add("event", {"number": number}, True)
    whole = box.files.read_plain(PATHS[1])
    box.files.write_plain(PATHS[1], whole.replace(b'"number": 5', b'"number": 6') + b"torn")
    box.give(1, "fetch_log")
    lines = (await box.answers(1))[0].body.decode().split("\n")
    assert lines[0] == "# damaged lines: 2"
    assert [json.loads(line.split(" ", 4)[4])["number"] for line in lines[1:-1]] == [9, 8, 7, 6, 4, 3, 2, 1, 0]


async def an_empty_log_is_one_part_that_says_so():
    box = Box().start()
    box.give(1, "fetch_log")
    assert (await box.answers(1))[0].body == b"# damaged lines: 0\n"


async def it_lets_go_of_everything_that_it_needs_seldom():
    box = Box().start()
    box.give(1)
    await box.answers(1)
    loaded = [name[18:] for name in sys.modules if name.startswith("firmware.commands.")]
    assert [name for name in loaded if name in ("work", "done", "arguments", "deadline")] == []
    assert "firmware.wire.command" not in sys.modules


told.run(globals())
