"""Names and hashes: what is taken, what is refused, and that nobody can tell who is there."""

import time
import unicodedata

import pytest

from gateway.panel import people
from gateway.panel.people import PeopleError
from tests.gateway.panel.rig import NAME, PASSWORD, cheap

LINE = cheap(PASSWORD).line()


def written(folder, text, mode=0o600):
    path = folder / "people"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_hash_fits_its_password_and_no_other():
    made = people.hash_of(PASSWORD)
    assert made.matches(PASSWORD)
    assert not made.matches(PASSWORD + " ")
    assert people.parse_hash(made.line()) == made
    assert people.hash_of(PASSWORD) != made


def test_a_hash_costs_what_a_guesser_should_pay():
    made = people.hash_of(PASSWORD)
    assert (1 << made.log2_n) * made.blocks * made.lanes * 128 >= 80 * 1024 * 1024  # OWASP's least for scrypt


def test_a_password_typed_in_another_form_of_unicode_is_the_same():
    assert people.hash_of(unicodedata.normalize("NFD", PASSWORD)).matches(unicodedata.normalize("NFC", PASSWORD))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mat-khau",
        LINE[1:],
        LINE + "x",
        LINE.replace("ln=1", "ln=16"),
        LINE.replace("ln=1", "ln=0"),
        LINE.replace("r=1", "r=99"),
        LINE.replace("p=1", "p=17"),
        LINE.replace("scrypt", "argon2id"),
        LINE.rpartition("$")[0],
        LINE.rpartition("$")[0] + "$",
        LINE.replace("$", "\n"),
    ],
)
def test_what_is_no_hash_of_ours_is_none(text):
    assert people.parse_hash(text) is None


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "nobody"),
        ("# nobody yet\n\n", "nobody"),
        (f"{NAME}\n", "line"),
        (f"{NAME} secret\n", "line"),
        (f"{NAME} {LINE} more\n", "line"),
        (f"Chu-Cho {LINE}\n", "line"),
        (f"chủ {LINE}\n", "line"),
        (f"-x {LINE}\n", "line"),
        (f"{NAME} {LINE}\n{NAME} {LINE}\n", "twice"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_line(tmp_path, text, why):
    with pytest.raises(PeopleError) as raised:
        people.read(written(tmp_path, text))
    assert (raised.value.code, raised.value.why) == ("no_password_file", why)
    assert LINE not in str(raised.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    with pytest.raises(PeopleError) as raised:
        people.read(written(tmp_path, f"{NAME} {LINE}\n", mode))
    assert raised.value.why == "mode"


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(PeopleError) as raised:
        people.read(tmp_path / "none")
    assert raised.value.why == "missing"
    (tmp_path / "odd").write_bytes(b"\xff\xfe")
    with pytest.raises(PeopleError) as raised:
        people.read(tmp_path / "odd")
    assert raised.value.why == "text"


def test_a_good_file_lets_in_who_stands_in_it(tmp_path):
    known = people.read(written(tmp_path, f"# the owner\n\n{NAME} {LINE}\n"))
    assert known.check(NAME, PASSWORD)
    assert not known.check(NAME, "another one")
    assert not known.check("somebody", PASSWORD)
    assert not known.check("", "")
    assert LINE not in repr(known)


def test_a_stranger_costs_as_much_time_as_somebody():
    known = people.People({NAME: people.hash_of(PASSWORD)})

    def cost(name):
        begun = time.process_time()
        assert not known.check(name, "wrong password")
        return time.process_time() - begun

    somebody, stranger = min(cost(NAME) for _ in range(3)), min(cost("stranger") for _ in range(3))
    assert 0.6 < stranger / somebody < 1.6


@pytest.mark.parametrize(
    "name, typed", [(NAME, f" {NAME} "), (NAME, "CHU-CHO"), (None, "chủ"), (None, ""), (None, "a" * 33), (None, "a b")]
)
def test_a_name_is_taken_as_telephones_type_it(name, typed):
    assert people.name_of(typed) == name


@pytest.mark.parametrize("password", ["", "short", "a" * 40, "abab" * 9, f"xx{NAME}yy12", "x" * 201])
def test_a_weak_password_is_refused(password):
    assert not people.is_strong(NAME, password)
    assert people.is_strong(NAME, PASSWORD)
