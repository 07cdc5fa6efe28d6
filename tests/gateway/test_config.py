"""A setting that is wrong is named with its line, and nothing starts."""

import pytest

from gateway.config import ConfigError, Secret, load, read_boxes, read_fleet_key, read_secret

GOOD = """gateway_id = "gw-1"
data_dir = "data"

[broker]
port = 1884
password_file = "broker.password"

[server]
url = "http://127.0.0.1:8080"
token_file = "server.token"
sealing_key_file = "sealing.key"

[time]
trust = "always"
"""


def written(tmp_path, text):
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return path


def test_a_small_file_is_enough_and_the_rest_has_defaults(tmp_path):
    config = load(written(tmp_path, GOOD))
    assert config.gateway_id == "gw-1"
    assert config.broker.port == 1884
    assert config.broker.host == "127.0.0.1"
    assert config.time.trust == "always"
    assert config.path("data") == tmp_path / "data"


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('gateway_id = "gw-1"', 'gateway_id = "gw-1"\ncolour = 1', ["line 2", "`colour`", "unknown"]),
        ("port = 1884", "port = 1884\nprot = 1", ["line 6", "`broker.prot`", "unknown"]),
        ('trust = "always"', 'trust = "always"\nbeacon = 5', ["line 15", "`time.beacon`", "unknown"]),
        ("[time]", "[times]", ["line 13", "`times`", "unknown"]),
        ("port = 1884", "port = 0", ["line 5", "`broker.port`"]),
        ("port = 1884", "port = 65536", ["line 5", "`broker.port`"]),
        ("port = 1884", 'port = "1884"', ["line 5", "`broker.port`"]),
        ('trust = "always"', 'trust = "maybe"', ["line 14", "`time.trust`"]),
        ('trust = "always"', "bound_ms = -1", ["line 14", "`time.bound_ms`"]),
        ('trust = "always"', "beacon_s = 0.0", ["line 14", "`time.beacon_s`"]),
        ('gateway_id = "gw-1"', 'gateway_id = "GW 1"', ["line 1", "`gateway_id`"]),
        ('sealing_key_file = "sealing.key"', "", ["line 8", "missing", "`server.sealing_key_file`"]),
        ('trust = "always"', 'trust = "always"\n[place]\ncapacity = -1', ["line 16", "`place.capacity`"]),
        ('trust = "always"', 'trust = "always"\n[place]\nday_begins = "24:00"', ["line 16", "`place.day_begins`"]),
        ('trust = "always"', 'trust = "always"\n[place]\nrevoked = ["ab"]', ["`place.revoked"]),
        ('trust = "always"', 'trust = "always"\n[[place.purpose]]\nsince = "soon"\nmode = "identified"', ["since"]),
        ('trust = "always"', 'trust = "always"\n[[place.purpose]]\nsince = "2026-01-01"\nmode = "all"', ["mode"]),
        ('trust = "always"', 'trust = "always"\n[buffer]\nkeep_delivered_days = 0.5', ["`buffer.keep_delivered_days`"]),
        ('trust = "always"', 'trust = "always"\n[panel]\nport = 70000', ["line 16", "`panel.port`"]),
        ('trust = "always"', 'trust = "always"\n[readers]\nserial = "x"', ["line 16", "`readers.serial`"]),
        ('gateway_id = "gw-1"', "gateway_id = 1", ["line 1", "`gateway_id`"]),
        ('gateway_id = "gw-1"', "", ["missing", "`gateway_id`"]),
        ('password_file = "broker.password"', "", ["line 4", "missing", "`broker.password_file`"]),
        ('url = "http://127.0.0.1:8080"', 'url = "ftp://x"', ["line 9", "`server.url`"]),
        ('gateway_id = "gw-1"', 'gateway_id = "gw-1"\nfolder = "/"', ["line 2", "`folder`"]),
        ("port = 1884", "port = ", ["line 5"]),
        ("port = 1884", "tls_port = 0", ["line 5", "`broker.tls_port`"]),
        ("port = 1884", 'tls_listen = "0.0.0.0"', ["line 5", "`broker.tls_listen`"]),
        ("[time]", "[enrol]\nport = 70000\n[time]", ["line 14", "`enrol.port`"]),
        ("[time]", "[enrol]\nkey = 1\n[time]", ["line 14", "`enrol.key`", "unknown"]),
        ("[time]", "[enrol]\nper_minute = 0\n[time]", ["line 14", "`enrol.per_minute`"]),
        ("[time]", "[downlink]\nfirst_wait_s = 0\n[time]", ["line 14", "`downlink.first_wait_s`"]),
        ("[time]", "[downlink]\npieces_per_s = 0.5\n[time]", ["line 14", "`downlink.pieces_per_s`"]),
        ("port = 1884", "port = 1\nport = 2", ["line"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(tmp_path, old, new, words):
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, GOOD.replace(old, new)))
    for word in ["gateway.toml", *words]:
        assert word in str(refused.value)


@pytest.mark.parametrize("data, code", [(b"\xff\xfe", "syntax"), (b"", "setting"), (b"x" * 2_000_000, "syntax")])
def test_a_file_that_is_no_configuration_has_its_code(tmp_path, data, code):
    path = tmp_path / "gateway.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.code == code


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "nowhere.toml")
    assert refused.value.code == "file"


def test_a_secret_is_read_from_a_file_of_its_own_and_never_shown(tmp_path):
    path = tmp_path / "token"
    path.write_text("  very secret\nsecond line\n")
    path.chmod(0o600)
    secret = read_secret(path)
    assert secret.reveal() == "very secret"
    assert "secret" not in f"{secret} {secret!r} {[secret]}".lower().replace("secret('…')", "")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "token"
    path.write_text("very secret")
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        read_secret(path)
    assert "chmod 600" in str(refused.value)
    assert "very secret" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   \n", b"\xff\xff"])
def test_a_secret_file_without_a_secret_is_refused(tmp_path, content):
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        read_secret(path)
    assert refused.value.code == "secret"


def boxes_file(tmp_path, text):
    path = tmp_path / "boxes"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_boxes_file_has_a_line_for_each_box(tmp_path):
    path = boxes_file(tmp_path, "# the market\nbox-1 password-1\n\nbox-2 password-2\n")
    assert read_boxes(path) == {"box-1": "password-1", "box-2": "password-2"}


@pytest.mark.parametrize("text", ["box-1\n", "box-1 a b\n", "box-1 a\nbox-1 b\n"])
def test_a_line_that_is_no_box_is_named_without_its_password(tmp_path, text):
    with pytest.raises(ConfigError) as refused:
        read_boxes(boxes_file(tmp_path, text))
    assert "line" in str(refused.value)


KEY = "d" + "0" * 510 + "1"


def test_the_fleets_key_is_the_modulus_in_hexadecimal_digits(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    assert read_fleet_key(tmp_path / "key") == bytes.fromhex(KEY)


@pytest.mark.parametrize(
    "text",
    ["", KEY[:-2], KEY + "01", KEY[:-1] + "g", KEY[:-1] + "2", "7" + KEY[1:], KEY[:-4] + "  01", "0x" + KEY[2:], "ộ"],
)
def test_what_is_no_fleets_key_is_named(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_fleet_key(tmp_path / "key")
    assert refused.value.code == "setting"
    assert "key" in str(refused.value)


def test_a_fleets_key_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError) as refused:
        read_fleet_key(tmp_path / "key")
    assert refused.value.code == "file"


def test_without_a_fleets_key_nobody_can_enrol_and_nothing_listens_off_the_loopback(tmp_path):
    config = load(written(tmp_path, GOOD))
    assert config.enrol.fleet_key_file == ""
    assert config.broker.tls_listen == []
    assert (config.broker.tls_port, config.enrol.port) == (8883, 8884)


def test_a_secret_compares_to_nothing_by_its_looks():
    assert repr(Secret("a")) == repr(Secret("b"))
