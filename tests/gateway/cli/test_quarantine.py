"""What was set aside, on a terminal: nothing in it moves the cursor, and the buffer is not opened for it."""

import json

from gateway import files
from gateway.aside import FILE_NAME, MOST


def put(gateway, latest, **counts) -> None:
    files.make_folder(gateway.folder / "data")
    value = {"v": 1, "counts": counts, "dropped": 0, "latest": latest}
    files.write_json(gateway.folder / "data" / FILE_NAME, value)


def row(**changes):
    return {"utc_ms": 1_795_315_260_000, "topic": "tram/1/box/b/scan", "reason": "crc", "length": 12} | changes


def test_a_line_says_when_where_why_and_how_long(gateway):
    put(gateway, [row()], crc=2, topic=30)
    said = gateway.call("quarantine", "--lang", "en").stdout
    assert said.startswith("set aside: 32 (topic 30, crc 2)")
    assert said.splitlines()[-1].split() == ["2026-11-22", "09:41:00", "tram/1/box/b/scan", "crc", "12"]
    assert "để riêng: 32" in gateway.call("quarantine", "--lang", "vi").stdout


def test_what_a_box_wrote_does_not_move_the_cursor(gateway):
    put(gateway, [row(topic="\x1b[2J\u202eevil\r\n", utc_ms=None)], header=1)
    said = gateway.call("quarantine").stdout
    assert "evil" in said
    assert not {"\x1b", "\u202e", "\r"} & set(said)
    assert said.splitlines()[-1].startswith("?") or "?" in said


def test_nothing_set_aside_is_said(gateway):
    done = gateway.call("quarantine", "--lang", "en")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing was ever set aside" in done.stderr


def test_as_json_it_is_whole(gateway):
    put(gateway, [row()] * MOST, crc=500)
    assert len(json.loads(gateway.call("quarantine", "--json").stdout)["latest"]) == MOST
    assert "only the latest 200" in gateway.call("quarantine", "--lang", "en").stderr
