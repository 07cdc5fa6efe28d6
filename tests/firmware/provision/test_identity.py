"""What a box knows of itself: kept twice, mended, changed in one step, and never told."""

import pytest

from firmware import config
from firmware.files import Files
from firmware.provision import boot, identity
from firmware.wire import provisioning
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from tests.firmware.provision.folder import Folder, random_bytes

BOX = "box-000001"
NOW_MS = 1_795_000_000_000
CA = bytes(range(256)) * 2
KEY = FleetKey.make()
WIFI = [["Chợ Mới", "mat-khau-1"], ["Quán mở", ""]]


def code(later_ms=0, **given):
    return make_code(KEY, CA, issued_ms=NOW_MS + later_ms, **given)


@pytest.fixture
def files(tmp_path):
    return Files(Folder(tmp_path))


def load(files, box_id=BOX):
    return identity.load(files, box_id)


def placed(files, **given):
    """A box that has its place."""
    known = load(files)
    known.take(code(**given), random_bytes)
    known.enrolled(CA)
    return load(files)


def test_a_blank_volume_is_a_new_box_and_nothing_is_written_to_it(files):
    known = load(files)
    assert (known.now, known.code, known.password, known.rotating, known.floor_ms) == (None, None, None, None, 0)
    assert list(files.fs.root.iterdir()) == []


def test_a_box_that_was_enrolled_is_what_the_code_said(files):
    text = code(gateway="gw-cho", host="10.0.0.9", wifi=WIFI, direction="both", gate="cong-2")
    known = load(files)
    known.take(text, random_bytes)
    password = known.password
    known.enrolled(CA)
    now = load(files).now
    assert (now.box_id, now.password, now.gateway, now.host) == (BOX, password, "gw-cho", "10.0.0.9")
    assert (now.port, now.enrol_port, now.wifi) == (8883, 8884, WIFI)
    assert (now.place, now.gate, now.direction, now.cas()) == ("cho-moi", "cong-2", "both", (CA,))
    assert load(files).code is None
    assert load(files).floor_ms == NOW_MS


def test_the_settings_that_an_identity_gives_are_good_settings(files):
    placed(files, wifi=WIFI, gateway="gw-cho")
    base, cas, is_rotating = boot(files, BOX)
    settings = config.read(base)
    assert (settings.box_id, settings.link.tls, settings.link.gateway) == (BOX, True, "gw-cho")
    assert (settings.gate.place, settings.gate.gate, settings.gate.direction) == ("cho-moi", "cong-1", "in")
    assert settings.wifi == WIFI
    assert (cas, is_rotating) == ((CA,), False)


def test_a_new_box_and_one_that_is_busy_with_a_code_are_for_the_newcomer(files):
    assert boot(files, BOX) == (None, None, False)
    placed(files)
    load(files).take(code(1), random_bytes)
    assert boot(files, BOX) == (None, None, False)


@pytest.mark.parametrize("path", identity.PATHS)
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "bit", "sealed nonsense", "sealed list", "later version"])
def test_a_copy_that_is_damaged_in_any_way_is_mended_from_the_other(files, path, damage):
    password = placed(files).now.password
    whole = files.read_plain(path)
    if damage == "gone":
        files.remove(path)
    elif damage == "empty":
        files.write_plain(path, b"")
    elif damage == "cut":
        files.write_plain(path, whole[: len(whole) // 2])
    elif damage == "bit":
        files.write_plain(path, bytes([whole[0] ^ 1]) + whole[1:])
    else:
        contents = {"sealed nonsense": b"\xff{", "sealed list": b"[1]", "later version": b'{"v":2,"n":99}'}
        files.write(path, contents[damage])
    assert load(files).now.password == password
    assert files.read_plain(path) == whole


def test_two_damaged_copies_make_a_new_box(files):
    placed(files)
    for path in identity.PATHS:
        files.write_plain(path, b"x")
    assert load(files).now is None


def test_the_newer_of_two_whole_copies_counts(files):
    placed(files)
    old = files.read_plain("/id.a")
    load(files).take(code(1), random_bytes)
    files.write_plain("/id.a", old)
    assert load(files).code == code_of(files)
    assert files.read_plain("/id.a") == files.read_plain("/id.b")


def code_of(files):
    return load(files).code


def test_a_flash_that_can_only_be_read_is_still_read(files):
    password = placed(files).now.password
    files.remove("/id.b")
    files.fs.is_full = True
    assert load(files).now.password == password


def test_what_was_written_for_another_box_is_not_this_ones(files):
    placed(files)
    load(files).take(code(1), random_bytes)
    copied = load(files, "box-000002")
    assert (copied.now, copied.code, copied.rotating) == (None, None, None)


def test_the_old_identity_stays_in_use_until_the_new_one_has_worked(files):
    before = placed(files, gateway="gw-old").now
    known = load(files)
    known.take(code(1, gateway="gw-new"), random_bytes)
    now = load(files).now
    assert (now.gateway, now.password) == ("gw-old", before.password)
    known.enrolled(CA)
    assert load(files).now.gateway == "gw-new"
    assert load(files).now.password == known.now.password != before.password


def test_a_code_that_is_dropped_leaves_the_box_what_it_was_and_may_be_shown_again(files):
    before = placed(files, gateway="gw-old").now
    known = load(files)
    known.take(code(1, gateway="gw-new"), random_bytes)
    known.drop()
    again = load(files)
    assert (again.code, again.password, again.rotating) == (None, None, None)
    assert (again.now.password, again.floor_ms) == (before.password, NOW_MS)


def test_a_box_with_a_place_drops_a_code_that_it_has_begun_too_often(files):
    placed(files)
    load(files).take(code(1), random_bytes)
    assert [load(files).start() for _ in range(identity.MOST_STARTS + 1)] == [True] * identity.MOST_STARTS + [False]
    assert load(files).code is None


def test_a_new_box_may_begin_as_often_as_it_likes(files):
    load(files).take(code(), random_bytes)
    assert all(load(files).start() for _ in range(3 * identity.MOST_STARTS))
    assert load(files).code is not None


def test_a_password_that_the_own_gateway_may_have_heard_is_not_forgotten_with_its_code(files):
    placed(files, gateway="gw-1")
    known = load(files)
    known.take(code(1, gateway="gw-1"), random_bytes)
    heard = known.password
    known.drop()
    assert load(files).rotating == heard
    known.take(code(2, gateway="gw-1"), random_bytes)
    assert known.password == heard


def test_a_code_for_another_gateway_never_gets_a_password_that_the_own_one_may_have(files):
    placed(files, gateway="gw-1")
    known = load(files)
    known.take(code(1, gateway="gw-1"), random_bytes)
    heard = known.password
    known.take(code(2, gateway="gw-2"), random_bytes)
    assert known.password != heard
    assert known.rotating == heard


def test_a_rotation_is_written_down_before_anybody_hears_of_it_and_asked_for_with_the_same_password(files):
    old = placed(files).now.password
    new = load(files).rotate(random_bytes)
    assert new != old
    assert load(files).rotate(random_bytes) == new
    assert load(files).now.password == old
    load(files).rotated()
    assert (load(files).now.password, load(files).rotating) == (new, None)


def test_a_rotation_that_was_refused_leaves_the_old_password(files):
    old = placed(files).now.password
    known = load(files)
    known.rotate(random_bytes)
    known.not_rotated()
    assert (load(files).now.password, load(files).rotating) == (old, None)


def test_no_secret_is_in_any_repr(files):
    placed(files, wifi=WIFI)
    known = load(files)
    text = code(1, wifi=WIFI)
    known.take(text, random_bytes)
    wanted, _, _ = provisioning.decode(text)
    shown = f"{known!r} {known} {known.now!r} {known.now} {wanted!r} {wanted}"
    secrets = [known.now.password, known.password, wanted.token, WIFI[0][1], text.decode()]
    assert not [secret for secret in secrets if secret in shown]
