"""The command line: what is wrong is named and nothing starts; the broker's files come from the same configuration."""

import stat

import pytest

from gateway.__main__ import EXIT_CONFIG, EXIT_OK, main
from tests.gateway.brokers import free_port
from tests.gateway.fleet import write_fleet_key
from tests.gateway.sealing import write_public

CONFIG = """gateway_id = "gw-1"
data_dir = "data"
[broker]
password_file = "broker.password"
folder = "broker"
boxes_file = "boxes"
tls_listen = ["10.0.0.1"]
[server]
url = "http://127.0.0.1:1"
token_file = "token"
sealing_key_file = "sealing.key"
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in {"broker.password": "gateway-password", "boxes": "box-1 password-1\n", "token": "t"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    write_public(tmp_path / "sealing.key")
    (tmp_path / "gateway.toml").write_text(CONFIG)
    return tmp_path


def run(folder, *words):
    return main([*words, "--config", str(folder / "gateway.toml")])


def test_help_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "--config FILE" in capsys.readouterr().out


def test_the_brokers_files_are_written_and_their_path_is_printed(folder, capsys):
    assert run(folder, "broker") == EXIT_OK
    path = folder / "broker" / "mosquitto.conf"
    assert capsys.readouterr().out.strip() == str(path)
    assert "listener 1883 127.0.0.1" in path.read_text()
    assert f"listener 8883 10.0.0.1\nuse_username_as_clientid true\ncertfile {folder}/data/certs/" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name, text, word",
    [
        ("gateway.toml", CONFIG + "unknown = 1\n", "`server.unknown`"),
        ("gateway.toml", CONFIG.replace("gw-1", "GW"), "`gateway_id`"),
        ("boxes", "box-1\n", "line 1"),
        ("boxes", "Box password-1\n", "Box"),
        ("boxes", "box-1 short\n", "box-1"),
        ("boxes", "gateway password-1\n", "gateway"),
        ("broker.password", "", "empty"),
        ("gateway.toml", CONFIG.replace("tls_listen", "listen"), "TLS"),
        ("gateway.toml", CONFIG.replace('folder = "broker"', ""), "`broker.folder`"),
    ],
)
def test_a_wrong_setting_stops_the_broker_command_and_is_named(folder, capsys, name, text, word):
    (folder / name).write_text(text)
    assert run(folder, "broker") == EXIT_CONFIG
    assert word in capsys.readouterr().err
    assert not (folder / "broker").exists()


@pytest.mark.parametrize("name", ["broker.password", "token"])
def test_without_its_secrets_the_gateway_does_not_start(folder, capsys, name):
    (folder / name).unlink()
    assert run(folder) == EXIT_CONFIG
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", "not a key", "0" * 64, "ab" * 31])
def test_without_the_key_that_scans_are_sealed_to_the_gateway_does_not_start(folder, capsys, text):
    (folder / "sealing.key").unlink() if text is None else (folder / "sealing.key").write_text(text)
    assert run(folder) == EXIT_CONFIG
    assert "sealing.key" in capsys.readouterr().err
    assert not (folder / "data" / "buffer").exists()


def test_a_data_folder_that_cannot_be_made_is_named(folder, capsys):
    (folder / "data").write_text("a file")
    assert run(folder) == EXIT_CONFIG
    assert "data_dir" in capsys.readouterr().err


ENROL = '[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["127.0.0.1"]\nport = {}\n'


def with_enrolment(folder, port: int, change=("", "")) -> None:
    write_fleet_key(folder / "fleet.key")
    (folder / "gateway.toml").write_text((CONFIG + ENROL.format(port)).replace(*change))


@pytest.mark.parametrize(
    "change, word",
    [
        (('folder = "broker"', ""), "`broker.folder`"),
        (("fleet.key", "nowhere.key"), "nowhere.key"),
        (("fleet.key", "boxes"), "512"),
        (('boxes_file = "boxes"', 'boxes_file = "nowhere"'), "nowhere"),
        (('boxes_file = "boxes"', 'boxes_file = "gateway.toml"'), "chmod 600"),
    ],
)
def test_what_enrolment_lacks_is_named_and_nothing_starts(folder, capsys, change, word):
    with_enrolment(folder, free_port(), change)
    assert run(folder) == EXIT_CONFIG
    assert word in capsys.readouterr().err


def test_a_damaged_authority_is_named_and_nothing_starts(folder, capsys):
    with_enrolment(folder, free_port())
    run(folder, "ca")
    (folder / "data" / "certs" / "ca.pem").write_text("x")
    assert run(folder) == EXIT_CONFIG
    assert "ca_damaged" in capsys.readouterr().err


def test_no_secret_is_in_what_is_printed(folder, capsys):
    run(folder, "broker")
    (folder / "boxes").write_text("box-1 password-1 extra\n")
    run(folder, "broker")
    printed = capsys.readouterr()
    assert "password-1" not in printed.out + printed.err
