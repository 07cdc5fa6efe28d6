"""Set-up codes that are not made: a wish that no box could use, a list with a bad row, a clock that is wrong."""

import json
import os
import types
from pathlib import Path

import pytest

from scripts.provisioning import clock
from scripts.tram import exits


@pytest.mark.parametrize(
    "words, code",
    [
        (["--gate", "Cổng 1"], "wish_name"),
        (["--gate", "c" * 33], "wish_name"),
        (["--gate", ""], "wish_name"),
        (["--gate", "c", "--place", "Chợ Mới"], "wish_name"),
        (["--gate", "c", "--direction", "up"], "wish_direction"),
        (["--gate", "c", "--box", "BOX"], "wish_id"),
        (["--gate", "c", "--gateway", "none-such"], "gateway_unknown"),
        (["--gate", "c", "--host", "a b"], "wish_host"),
        (["--gate", "c", "--host", "chợ.local"], "wish_host"),
        (["--gate", "c", "--port", "0"], "usage"),
        (["--gate", "c", "--port", "70000"], "usage"),
        (["--gate", "c", "--valid", "soon"], "valid_wrong"),
        (["--gate", "c", "--valid", "0m"], "valid_wrong"),
        (["--gate", "c", "--valid", "4m"], "valid_wrong"),
        (["--gate", "c", "--valid", "91d"], "valid_wrong"),
        (["--gate", "c", "--valid", "-1d"], "valid_wrong"),
        (["--gate", "c", "--ca", "ca.der"], "wish_missing"),
        (["--gate", "c", "--ca", "ca.der", "--gateway", "gw-1"], "wish_missing"),
        (["--gate", "c", "--ca", "wifi.json", "--gateway", "gw-1"], "ca_wrong"),
        (["--gate", "c", "--ca", "none.der", "--gateway", "gw-1"], "not_there"),
        (["--gate", "c", "--key", "none.pem"], "key_not_there"),
        (["--gate", "c", "--wifi-file", "ca.der"], "wifi_file"),
        (["--gate", "c", "--wifi-file", "none.json"], "not_there"),
        (["--gate", "c", "--wifi-ask"], "wifi_nobody"),
        (["--gate", "c", "--out", "c.gif"], "file_kind"),
        ([], "usage"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_and_nothing_is_written(tram, words, code):
    before = set(Path().iterdir())
    out_given = [] if "--out" in words else ["--out", "c.png"]
    said = tram("provision", "code", *words, *out_given)
    assert said.code != exits.OK
    assert said.trouble == code
    assert said.end["error"]["next"] or code == "usage"
    assert set(Path().iterdir()) == before


def test_a_name_with_marks_gets_one_without_as_a_proposal(tram):
    said = tram("provision", "code", "--gate", "Cổng Đông số 2", "--out", "c.png")
    assert "--gate cong-dong-so-2" in said.end["error"]["next"]


@pytest.mark.parametrize(
    "networks, code",
    [
        ([["", ""]], "wifi_ssid"),
        ([["x" * 33, ""]], "wifi_ssid"),
        ([["a\nb", ""]], "wifi_ssid"),
        ([["\ud800", ""]], "wifi_ssid"),
        ([["a", "1234567"]], "wifi_password_wrong"),
        ([["a", "x" * 64]], "wifi_password_wrong"),
        ([["a", "1234567\t8"]], "wifi_password_wrong"),
        ([["a", ""]] * 4, "wifi_many"),
        ([], "wifi_file"),
        ([["a"]], "wifi_file"),
        ([["a", "b", "c"]], "wifi_file"),
        ([["a", 12345678]], "wifi_file"),
        ("text", "wifi_file"),
        ({"a": "b"}, "wifi_file"),
        (["ab"], "wifi_password_wrong"),
        (5, "wifi_file"),
        ([["a", "x" * 5000]], "wifi_file"),
    ],
)
def test_a_network_that_no_box_could_join_is_refused(tram, networks, code):
    Path("bad.json").write_text(json.dumps(networks))
    said = tram("provision", "code", "--gate", "c", "--wifi-file", "bad.json", "--out", "c.png")
    assert said.trouble == code
    assert "1234567" not in said.everything
    assert not Path("c.png").exists()


def test_too_much_for_a_box_is_told(tram):
    Path("three.json").write_text(json.dumps([["\\" * 32, '"' * 63]] * 3))
    said = tram("provision", "code", "--gate", "c", "--host", "h" * 253, "--wifi-file", "three.json", "--out", "c.png")
    assert said.trouble == "code_long"


@pytest.mark.parametrize(
    "content, code",
    [
        ("title\nx\n", "csv_wrong"),
        ("gate\n", "csv_wrong"),
        ("gate,count\nc,0\n", "csv_row"),
        ("gate,count\nc,51\n", "csv_row"),
        ("gate,count\nc,two\n", "csv_row"),
        ("gate,count\nc,²\n", "csv_row"),
        ("gate,count,box\nc,2,box-222\n", "csv_row"),
        ("gate\nCổng 1\n", "csv_row"),
        ("gate,direction\nc,up\n", "csv_row"),
        ("gate,box\nc,BOX\n", "csv_row"),
        ("gate\ncong-1\nCổng 2\n", "csv_row"),
        ("gate,count\n" + "c,50\n" * 41, "csv_wrong"),
    ],
)
def test_a_list_with_one_bad_row_makes_no_sheet(tram, content, code):
    Path("l.csv").write_text(content, encoding="utf-8")
    said = tram("provision", "sheet", "l.csv", "--out", "s.pdf")
    assert said.trouble == code
    if code == "csv_row":
        assert f" {content.strip().count(chr(10))} (" in said.everything  # which row it is
    assert not Path("s.pdf").exists()


def test_no_code_is_printed_as_json(tram):
    assert tram("provision", "code", "--gate", "c").trouble == "out_needed"
    assert tram("provision", "control", "in", "--control-key", "k", "--new-key").trouble == "out_needed"


# The clock


@pytest.mark.parametrize("now_s, code", [(0, "clock_behind"), (86_400 * 300, "clock_behind"), (2**33, "clock_ahead")])
@pytest.mark.parametrize("command", [["code", "--gate", "c"], ["sheet", "wifi.json"], ["finish", "a", "b"]])
def test_with_a_clock_that_cannot_be_right_nothing_is_signed(tram, monkeypatch, now_s, code, command):
    monkeypatch.setattr(clock, "time", types.SimpleNamespace(time=lambda: now_s))
    said = tram("provision", *command, "--out", "c.png")
    assert (said.code, said.trouble) == (exits.REFUSED, code)
    assert not Path("c.png").exists()


def test_a_clock_behind_the_release_names_the_release(tram, monkeypatch):
    release = tram.home / "release" / "release.json"
    release.parent.mkdir()
    release.write_text("{}")
    later = Path("wifi.json").stat().st_mtime + 40 * 86_400
    os.utime(release, (later, later))
    said = tram("provision", "code", "--gate", "c", "--out", "c.png")
    assert said.trouble == "clock_behind"
    assert str(release) in said.end["error"]["message"]
