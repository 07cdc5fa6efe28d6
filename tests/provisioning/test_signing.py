"""Signing on an offline laptop: it signs what it can read, and its answer fits what was asked."""

import json

import pytest

from firmware.wire import manifest, provisioning
from firmware.wire.manifest import Manifest
from scripts.provisioning import signing
from scripts.provisioning.code import unsigned
from scripts.provisioning.key import FleetKey
from scripts.provisioning.signing import Answered, Asking, Bad, Item

KEY, OTHER = FleetKey.make(), FleetKey.make()
CODE = unsigned(b"ca", wifi=[["Chợ Mới", "rất bí mật"]], place="cho-moi", gate="cong-2")
FIRMWARE = manifest.to_sign(Manifest(7, 3, "tet-2027", ["esp32s3"], [("a.mpy", 3, "00" * 32)], b""))
REQUEST = signing.request(KEY.modulus, [Item("cổng 2", CODE), Item("firmware", FIRMWARE)])


def changed(content, **values):
    return json.dumps({**json.loads(content), **values}).encode()


def bad(code, run, *arguments):
    with pytest.raises(Bad) as caught:
        run(*arguments)
    assert caught.value.code == code


def test_an_answer_fits_what_was_asked_and_boxes_take_it():
    signer = Answered(KEY.modulus, signing.answer(KEY, REQUEST))
    assert signer.sign(CODE) == KEY.sign(CODE)
    assert provisioning.decode(provisioning.join(CODE, signer.sign(CODE)))[0].gate == "cong-2"
    assert signer.sign(FIRMWARE) == KEY.sign(FIRMWARE)


def test_building_twice_gives_what_building_with_the_key_gives():
    asking = Asking(KEY.modulus, name=lambda data: "a manifest")
    files = [("a.mpy", 3, "11" * 32)]

    def built(signer):
        text = manifest.to_sign(Manifest(7, 3, "tet-2027", ["esp32s3"], files, b""))
        return text + signer.sign(text)

    built(asking)
    built(asking)
    assert len(asking.items) == 1
    answered = Answered(KEY.modulus, signing.answer(KEY, asking.request()))
    assert built(answered) == built(KEY)


def test_whoever_signs_sees_what_it_is_and_no_secret():
    what = signing.described(CODE)
    assert what.kind == "code"
    assert (what.facts["place"], what.facts["gate"], what.facts["wifi"]) == ("cho-moi", "cong-2", ["Chợ Mới"])
    assert "rất bí mật" not in repr(what)
    assert signing.described(FIRMWARE) == (
        "firmware",
        {"version": 7, "floor": 3, "name": "tet-2027", "boards": ["esp32s3"], "files": 1},
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"TRAM1:", CODE + b".", CODE[:-1], CODE + b"A", b"TRAM2:" + CODE[6:], FIRMWARE[:-2],
     FIRMWARE + b"x 1 y\n", b"1 manifest ", b"{}",
     b'{"form": "tram-release-1"}', b"1 offer box-1 2 3 00\n", b"\xff" * 300],
)  # fmt: skip
def test_bytes_that_are_nothing_of_ours_are_not_signed(data):
    bad("unknown", signing.described, data)
    with pytest.raises(Bad) as caught:
        signing.answer(KEY, signing.request(KEY.modulus, [Item("good", CODE), Item("what is this", data)]))
    assert (caught.value.code, caught.value.name) == ("unknown", "what is this")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b"[" * 100_000, changed(REQUEST, v=2), changed(REQUEST, format=signing.ANSWER),
     changed(REQUEST, items=[]), changed(REQUEST, items=[1]), changed(REQUEST, items=[{"name": "x"}]),
     changed(REQUEST, items=[{"name": "x", "data": 5}]), changed(REQUEST, items=[{"name": "x", "data": "=*"}]),
     changed(REQUEST, items=[{"name": "a\x1b[2J", "data": "QUJD"}]), changed(REQUEST, fleet=5),
     b" " * (8 * 1024 * 1024 + 1)],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_a_file_that_is_no_request_is_refused(content):
    bad("form", signing.answer, KEY, content)


def test_another_fleets_request_is_not_signed():
    bad("other_fleet", signing.answer, OTHER, REQUEST)


def test_an_answer_of_another_key_is_refused():
    bad("other_fleet", Answered, OTHER.modulus, signing.answer(KEY, REQUEST))


def test_a_signature_that_does_not_fit_is_refused():
    answer = json.loads(signing.answer(KEY, REQUEST))
    answer["items"][0]["signature"], answer["items"][1]["signature"] = (
        answer["items"][1]["signature"],
        answer["items"][0]["signature"],
    )
    bad("signature", Answered, KEY.modulus, json.dumps(answer).encode())


@pytest.mark.parametrize("change", [{"sha256": "zz"}, {"signature": "AAAA"}, {"signature": None}, {"sha256": 5}])
def test_an_answer_that_is_broken_is_refused(change):
    answer = json.loads(signing.answer(KEY, REQUEST))
    answer["items"][0].update(change)
    bad("form", Answered, KEY.modulus, json.dumps(answer).encode())


def test_what_was_not_asked_for_has_no_signature():
    signer = Answered(KEY.modulus, signing.answer(KEY, signing.request(KEY.modulus, [Item("code", CODE)])))
    bad("missing", signer.sign, FIRMWARE)


def test_a_name_that_would_write_over_the_screen_is_made_plain():
    content = signing.request(KEY.modulus, [Item("cổng\x1b[2J 1\n", CODE)])
    assert signing.read_request(content)[1][0].name == "cổng [2J 1 "
