"""What an installation writes, looked at in a folder: systemd reads it, the gateway does, a second run leaves it."""

import re
import subprocess

import pytest

from gateway import config, starts
from gateway.service import START_S
from scripts.gateway_install import __main__ as installer
from scripts.gateway_install import install, pins
from scripts.gateway_install.layout import CONFIG, CURRENT, UNITS, Layout
from scripts.gateway_install.remove import remove
from scripts.gateway_install.system import System
from tests.gateway.install.machine import ROOT
from tests.gateway.install.test_join import join_text

VENV = str(ROOT / ".tram/venv")


class Stage:
    """A folder as the root of a machine."""

    def __init__(self, folder) -> None:
        self.root = folder / "root"
        (self.root / "etc").mkdir(parents=True)
        (folder / "join.toml").write_text(join_text())
        self.join = str(folder / "join.toml")

    def call(self, *words: str) -> int:
        return installer.main([*words, "--root", str(self.root), "--venv", VENV, "--lang", "en"])

    def files(self) -> dict[str, tuple[bytes, int]]:
        paths = [one for one in self.root.rglob("*") if one.is_file() and "log" not in one.parts]
        return {str(one): (one.read_bytes(), one.stat().st_mtime_ns) for one in paths}


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    assert made.call(made.join) == 0
    return made


def unit(stage, name: str) -> str:
    return (stage.root / "etc/systemd/system" / name).read_text()


def test_the_gateway_reads_the_settings_that_are_written(stage):
    found = config.load(stage.root / CONFIG.lstrip("/"))
    assert (found.gateway_id, found.server.url) == ("gw-cho-01", "http://127.0.0.1:9")
    assert found.secret(found.server.token_file).reveal()
    assert len(config.read_fleet_key(found.path(found.enrol.fleet_key_file))) == 256
    assert found.broker.port != 1883


def test_a_second_run_writes_nothing_anew(stage):
    before = stage.files()
    assert stage.call(stage.join) == 0
    assert stage.files() == before


def test_settings_stay_unless_somebody_says_otherwise(stage):
    path = stage.root / CONFIG.lstrip("/")
    path.write_text(path.read_text() + "\n[log]\nlevel = 'debug'\n")
    assert stage.call(stage.join) == 0
    assert "debug" in path.read_text()
    assert stage.call(stage.join, "--replace-settings") == 0
    assert "debug" not in path.read_text()


def test_the_brokers_password_stays_what_it_is(stage):
    path = stage.root / "etc/tram/broker.password"
    before = path.read_text()
    assert stage.call(stage.join, "--replace-settings") == 0
    assert path.read_text() == before


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(stage, name):
    for path in ("usr/sbin/mosquitto", "bin/kill"):
        (stage.root / path).parent.mkdir(parents=True, exist_ok=True)
        (stage.root / path).write_text("#!/bin/sh\n")
        (stage.root / path).chmod(0o755)
    text = unit(stage, name)
    assert "@" not in re.sub(r"@(system-service|privileged|resources|mount)", "", text)
    command = ["systemd-analyze", "verify", "--man=no", f"--root={stage.root}", f"/etc/systemd/system/{name}"]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    # the folder is no whole system: what units of others it lacks, and where a link leads outside, is not ours
    ours = [line for line in said.splitlines() if "not found" not in line and "not executable" not in line]
    assert ours == []


@pytest.mark.parametrize("name", UNITS)
def test_what_a_unit_may_do_is_little(stage, name):
    path = stage.root / "etc/systemd/system" / name
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(path)]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    score = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert score is not None, said
    assert float(score[1]) < 2.0


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_never_gives_up_and_leaves_no_core(stage, name):
    for line in ("Restart=always", "StartLimitIntervalSec=0", "LimitCORE=0", "User=tram", "NoNewPrivileges=yes"):
        assert line in unit(stage, name)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_has_a_folder_in_memory_for_its_count_of_starts_and_time_to_wait(stage, name):
    text = unit(stage, name)
    assert "RuntimeDirectoryPreserve=restart" in text
    limit_s = int(re.search(r"^TimeoutStartSec=(\d+)$", text, re.MULTILINE)[1])
    assert limit_s >= starts.MOST_S + START_S


def test_the_gateway_is_watched_and_keeps_its_keys_in_memory(stage):
    text = unit(stage, "tram-gateway.service")
    for line in ("Type=notify", "WatchdogSec=60", "RuntimeDirectoryPreserve=restart", "MemorySwapMax=0"):
        assert line in text
    after = [line for line in text.splitlines() if line.startswith("After=")]
    assert not any("time-sync.target" in line for line in after)


def test_every_program_is_kept_beside_the_others_until_there_are_too_many(stage, monkeypatch, tmp_path):
    layout = Layout(stage.root)
    first = layout.linked(CURRENT)
    programs = stage.root / "opt/tram/programs"
    for number in range(install.KEEP_PROGRAMS + 2):
        (programs / f"older{number}").mkdir()
    install.forget_old_programs(layout)
    assert layout.linked(CURRENT) == first
    assert len(list(programs.iterdir())) <= install.KEEP_PROGRAMS + 1


def test_a_program_has_all_that_it_imports_and_no_more(stage):
    command = [
        f"{VENV}/bin/python",
        "-B",
        "-c",
        "import gateway.__main__, gateway.service, sys; print('server' in sys.modules)",
    ]
    done = subprocess.run(command, cwd=stage.root / CURRENT.lstrip("/"), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_pins_are_those_of_the_whole_and_cover_every_import():
    assert (ROOT / "requirements/gateway.txt").read_text() == pins.made()
    names = set(pins.blocks((ROOT / "requirements/gateway.txt").read_text()))
    theirs = {"serial": "pyserial", "paho": "paho-mqtt"}
    found = set()
    for path in (ROOT / "gateway").rglob("*.py"):
        found |= set(re.findall(r"^\s*(?:import|from) ([a-z_0-9]+)", path.read_text(), re.MULTILINE))
    packages = set(pins.blocks((ROOT / "requirements/run.txt").read_text()))
    assert {theirs.get(one, one) for one in found} & packages <= names


@pytest.mark.parametrize(
    "said, purge, even_unsent, done",
    [
        (None, True, False, False),
        ("tram_waiting_records 5", True, False, False),
        ("tram_waiting_records 5", True, True, True),
        ("tram_waiting_records 5", False, False, True),
        ("tram_waiting_records 0", True, False, True),
    ],
)
def test_what_was_not_sent_is_not_deleted_by_the_way(stage, tmp_path, capsys, said, purge, even_unsent, done):
    data = stage.root / "var/lib/tram/data"
    data.mkdir(parents=True)
    if said is not None:
        (data / "metrics.prom").write_text(said + "\n")
    layout = Layout(stage.root)
    assert remove(layout, System(layout, tmp_path / "log"), purge, even_unsent) == done
    assert data.exists() != (done and purge)
    if said != "tram_waiting_records 0":
        assert "MIND" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["upgrade", "status", "uninstall"])
def test_where_nothing_is_installed_it_says_so(tmp_path, capsys, word):
    (tmp_path / "etc").mkdir()
    assert installer.main([word, "--root", str(tmp_path), "--lang", "vi"]) == 1
    assert "Chưa cài trạm" in capsys.readouterr().err


def test_a_wrong_join_file_changes_nothing(tmp_path, capsys):
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "join.toml").write_text(join_text(sealing_key="short"))
    assert installer.main([str(tmp_path / "join.toml"), "--root", str(tmp_path / "root"), "--lang", "en"]) == 1
    assert "sealing_key" in capsys.readouterr().err
    assert not (tmp_path / "root/etc/tram").exists()
