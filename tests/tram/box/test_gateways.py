"""Cards of gateways, and the client that speaks with no other gateway than the card's: the real one, over TLS."""

import contextlib
import json
import os
import socket
import threading
import time
from dataclasses import replace

import pytest
from zeroconf import Zeroconf

from gateway.certs import succession
from scripts.tram.gateways import Card, card, cards, forget, save
from scripts.tram.gateways.client import Client, address, refreshed, url_of
from scripts.tram.trouble import Trouble
from tests.gateway.brokers import free_port
from tests.gateway.gateways import wait_for
from tests.gateway.tech.station import Station
from tests.tram.box.calling import Tram, TramHere
from tests.tram.box.test_network import announced

CA, TOKEN = "A" * 43, "b" * 43


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    made = Station(tmp_path_factory.mktemp("station")).start()
    made.access = made.admit()
    yield made
    made.stop()


def trouble(act, *what) -> Trouble:
    with pytest.raises(Trouble) as found:
        act(*what)
    assert TOKEN not in found.value.sentence + found.value.next + str(found.value.facts)
    return found.value


def a_card(**changes) -> Card:
    return Card(**{"gateway": "cho-01", "ca": CA, "url": "https://192.168.1.20:8443", "token": TOKEN} | changes)


# --- cards


def test_a_laptop_that_knows_no_gateway_does_not_say_that_there_is_no_box(home):
    for lang, words in (("en", "No gateway is known"), ("vi", "Chưa biết trạm nào")):
        said = Tram(home)("box", "list", lang=lang)
        assert words in said.out
        assert "TỆP" in Tram(home)("box", "update", "--help", lang="vi").out


def test_a_card_is_kept_for_its_owner_alone_and_shows_no_token(home):
    path = save(a_card(place="chợ"))
    assert card("cho-01") == card() == cards()[0] == a_card(place="chợ")
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in repr(card())
    forget("cho-01")
    assert cards() == []


def test_which_gateway_is_meant_is_never_guessed():
    assert trouble(card).code == "no_gateway"
    save(a_card())
    save(a_card(gateway="cho-02"))
    assert "cho-01, cho-02" in trouble(card).sentence
    for name in ("cho-03", "", "..", "../cho-01", "cho-01.json", "CHO-01"):
        assert trouble(card, name).code == "gateway_unknown"
        assert trouble(forget, name).code == "gateway_unknown"


BROKEN = [
    "", "[]", "{", "null", '{"gateway": "cho-01"}',
    *(json.dumps({"gateway": "cho-01", "ca": CA, "token": TOKEN} | change) for change in (
        {"gateway": "cho-02"}, {"gateway": "../x"}, {"ca": CA[1:]}, {"ca": 5}, {"token": TOKEN + "x"}, {"token": None},
        {"port": 0}, {"port": "8883"}, {"port": True}, {"enrol_port": 65536}, {"url": 5}, {"url": "https://x\u001b[2J"},
        {"place": "x" * 300}, {"next_ca": "x"},
    )),
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_card_is_named_and_not_used(home, content):
    (home / "gateways").mkdir(parents=True)
    (home / "gateways/cho-01.json").write_text(content)
    for act in (card, cards, lambda: card("cho-01")):
        found = trouble(act)
        assert (found.code, found.facts["file"]) == ("card_broken", str(home / "gateways/cho-01.json"))


@pytest.mark.parametrize("change", [{"gateway": "../x"}, {"gateway": ""}, {"ca": ""}, {"token": "short"}, {"port": 0}])
def test_no_broken_card_is_ever_written(home, change):
    assert trouble(save, a_card(**change)).code == "card_broken"
    assert not (home / "gateways").exists() or list((home / "gateways").iterdir()) == []


# --- addresses


@pytest.mark.parametrize(
    "typed, url",
    [
        ("tram-cho-01.local", "https://tram-cho-01.local:8443"),
        ("192.168.1.20", "https://192.168.1.20:8443"),
        ("192.168.1.20:9000", "https://192.168.1.20:9000"),
        (" https://192.168.1.20/ ", "https://192.168.1.20:8443"),
        ("fd00::5", "https://[fd00::5]:8443"),
        ("[fd00::5]:9000", "https://[fd00::5]:9000"),
        ("http://127.0.0.1:8443", "http://127.0.0.1:8443"),
    ],
)
def test_what_people_type_becomes_an_address(typed, url):
    assert url_of(typed) == url


@pytest.mark.parametrize(
    "typed, code",
    [
        ("", "url_wrong"),
        ("https://", "url_wrong"),
        ("ftp://192.168.1.20", "url_wrong"),
        ("https://a:b@192.168.1.20", "url_wrong"),
        ("192.168.1.20:99999", "url_wrong"),
        ("192.168.1.20:0", "url_wrong"),
        ("chợ.local", "url_wrong"),
        ("http://192.168.1.20", "not_secure"),
        ("http://gateway.local:8443", "not_secure"),
    ],
)
def test_what_is_no_address_or_an_unprotected_one_is_refused(typed, code):
    assert trouble(url_of, typed).code == code


@pytest.mark.parametrize("url", ["http://192.168.1.20:8443", "http://example.com"])
def test_a_token_never_goes_out_unprotected_even_where_a_card_says_so(url):
    assert trouble(lambda: Client(a_card(url=url)).facts()).code == "not_secure"


# --- the line


def test_it_speaks_with_the_gateway_of_the_card_whatever_its_address(station):
    for url in (station.url, f"https://localhost:{station.port}"):
        assert Client(station.card(url=url)).facts()["gateway"] == "gw-1"


def test_it_speaks_with_nobody_who_has_another_authority_or_another_name(station):
    assert trouble(Client(station.card(ca=CA)).facts).code == "gateway_other"
    assert trouble(Client(station.card(gateway="gw-2")).facts).code == "gateway_other"
    assert station.gateway.log().count("status=401") == 0  # it never came so far as to show the token


def test_a_forged_copy_of_the_authority_on_this_disk_is_not_believed(station, home):
    client = Client(station.card())
    client.facts()
    (home / "gateways/gw-1.der").write_bytes(b"0 something else")
    assert client.facts()["gateway"] == "gw-1"


@pytest.mark.parametrize("token, code", [(TOKEN, "no_right"), ("", "no_token")])
def test_a_token_that_is_not_right_is_told_with_what_to_do(station, token, code):
    found = trouble(Client(station.card(token=token)).facts)
    assert (found.code, found.exit_code) == (code, 4)
    assert "technician add" in found.next


def test_nobody_at_that_address_is_told_within_seconds():
    began = time.monotonic()
    found = trouble(Client(a_card(url=f"https://127.0.0.1:{free_port()}")).facts)
    assert (found.code, found.exit_code) == ("gateway_silent", 7)
    assert time.monotonic() - began < 5


@contextlib.contextmanager
def stranger(answer: bytes):
    """Something else that listens there."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                line, _ = listening.accept()
                line.recv(4096)
                line.sendall(answer)
                line.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


HTML = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"


@pytest.mark.parametrize(
    "scheme, answer, codes",
    [
        ("https", b"220 hello\r\n", {"gateway_silent"}),
        ("https", b"", {"gateway_silent"}),
        ("http", HTML, {"not_a_gateway"}),
        ("http", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", {"not_a_gateway"}),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", {"not_a_gateway"}),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", {"gateway_silent", "not_a_gateway"}),
        ("http", b'HTTP/1.1 500 X\r\nContent-Length: 11\r\n\r\n{"error":1}', {"not_a_gateway"}),
        ("http", b"SSH-2.0-OpenSSH\r\n", {"gateway_silent"}),
        ("http", b"", {"gateway_silent"}),
    ],
)
def test_somebody_else_at_that_address_is_not_taken_for_a_gateway(scheme, answer, codes):
    with stranger(answer) as port:
        assert trouble(Client(a_card(url=f"{scheme}://127.0.0.1:{port}")).facts).code in codes


def test_a_code_that_is_not_known_here_is_passed_on_with_its_name():
    body = json.dumps({"error": {"code": "no_such_word_yet"}}).encode()
    with stranger(b"HTTP/1.1 422 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as port:
        found = trouble(Client(a_card(url=f"http://127.0.0.1:{port}")).facts)
    assert (found.code, found.facts["what"]) == ("no_request", "no_such_word_yet")


def test_the_next_authority_is_followed_because_the_one_before_named_it(station):
    client = station.client()
    save(client.card)
    before = client.card.ca
    succession.begin(station.folder / "data/certs", "gw-1")
    told = refreshed(client.card, client.facts())
    assert told.next_ca not in ("", before)
    station.gateway.call("ca", "renew-authority", "--now")
    wait_for(lambda: trouble_code(Client(replace(told, next_ca=""))) == "gateway_other")
    save(told)
    assert Client(card("gw-1")).facts()["ca"] == told.next_ca
    assert (card("gw-1").ca, card("gw-1").next_ca) == (told.next_ca, "")
    station.access = station.access._replace(ca=told.next_ca)


def trouble_code(client: Client) -> str:
    try:
        client.facts()
    except Trouble as found:
        return found.code
    return ""


# --- as a person adds one


def test_a_gateway_is_added_with_its_access_code_and_the_code_is_never_shown(station, home, tmp_path):
    tram = TramHere(home, tmp_path)
    code = f"tram1.gw-1.{station.access.ca}.{station.access.token}"
    said = tram("box", "gateways", "add", f"127.0.0.1:{station.port}", "--json", given=code + "\n")
    assert (said.code, said.end["gateway"]["gateway"]) == (0, "gw-1"), said
    assert card().token == station.access.token
    listed = tram("box", "gateways", "list", "--json")
    assert [one["gateway"] for one in listed.end["gateways"]] == ["gw-1"]
    assert station.access.token not in said.out + said.err + listed.out
    assert tram("box", "gateways", "remove", "gw-1").code == 0
    assert list((home / "gateways").iterdir()) == []


def test_a_gateway_that_announces_itself_is_added_without_its_address(station, home, tmp_path):
    net = Zeroconf(interfaces=["127.0.0.1"])
    try:
        announced(net, "a-false-one", {"gateway": "gw-1"}, free_port(), "127.0.0.1")
        announced(net, "tram-gw-1", {"gateway": "gw-1"}, station.port, "127.0.0.1")
        tram = TramHere(home, tmp_path)
        code = f"tram1.gw-1.{station.access.ca}.{station.access.token}"
        said = tram("box", "gateways", "add", "--json", given=code + "\n")
        assert (said.code, said.end["gateway"]["url"]) == (0, station.url), said
        found = tram("box", "gateways", "find", "--seconds", "4", "--json").end["found"]
        assert ("gw-1", True) in [(one["gateway"], one["is_known"]) for one in found]
    finally:
        net.close()
    other = tram("box", "gateways", "add", "--json", given=code.replace("gw-1", "gw-9") + "\n")
    assert (other.code, other.end["error"]["code"]) == (7, "not_found")


@pytest.mark.parametrize(
    "given, code, error",
    [
        ("", 2, "access_wrong"),
        ("tram1.gw-1.x.y", 2, "access_wrong"),
        (f"tram1.gw-1.{CA}.{TOKEN}", 5, "gateway_other"),
        ("tram1.gw-1.{ca}." + TOKEN, 4, "no_right"),
    ],
)
def test_a_wrong_access_code_adds_nothing(station, home, tmp_path, given, code, error):
    given = given.replace("{ca}", station.access.ca)
    said = TramHere(home, tmp_path)("box", "gateways", "add", station.url, "--json", given=given + "\n")
    assert (said.code, said.end["error"]["code"]) == (code, error)
    assert cards() == []
    assert TOKEN not in said.out + said.err


@pytest.mark.parametrize("typed", [f"tram1.gw-1.{CA}.{TOKEN}", f"TRAM1.gw-1.{CA}.{TOKEN}", f"tram1.{TOKEN}"])
def test_an_access_code_on_the_command_line_is_refused_unshown_and_nobody_is_asked_for(home, tmp_path, typed):
    said = TramHere(home, tmp_path)("box", "gateways", "add", typed, "--json", given=typed + "\n")
    assert (said.code, said.end["error"]["code"]) == (2, "access_shown")
    assert TOKEN.lower() not in (said.out + said.err).lower()


def test_a_host_of_an_address_is_read_as_it_is():
    assert address("https://[fd00::5]:9") == ("fd00::5", 9, True)
