"""scripts/build-firmware --release: the folder for technicians, as ops make it."""

import json

import pytest
from typer.testing import CliRunner

from scripts.bundle import release
from scripts.bundle.__main__ import app
from scripts.bundle.release import Made, NoMicroPython, find_micropython
from scripts.provisioning import signing
from scripts.provisioning.key import FleetKey
from scripts.sim.bare_board_image import micropython
from scripts.tram.release import ReleaseError, checked_files, parse
from scripts.tram.release.check import system_files
from tests.bundle import frozen_files
from tests.tram.flash import releases

S3 = "ESP32_GENERIC_S3-20260406-v1.28.0.bin"
C3 = "tram-esp32c3-v1.28.0.bin"


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    file = tmp_path_factory.mktemp("key") / "fleet.pem"
    FleetKey.make().save(file)
    return file


@pytest.fixture
def binaries(tmp_path):
    folder = tmp_path / "binaries"
    folder.mkdir()
    (folder / S3).write_bytes(micropython("esp32s3"))
    (folder / C3).write_bytes(frozen_files.made("esp32c3", 7))
    return folder


def tool(key, *words):
    """scripts/build-firmware in this process. -> its exit_code, stdout, stderr"""
    return CliRunner().invoke(app, [str(word) for word in ("--key", key, "--version", 7, *words)])


def test_what_ops_make_is_what_tram_takes_and_the_same_again_byte_for_byte(tmp_path, key, binaries):
    for name in ("one", "two"):
        done = tool(key, "--board", "esp32s3", "--release", tmp_path / name, "--micropython", binaries)
        assert done.exit_code == 0, done.stderr
    one, two = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert sorted(one) == sorted(
        [S3, "esp32s3-7.img", "esp32s3-7.tar", "esp32s3-partitions.bin", "fleet.key", "release.json", "release.sig"]
    )
    told = parse(one["release.json"])
    board = told.boards["esp32s3"]
    assert checked_files(tmp_path / "one", told, board)["update"] == one["esp32s3-7.tar"]
    assert board.file("micropython").version == "1.28.0"
    assert "micropython.org" in board.file("micropython").where


def test_a_board_whose_firmware_is_frozen_gets_the_fleets_key_and_no_update(tmp_path, key, binaries):
    done = tool(key, "--board", "esp32c3", "--release", tmp_path / "r", "--micropython", binaries)
    assert done.exit_code == 0, done.stderr
    names = sorted(file.name for file in (tmp_path / "r").iterdir())
    assert names == sorted([C3, "esp32c3-7.img", "esp32c3-partitions.bin", "fleet.key", "release.json", "release.sig"])
    told = parse((tmp_path / "r" / "release.json").read_bytes())
    assert told.boards["esp32c3"].frozen
    files = checked_files(tmp_path / "r", told, told.boards["esp32c3"])
    assert sorted(system_files(files["system"])) == ["fleet.key"]
    assert len(files["system"]) == releases.board("esp32c3").parts["system"].bytes


def test_a_release_of_another_version_than_the_one_inside_micropython_is_not_made(tmp_path, key, binaries):
    (binaries / C3).write_bytes(frozen_files.made("esp32c3", 6))
    done = tool(key, "--board", "esp32c3", "--release", tmp_path / "r", "--micropython", binaries)
    assert done.exit_code == 2
    assert "version 6 for esp32c3" in done.stderr
    assert "esp32c3-7-frozen/manifest.py" in done.stderr
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    "words, why",
    [
        (("--board", "esp32c3", "--release", "{0}/r"), "--release and --micropython go together"),
        (("--board", "esp32c3", "--micropython", "{1}", "--out", "{0}/o"), "--release and --micropython go together"),
        (("--board", "esp32", "--release", "{0}/r", "--micropython", "{1}"), "tram-esp32-v1.28.0.bin"),
        (("--board", "pico2_w", "--release", "{0}/r", "--micropython", "{1}"), "tram-pico2_w-v1.28.0.uf2"),
        (("--board", "esp32s3", "--release", "{0}/r", "--micropython", "{0}/none"), "No such file"),
        (("--board", "esp32s3", "--release", "{1}", "--micropython", "{1}"), "not empty"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_reason_and_no_release_is_left(tmp_path, key, binaries, words, why):
    done = tool(key, *(word.format(tmp_path, binaries) for word in words))
    assert done.exit_code == 2
    assert why in done.stderr
    assert not list(tmp_path.rglob("release.json"))


def test_a_locked_key_is_opened_with_a_file_and_its_words_are_nowhere_on_the_command_line(tmp_path, binaries):
    file, words = tmp_path / "locked.pem", tmp_path / "words"
    FleetKey.make().save(file, b"a dozen words or so")
    given = ("--board", "esp32s3", "--release", tmp_path / "r", "--micropython", binaries)
    done = tool(file, *given)
    assert (done.exit_code, "--passphrase-file" in done.stderr) == (2, True)
    words.write_text("another one\n")
    assert tool(file, *given, "--passphrase-file", words).exit_code == 2
    words.write_text("a dozen words or so\n")
    done = tool(file, *given, "--passphrase-file", words)
    assert done.exit_code == 0, done.stderr
    assert "a dozen words" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "ESP32_GENERIC_S3-20241025-v1.24.0.bin",
        "ESP32_GENERIC_S3-20260406-v1.28.0.uf2",
        "ESP32_GENERIC_C3-20260406-v1.28.0.bin",
        "ESP32_GENERIC_S3-v1.28.0.bin",
        "ESP32_GENERIC_S3-20260406-v1.28.0.bin.part",
        "tram-esp32c3-v1.28.0.bin",
        "firmware.bin",
    ],
)
def test_a_file_that_is_too_old_half_fetched_or_for_another_board_is_not_taken(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(NoMicroPython, match=S3):
        find_micropython(releases.board("esp32s3"), tmp_path, 7)


def test_the_newest_of_several_is_taken_by_number_and_not_by_spelling(tmp_path):
    for version in ("1.25.0", "1.28.0", "1.100.0", "1.9.9"):
        (tmp_path / f"tram-esp32c3-v{version}.bin").write_text(version)
    assert find_micropython(releases.board("esp32c3"), tmp_path, 7)[1] == b"1.100.0"


def test_a_micropython_that_is_too_large_for_the_boards_flash_makes_no_release():
    made = releases.made("esp32c3")._replace(micropython=("big.bin", bytes(0x201000)))
    with pytest.raises(ReleaseError, match="overlap"):
        release.files_of([made], 1, 0, "x", releases.key(), 0)


def test_the_day_of_a_release_is_given_or_that_of_the_sources(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert release.built_s() == 1234567890
    made = Made(releases.board("esp32c3"), ("m.bin", micropython("esp32c3")), releases.system("esp32c3"), b"u")
    facts = json.loads(release.files_of([made], 3, 0, "x", releases.key(), release.built_s())["release.json"])
    assert facts["built_s"] == 1234567890


def at_a_distance(tmp_path, key, binaries, *words):
    """The same command where only the public half of the key is."""
    (tmp_path / "fleet.key").write_text(FleetKey.load(key).modulus.hex())
    given = ("--board", "esp32s3", "--release", tmp_path / "far", "--micropython", binaries, "--version", 7)
    given += ("--fleet-key", tmp_path / "fleet.key", *words)
    return CliRunner().invoke(app, [str(word) for word in given])


def test_a_release_signed_on_a_laptop_without_a_network_is_the_same_byte_for_byte(tmp_path, key, binaries):
    asked, signed = tmp_path / "ask.json", []
    for expected in ("1 manifest ", "release.json"):
        done = at_a_distance(tmp_path, key, binaries, "--request", asked, *signed)
        assert done.exit_code == 3, done.stderr
        assert not (tmp_path / "far").exists()
        request = asked.read_bytes()
        assert [row["name"][: len(expected)] for row in json.loads(request)["items"]] == [expected]
        answer = tmp_path / f"answer-{len(signed)}"
        answer.write_bytes(signing.answer(FleetKey.load(key), request))
        signed += ["--signed", answer]
    done = at_a_distance(tmp_path, key, binaries, "--request", asked, *signed)
    assert done.exit_code == 0, done.stderr
    assert tool(key, "--board", "esp32s3", "--release", tmp_path / "near", "--micropython", binaries).exit_code == 0
    far, near = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("far", "near"))
    assert far == near


@pytest.mark.parametrize(
    "words, why",
    [
        (("--key", "{0}"), "neither --key nor --new-key"),
        ((), "--request FILE"),
        (("--request", "{1}/ask", "--signed", "{1}/none"), "No such file"),
        (("--request", "{1}/ask", "--signed", "{1}/fleet.key"), "form"),
        (("--request", "{1}/ask", "--signed", "{1}/other"), "other_fleet"),
    ],
)
def test_a_signature_that_cannot_come_is_refused_and_nothing_is_written(tmp_path, key, binaries, words, why):
    other = FleetKey.make()
    item = signing.Item("m", b"1 manifest ")
    rows = {"format": signing.ANSWER, "v": signing.VERSION, "fleet": other.fingerprint}
    rows["items"] = [{"name": item.name, "sha256": "00" * 32, "signature": "AA"}]
    (tmp_path / "other").write_text(json.dumps(rows))
    done = at_a_distance(tmp_path, key, binaries, *(word.format(key, tmp_path) for word in words))
    assert done.exit_code == 2
    assert why in done.stderr
    assert not (tmp_path / "far").exists()
    assert not (tmp_path / "ask").exists()


def test_signatures_from_elsewhere_without_the_public_half_are_refused(tmp_path, key):
    done = tool(key, "--board", "esp32s3", "--out", tmp_path / "o", "--request", tmp_path / "ask")
    assert (done.exit_code, "--fleet-key" in done.stderr) == (2, True)
