"""release.json: what it may say, and what it is refused for."""

import copy
import json

import pytest

from scripts.tram.release import ReleaseError, encode, parse
from tests.tram.flash import releases

RELEASE = json.loads(releases.files("esp32c3", "pico2_w")["release.json"])
ESP, PICO = RELEASE["boards"]["esp32c3"], RELEASE["boards"]["pico2_w"]
GONE = object()


def with_change(path, value):
    """RELEASE as bytes, with the value at a path of keys replaced, or taken away (GONE)."""
    whole = copy.deepcopy(RELEASE)
    place = whole
    *way, last = path
    for key in way:
        place = place[key]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return json.dumps(whole).encode()


def test_what_is_encoded_is_parsed_as_it_was_and_encodes_to_the_same_bytes():
    data = releases.files("esp32c3", "pico2_w")["release.json"]
    assert encode(parse(data)) == data


def test_a_board_knows_its_files_and_a_chip_its_boards():
    release = parse(json.dumps(RELEASE).encode())
    assert [board.name for board in release.of_chip("esp32c3")] == ["esp32c3"]
    assert release.of_chip("esp32") == []
    board = release.boards["pico2_w"]
    assert board.is_rp2
    assert board.file("system").offset == board.system[0]
    assert board.file("micropython").offset is None


FILES = ("boards", "esp32c3", "files")
SYSTEM = ESP["system"]


@pytest.mark.parametrize(
    "path, value, code",
    [
        (("form",), "tram-release-2", "form"),
        (("form",), GONE, "form"),
        (("version",), GONE, "form"),
        (("extra",), 1, "form"),
        (("version",), 0, "number"),
        (("version",), "3", "number"),
        (("version",), True, "number"),
        (("version",), 3.0, "number"),
        (("floor",), 4, "number"),
        (("floor",), -1, "number"),
        (("built_s",), None, "number"),
        (("name",), "", "text"),
        (("name",), "a\nb", "text"),
        (("name",), "\x1b[2J", "text"),
        (("name",), 7, "text"),
        (("fleet_key",), "00" * 31, "sha256"),
        (("fleet_key",), "GG" * 32, "sha256"),
        (("boards",), {}, "form"),
        (("boards",), [], "form"),
        (("boards", "../x"), ESP, "name"),
        (("boards", "esp32c3", "chip"), "esp8266", "chip"),
        (("boards", "esp32c3", "title"), GONE, "form"),
        (("boards", "esp32c3", "title"), "x" * 201, "text"),
        (("boards", "esp32c3", "flash_bytes"), 3 << 20, "number"),
        (("boards", "esp32c3", "flash_bytes"), 1 << 40, "number"),
        (("boards", "esp32c3", "flash_bytes"), 2 << 20, "outside"),
        (("boards", "esp32c3", "spool"), None, "form"),
        (("boards", "esp32c3", "spool", "offset"), SYSTEM["offset"], "spool"),
        (("boards", "esp32c3", "spool", "offset"), 0x8000, "spool"),
        (("boards", "esp32c3", "spool", "bytes"), 1 << 24, "outside"),
        (("boards", "esp32c3", "system", "offset"), 0, "outside"),
        (("boards", "esp32c3", "files"), {}, "form"),
        (("boards", "esp32c3", "files"), ESP["files"][:-1], "missing"),
        (("boards", "esp32c3", "files"), [*ESP["files"], ESP["files"][0]], "twice"),
        (("boards", "pico2_w", "files"), [*PICO["files"], ESP["files"][1]], "missing"),
        ((*FILES, 0), 7, "form"),
        ((*FILES, 0, "part"), "virus", "part"),
        ((*FILES, 0, "file"), "../../etc/passwd", "name"),
        ((*FILES, 0, "file"), "/etc/passwd", "name"),
        ((*FILES, 0, "file"), "a\\b", "name"),
        ((*FILES, 0, "file"), "", "name"),
        ((*FILES, 0, "file"), ".hidden", "name"),
        ((*FILES, 0, "sha256"), "x", "sha256"),
        ((*FILES, 0, "bytes"), 0, "number"),
        ((*FILES, 0, "bytes"), 3 << 20, "overlap"),
        ((*FILES, 0, "offset"), GONE, "form"),
        ((*FILES, 0, "offset"), -4096, "number"),
        ((*FILES, 2, "offset"), 0x200000 + 4096, "outside"),
        ((*FILES, 3, "offset"), 0, "form"),
        ((*FILES, 0, "command"), "rm -rf", "form"),
    ],
)
def test_what_cannot_be_is_refused_by_name(path, value, code):
    with pytest.raises(ReleaseError) as caught:
        parse(with_change(path, value))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 100_000, b'{"form": "tram-release-1"}', b" " * 300_000],
)
def test_what_is_no_object_of_ours_is_refused(data):
    with pytest.raises(ReleaseError, match="form"):
        parse(data)
