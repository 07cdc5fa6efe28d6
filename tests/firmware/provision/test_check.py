"""Which codes a box takes: every reason to refuse one, and that nothing has changed then."""

import pytest

from firmware.files import Files
from firmware.provision import box_id_of, check, fleet_key, identity, offer
from firmware.wire import provisioning, rsa
from scripts.provisioning.code import make_code, wish
from scripts.provisioning.key import FleetKey
from tests.firmware.provision.folder import Folder, random_bytes

BOX = "box-000001"
NOW_MS = 1_795_000_000_000
CA = b"not a real one: only its hash is looked at"
KEY = FleetKey.make()
OTHER_KEY = FleetKey.make()
NEW = (BOX, False, 0, 0)
PLACED = (BOX, True, 0, 0)


def code(key=KEY, **given):
    return make_code(key, CA, **{"issued_ms": NOW_MS, **given})


def judge(text, known=NEW, button=False, utc_ms=None, modulus=KEY.modulus):
    return check.judge(text, modulus, known, button, utc_ms)[0]


def test_a_code_of_the_fleet_is_taken_by_a_new_box():
    reason, wanted = check.judge(code(gate="cong-2"), KEY.modulus, NEW, False, None)
    assert (reason, wanted.gate) == (None, "cong-2")


@pytest.mark.parametrize("text", [b"", b"TRAM1:", b"TRAM1:.", b"TRAM2:x.y", b"https://example.org", b"\xff" * 1600])
def test_what_is_no_code_is_refused_by_its_form(text):
    assert judge(text) == "form"


def test_a_code_that_is_cut_off_anywhere_is_refused():
    whole = code()
    assert {judge(whole[:length]) for length in range(len(whole))} == {"form"}


def test_a_code_with_any_character_changed_is_refused():
    whole = code()
    for at in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[at] = ord("A") if changed[at] != ord("A") else ord("B")
        assert judge(bytes(changed)) in ("form", "signature")


@pytest.mark.parametrize(
    "key, modulus",
    [(OTHER_KEY, KEY.modulus), (KEY, OTHER_KEY.modulus), (KEY, b""), (KEY, KEY.modulus[1:]), (KEY, b"\0" * 256)],
)
def test_a_code_of_another_fleet_or_without_a_key_to_check_it_is_refused(key, modulus):
    assert judge(code(key), modulus=modulus) == "signature"


def test_the_body_of_one_code_with_the_signature_of_another_is_refused():
    body = code(gate="cong-1").split(b".")[0]
    signature = code(gate="cong-2").split(b".")[1]
    assert judge(body + b"." + signature) == "signature"


@pytest.mark.parametrize("number", [0, 1, 2**2047, 2**2048 - 1])
def test_a_signature_that_is_a_trick_with_numbers_is_refused(number):
    signed = code().split(b".")[0]
    forged = provisioning.join(signed, number.to_bytes(rsa.KEY_BYTES, "big"))
    assert judge(forged) == "signature"


def test_a_code_is_expired_only_when_the_time_is_known():
    text = code(valid_s=60)
    assert judge(text, utc_ms=None) is None
    assert judge(text, utc_ms=NOW_MS + 60_000) is None
    assert judge(text, utc_ms=NOW_MS + 60_001) == "expired"


@pytest.mark.parametrize("known", [(BOX, False, NOW_MS, 0), (BOX, False, NOW_MS + 1, 0), (BOX, False, 0, NOW_MS)])
def test_a_code_issued_no_later_than_the_last_one_is_refused(known):
    assert judge(code(), known) == "replayed"


def test_a_code_for_another_box_is_refused_by_a_new_box_and_by_one_with_the_button_held():
    text = code(box="box-000002")
    assert judge(text) == "other_box"
    assert judge(text, PLACED, button=True) == "other_box"


def test_a_box_with_a_place_takes_a_code_only_with_the_button_or_made_for_it():
    assert judge(code(), PLACED) == "provisioned"
    assert judge(code(), PLACED, button=True) is None
    assert judge(code(box=BOX), PLACED) is None


# On the box's own files


@pytest.fixture
def files(tmp_path):
    files = Files(Folder(tmp_path))
    files.write_plain("/fleet.key", KEY.modulus.hex().encode() + b"\n")
    return files


def snapshot(files):
    return {path.name: path.read_bytes() for path in files.fs.root.iterdir()}


@pytest.mark.parametrize(
    "text, reason",
    [
        (b"TRAM1:x.y", "form"),
        (code(OTHER_KEY), "signature"),
        (code(valid_s=1), "expired"),
        (code(box="box-000002"), "other_box"),
    ],
)
def test_a_refused_code_leaves_no_trace(files, text, reason):
    before = snapshot(files)
    assert offer(files, BOX, text, True, NOW_MS + 5_000, random_bytes) == reason
    assert snapshot(files) == before


def test_a_code_that_is_taken_is_on_flash_with_a_password_of_its_own(files):
    text = code()
    assert offer(files, BOX, text, False, None, random_bytes) is None
    known = identity.load(files, BOX)
    assert known.code == text
    assert len(known.password) == 43
    assert known.now is None


def test_the_code_that_the_box_is_busy_with_changes_nothing_however_often_it_is_shown(files):
    text = code()
    offer(files, BOX, text, False, None, random_bytes)
    before = snapshot(files)
    assert offer(files, BOX, text, False, None, random_bytes) == check.SAME
    assert snapshot(files) == before


def test_a_later_code_takes_the_place_of_the_one_the_box_is_busy_with_and_an_earlier_one_does_not(files):
    offer(files, BOX, code(), False, None, random_bytes)
    later = code(issued_ms=NOW_MS + 1)
    assert offer(files, BOX, code(issued_ms=NOW_MS - 1), False, None, random_bytes) == "replayed"
    assert offer(files, BOX, later, False, None, random_bytes) is None
    assert identity.load(files, BOX).code == later


def test_a_flash_that_takes_nothing_is_named_and_nothing_has_changed(files):
    before = snapshot(files)
    files.fs.is_full = True
    assert offer(files, BOX, code(), False, None, random_bytes) == "storage"
    files.fs.is_full = False
    assert identity.load(files, BOX).code is None
    assert snapshot(files) == before


@pytest.mark.parametrize("content", [None, b"", b"no hex", b"ab", b"ab" * 255, b"zz" * 256])
def test_without_the_fleets_key_no_code_is_taken(files, content):
    if content is None:
        files.remove("/fleet.key")
    else:
        files.write_plain("/fleet.key", content)
    assert fleet_key(files) == b""
    assert offer(files, BOX, code(), True, None, random_bytes) == "signature"


def test_a_box_is_named_after_its_chip():
    assert box_id_of(bytes.fromhex("e6614103e7452d2f")) == "box-e6614103e7452d2f"
    assert len(box_id_of(b"\xff" * 40)) == 32


def test_a_wish_for_a_code_holds_a_token_of_its_own_each_time():
    assert wish(CA)["token"] != wish(CA)["token"]
