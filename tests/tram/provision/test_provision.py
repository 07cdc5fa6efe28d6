"""`tram provision`: what it makes a box takes, on the screen, as a picture and on paper, and no secret is printed."""

import json
from functools import cache
from pathlib import Path

import pytest
import zxingcpp
from cryptography.hazmat.primitives.serialization import Encoding

from firmware.provision.check import judge
from firmware.wire import provisioning
from scripts.provisioning.code import ca_fingerprint, make_code
from scripts.tram import exits
from tests.tram.paper.eye import codes, held, opened, worn
from tests.tram.provision.laptop import CA, CA_DER, KEY, NETWORK, NEW_BOX, PASSWORD, made, picture_of


def test_a_code_from_the_gateways_card_is_taken_by_a_box(tram):
    wanted = made(tram, "--wifi-file", "wifi.json", "--direction", "both", "--valid", "12h")
    assert (wanted.gateway, wanted.host, wanted.port, wanted.enrol_port) == ("cho-01", "tram-cho-01.local", 8883, 8884)
    assert (wanted.place, wanted.gate, wanted.direction, wanted.wifi) == ("cho-moi", "cong-1", "both", [NETWORK])
    assert wanted.expires_ms - wanted.issued_ms == 12 * 3600 * 1000
    assert wanted.ca == ca_fingerprint(CA_DER)
    assert Path("code.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_gateway_without_a_card_is_named_by_hand(tram, encoding):
    Path("ca.x").write_bytes(CA.public_bytes(encoding))
    wanted = made(tram, "--ca", "ca.x", "--gateway", "gw-2", "--host", "10.0.0.2", "--place", "ben-xe", "--port", 1883)
    assert (wanted.gateway, wanted.host, wanted.port, wanted.place) == ("gw-2", "10.0.0.2", 1883, "ben-xe")
    assert wanted.ca == ca_fingerprint(CA_DER)


def test_what_is_said_counts_more_than_the_card(tram):
    wanted = made(tram, "--gateway", "cho-01", "--host", "192.168.1.20", "--place", "cho-lon", "--enrol-port", 9000)
    assert (wanted.host, wanted.place, wanted.enrol_port) == ("192.168.1.20", "cho-lon", 9000)


def test_a_code_for_one_box_is_for_that_box(tram):
    assert tram("provision", "code", "--gate", "c", "--box", "box-222", "--out", "code.txt").code == exits.OK
    text = Path("code.txt").read_bytes().strip()
    assert judge(text, KEY.modulus, NEW_BOX, False, None)[0] == "other_box"
    assert judge(text, KEY.modulus, ("box-222", True, 0, 0), False, None)[0] is None


def test_two_codes_are_never_alike(tram):
    assert made(tram).token != made(tram).token


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_picture_holds_the_code_and_is_for_its_owner_alone(tram, kind):
    said = tram("provision", "code", "--gate", "cong-1", "--wifi-file", "wifi.json", "--out", f"c.{kind}")
    assert said.code == exits.OK
    file = Path(f"c.{kind}")
    assert file.stat().st_mode & 0o777 == 0o600
    (text,) = codes(picture_of(file))
    assert judge(text, KEY.modulus, NEW_BOX, False, None)[1].gate == "cong-1"
    (again,) = codes(worn(picture_of(file), turn=8, blur=1.0, grey=40))
    assert again == text


def test_an_svg_is_a_picture_of_the_same_modules(tram):
    assert tram("provision", "code", "--gate", "cong-1", "--out", "c.svg").code == exits.OK
    text = Path("c.svg").read_text()
    assert text.startswith("<?xml")
    assert "mm" in text[:400]


def test_the_code_as_text_goes_to_who_reads_the_output(tram):
    said = tram("provision", "code", "--gate", "cong-1", as_person=True)
    assert judge(said.out.strip().encode(), KEY.modulus, NEW_BOX, False, None)[0] is None


def test_the_terminals_half_blocks_are_the_code():
    from PIL import Image

    from scripts.tram.provision import drawing

    text = make_code(KEY, CA_DER, wifi=[NETWORK]).decode()
    lines = [line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m") for line in drawing.terminal(text)]
    halves = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}
    rows = [[halves[char][half] for char in line] for line in lines for half in (0, 1)]
    small = Image.frombytes("L", (len(rows[0]), len(rows)), bytes(dot for row in rows for dot in row))
    assert codes(small.resize((small.width * 4, small.height * 4), Image.Resampling.NEAREST)) == [text.encode()]
    assert drawing.room(text)[:2] == (len(lines[0]), len(lines))


# Sheets


def test_a_list_becomes_a_page_for_each_code(tram):
    Path("l.csv").write_text(
        "gate;count;title;direction;box\ncong-1;2;Cổng chính;both;\ncong-2;;;;box-222\n", encoding="utf-8"
    )
    said = tram("provision", "sheet", "l.csv", "--wifi-file", "wifi.json", "--out", "s.pdf")
    assert (said.code, len(said.end["codes"])) == (exits.OK, 3)
    texts = [codes(picture_of(Path("s.pdf"), page))[0] for page in range(3)]
    found = [provisioning.decode(text)[0] for text in texts]
    assert [(one.gate, one.direction, one.box) for one in found] == [
        ("cong-1", "both", None), ("cong-1", "both", None), ("cong-2", "in", "box-222"),
    ]  # fmt: skip
    assert len({one.token for one in found}) == 3
    assert PASSWORD not in said.everything


WIFI = [["Chợ Bình Tây - hộp quét", "một mật khẩu thật dài"]]


@pytest.mark.parametrize("networks", [[], WIFI, WIFI * 3], ids=["none", "one", "three"])
@pytest.mark.parametrize("distance_mm, turn", [(150, 0), (170, 7), (200, -20)])
def test_a_cheap_reader_sees_a_pages_code_at_a_spans_distance(networks, distance_mm, turn):
    text, picture, middle = page_with(len(networks))
    assert text in codes(held(picture, 300, distance_mm, middle, turn))


@cache
def page_with(count):
    """-> (the code, the printed page, where the code's middle is, mm)"""
    from scripts.tram.provision.sheet import Page, drawn

    text = make_code(KEY, CA_DER, wifi=WIFI * count, host="tram-cho-binh-tay-01.local")
    page = drawn([Page(text.decode(), "Cổng 1", "cho-moi", "cong-1", "in", None, "cho-01", [], "mai")])
    picture = opened(page.png(300))
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    corners = found.position.top_left, found.position.bottom_right
    return text, picture, tuple(sum(getattr(one, axis) for one in corners) / 2 / 300 * 25.4 for axis in "xy")


def test_a_dense_code_is_made_with_a_warning(tram):
    Path("three.json").write_text(json.dumps([["x" * 32, "y" * 63]] * 3))
    said = tram("provision", "code", "--gate", "c", "--host", "h" * 200, "--wifi-file", "three.json", "--out", "c.png")
    events = [json.loads(line).get("event") for line in said.out.splitlines()]
    assert said.code == exits.OK
    assert "dense" in events
