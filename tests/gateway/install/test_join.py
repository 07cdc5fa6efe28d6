"""What stands in a join file is taken as it is or refused, with the name of what is wrong and never its value."""

import pytest

from scripts.gateway_install import join
from scripts.gateway_install.join import JoinError

TOKEN = "t0ken-of-the-gateway"
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def join_text(**changed: object) -> str:
    given: dict[str, object] = {
        "gateway_id": "gw-cho-01",
        "url": "http://127.0.0.1:9",
        "token": TOKEN,
        "sealing_key": "5a" * 32,
        "fleet_key": "f" + "1" * 511,
    } | changed
    lines = [f"{key} = {_toml(value)}\n" for key, value in given.items() if value is not None]
    return "[join]\n" + "".join(lines)


def _toml(value: object) -> str:
    return f'"""{value}"""' if isinstance(value, str) else str(value)


def read(tmp_path, text: str) -> join.Join:
    (tmp_path / "join.toml").write_text(text)
    return join.read(tmp_path / "join.toml")


def test_a_whole_file_is_taken_as_it_is(tmp_path):
    found = read(tmp_path, join_text(ca_pem=CA, more_urls=["https://b.example"]))
    assert (found.gateway_id, found.token, found.ca_pem) == ("gw-cho-01", TOKEN, CA.strip())
    assert found.more_urls == ("https://b.example",)


def test_what_need_not_be_there_need_not_be_there(tmp_path):
    assert read(tmp_path, join_text(fleet_key=None)).fleet_key == ""


def test_nothing_secret_is_shown(tmp_path):
    found = read(tmp_path, join_text())
    assert TOKEN not in repr(found)
    assert found.sealing_key not in repr(found)


@pytest.mark.parametrize(
    "changed, named",
    [
        ({"gateway_id": None}, "gateway_id"),
        ({"gateway_id": "GW"}, "gateway_id"),
        ({"gateway_id": "gw\nx"}, "gateway_id"),
        ({"gateway_id": 7}, "gateway_id"),
        ({"url": None}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": 'http://x"\ny'}, "url"),
        ({"token": None}, "token"),
        ({"token": "short"}, "token"),
        ({"token": "with a space in it"}, "token"),
        ({"sealing_key": None}, "sealing_key"),
        ({"sealing_key": "5a" * 31}, "sealing_key"),
        ({"sealing_key": "5A" * 32}, "sealing_key"),
        ({"fleet_key": "f" * 511}, "fleet_key"),
        ({"ca_pem": "nothing"}, "ca_pem"),
        ({"ca_pem": CA.replace("CERTIFICATE", "PRIVATE" + " KEY")}, "ca_pem"),
        ({"more_urls": "https://b.example"}, "more_urls"),
        ({"more_urls": ["nowhere"]}, "more_urls"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_does_not_fit_is_named_and_never_shown(tmp_path, changed, named):
    with pytest.raises(JoinError) as refused:
        read(tmp_path, join_text(**changed))
    assert named in str(refused.value)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("text", ["", "[join", "[other]\n", "join = 3\n", "[join]\n[more]\n", "\x00", "[join]\n"])
def test_what_is_no_join_file_is_refused(tmp_path, text):
    with pytest.raises(JoinError):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(JoinError) as refused:
        join.read(tmp_path / "gone.toml")
    assert "gone.toml" in str(refused.value)
