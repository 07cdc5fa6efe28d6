"""Settings: everything known, everything in its form, and the line named where not."""

import re

import msgspec
import pytest

from server.config import Config, Fleet, Gateway, Limits, Log, Operator, Reader, Store, Web, load
from server.errors import Unusable
from tests.server.rig import GATEWAY_TOKEN, ROOT, config, settings, sha256

GOOD = f"""listen = "127.0.0.1:0"
data_dir = "data"

[limits]
retry_after_s = 7

[[gateways]]
id = "gw-1"
token_sha256 = "{sha256("one")}"
boxes = ["box-0001"]

[[gateways]]
id = "gw-2"
token_sha256 = "{sha256("two")}"

[[readers]]
name = "ops"
token_sha256 = "{sha256("three")}"
"""


def loaded(tmp_path, text):
    path = tmp_path / "server.toml"
    path.write_text(text)
    return load(path)


def test_a_good_file_is_read(tmp_path):
    found = loaded(tmp_path, GOOD)
    assert found.address() == ("127.0.0.1", 0)
    assert found.database_path() == tmp_path / "data" / "server.db"
    assert [gateway.id for gateway in found.gateways] == ["gw-1", "gw-2"]
    assert found.limits.retry_after_s == 7


def test_a_database_url_is_taken_in_place_of_a_folder(tmp_path):
    found = loaded(tmp_path, GOOD.replace('data_dir = "data"', 'database_url = "sqlite:///here/x.db"'))
    assert found.database_path() == tmp_path / "here" / "x.db"


def test_an_address_of_ipv6_is_read(tmp_path):
    assert loaded(tmp_path, GOOD.replace("127.0.0.1:0", "[::1]:8080")).address() == ("::1", 8080)


@pytest.mark.parametrize(
    ("old", "new", "setting", "line"),
    [
        ('listen = "127.0.0.1:0"', 'lisen = "127.0.0.1:0"', "lisen", 1),
        ('listen = "127.0.0.1:0"', "listen = 8080", "listen", 1),
        ('listen = "127.0.0.1:0"', 'listen = "127.0.0.1"', "listen", 1),
        ('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:70000"', "listen", 1),
        ('data_dir = "data"', "", "data_dir", 1),
        ('data_dir = "data"', 'database_url = "postgresql:///x"', "database_url", 2),
        ("[limits]", "[limit]", "limit", 4),
        ("retry_after_s = 7", "retry_after_ms = 7", "limits.retry_after_ms", 5),
        ("retry_after_s = 7", "retry_after_s = 0", "limits.retry_after_s", 5),
        ("retry_after_s = 7", 'retry_after_s = "7"', "limits.retry_after_s", 5),
        ("retry_after_s = 7", "batch_bytes = 99999999", "limits.batch_bytes", 5),
        ('id = "gw-2"', 'id = "GW 2"', "gateways.id", 13),
        ('id = "gw-2"', 'id = "gw-1"', "gateways.id", 13),
        ('id = "gw-2"', 'id = "gw-2"\nbox = []', "gateways.box", 14),
        ('boxes = ["box-0001"]', 'boxes = ["box-0001", "no"]', "gateways.boxes", 10),
        ('boxes = ["box-0001"]', 'boxes = "box-0001"', "gateways.boxes", 10),
        (sha256("two"), "abc", "gateways.token_sha256", 14),
        (sha256("two"), sha256("one"), "gateways.token_sha256", 14),
        (sha256("three"), sha256("one"), "readers.token_sha256", 18),
        ('name = "ops"', 'nam = "ops"', "readers.nam", 17),
        ('name = "ops"', 'name = ""', "readers.name", 17),
    ],
)
def test_a_wrong_or_unknown_setting_is_named_with_its_line(tmp_path, old, new, setting, line):
    assert old in GOOD
    with pytest.raises(Unusable) as err:
        loaded(tmp_path, GOOD.replace(old, new))
    assert err.value.code == "settings"
    assert f"line {line}: {setting}" in err.value.detail


@pytest.mark.parametrize("text", ["listen =", "[[gateways]\n", "a = 1\na = 2", '"'])
def test_what_is_not_toml_is_refused_with_its_line(tmp_path, text):
    with pytest.raises(Unusable) as err:
        loaded(tmp_path, text)
    assert "line" in err.value.detail or "end of document" in err.value.detail


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Unusable) as err:
        load(tmp_path / "none.toml")
    assert "none.toml" in err.value.detail


def test_no_token_digest_is_in_the_repr(tmp_path):
    assert sha256(GATEWAY_TOKEN)[:8] not in repr(config(tmp_path))


def test_every_setting_of_the_example_is_known(tmp_path):
    more = '[store]\nbusy_timeout_ms = 5\n[web]\nsession_hours = 1\n[log]\nlevel = "debug"\nform = "text"'
    assert load(settings(tmp_path, more=more)).log.form == "text"


def test_the_example_is_good_and_names_every_setting_with_its_default():
    path = ROOT / "server" / "example.toml"
    example, text = load(path), path.read_text()
    parts = [Config, Gateway, Reader, Operator, Limits, Store, Web, Fleet, Log]
    for name in [field.name for part in parts for field in msgspec.structs.fields(part)]:
        assert re.search(rf"^(# |\[+)?{name}\b", text, re.MULTILINE), name
    assert (example.listen, example.limits, example.store) == (Config().listen, Limits(), Store())
    assert (example.web, example.log, example.fleet) == (Web(), Log(), Fleet())
