"""Bundles are taken in and wanted; what is wrong with one is named, and nothing is wanted that is not there."""

import pytest

from tests.gateway.fleet import bundle, stranger_key


def test_a_bundle_is_taken_in_wanted_and_gone_back_from(gateway, tmp_path):
    for version in (7, 8):
        done = gateway.call("firmware", "add", bundle(tmp_path / str(version), version))
        assert (done.returncode, done.stdout) == (0, f"{version}\n")
        assert gateway.call("firmware", "want", version).stdout == f"every box: firmware {version}\n"
    gateway.call("firmware", "want", 7, "--box", "box-a")
    shown = gateway.call("firmware").stdout.splitlines()
    assert shown[1].split()[:3] == ["7", "7.0", "linux"]
    assert shown[1].rstrip().endswith("box-a")
    assert shown[2].rstrip().endswith("every box")
    assert gateway.call("firmware", "back").stdout == "every box: firmware 7\n"
    assert gateway.call("firmware", "back").stdout == "every box: no firmware\n"
    assert gateway.call("firmware", "back").returncode == 78
    assert gateway.call("firmware", "want", "none", "--box", "box-a").stdout == "box-a: no firmware\n"


@pytest.mark.parametrize(
    "words, said",
    [
        (["want", "7"], "no firmware of version 7"),
        (["want", "7", "--box", "box-a"], "no firmware of version 7"),
        (["want", "none", "--box", "BOX"], "not a box id"),
        (["back", "--box", "box-a"], "nothing was wanted"),
        (["add", "/nowhere"], "nowhere/manifest"),
    ],
)
def test_what_is_wrong_is_named(gateway, words, said):
    done = gateway.call("firmware", *words)
    assert done.returncode == 78
    assert said in done.stderr
    assert "there is no firmware here" in gateway.call("firmware").stderr


def test_another_fleets_firmware_is_not_taken(gateway, tmp_path):
    done = gateway.call("firmware", "add", bundle(tmp_path / "b", 7, key=stranger_key()))
    assert (done.returncode, "signature" in done.stderr) == (78, True)


def test_without_a_fleets_key_none_is_taken(gateway, tmp_path):
    gateway.config.write_text(gateway.config.read_text().replace('fleet_key_file = "fleet.key"', ""))
    done = gateway.call("firmware", "add", bundle(tmp_path / "b", 7))
    assert (done.returncode, "fleet_key_file" in done.stderr) == (78, True)
