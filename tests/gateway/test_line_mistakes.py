"""What a technician gets wrong at the first start, and from where the command line may be called."""

import io
import sys

import pytest

from gateway.__main__ import main
from gateway.config import ConfigError, load
from scripts.gateway_install import join
from scripts.gateway_install.layout import Layout
from tests.gateway.gateways import DEFAULT_TIME
from tests.gateway.install.test_join import join_text

GOOD = f"""gateway_id = "gw-1"
data_dir = "data"
[broker]
password_file = "broker.password"
[server]
url = "https://tram.example.vn"
token_file = "server.token"
sealing_key_file = "sealing.key"
{DEFAULT_TIME}"""
WRONG = (
    "",
    "tram.example.vn",
    "htps://tram.example.vn",
    "https:/tram.example.vn",
    "https://",
    "https://:8443",
    "https://tram.example.vn:99999",
    "https://tram.example.vn:0",
    "https://tram.example.vn:port",
    "https://tram.example.vn:-1",
    "https://[::1",
    "https://[tram]/",
    "https://user:word@tram.example.vn",
    "https://tram.example.vn/?a=b",
    "https://tram.example.vn/#top",
    "https://tram .example.vn",
    "https://trạm.vn",
    "https://tram.example.vn\\n",
)
RIGHT = (
    "https://tram.example.vn",
    "https://tram.example.vn:65535/below/",
    "http://127.0.0.1:8080",
    "https://[2001:db8::7]:8443",
    "https://10.0.0.7/",
)


def written(folder, text):
    path = folder / "gateway.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("url", WRONG)
@pytest.mark.parametrize("setting", ["url", "more_urls"])
def test_an_address_of_the_server_that_cannot_be_one_is_named_with_its_line_and_not_repeated(tmp_path, url, setting):
    of_one = f'url = "{url}"'
    of_more = f'url = "https://tram.example.vn"\nmore_urls = ["{url}"]'
    text = GOOD.replace('url = "https://tram.example.vn"', of_one if setting == "url" else of_more)
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, text))
    assert f"server.{setting}" in str(refused.value)
    assert f"line {6 if setting == 'url' else 7}" in str(refused.value)
    assert "user:word" not in str(refused.value)


@pytest.mark.parametrize("url", RIGHT)
def test_an_address_of_the_server_may_have_a_port_and_a_path(tmp_path, url):
    assert load(written(tmp_path, GOOD.replace("https://tram.example.vn", url))).server.url == url


def test_files_that_windows_notepad_has_saved_are_read(tmp_path):
    path = tmp_path / "gateway.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).gateway_id == "gw-1"
    other = tmp_path / "join.toml"
    other.write_bytes(b"\xef\xbb\xbf" + join_text().replace("\n", "\r\n").encode())
    assert join.read(other).gateway_id == "gw-cho-01"


@pytest.mark.parametrize("url", [one for one in WRONG if "\\" not in one])
def test_a_join_file_with_such_an_address_is_refused_before_anything_is_installed(url):
    given = {"gateway_id": "gw-1", "url": url, "token": "x" * 20, "sealing_key": "0" * 64}
    with pytest.raises(join.JoinError, match="url"):
        join.of(given)


@pytest.mark.parametrize("url", RIGHT)
def test_a_join_file_may_have_a_port_and_a_path(url):
    assert join.of({"gateway_id": "gw-1", "url": url, "token": "x" * 20, "sealing_key": "0" * 64}).url == url


def test_the_authority_comes_back_through_standard_input_so_that_nobody_else_need_read_the_file(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "broker.password").write_text("a-password-of-a-broker\n")
    (tmp_path / "broker.password").chmod(0o600)
    config = str(written(tmp_path, GOOD))
    assert main(["ca", "--config", config]) == 0
    fingerprint = capsys.readouterr().out
    assert main(["ca", "export", "-", "--config", config]) == 0
    kept = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(kept.encode())))
    assert main(["ca", "import", "-", "--sure", "--config", config]) == 0
    assert capsys.readouterr().out == fingerprint
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["ca", "import", "-", "--sure", "--config", config]) == 78


def test_the_installed_command_line_looks_for_files_where_it_was_called_and_for_its_program_nowhere_else(tmp_path):
    """As root it keeps the one right to read them; whoever lies beside it as gateway.py is not run."""
    layout = Layout(tmp_path)
    layout.write_wrapper()
    text = layout.at("/usr/local/bin/tram-gateway").read_text()
    assert "cd " not in text
    assert "PYTHONSAFEPATH=1" in text
    assert text.count("--ambient-caps=+dac_read_search") == 1
