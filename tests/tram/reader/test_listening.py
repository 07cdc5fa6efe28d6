"""`listen`: codes as they come, and nobody's data on the screen unless it was asked for."""

from pathlib import Path

import pytest

from scripts.tram.reader.listening import text_of
from tests.tram.reader.modules import Module, at_home, people

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
CARD = "012345678901|123456789|Nguyễn Văn A|01011990|Nam|Hà Nội|01012021".encode()


def test_a_code_is_told_by_its_kind_and_not_by_what_it_says(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.begin(module.reader.show_codes([CARD], 20_000, once=False))
        said = module.tram("listen", "--for", 15, "--count", 1, "--baud", 115200)
        code = said.of("code")[0]
        assert (code["kind"], code["length"]) == ("citizen_card_2021", len(CARD))
        assert "Nguy" not in said.text
        assert "012345678901" not in said.text


def test_what_it_says_is_shown_where_that_was_asked_for(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.begin(module.reader.show_codes([CARD], 20_000, once=False))
        assert (
            module.tram("listen", "--for", 15, "--count", 1, "--show", "--baud", 115200).of("code")[0]["code"]
            == CARD.decode()
        )


def test_a_reader_that_only_sends_is_heard_as_plain_text(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", hears=False, hurry=4) as module:
        module.begin(module.reader.show_codes([b"CODE-1", b"CODE-2"], 20_000, once=False))
        said = module.tram("listen", "--model", "text", "--baud", 9600, "--for", 15, "--count", 2)
        assert [code["length"] for code in said.of("code")] == [6, 6]


def test_listening_ends_with_its_time(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        assert module.tram("listen", "--for", 0.2, "--baud", 9600)["codes"] == 0


def test_a_reader_that_is_pulled_is_not_listened_to_for_ever(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:

        async def pull() -> None:
            import asyncio

            while not module.reader.counts.get("command_0a"):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
            module.reader.line.unplug()

        module.begin(pull())
        said = module.tram("listen", "--baud", 9600)
        assert (said.code, said.error) == (6, "gone")


def test_people_read_the_kind_in_their_language(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.begin(module.reader.show_codes([CARD], 20_000, once=False))
        _, _, told = people("listen", "--for", 15, "--count", 1, "--baud", 115200, "--port", module.link, lang="vi")
        assert f"1. thẻ căn cước, {len(CARD)} byte" in told


@pytest.mark.parametrize(
    "code, text",
    [
        (b"plain", "plain"),
        ("Trạm".encode(), "Trạm"),
        (b"\x1b[2J", "\\x1b[2J"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("\u202egnol".encode(), "\\u202egnol"),
        (b"a\r\nb", "a\\r\\nb"),
    ],
)
def test_a_code_cannot_tell_the_terminal_what_to_do(code: bytes, text: str) -> None:
    assert text_of(code) == text
