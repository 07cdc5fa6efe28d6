"""Another authority, a copy of the one there is, and its way back: by the command line alone."""

import json
import stat

import pytest

from gateway import certs
from gateway.certs import succession


@pytest.fixture
def folder(gateway):
    return gateway.folder / "data" / "certs"


def test_without_boxes_another_authority_is_in_use_and_the_old_one_forgotten_at_once(gateway, folder):
    before = gateway.call("ca").stdout
    done = gateway.call("ca", "renew-authority", "--lang", "en")
    assert done.returncode == 0
    assert "the next authority is in use" in done.stderr
    after = gateway.call("ca").stdout
    assert after != before
    assert after.strip() in done.stderr
    assert succession.look(folder, "gw-1").stage == "settled"


def enrolled(gateway, box: str, *marks: str) -> None:
    (gateway.folder / "boxes").write_text(f"{box} password-of-it\n")
    (gateway.folder / "boxes").chmod(0o600)
    text = gateway.config.read_text()
    if "boxes_file" not in text:
        gateway.config.write_text(text.replace("[broker]\n", '[broker]\nboxes_file = "boxes"\n', 1))
    row = {"state": "online", "heard_boot": "0" * 12, "heard_utc_ms": None, "trust": list(marks)}
    (gateway.folder / "data" / "boxes.json").write_text(json.dumps({"v": 1, "boxes": {box: row}}))


def test_it_says_how_far_it_is_and_switches_before_its_time_only_when_told_to(gateway, folder):
    before = gateway.call("ca").stdout
    enrolled(gateway, "box-a")
    done = gateway.call("ca", "renew-authority", "--lang", "vi")
    assert "box-a" in done.stdout
    assert "1 hộp chưa tin CA mới" in done.stderr
    assert gateway.call("ca").stdout.splitlines()[0] == before.strip()
    done = gateway.call("ca", "renew-authority", "--now", "--lang", "en")
    assert "the next authority is in use" in done.stderr
    assert succession.look(folder, "gw-1").stage == "closing"
    assert gateway.call("ca").stdout.splitlines()[0] != before.strip()
    gateway.call("ca", "renew-authority", "--forget-old")
    assert succession.look(folder, "gw-1").stage == "settled"


def test_what_was_begun_can_be_given_up(gateway, folder):
    before = gateway.call("ca").stdout
    enrolled(gateway, "box-a")
    gateway.call("ca", "renew-authority")
    assert gateway.call("ca", "renew-authority", "--cancel").returncode == 0
    assert succession.look(folder, "gw-1").stage == "settled"
    assert gateway.call("ca").stdout == before


def test_a_copy_is_the_owners_alone_and_brings_the_authority_back(gateway, folder, tmp_path):
    fingerprint, copy = gateway.call("ca").stdout, tmp_path / "copy.pem"
    assert gateway.call("ca", "export", copy).returncode == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert gateway.call("ca", "export", copy).returncode == 78
    (folder / "ca.pem").write_text("damaged")
    assert gateway.call("ca").returncode == 78
    assert gateway.call("ca", "import", copy).stdout == fingerprint
    assert gateway.call("ca").stdout == fingerprint


def test_another_authority_is_not_put_in_the_place_of_one_that_is_well(gateway, tmp_path):
    gateway.call("ca")
    certs.ensure(tmp_path / "other", "gw-1")
    (tmp_path / "copy.pem").write_bytes(succession.export(tmp_path / "other"))
    done = gateway.call("ca", "import", tmp_path / "copy.pem")
    assert (done.returncode, "ca_exists" in done.stderr) == (78, True)
    assert gateway.call("ca", "import", tmp_path / "copy.pem", "--sure").returncode == 0


@pytest.mark.parametrize("content", [b"", b"nothing"])
def test_what_is_no_copy_is_refused(gateway, tmp_path, content):
    (tmp_path / "copy.pem").write_bytes(content)
    done = gateway.call("ca", "import", tmp_path / "copy.pem")
    assert (done.returncode, "ca_damaged" in done.stderr) == (78, True)


def test_a_copy_that_is_not_there_is_named(gateway, tmp_path):
    assert gateway.call("ca", "import", tmp_path / "gone.pem").returncode == 75
