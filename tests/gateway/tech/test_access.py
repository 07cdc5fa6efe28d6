"""The access code: one line, read back as it was written, or not at all."""

import pytest

from gateway.tech.access import write
from scripts.tram.gateways.access import Access, read

CA, TOKEN = "A" * 42 + "_", "b-" * 21 + "c"
GOOD = f"tram1.cho-01.{CA}.{TOKEN}"


def test_it_is_read_back_as_it_was_written_also_with_what_a_paste_brings_along():
    given = Access("cho-01", CA, TOKEN)
    assert write(*given) == GOOD
    assert read(f"  {GOOD}\r\n") == given
    assert TOKEN not in repr(given)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tram1",
        GOOD[:-1],
        GOOD + "x",
        GOOD + "." + TOKEN,
        GOOD.replace("tram1", "tram2"),
        GOOD.replace("tram1", "TRAM1"),
        GOOD.replace("cho-01", "CHO-01"),
        GOOD.replace("cho-01", "../01"),
        GOOD.replace("cho-01", ""),
        GOOD.replace(".", " "),
        GOOD.replace("A_", "A+"),
        GOOD.replace("A_", "Ạ_"),
        GOOD + "\n" + GOOD,
    ],
)
def test_anything_else_is_none(text):
    assert read(text) is None
