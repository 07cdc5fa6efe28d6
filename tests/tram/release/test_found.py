"""Where the release is, whether it is from our fleet, and whether its files are what it says."""

import json
import time

import pytest

from scripts.provisioning.key import FleetKey
from scripts.tram import lang, out
from scripts.tram.release import boot_offset_of, checked_files, found, image_of_board
from scripts.tram.trouble import Trouble
from tests.bundle import frozen_files
from tests.tram.flash import releases

NAMES = ("esp32", "esp32c3", "pico2_w")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(out, "is_sure", False)
    monkeypatch.setattr(out, "is_json", False)
    lang.settle("en")
    releases.trust(tmp_path / "home")
    releases.write(tmp_path / "release", *NAMES)
    return tmp_path / "home"


@pytest.fixture
def folder(home, tmp_path):
    return tmp_path / "release"


def trouble_of(action, *given):
    with pytest.raises(Trouble) as caught:
        action(*given)
    assert caught.value.next, "what to do next"
    return caught.value


def signed_again(folder, release, key=None):
    data = json.dumps(release).encode()
    (folder / "release.json").write_bytes(data)
    (folder / "release.sig").write_text((key or releases.key()).sign(data).hex())


def test_a_release_that_our_fleet_has_signed_is_found_where_it_is_said_or_in_the_tools_own_folder(folder, home):
    assert found(folder)[1].version == releases.VERSION
    folder.rename(home / "release")
    assert found(None)[0] == home / "release"


def test_without_a_release_it_is_said_where_one_was_looked_for(home, tmp_path):
    assert str(home / "release") in trouble_of(found, None).sentence
    (tmp_path / "release" / "release.sig").unlink()
    assert trouble_of(found, tmp_path / "release").code == "release_missing"


@pytest.mark.parametrize(
    "spoil, code",
    [
        (lambda folder: flip(folder / "release.json", b'"test"', b'"best"'), "release_signature"),
        (lambda folder: (folder / "release.sig").write_text("00" * 256), "release_signature"),
        (lambda folder: (folder / "release.sig").write_text("no digits"), "release_signature"),
        (lambda folder: (folder / "release.sig").write_bytes(b""), "release_signature"),
        (lambda folder: (folder / "release.json").write_bytes(b"{}"), "release_broken"),
        (lambda folder: (folder / "release.json").write_bytes(b""), "release_broken"),
    ],
)
def test_a_release_that_was_changed_is_not_used(folder, spoil, code):
    spoil(folder)
    assert trouble_of(found, folder).code == code


def flip(file, old, new):
    data = file.read_bytes()
    assert old in data
    file.write_bytes(data.replace(old, new))


def test_another_fleets_release_is_refused_though_it_is_signed(folder):
    other = FleetKey.make()
    release = json.loads((folder / "release.json").read_bytes()) | {"fleet_key": other.fingerprint}
    (folder / "fleet.key").write_text(other.modulus.hex())
    signed_again(folder, release, other)
    assert trouble_of(found, folder).code == "release_not_ours"
    signed_again(folder, release | {"fleet_key": releases.key().fingerprint}, other)
    assert trouble_of(found, folder).code == "release_signature"


def test_a_key_is_trusted_once_a_person_has_said_so_and_kept_from_then_on(folder, home, monkeypatch):
    (home / "fleet.key").unlink()
    assert trouble_of(found, folder).code == "needs_yes"
    monkeypatch.setattr(out, "is_sure", True)
    assert trouble_of(found, folder).code == "trust_needs_a_person"  # --yes is no comparison
    assert not (home / "fleet.key").exists()
    monkeypatch.setattr(out, "is_sure", False)
    asked = []
    monkeypatch.setattr(out, "confirm", lambda question: bool(asked.append(question)))
    assert trouble_of(found, folder).code == "not_trusted"
    assert releases.key().fingerprint[:4] in asked[0]
    assert not (home / "fleet.key").exists()
    monkeypatch.setattr(out, "confirm", lambda question: True)
    found(folder)
    monkeypatch.undo()
    assert (home / "fleet.key").read_text().strip() == releases.key().modulus.hex()


@pytest.mark.parametrize("content", ["", "xyz", "00" * 255, "00" * 5000])
def test_a_fleet_key_that_is_none_is_not_trusted(folder, home, content):
    (home / "fleet.key").write_text(content)
    assert trouble_of(found, folder).code in ("release_broken", "release_not_ours")
    (home / "fleet.key").unlink()
    (folder / "fleet.key").write_text(content)
    assert trouble_of(found, folder).code == "release_broken"


@pytest.mark.parametrize("now_s", [0, 86_400, releases.BUILT_S - 1])
def test_a_laptop_whose_clock_is_before_the_release_is_told_so(folder, now_s):
    trouble = trouble_of(found, folder, now_s)
    assert trouble.code == "clock_wrong"
    assert time.strftime("%Y-%m-%d", time.gmtime(now_s)) in trouble.sentence


def checked(folder, name):
    release = found(folder)[1]
    return checked_files(folder, release, release.boards[name])


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_what_the_release_says_are_read(folder, name):
    assert checked(folder, name)["system"] == releases.system(name)


@pytest.mark.parametrize(
    "part, damage",
    [
        ("system", lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]),
        ("system", lambda data: data[:-1]),
        ("partitions", lambda data: data + b"\0"),
        ("micropython", lambda data: b""),
    ],
)
def test_a_damaged_file_is_named(folder, part, damage):
    file = folder / found(folder)[1].boards["esp32c3"].file(part).file
    file.write_bytes(damage(file.read_bytes()))
    trouble = trouble_of(checked, folder, "esp32c3")
    assert trouble.code == "file_differs"
    assert file.name in trouble.sentence


def test_a_missing_file_is_named_and_for_micropython_it_is_said_where_to_get_it_and_where_to_put_it(folder, home):
    facts = found(folder)[1].boards["esp32c3"]
    (folder / facts.file("system").file).unlink()
    assert trouble_of(checked, folder, "esp32c3").code in ("file_missing",)
    releases_file = facts.file("micropython")
    (folder / facts.file("system").file).write_bytes(releases.system("esp32c3"))
    data = (folder / releases_file.file).read_bytes()
    (folder / releases_file.file).unlink()
    trouble = trouble_of(checked, folder, "esp32c3")
    assert trouble.code == "micropython_missing_own"
    for word in ("Ask ops", str(home / "micropython"), releases_file.sha256):
        assert word in trouble.next
    (home / "micropython").mkdir()
    (home / "micropython" / releases_file.file).write_bytes(data)
    assert checked(folder, "esp32c3")["micropython"] == data


def replaced(folder, name, part, data):
    """The same release, rightly signed, with another file in it."""
    release = json.loads((folder / "release.json").read_bytes())
    for facts in release["boards"][name]["files"]:
        if facts["part"] == part:
            (folder / facts["file"]).write_bytes(data)
            facts |= {"sha256": releases.sha256(data), "bytes": len(data)}
    signed_again(folder, release)


@pytest.mark.parametrize(
    "name, part, make",
    [
        ("esp32c3", "micropython", lambda: bytes(200_000)),
        ("esp32c3", "micropython", lambda: b"\xe9" * 30),
        ("esp32c3", "micropython", lambda: releases.made("esp32").micropython[1]),
        ("pico2_w", "micropython", lambda: b"no UF2"),
        ("pico2_w", "micropython", lambda: releases.made("pico_w").micropython[1]),
        ("esp32c3", "system", lambda: releases.system("esp32")),
        ("esp32c3", "system", lambda: b"\xff" * len(releases.system("esp32c3"))),
        ("esp32c3", "system", lambda: bytes(len(releases.system("esp32c3")))),
    ],
)
def test_a_signed_release_whose_files_are_for_something_else_is_refused_all_the_same(folder, name, part, make):
    replaced(folder, name, part, make())
    trouble = trouble_of(checked, folder, name)
    assert (trouble.code, trouble.facts["part"]) == ("image_wrong", part)


def test_a_system_volume_with_another_fleets_key_or_of_another_version_is_refused(folder, monkeypatch):
    release = json.loads((folder / "release.json").read_bytes())
    signed_again(folder, release | {"version": 4})
    assert "version 3" in trouble_of(checked, folder, "esp32c3").sentence
    image = releases.system("esp32c3").replace(releases.key().modulus.hex().encode()[:64], b"0" * 64)
    signed_again(folder, release)
    replaced(folder, "esp32c3", "system", image)
    assert trouble_of(checked, folder, "esp32c3").code == "image_wrong"


@pytest.fixture
def frozen_folder(home, tmp_path):
    return releases.write_frozen(tmp_path / "frozen", "esp32c3", "pico_w")


@pytest.mark.parametrize("name", ["esp32c3", "pico_w"])
def test_a_frozen_boards_files_are_read_and_there_is_no_update_among_them(frozen_folder, name):
    files = checked(frozen_folder, name)
    assert "update" not in files
    assert files["system"] == releases.made_frozen(name).system


@pytest.mark.parametrize(
    "name, part, make",
    [
        ("esp32c3", "micropython", lambda: releases.made("esp32c3").micropython[1]),
        ("esp32c3", "micropython", lambda: frozen_files.made("esp32c3", releases.VERSION + 1)),
        ("esp32c3", "micropython", lambda: frozen_files.made("esp32", releases.VERSION)),
        ("pico_w", "micropython", lambda: releases.made("pico_w").micropython[1]),
        ("esp32c3", "system", lambda: releases.system("esp32c3")),
        ("esp32c3", "system", lambda: bytes(len(releases.system("esp32c3")))),
    ],
)
def test_a_frozen_board_without_its_firmware_or_with_slots_is_refused(frozen_folder, name, part, make):
    replaced(frozen_folder, name, part, make())
    trouble = trouble_of(checked, frozen_folder, name)
    assert (trouble.code, trouble.facts["part"]) == ("image_wrong", part)


def test_a_micropython_with_firmware_inside_is_refused_for_a_board_with_slots(folder):
    replaced(folder, "esp32c3", "micropython", frozen_files.made("esp32c3", releases.VERSION))
    assert trouble_of(checked, folder, "esp32c3").code == "image_wrong"


@pytest.mark.parametrize("change", [{"frozen": True}, {"frozen": 1}, {"frozen": "no"}, {"frozen": None}])
def test_a_release_that_says_frozen_and_has_an_update_or_says_neither_is_broken(folder, change):
    release = json.loads((folder / "release.json").read_bytes())
    release["boards"]["esp32c3"] |= change
    signed_again(folder, release)
    assert trouble_of(found, folder).code == "release_broken"


@pytest.mark.parametrize("name", ["esp32", "esp32c3"])
def test_what_is_written_is_an_image_that_esptool_takes_for_whole_with_our_table_and_the_boards_flash_size(
    folder, name
):
    from esptool.bin_image import LoadFirmwareImage
    from esptool.targets import CHIP_DEFS

    board = found(folder)[1].boards[name]
    files = checked_files(folder, found(folder)[1], board)
    (_, offset, data), (_, system_at, system) = image_of_board(board, files)
    assert offset == boot_offset_of(board.chip)
    assert (system_at, system) == (board.system[0], files["system"])
    assert data[0x8000 - offset : 0x9000 - offset] == files["partitions"]
    image = LoadFirmwareImage(name, data[: 0x8000 - offset])
    assert image.stored_digest
    assert image.stored_digest == image.calc_digest
    assert data[3] & 0xF0 == CHIP_DEFS[name].FLASH_SIZES["4MB"]
    untouched = files["micropython"]
    assert data[0x9000 - offset :] == untouched[0x9000 - offset :]
