"""`tram keys`: the key is made, backed up, taken back, changed, and signs; and its secrets are shown nowhere."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from scripts.provisioning import backup as backups
from scripts.provisioning import signing
from scripts.provisioning.code import unsigned
from scripts.provisioning.key import FleetKey
from scripts.provisioning.signing import Item
from scripts.tram import exits
from tests.tram.desk import Desk
from tests.tram.paper.eye import codes, opened

KEY = FleetKey.make()
PASSPHRASE = "mật khẩu của trạm"
PASSPHRASE_APART = unicodedata.normalize("NFD", PASSPHRASE)  # as some keyboards send it
FIXED = KEY.content(PASSPHRASE.encode())


@pytest.fixture
def tram(tmp_path, monkeypatch):
    return Desk(tmp_path / "home", monkeypatch)


@pytest.fixture
def key(tmp_path):
    """A key that is there already, with its public half beside it."""
    file = tmp_path / "fleet.pem"
    file.write_bytes(FIXED)
    file.chmod(0o600)
    file.with_suffix(".key").write_text(KEY.modulus.hex() + "\n")
    return file


@pytest.fixture
def words(tmp_path):
    """The passphrase in a file."""
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return file


# Making and opening


def test_a_key_that_is_made_is_locked_and_known_to_flash_by_its_public_half(tram):
    said = tram("keys", "make", "--passphrase-file", "-", given=PASSPHRASE + "\n")
    made = Path(said.end["file"])
    assert said.code == exits.OK
    assert made == tram.home / "fleet.pem"
    assert made.stat().st_mode & 0o777 == 0o600
    assert FleetKey.load(made, PASSPHRASE.encode()).fingerprint == said.end["fleet"]
    assert bytes.fromhex((tram.home / "fleet.key").read_text()) == FleetKey.load(made, PASSPHRASE.encode()).modulus
    assert PASSPHRASE not in said.everything
    assert "PRIVATE" not in said.everything


def test_a_key_is_never_written_over(tram, key, words):
    for command in (["make", key], ["restore", "x", "--out", key]):
        if command[0] == "restore":
            backup, _ = backups.make(KEY, 2, 2, "2026-11-22")
            command[1] = key.with_name("backup.txt")
            command[1].write_text(backup.text())
        said = tram("keys", *command, "--passphrase-file", words)
        assert (said.code, said.trouble) == (exits.REFUSED, "key_exists")
    assert key.read_bytes() == FIXED
    key.unlink()
    assert tram("keys", "make", key, "--passphrase-file", words).trouble == "key_exists"  # its public half is there
    assert not key.exists()


@pytest.mark.parametrize(
    "given, code",
    [
        ("short\n", "passphrase_short"),
        ("\n", "passphrase_file"),
        ("", "passphrase_file"),
        ("x" * 2000 + "\n", "passphrase_file"),
    ],
)
def test_a_passphrase_that_is_none_makes_no_key(tram, given, code):
    assert tram("keys", "make", "--passphrase-file", "-", given=given).trouble == code
    assert not (tram.home / "fleet.pem").exists()


def test_without_anybody_to_ask_no_passphrase_is_invented(tram):
    said = tram("keys", "make")
    assert (said.code, said.trouble) == (exits.USAGE, "passphrase_needed")


def test_a_key_without_a_passphrase_is_made_only_on_a_yes(tram):
    assert tram("keys", "make", "--no-passphrase").trouble == "needs_yes"
    assert tram("keys", "make", "--no-passphrase", "--yes").code == exits.OK
    said = tram("keys", "check")
    assert said.code == exits.FOUND
    assert {"open_file", "no_backup"} <= {one["key"] for one in said.end["findings"] if one["level"] != "ok"}


def test_a_passphrase_opens_however_the_keyboard_sends_its_marks(tram, key):
    assert PASSPHRASE_APART != PASSPHRASE
    said = tram("keys", "show", key, "--passphrase-file", "-", given=PASSPHRASE_APART + "\r\n")
    assert (said.code, said.end["fleet"], said.end["kind"]) == (exits.OK, KEY.fingerprint, "locked")


def test_a_wrong_passphrase_is_told_and_not_shown(tram, key):
    said = tram("keys", "show", key, "--passphrase-file", "-", given="not this one at all\n")
    assert (said.code, said.trouble) == (exits.NO_RIGHT, "passphrase_wrong")
    assert "not this one" not in said.everything


def test_a_key_that_others_can_read_is_not_used(tram, key, words):
    key.chmod(0o640)
    said = tram("keys", "show", key, "--passphrase-file", words)
    assert said.trouble == "key_open_to_others"
    assert "chmod 600" in said.end["error"]["next"]


@pytest.mark.parametrize(
    "content", [b"", b"nothing", FIXED[:300], b"\x00" * 100, b"-----BEGIN RSA " + b"PRIVATE KEY-----"]
)
def test_a_file_that_is_no_key_is_named(tram, key, words, content):
    key.write_bytes(content)
    said = tram("keys", "check", key, "--passphrase-file", words)
    assert said.code == exits.REFUSED
    assert said.trouble in ("key_wrong", "public_wrong")


@pytest.mark.parametrize("missing", ["none.pem", "none/fleet.pem", "."])
def test_a_key_that_is_not_there_is_told_with_the_way_to_make_one(tram, tmp_path, missing):
    said = tram("keys", "show", tmp_path / missing)
    assert said.trouble == "key_not_there"
    assert "tram keys make" in said.end["error"]["next"]


def test_a_disk_that_is_full_leaves_no_half_of_a_key(tram, words, monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(28, "No space left on device", "fleet.key")

    monkeypatch.setattr("scripts.tram.keys.making.write_whole", full)
    said = tram("keys", "make", tmp_path / "new.pem", "--passphrase-file", words)
    assert (said.code, said.trouble) == (exits.NO_ROOM, "disk_full")
    assert not (tmp_path / "new.pem").exists()


def test_a_disk_that_fills_up_in_the_middle_leaves_no_half_of_a_key(tram, words, monkeypatch, tmp_path):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scripts.provisioning.key.os.fsync", full)
    said = tram("keys", "make", tmp_path / "new.pem", "--passphrase-file", words)
    assert (said.code, said.trouble) == (exits.NO_ROOM, "disk_full")
    assert said.end["error"]["file"] == str(tmp_path / "new.pem")
    assert not (tmp_path / "new.pem").exists()


def test_the_public_half_is_written_and_recognised(tram, key, words, tmp_path):
    copy = tmp_path / "copy.key"
    assert tram("keys", "show", key, "--public", copy, "--passphrase-file", words).code == exits.OK
    said = tram("keys", "show", copy)
    assert (said.end["fleet"], said.end["kind"]) == (KEY.fingerprint, "public")


def test_a_public_half_of_another_key_is_found(tram, key, words):
    key.with_suffix(".key").write_text(FleetKey.make().modulus.hex())
    said = tram("keys", "check", key, "--passphrase-file", words)
    assert said.code == exits.FOUND
    assert {"key": "public_other", "level": "bad"}.items() <= said.end["findings"][1].items()


# Backup


def shares_of(folder):
    """The words, as they stand on the sheets: read with the eyes of pypdfium2."""
    import pypdfium2

    found = []
    for sheet in sorted(folder.glob("share-*.pdf")):
        with pypdfium2.PdfDocument(sheet) as document:
            text = document[0].get_textpage().get_text_range()
        numbered = dict(re.findall(r"(?m)^(\d{1,2})\s+([a-z]{3,8})\s*$", text.replace("\r\n", "\n")))
        found.append(" ".join(numbered[str(number)] for number in range(1, 21)))
    return found


def test_a_backup_gives_the_key_back_from_any_three_sheets_as_they_are_printed(tram, key, words, tmp_path):
    folder = tmp_path / "backup"
    said = tram("keys", "backup", key, "--out", folder, "--passphrase-file", words)
    assert said.code == exits.OK
    assert all(Path(sheet).stat().st_mode & 0o777 == 0o600 for sheet in said.end["sheets"])
    sheets = shares_of(folder)
    assert len(sheets) == 5
    assert not any(sheet in said.everything for sheet in sheets)

    given = "\n".join([sheets[4], sheets[1], sheets[2], PASSPHRASE]) + "\n"
    back = tram("keys", "restore", folder / "fleet-backup.txt", "--out", tmp_path / "back.pem", "--shares", "-",
                "--passphrase-file", "-", given=given)  # fmt: skip
    assert back.code == exits.OK
    assert FleetKey.load(tmp_path / "back.pem", PASSPHRASE.encode()).modulus == KEY.modulus
    checked = tram("keys", "check", tmp_path / "back.pem", "--backup", folder / "fleet-backup.txt",
                   "--passphrase-file", words)  # fmt: skip
    assert (checked.code, checked.end["is_well"]) == (exits.OK, True)


def test_the_code_on_a_sheet_is_the_backup_itself(tram, tmp_path):
    from scripts.tram.keys.sheets import sheet

    backup, shares = backups.make(KEY, 2, 3, "2026-11-22")
    png = sheet(backup, 1, shares[0]).png(150)
    assert codes(opened(png)) == [backup.text().encode()]
    picture, typed = tmp_path / "photo.png", tmp_path / "typed.txt"
    picture.write_bytes(png)
    typed.write_text("\n".join(shares[1:]))
    said = tram("keys", "restore", picture, "--shares", typed, "--rehearse")
    assert (said.code, said.end["fleet"], said.end["file"]) == (exits.OK, KEY.fingerprint, None)
    assert not (tram.home / "fleet.pem").exists()


SAVED, SHARES = backups.make(KEY, 3, 5, "2026-11-22")


@pytest.mark.parametrize(
    "typed, code",
    [
        ([], "shares_few"),
        (SHARES[:2], "shares_few"),
        ([SHARES[0], SHARES[0], SHARES[1]], "share_refused"),
        ([SHARES[0], " ".join(SHARES[1].split()[:19])], "share_refused"),
        ([SHARES[0], "correct horse battery"], "share_refused"),
        ([backups.make(KEY, 3, 5, "2026-11-22")[1][0]], "share_refused"),
    ],
    ids=["none", "two", "twice", "cut", "no words of it", "another set"],
)
def test_sheets_that_do_not_open_it_are_told_and_nothing_is_written(tram, tmp_path, typed, code):
    backup = tmp_path / "fleet-backup.txt"
    backup.write_text(SAVED.text())
    said = tram("keys", "restore", backup, "--shares", "-", given="\n".join(typed) + "\n")
    assert (said.code, said.trouble) == (exits.REFUSED, code)
    assert not (tram.home / "fleet.pem").exists()
    assert not any(word in said.everything for word in ("correct", SHARES[0].split()[10] + " "))


@pytest.mark.parametrize(
    "content", [b"", b"tram-key-backup 1\n", b"\x89PNG\r\n\x1a\n broken", SAVED.text()[:-9].encode() + b"!"]
)
def test_what_is_no_backup_is_refused(tram, tmp_path, content):
    backup = tmp_path / "fleet-backup.txt"
    backup.write_bytes(content)
    assert tram("keys", "restore", backup).trouble == "backup_form"


def test_a_damaged_backup_is_told_from_wrong_sheets(tram, tmp_path):
    backup = tmp_path / "fleet-backup.txt"
    backup.write_text(SAVED._replace(data=SAVED.data[:-1] + bytes([SAVED.data[-1] ^ 1])).text())
    said = tram("keys", "restore", backup, "--shares", "-", given="\n".join(SHARES[:3]))
    assert said.trouble == "backup_damaged"


@pytest.mark.parametrize("need, of", [(1, 5), (6, 5), (2, 17), (-1, -1)])
def test_a_split_that_makes_no_sense_is_refused_before_the_key_is_opened(tram, key, tmp_path, need, of):
    said = tram("keys", "backup", key, "--out", tmp_path / "b", f"--need={need}", f"--of={of}")
    assert said.trouble == "numbers_wrong"
    assert not (tmp_path / "b").exists()


def test_a_backup_goes_into_a_new_folder_alone(tram, key, words, tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("mine")
    for folder in (tmp_path / "used", key):
        assert tram("keys", "backup", key, "--out", folder, "--passphrase-file", words).trouble == "folder_used"


# Signing


@pytest.fixture
def request_file(tmp_path):
    body = unsigned(b"ca", wifi=[["Chợ Mới", "rất bí mật"]])
    file = tmp_path / "request.json"
    file.write_bytes(signing.request(KEY.modulus, [Item("cổng 1", body)]))
    return file


def test_a_request_is_shown_signed_and_answered(tram, key, words, request_file):
    said = tram("keys", "sign", request_file, "--key", key, "--passphrase-file", words, "--yes")
    first = json.loads(said.out.splitlines()[0])
    assert (first["event"], first["kind"], first["gate"], first["wifi"]) == ("item", "code", "cong-1", ["Chợ Mới"])
    assert "rất bí mật" not in said.everything
    signing.Answered(KEY.modulus, Path(said.end["file"]).read_bytes())


def test_nothing_is_signed_without_a_yes(tram, key, words, request_file):
    said = tram("keys", "sign", request_file, "--key", key, "--passphrase-file", words)
    assert said.trouble == "needs_yes"
    assert not request_file.with_suffix(".signed").exists()


@pytest.mark.parametrize(
    "content, code",
    [
        (b"{}", "request_form"),
        (b"", "request_form"),
        (signing.request(KEY.modulus, [Item("a letter", b"Dear fleet")]), "request_unknown"),
        (signing.request(bytes(256), [Item("code", unsigned(b"ca"))]), "request_other_fleet"),
    ],
)
def test_a_request_that_cannot_be_signed_is_named(tram, key, words, request_file, content, code):
    request_file.write_bytes(content)
    said = tram("keys", "sign", request_file, "--key", key, "--passphrase-file", words, "--yes")
    assert (said.code, said.trouble) == (exits.REFUSED, code)
    assert not request_file.with_suffix(".signed").exists()


def test_a_disk_that_fills_up_leaves_no_half_of_a_backup(tram, key, words, monkeypatch, tmp_path):
    from scripts.tram.keys import backing

    written = []

    def write(file, data, mode=0o644):
        if len(written) == 3:
            raise OSError(28, "No space left on device", str(file))
        file.write_bytes(data)
        written.append(file)

    monkeypatch.setattr(backing, "write_whole", write)
    said = tram("keys", "backup", key, "--out", tmp_path / "b", "--passphrase-file", words)
    assert (said.code, said.trouble) == (exits.NO_ROOM, "disk_full")
    assert list((tmp_path / "b").iterdir()) == []
