# Runs on MicroPython: the keeper of settings, with a system volume in memory; each restart is a new keeper.

import asyncio
import json
import sys
import time

import told
from cuts import fresh

from firmware import config
from firmware import settings as room
from firmware.modules import forget
from firmware.settings import Keeper
from firmware.settings.choose import choose
from firmware.settings.store import Store
from firmware.wire import settings

BASE = {"box_id": "box-1", "password": "never-to-be-shown", "link": {"host": "right"}}
LIMIT_MS = 3000
room.PAUSE_MS, room.TICK_MS = 600, 50  # a day of wishes in a second


class Timing:
    confirm_s = 0
    give_up_s = 1


def read(text):
    return config.read(BASE) if text is None else config.settle(BASE, text)


class Box:
    def __init__(self):
        self.flash, self.files = fresh()
        self.restarts = 0
        self.link_up = self.heard = True
        self.reader = "ready"
        self.counters = {}
        self.said = []
        self.news = 0
        self.task = None

    def start(self):
        chosen = choose(self.files, read)
        self.config = chosen[1]
        self.keeper = Keeper(
            "box-1", self.files, chosen, Timing, time.ticks_ms, read, self._state, self._restart, self._changed,
            self._say, self._count, forget,
        )  # fmt: skip
        if self.task:
            self.task.cancel()
        self.task = asyncio.create_task(self.keeper.run())
        return self

    def _state(self):
        return self.link_up, self.heard, self.reader

    async def _restart(self, why):
        self.restarts += 1

    def _changed(self):
        self.news += 1

    def _say(self, event, **facts):
        self.said.append(facts)

    def _count(self, name):
        self.counters[name] = self.counters.get(name, 0) + 1

    def wish(self, version, body, box_id="box-1"):
        if isinstance(body, dict):
            body = json.dumps(body)
        self.keeper.on_settings(settings.encode(settings.Settings(box_id, version, body.encode())))

    async def until(self, holds):
        for _ in range(LIMIT_MS // 10):
            if holds():
                return
            await asyncio.sleep_ms(10)
        raise AssertionError("it did not happen")

    async def restarted(self):
        before = self.restarts
        await self.until(lambda: self.restarts > before)
        self.start()

    async def takes(self, version, body):
        self.wish(version, body)
        await self.restarted()
        assert self.keeper.version == version

    async def is_refused(self, version, body, code, key, **more):
        held = _held(self.files)
        held.append("refused")
        self.wish(version, body, **more)
        await self.until(lambda: self.keeper.refused == (version, code, key))
        assert self.restarts == 0
        assert self.keeper.version == 0
        assert sorted(_held(self.files)) == sorted(held)
        assert self.keeper.report()["settings_refused"] == {"version": version, "code": code, "key": key}
        assert self.news == self.counters["settings_refused"] == 1


def _held(files):
    try:
        return [entry[0] for entry in files.fs.ilistdir("/set")]
    except OSError:
        return []


async def it_starts_without_any_wish_and_says_version_0():
    box = Box().start()
    assert box.keeper.report() == {"settings_version": 0}
    assert box.config.link.host == "right"


async def a_wish_is_tried_after_a_restart_and_confirmed_when_the_gateway_is_heard():
    box = Box().start()
    await box.takes(3, {"marks": "dir=in"})
    assert box.config.marks == "dir=in"
    assert box.keeper.is_on_trial()
    await box.until(lambda: not box.keeper.is_on_trial())
    assert Store(box.files).good()[0] == 3
    assert Store(box.files).trial() is None
    assert box.start().config.marks == "dir=in"
    assert box.keeper.report() == {"settings_version": 3}


async def a_wish_that_cuts_the_box_off_is_given_up_by_itself_and_reported():
    box = Box().start()
    await box.takes(1, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    await box.takes(2, {"link": {"host": "wrong"}})
    assert box.config.link.host == "wrong"
    box.link_up = False
    await box.restarted()
    assert (box.config.link.host, box.config.marks) == ("right", "dir=in")
    refused = {"version": 2, "code": "cut_off", "key": ""}
    assert box.keeper.report() == {"settings_version": 1, "settings_refused": refused}


async def a_version_that_was_given_up_is_not_tried_again_until_another_one_comes():
    box = Box().start()
    Store(box.files).refuse(2, "cut_off")
    box.start()
    box.wish(2, {"marks": "dir=in"})
    await asyncio.sleep_ms(100)
    assert box.restarts == 0
    assert "trial" not in _held(box.files)
    box.keeper._not_before_ms = 0
    await box.takes(3, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    assert box.keeper.report() == {"settings_version": 3}


async def a_trial_in_which_the_gateway_is_never_heard_is_given_up():
    box = Box().start()
    await box.takes(1, {"marks": "dir=in"})
    box.heard = False
    await box.restarted()
    assert box.keeper.report()["settings_refused"]["code"] == "cut_off"


async def a_trial_that_makes_the_reader_worse_is_given_up_and_says_so():
    box = Box().start()
    await box.takes(1, {"reader": {"reading": "manual"}})
    box.reader = "mute"
    await box.restarted()
    assert box.keeper.report()["settings_refused"]["code"] == "reader"


async def a_reader_that_was_dead_before_stops_no_settings():
    box = Box()
    box.reader = "dead"
    box.start()
    await box.takes(1, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())


async def the_version_in_use_is_not_taken_again():
    box = Box().start()
    await box.takes(1, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    box.keeper._not_before_ms = 0
    box.wish(1, {"marks": "dir=out"})
    await asyncio.sleep_ms(100)
    assert box.restarts == 1
    assert box.keeper.refused is None


async def a_newer_wish_replaces_the_one_on_trial():
    box = Box().start()
    box.heard = False
    await box.takes(1, {"marks": "dir=in"})
    await box.takes(2, {"marks": "dir=out"})
    assert box.config.marks == "dir=out"
    box.heard = True
    await box.until(lambda: not box.keeper.is_on_trial())
    assert Store(box.files).good()[0] == 2


async def a_wish_with_an_older_version_comes_too_late_and_is_refused():
    box = Box().start()
    await box.takes(7, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    box.keeper._not_before_ms = 0
    box.wish(6, {"marks": "dir=out"})
    await box.until(lambda: box.keeper.refused == (6, "older", ""))
    assert box.restarts == 1
    assert Store(box.files).good()[0] == 7


async def a_trial_that_makes_the_box_start_again_and_again_is_given_up():
    box = Box().start()
    await box.takes(1, {"marks": "dir=in"})
    box.start()
    box.start()
    assert box.keeper.version == 1
    box.start()
    assert box.keeper.report() == {
        "settings_version": 0, "settings_refused": {"version": 1, "code": "starts", "key": ""}
    }  # fmt: skip


async def an_unknown_key_is_refused_by_name():
    await Box().start().is_refused(1, {"gate": {"colour": 1}}, "config_unknown", "gate.colour")


async def a_wish_for_another_name_is_refused_by_name():
    await Box().start().is_refused(1, {"box_id": "box-2"}, "config_not_settable", "box_id")


async def a_wish_for_another_password_is_refused_by_name():
    await Box().start().is_refused(1, {"password": "x"}, "config_not_settable", "password")


async def a_wish_for_another_flash_is_refused_by_name():
    await Box().start().is_refused(1, {"flash": {"block_bytes": 8192}}, "config_not_settable", "flash")


async def a_wish_that_cuts_the_power_is_refused_by_name():
    await Box().start().is_refused(1, {"test": {"cut_after_ops": 1}}, "config_not_settable", "test")


async def a_wish_to_go_without_tls_is_refused_by_name():
    await Box().start().is_refused(1, {"link": {"tls": False}}, "config_not_settable", "link.tls")


async def a_wish_that_never_gives_up_is_refused_by_name():
    await Box().start().is_refused(1, {"update": {"give_up_s": 86400}}, "config_not_settable", "update.give_up_s")


async def a_wrong_type_is_refused_by_name():
    await Box().start().is_refused(1, {"face": {"sound": 1}}, "config_type", "face.sound")


async def a_value_out_of_its_range_is_refused_by_name():
    await Box().start().is_refused(1, {"face": {"brightness": 0}}, "config_range", "face.brightness")


async def a_network_with_a_short_password_is_refused_by_name():
    await Box().start().is_refused(1, {"wifi": [["Cho", "1234567"]]}, "config_form", "wifi")


async def a_wish_for_another_box_changes_nothing_and_is_counted():
    box = Box().start()
    box.wish(1, {"marks": "dir=in"}, box_id="box-2")
    await box.until(lambda: box.counters == {"settings_other_box": 1})
    assert box.keeper.refused is None
    assert _held(box.files) == []


async def a_truncated_wish_changes_nothing_and_is_counted():
    box = Box().start()
    whole = settings.encode(settings.Settings("box-1", 1, b'{"marks": "dir=in"}'))
    box.keeper.on_settings(whole[:-1])
    await box.until(lambda: box.counters == {"settings_length": 1})
    assert box.keeper.refused is None
    assert _held(box.files) == []


async def a_wish_that_is_too_long_changes_nothing_and_is_counted():
    box = Box().start()
    body = b'{"marks": "' + b"a" * 8192 + b'"}'
    box.keeper.on_settings(b"1 settings box-1 1 %d 00000000\n" % len(body) + body)
    await box.until(lambda: box.counters == {"settings_field": 1})
    assert _held(box.files) == []


async def a_wish_with_a_wrong_checksum_changes_nothing_and_is_counted():
    box = Box().start()
    whole = settings.encode(settings.Settings("box-1", 1, b'{"marks": "dir=in"}'))
    box.keeper.on_settings(whole.replace(b"dir=in", b"dir=on"))
    await box.until(lambda: box.counters == {"settings_crc": 1})
    assert _held(box.files) == []


async def a_flood_of_wishes_is_taken_one_at_a_time_and_the_newest_counts():
    box = Box().start()
    for version in range(1, 50):
        box.wish(version, {"gate": {"colour": version}})
    await box.until(lambda: box.keeper.refused is not None)
    assert box.keeper.refused[0] == 49
    assert box.counters["settings_refused"] == 1
    erases = box.flash.erases
    box.wish(51, {"gate": {"colour": 1}})
    await asyncio.sleep_ms(300)
    assert box.keeper.refused[0] == 49
    assert box.flash.erases == erases


async def the_good_settings_are_passed_over_where_this_firmware_refuses_them():
    box = Box()
    Store(box.files).try_out(4, "ready", '{"colour": 1}')
    Store(box.files).confirm()
    box.start()
    assert box.config.link.host == "right"
    assert box.keeper.report() == {
        "settings_version": 0, "settings_refused": {"version": 4, "code": "config_unknown", "key": "colour"}
    }  # fmt: skip


async def what_is_damaged_reads_as_if_it_were_not_there():
    box = Box()
    for path in ("/set/good", "/set/trial", "/set/refused"):
        Store(box.files)._write(path, "1 cut_off -\n{}")
        whole = box.files.read_plain(path)
        box.files.write_plain(path, b"2" + whole[1:])
    box.start()
    assert box.keeper.report() == {"settings_version": 0}
    assert box.files.damaged >= 3


async def a_wish_that_memory_is_too_short_to_judge_is_judged_by_the_next_start():
    box = Box().start()

    def no_memory(text):
        raise MemoryError

    box.keeper.check = no_memory
    await box.takes(1, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    box.keeper.check = no_memory
    box.keeper._not_before_ms = 0
    box.wish(2, {"gate": {"colour": 1}})
    await box.restarted()
    refused = {"version": 2, "code": "config_unknown", "key": "gate.colour"}
    assert box.keeper.report() == {"settings_version": 1, "settings_refused": refused}
    assert box.config.marks == "dir=in"


async def it_lets_go_of_everything_that_it_needs_seldom():
    box = Box().start()
    await box.takes(1, {"marks": "dir=in"})
    await box.until(lambda: not box.keeper.is_on_trial())
    left = [name for name in sys.modules if name in ("firmware.settings.take", "firmware.settings.store")]
    assert left == [], left


told.run(globals())
