"""scripts/fuzz-codes: a short run of it, and that it would tell."""

import pytest

from scripts.fuzzing import codes
from scripts.fuzzing.codes import Fuzz
from server.codes.errors import CodeError


@pytest.mark.parametrize("seed", [1, 2])
def test_a_short_run_finds_nothing_and_meets_every_kind_of_end(seed) -> None:
    fuzz = Fuzz(seed)
    assert [wrong for _ in range(4000) if (wrong := fuzz.once()) is not None] == []
    assert {"read: person", "read: code", "card_fields", "hc1_base45", "hc1_claims", "shc_digits"} <= set(fuzz.seen)


def test_it_tells_what_is_raised_that_should_not_be(monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    fuzz = Fuzz(3)
    monkeypatch.setattr(codes, "read", broken)
    assert fuzz.once().startswith("IndexError")


def test_it_tells_of_an_error_that_has_no_words(monkeypatch) -> None:
    def unsaid(*_: object) -> None:
        raise CodeError("unheard_of")

    fuzz = Fuzz(4)
    monkeypatch.setattr(codes, "read", unsaid)
    assert "has no words" in fuzz.once()


def test_it_tells_of_a_certificate_that_is_valid_as_something_else(monkeypatch) -> None:
    fuzz = Fuzz(5)
    right = codes.read(fuzz._signed[0], codes.NO_RULES, fuzz._trust, codes.AT_MS)
    monkeypatch.setattr(codes, "read", lambda *_: right._replace(name="Somebody Else"))
    assert fuzz.once().startswith("valid as something else")
