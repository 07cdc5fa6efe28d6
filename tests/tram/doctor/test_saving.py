"""The file for ops: whole, for its owner alone, and without a secret."""

import json
import stat
import zipfile

import pytest

from scripts.tram.doctor.finding import warn
from scripts.tram.doctor.saving import masked, masked_text, save
from scripts.tram.doctor.usb import Seen

CODE = "TRAM1:eyJ2IjoxLCJpc3N1ZWRfbXMiOjF9.c2lnbmF0dXJlX29mX3RoZV9mbGVldA"
PASSWORD = "aB3dE5fG7hI9kL1mN3oP5qR7sT9uV1wX3yZ5aB7cD9"
ANSWERS = {
    "hello": {"box_id": "box-a0b765010203", "program": "box"},
    "settings": {"password": "***", "wifi": [["Chợ", "mat-khau-wifi"]], "link": {"host": "gw", "token": "abc"}},
    "log": {"log": ["8036ae48 1 2910 reader {}", f'9 1 3 provision {{"code": "{CODE}"}}', f"old {PASSWORD} new"]},
    "status": {"epoch": "628e603e2b26", "trust": ["0a1b2c3d"]},
}


def test_no_secret_is_in_it_and_all_else_is(tmp_path):
    file = tmp_path / "hồ sơ.zip"
    save(file, Seen([warn("clock_unknown")], ANSWERS, "console"), [warn("clock_unknown")])
    with zipfile.ZipFile(file) as pack:
        texts = {name: pack.read(name).decode() for name in pack.namelist()}
    whole = "".join(texts.values())
    assert set(texts) == {"about.json", "findings.json", "answers.json", "log.txt"}
    for secret in (CODE, CODE[6:30], PASSWORD, "mat-khau-wifi", "abc"):
        assert secret not in whole
    for fact in ("box-a0b765010203", "628e603e2b26", "0a1b2c3d", "Chợ", "8036ae48 1 2910 reader {}"):
        assert fact in whole
    assert json.loads(texts["findings.json"])[0]["key"] == "clock_unknown"
    assert json.loads(texts["about.json"])["way"] == "console"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    file = tmp_path / "folder"
    file.mkdir()
    with pytest.raises(OSError):
        save(file, Seen([], ANSWERS, "console"), [])
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "value, shown",
    [
        ({"password": "x"}, {"password": "***"}),
        ({"password": ""}, {"password": ""}),
        ({"a": [{"token": "t"}]}, {"a": [{"token": "***"}]}),
        ({"wifi": [["S", "p"], ["T", ""]]}, {"wifi": [["S", "***"], ["T", "***"]]}),
        ({"wifi": {"ssid": "S", "rssi": -50}}, {"wifi": {"ssid": "S", "rssi": -50}}),
        ([1, None, True, 2.5], [1, None, True, 2.5]),
        ("plain words stay", "plain words stay"),
    ],
)
def test_values_under_names_of_secrets_are_masked_however_deep(value, shown):
    assert masked(value) == shown


@pytest.mark.parametrize("text", [CODE, f"x {CODE} y", PASSWORD, f"({PASSWORD})", "TRAMC1:in:0011", "TRAM9:Zz"])
def test_codes_and_long_secrets_are_masked_in_any_text(text):
    left = masked_text(text)
    assert "***" in left
    assert not any(word in left for word in (CODE, PASSWORD, "0011", "Zz"))


@pytest.mark.parametrize(
    "text",
    ["628e603e2b26", "a" * 64, "link/session.py:88 watch_loop; app.py:12 main", "wifi_wrong_password"],
)
def test_digests_names_and_places_stay_readable(text):
    assert masked_text(text) == text
