"""What a box tells about itself fits into a status whatever it counts, and news are told at once but not too often."""

import json
import re

import pytest

from firmware import health
from firmware.codes import KINDS
from firmware.wire import status
from scripts.firmware_build import ROOT, run_micropython

EPOCH = "3fa2b1c0d9e8"
BIG = 9007199254740991
# Every fact at its longest.
FACTS = {
    "epoch": EPOCH,
    "uptime_ms": BIG,
    "first_held": 4294967295,
    "last_seq": 4294967295,
    "firmware": "a" * 32,
    "firmware_version": 4294967295,
    "firmware_refused": {"version": 4294967295, "code": "a" * 32},
    "update": {"version": 4294967295, "have_bytes": 1 << 30, "of_bytes": 1 << 30},
    "micropython": "1.29.0-preview",
    "board": "esp32s3",
    "reset_cause": "watchdog",
    "waiting": 4294967295,
    "watchdog_resets": 4294967295,
    "reader": "half_configured",
    "reader_model": "gm861s",
    "reader_detail": ",".join(["same_code_ms"] * 8),
    "spool": "rescue",
    "oldest_unacked_s": BIG,
    "direction": "both",
    "wifi": {"ssid": "a" * 32, "rssi": -100},
    "reconnects": BIG,
    "heap_peak": 320000,
    "heap_kept": 320000,
    "heap_limit": 320000,
    "heap_block": 320000,
    "flash_erases": BIG,
    "flash_years": 999,
    "clock_bound_ms": 4294967295,
    "settings_version": 4294967295,
    "settings_refused": {"version": 4294967295, "code": "config_not_settable", "key": "x" * 64},
    "temperature_c": -40,
    "log_bytes": 131072,
    "late": "reader",
    "crash": "x" * 80,
    "gateway_state": "x" * 32,
    "trust": ["01234567"] * 2,
    "trust_used": "01234567",
}


def counters_of_the_firmware() -> dict[str, int]:
    """Every name that any room counts under, with the prefixes that the app gives them."""
    found = {}
    for path in (ROOT / "firmware").rglob("*.py"):
        prefix = "reader_" if path.parent.name == "scanner" else ""
        for name in re.findall(r"count\(\s*f?\"([a-z_{}.]+)\"", path.read_text()):
            found[prefix + re.sub(r"\{.*?\}", "something", name)] = BIG
    spool = ("limit_bytes", "waiting", "lost", "held_bytes", "segments", "programs", "erases", "programmed_bytes")
    kinds = [f"{verdict}_{kind}" for verdict in ("accepted", "repeat", "refused") for kind in KINDS]
    return {**found, **{"spool_" + name: BIG for name in spool}, **dict.fromkeys(kinds, BIG)}


def whole(told: dict) -> bytes:
    return status.encode({**told, "box_id": "b" * 32, "state": "online", "boot": 4294967295, "session": 4294967295})


def test_the_worst_case_of_all_facts_and_all_counters_fits_into_a_status():
    counters = counters_of_the_firmware()
    assert len(counters) > 50
    told = health.report({**FACTS, "counters": counters})
    assert status.decode(whole(told))["counters"] == told["counters"]
    assert {key for key in FACTS if key not in told} <= set(health.SPARE)


def test_the_worst_case_has_every_fact_that_the_box_gathers():
    gathered = (ROOT / "firmware" / "vitals.py").read_text().split("def _facts")[1].split("def ")[0]
    assert set(re.findall(r"^ +\"(\w+)\": ", gathered, re.MULTILINE)) <= set(FACTS)


def test_an_ordinary_day_is_told_without_a_cut():
    counters = dict.fromkeys(list(counters_of_the_firmware())[:40], 12345)
    told = health.report({**FACTS, "counters": counters})
    assert told["counters"] == counters
    assert set(FACTS) < set(told)
    whole(told)


@pytest.mark.parametrize("count", [0, 1, 50, 100, 200, 2000])
def test_however_many_counters_there_are_it_fits_and_says_how_many_were_cut(count):
    counters = {f"counter_{number:04}": BIG - number for number in range(count)}
    told = health.report({**FACTS, "counters": counters})
    whole(told)
    kept = {name: value for name, value in told["counters"].items() if name != "cut"}
    assert kept.items() <= counters.items()
    assert told["counters"].get("cut", 0) == count - len(kept)
    assert list(kept) == sorted(counters)[: len(kept)]


def test_counters_are_cut_in_the_order_that_is_laid_down():
    names = [prefix + "x" * 40 + f"{number:02}" for prefix in (*health.CUT_FIRST, "") for number in range(12)]
    told = health.report({**FACTS, "counters": dict.fromkeys(names, BIG)})
    kept = set(told["counters"]) - {"cut"}
    assert 12 < len(kept) < len(names)
    order = [name for prefix in ("", *reversed(health.CUT_FIRST)) for name in names if name in weight(prefix, names)]
    assert kept == set(order[: len(kept)])


def weight(prefix: str, names: list[str]) -> list[str]:
    others = [name for name in names if not name.startswith(health.CUT_FIRST)]
    return others if not prefix else sorted(name for name in names if name.startswith(prefix))


def test_a_counter_at_zero_goes_first_and_is_no_cut():
    told = health.report({"epoch": EPOCH, "counters": {"accepted": 0, "link_lost": 3}})
    assert told == {"epoch": EPOCH, "counters": {"link_lost": 3}}


def test_what_is_not_known_is_not_told():
    assert health.report({"temperature_c": None, "crash": None, "counters": {}}) == {"counters": {}}


def test_spare_facts_go_where_even_the_facts_do_not_fit():
    facts = {**FACTS, "later": "x" * (health.STATUS_BYTES - health._size(FACTS))}
    told = health.report({**facts, "counters": {"accepted": 1}})
    whole(told)
    gone = [key for key in health.SPARE if key not in told]
    assert gone == list(health.SPARE[: len(gone)])
    assert gone


def test_it_is_the_same_on_micropython(tmp_path):
    facts = {**FACTS, "counters": counters_of_the_firmware()}
    given = tmp_path / "facts.json"
    given.write_text(json.dumps(facts))
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys\n"
        "from firmware import health\n"
        "from firmware.wire import status\n"
        "told = health.report(json.load(open(sys.argv[1])))\n"
        "told.update(box_id='b' * 32, state='online', boot=4294967295, session=4294967295)\n"
        "print(len(status.encode(told)), json.dumps(told['counters']))\n"
    )
    done = run_micropython([script, given], cwd=tmp_path)
    size, _, counters = done.stdout.decode().partition(" ")
    assert int(size) <= status.MAX_STATUS_BYTES, done.stderr
    assert json.loads(counters) == health.report(facts)["counters"]


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def test_news_are_due_at_once_and_only_once():
    news = health.News(Clock())
    assert not news.is_due({"reader": "starting"})
    assert news.is_due({"reader": "ready"})
    assert not news.is_due({"reader": "ready"})


def test_what_is_no_news_waits_for_its_minute():
    news = health.News(Clock())
    news.is_due({"reader": "ready", "uptime_ms": 1, "counters": {}})
    assert not news.is_due({"reader": "ready", "uptime_ms": 9, "counters": {"accepted": 1}, "wifi": {"rssi": -70}})


@pytest.mark.parametrize("key", health.NEWS)
def test_each_of_the_news_is_news(key):
    news = health.News(Clock())
    news.is_due(FACTS)
    assert news.is_due({**FACTS, key: "another"})
    assert key in FACTS


def test_a_reader_that_flickers_is_told_no_more_than_every_gap_and_its_last_state_is_told():
    clock = Clock()
    news = health.News(clock)
    news.is_due({"reader": "starting"})
    told = []
    for number in range(1000):
        clock.now_ms += 100
        state = "ready" if number % 2 else "mute"
        if news.is_due({"reader": state}):
            told.append(state)
    assert len(told) <= 100_000 // health.GAP_MS + 1
    clock.now_ms += health.GAP_MS
    news.is_due({"reader": "dead"})
    clock.now_ms += health.GAP_MS
    assert not news.is_due({"reader": "dead"})


RECORD = b"1 scan box-1 3fa2b1c0d9e8 7 12 61000 - - - 3 00000000\nabc\n"
TIMED = b"1 scan box-1 3fa2b1c0d9e8 7 12 61000 1763771234567 20 - 3 00000000\nabc\n"


@pytest.mark.parametrize(
    "record, boot, now_ms, utc_ms, age_s",
    [
        (RECORD, 12, 71000, None, 10),
        (RECORD, 12, 61999, None, 0),
        (RECORD, 12, 1000, None, 0),
        (RECORD, 13, 71999, None, 71),
        (RECORD, 1, 0, None, 0),
        (RECORD, 13, 71000, 1763771234567 + 86_400_000, 71),
        (TIMED, 13, 71000, None, 71),
        (TIMED, 13, 71000, 1763771234567 + 86_400_000, 86_400),
        (TIMED, 13, 71000, 1763771234567 - 5000, 71),
        (TIMED, 12, 71000, 1763771234567 + 86_400_000, 10),
        (b"1 lost box-1 3fa2b1c0d9e8 7 9 flash 00000000\n", 12, 71000, None, None),
        (b"1 scan box-1 3fa2b1c0d9e8 7", 12, 71000, None, None),
        (b"", 12, 71000, None, None),
        (None, 12, 71000, None, None),
    ],
)
def test_the_age_of_the_oldest_scan_is_told_and_never_made_longer_than_it_is_known_to_be(
    record, boot, now_ms, utc_ms, age_s
):
    assert health.oldest_s(record, boot, now_ms, utc_ms) == age_s


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "erases, blocks, uptime_ms, before, years",
    [
        (100, 256, HOUR_MS - 1, 0, None),
        (0, 256, 24 * HOUR_MS, 0, None),
        (100, 0, 24 * HOUR_MS, 0, None),
        (5000, 256, 24 * HOUR_MS, 0, 14),
        (1, 256, 24 * HOUR_MS, 0, 999),
        (5000, 256, 24 * HOUR_MS, 12_800_000, 7),
        (5000, 256, 24 * HOUR_MS, 30_000_000, 0),
    ],
)
def test_the_life_of_the_flash_is_told_at_the_pace_of_this_boot(erases, blocks, uptime_ms, before, years):
    assert health.flash_years(erases, blocks, uptime_ms, before) == years


def test_the_largest_block_is_found_within_an_eighth_of_what_is_free(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, gc, micropython\n"
        "from firmware import health\n"
        "async def main():\n"
        "    one = await health.largest_block()\n"
        "    held = [bytearray(2000) for _ in range(60)]\n"
        "    for index in range(0, 60, 2):\n"
        "        held[index] = None\n"
        "    two = await health.largest_block()\n"
        "    gc.collect()\n"
        "    before = gc.mem_free()\n"
        "    await health.largest_block()\n"
        "    gc.collect()\n"
        "    print(one, two, before - gc.mem_free())\n"
        "    micropython.mem_info()\n"
        "asyncio.run(main())\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    one, two, kept = map(int, done.stdout.split(b"\n")[0].split())
    most = int(re.search(rb"max free sz: (\d+)", done.stdout)[1]) * 32
    assert two < one
    assert two <= most
    assert kept < 512
