"""The laptop's own Wi-Fi: what each system says is understood, and what it does not say is asked for.

The answers are written after the programs' documentation; no Windows and no macOS was there to give them.
"""

import json
import re
import sys
from pathlib import Path

import pytest

from scripts.tram import out
from scripts.tram.provision import networks, wifi
from scripts.tram.trouble import Trouble
from tests.tram.terminal import Terminal

UUID = "0f1e2d3c-0000-4000-8000-000000000001"
PASSWORD = "mật khẩu:Wi\\Fi"
PROFILE = """<?xml version="1.0"?>
<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1">
  <name>Chợ Mới</name>
  <SSIDConfig><SSID><hex>4368</hex><name>Chợ Mới</name></SSID></SSIDConfig>
  <MSM><security>
    <authEncryption><authentication>{kind}</authentication><encryption>AES</encryption></authEncryption>
    <sharedKey><keyType>passPhrase</keyType><protected>{protected}</protected><keyMaterial>{key}</keyMaterial></sharedKey>
  </security></MSM>
</WLANProfile>
"""


class Programs:
    """Answers of a system's programs: a part of the command line -> what is printed, or None: it refuses."""

    def __init__(self, *answers):
        self.answers = answers
        self.lines = []

    def __call__(self, line):
        self.lines.append(" ".join(line))
        for part, answer in self.answers:
            if part in self.lines[-1]:
                if callable(answer):
                    answer = answer(line)
                return (0, answer.encode()) if answer is not None else (1, b"")
        raise FileNotFoundError(line[0])


def escaped(text):
    return re.sub(r"([:\\])", r"\\\1", text)


def linux(kind="wpa-psk", password=PASSWORD, ssid="Chợ Mới: tầng 2", seen="2437 MHz"):
    rows = f"802-11-wireless.ssid:{escaped(ssid)}\n"
    secret = f"{rows}802-11-wireless-security.key-mgmt:{kind}\n802-11-wireless-security.psk:{escaped(password)}\n"
    return Programs(
        ("show --active", f"other:802-3-ethernet\n{UUID}:802-11-wireless\n"),
        (f"-s -f {','.join(wifi.Linux._KEYS)} connection show uuid {UUID}", secret),
        (f"connection show uuid {UUID}", rows),
        ("device wifi list", f"Khác:5180 MHz\n{escaped(ssid)}:{seen}\n{escaped(ssid)}:5180 MHz\n"),
    )  # fmt: skip


def windows(kind="WPA2PSK", protected="false", key=PASSWORD, exports=True):
    shown = "\n  Name : Wi-Fi\n    SSID                   : Chợ Mới\n    BSSID                  : aa:bb:cc:dd:ee:ff\n"

    def export(line):
        folder = next(word for word in line if word.startswith("folder=")).removeprefix("folder=")
        assert "key=clear" in line
        if exports:
            (Path(folder) / "Wi-Fi-x.xml").write_text(
                PROFILE.format(kind=kind, protected=protected, key=key), encoding="utf-8"
            )
        return "exported"

    return Programs(("show interfaces", shown), ("export profile name=Chợ Mới", export))


def mac(summary="  SSID : Chợ Mới\n", preferred="Preferred networks on en0:\n\tChợ Mới\n\tNhà\n", key=PASSWORD + "\n"):
    ports = "\nHardware Port: Ethernet\nDevice: en5\n\nHardware Port: Wi-Fi\nDevice: en0\nEthernet Address: 00\n"
    return Programs(
        ("-listallhardwareports", ports),
        ("getsummary en0", summary),
        ("-listpreferredwirelessnetworks en0", preferred),
        ("security find-generic-password", key),
    )


@pytest.mark.parametrize(
    "name, programs, ssid",
    [
        ("Linux", linux(), "Chợ Mới: tầng 2"),
        ("Windows", windows(), "Chợ Mới"),
        ("Darwin", mac(), "Chợ Mới"),
        ("Darwin", mac(summary="  SSID : <redacted>\n"), "Chợ Mới"),
        ("Darwin", mac(summary=None), "Chợ Mới"),
    ],
)
def test_each_system_tells_its_network_and_then_its_password(name, programs, ssid):
    system = wifi.system(programs, name)
    found = system.network()
    assert found.ssid == ssid
    assert not any(
        word in line for line in programs.lines for word in ("-s ", "key=clear", "security")
    )  # not asked for yet
    assert system.password(found) == PASSWORD


@pytest.mark.parametrize(
    "name, programs", [("Linux", linux(kind="", password="")), ("Windows", windows("open", key=""))]
)
def test_an_open_network_has_no_password(name, programs):
    system = wifi.system(programs, name)
    assert system.password(system.network()) == ""


NOTHING = Programs()
SILENT = Programs(("", ""))
REFUSING = Programs(("", None))


@pytest.mark.parametrize(
    "name, programs, code",
    [
        *((name, NOTHING, "wifi_no_tool") for name in ("Linux", "Windows", "Darwin")),
        *((name, SILENT, "wifi_none") for name in ("Linux", "Windows", "Darwin")),
        *((name, REFUSING, "wifi_none") for name in ("Linux", "Windows", "Darwin")),
        ("Linux", Programs(("--active", f"{UUID}:802-3-ethernet\n")), "wifi_none"),
        ("Linux", Programs(("--active", f"{UUID}:802-11-wireless\n"), ("", "")), "wifi_not_told"),
        ("Linux", linux(password=""), "wifi_not_told"),
        ("Linux", linux(password="a" * 64), "wifi_not_told"),
        ("Linux", linux(kind="wpa-eap"), "wifi_company"),
        ("Linux", linux(kind="none"), "wifi_company"),
        ("Windows", windows("WPA2"), "wifi_company"),
        ("Windows", windows("shared"), "wifi_company"),
        ("Windows", windows(protected="true", key="01000000D08C9DDF"), "wifi_not_told"),
        ("Windows", windows(exports=False), "wifi_not_told"),
        ("Windows", windows(key="</keyMaterial>"), "wifi_not_told"),
        ("Darwin", mac(key=None), "wifi_not_told"),
        ("Darwin", mac(summary="", preferred="Preferred networks on en0:\n"), "wifi_none"),
    ],
)
def test_what_a_system_does_not_tell_is_said_with_another_way(name, programs, code):
    system = wifi.system(programs, name)
    with pytest.raises(Trouble) as caught:
        system.password(system.network())
    assert caught.value.code == code
    assert "--wifi-ask" in caught.value.next or code == "wifi_company"


@pytest.mark.parametrize("fault", [PermissionError(1, "no"), TimeoutError()])
def test_a_program_that_cannot_be_run_is_no_mistake_of_ours(fault):
    def run(line):
        raise fault

    with pytest.raises(Trouble) as caught:
        wifi.system(run, "Linux").network()
    assert caught.value.code == "wifi_not_told"


def test_a_network_that_is_seen_on_5_ghz_alone_is_refused_before_its_password_is_read(monkeypatch):
    programs = linux(seen="5500 MHz")
    with pytest.raises(Trouble) as caught:
        networks._of_laptop(wifi.system(programs, "Linux"))
    assert caught.value.code == "wifi_5_ghz"
    assert not any("-s" in line.split() for line in programs.lines)


def test_no_password_is_read_without_a_yes(monkeypatch):
    programs = linux()
    monkeypatch.setattr(out, "confirm", lambda question: False)
    with pytest.raises(Trouble) as caught:
        networks._of_laptop(wifi.system(programs, "Linux"))
    assert caught.value.code == "wifi_no"
    assert not any("-s" in line.split() for line in programs.lines)


def test_the_password_is_in_no_repr():
    assert PASSWORD not in repr(wifi.Network("Chợ Mới", PASSWORD))


def test_the_real_programs_are_started_without_a_shell_and_their_failure_is_an_exit_code():
    assert wifi.run([sys.executable, "-c", "print('a;b')"]) == (0, b"a;b\n")
    assert wifi.run([sys.executable, "-c", "raise SystemExit(3)"])[0] == 3
    with pytest.raises(FileNotFoundError):
        wifi.run(["no-such-program-here"])


def test_a_network_that_is_typed_in_goes_into_the_code_and_its_password_not_onto_the_screen(tmp_path):
    from firmware.wire import provisioning
    from scripts.provisioning.key import FleetKey
    from tests.tram.provision.laptop import CA_DER

    key = FleetKey.make()
    home = tmp_path / "home"
    home.mkdir()
    key.save(home / "fleet.pem")
    (tmp_path / "ca.der").write_bytes(CA_DER)
    (home / "gateways").mkdir()
    card = {"gateway": "cho-01", "host": "h.local", "ca": "A" * 43, "place": "cho-moi"}
    (home / "gateways" / "cho-01.json").write_text(json.dumps(card))
    line = ["provision", "code", "--gate", "cong-1", "--wifi-ask"]
    with Terminal(home, *line, "--out", "c.txt", folder=tmp_path) as person:
        person.sees("Name of the Wi-Fi: ")
        person.types("Chợ Mới")
        person.sees("(empty: open): ")
        person.types("mật khẩu dài")
        assert person.ends() == 0
    wanted = provisioning.decode((tmp_path / "c.txt").read_bytes().strip())[0]
    assert wanted.wifi == [["Chợ Mới", "mật khẩu dài"]]
    assert "mật khẩu dài" not in person.screen

    with Terminal(home, "provision", "code", "--gate", "cong-1", folder=tmp_path) as person:
        person.sees("it goes into a file")
        person.sees("setup-cho-moi-cong-1.png")
        assert person.ends() == 0
    large = {"columns": 130, "lines": 70, "folder": tmp_path}
    with Terminal(home, "provision", "code", "--gate", "cong-2", **large, encoding="ascii") as person:
        person.sees("cannot draw a code")
        person.sees("setup-cho-moi-cong-2.png")
        assert person.ends() == 0
    assert "TRAM1:" not in person.screen
    with Terminal(home, "provision", "code", "--gate", "cong-1", **large) as person:
        person.sees("Set-up code for cho-moi/cong-1")
        assert person.ends() == 0
    assert person.text.count("█") > 500
