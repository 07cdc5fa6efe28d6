"""The parts' own readers accept what is written for them, and no secret stands where others can read it."""

import json
import stat

import pytest

from firmware import config as box_config
from gateway import config as gateway_config
from scripts.sim import settings
from server import config as server_config

BOXES = ["box-1", "box-2"]


@pytest.fixture
def known():
    return settings.new_secrets(BOXES)


def test_the_server_reads_its_settings(tmp_path, known):
    settings.write_server(tmp_path / "server.toml", 12345, known, BOXES)
    config = server_config.load(tmp_path / "server.toml")
    assert config.address() == ("127.0.0.1", 12345)
    assert config.gateways[0].boxes == BOXES
    assert len(config.readers) == 1


def test_the_server_is_told_no_token(tmp_path, known):
    settings.write_server(tmp_path / "server.toml", 12345, known, BOXES)
    text = (tmp_path / "server.toml").read_text()
    assert known.gateway_token not in text
    assert known.reader_token not in text


def test_the_gateway_reads_its_settings_and_secrets(tmp_path, known):
    settings.write_gateway(tmp_path / "gateway.toml", (1234, 0), "http://127.0.0.1:1", known)
    config = gateway_config.load(tmp_path / "gateway.toml")
    assert config.broker.port == 1234
    assert config.secret(config.server.token_file).reveal() == known.gateway_token
    assert config.secret(config.broker.password_file).reveal() == known.passwords[settings.GATEWAY_USER]


def test_a_box_reads_its_settings(tmp_path, known):
    settings.write_box(tmp_path / "config.json", "box-1", known, {"accept": {"repeat_window_ms": 500}})
    config = box_config.load(str(tmp_path / "config.json"))
    assert config.box_id == "box-1"
    assert config.accept.repeat_window_ms == 500


def test_changes_go_over_the_defaults_section_by_section(tmp_path, known):
    settings.write_box(tmp_path / "config.json", "box-1", known, {"link": {"retry_first_ms": 5}, "marks": "dir=out"})
    said = json.loads((tmp_path / "config.json").read_text())
    assert said["link"]["retry_first_ms"] == 5
    assert said["link"]["retry_cap_ms"] == 3000
    assert said["marks"] == "dir=out"


@pytest.mark.parametrize("name", ["config.json", "broker-password", "server-token"])
def test_only_the_owner_can_read_a_secret(tmp_path, known, name):
    settings.write_box(tmp_path / "config.json", "box-1", known, {})
    settings.write_gateway(tmp_path / "gateway.toml", (1234, 0), "http://127.0.0.1:1", known)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_two_towns_share_no_secret(known):
    other = settings.new_secrets(BOXES)
    assert known.gateway_token != other.gateway_token
    assert known.reader_token != other.reader_token
    assert not set(known.passwords.values()) & set(other.passwords.values())


def test_changes_go_over_settings_section_by_section():
    before = {"a": {"b": 1, "c": 2}, "d": 3}
    assert settings.overlaid(before, {"a": {"c": 4}, "d": [5], "e": {"f": 6}}) == {
        "a": {"b": 1, "c": 4},
        "d": [5],
        "e": {"f": 6},
    }
    assert before == {"a": {"b": 1, "c": 2}, "d": 3}
