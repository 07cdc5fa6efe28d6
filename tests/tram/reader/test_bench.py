"""Finding out what is on a port, and what is said where nothing is, or something else."""

import asyncio
import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tram.reader.modules import Module, at_home, people, tram

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]


@contextmanager
def something(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A port with something on it that is no reader: `answer` says what it does with what it hears."""
    master, slave = os.openpty()
    tty.setraw(slave)

    def live() -> None:
        try:
            while data := os.read(master, 4096):
                os.write(master, answer(data))
        except OSError:
            pass

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        os.close(slave)
        thread.join(10)
        os.close(master)


@pytest.mark.parametrize("model, baud", [("gm65", 9600), ("gm65", 57600), ("gm65", 19200), ("gm861-uart", 115200)])
def test_a_gm65_is_found_at_the_speed_that_it_was_left_at(tmp_path: Path, model: str, baud: int) -> None:
    with Module(tmp_path / "tty", model, baud=baud) as module:
        said = module.tram("identify", *(() if baud != 19200 else ("--model", "gm65")))
        assert (said["model"], said["baud"], said["woken"]) == (model.removesuffix("-uart"), baud, False)
        assert module.written() == 0


def test_a_gm861_that_is_set_to_usb_is_woken_without_changing_what_it_has_saved(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861") as module:
        said = module.tram("identify")
        assert said["model"] == "gm861"
        assert said["woken"]
        assert module.saved[0x0D] == 0xA1


def test_what_a_module_of_the_family_says_of_itself_is_told(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        said = module.tram("identify")
        assert said["version"] == {
            "bytes": "05646410091c", "model": "05", "hardware": "1.00", "software": "1.00", "date": "2016-09-28",
        }  # fmt: skip


def test_a_module_that_does_not_say_which_it_is_is_only_of_the_family(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm60") as module:
        assert module.tram("identify")["model"] == "gm6x"
        assert module.tram("identify", "--model", "gm60")["title"] == "Grow GM60, GM60-S"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_de2120_is_found_however_it_words_its_version(tmp_path: Path, seed: int) -> None:
    with Module(tmp_path / "tty", "de2120", seed=seed) as module:
        assert module.tram("identify", "--model", "de2120")["version"]["text"] in ("DE2120 V1.03", "")


def test_the_families_are_told_apart_without_a_hint(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "m5qr") as module:
        said = module.tram("identify")
        assert said["model"] == "m5qr"
        assert [event["family"] for event in said.of("asking")] == ["gm65", "gm65_wake", "de2120", "m5qr"]


@pytest.mark.parametrize("seed, text", [(0, "GM67A"), (1, ""), (2, "")])
def test_a_gm67_is_found_whether_or_not_it_tells_its_revision(tmp_path: Path, seed: int, text: str) -> None:
    with Module(tmp_path / "tty", "gm67", seed=seed) as module:
        said = module.tram("identify", "--model", "gm67")
        assert said["version"]["text"] == text
        assert said["family"] == "gm67"


def test_a_line_on_which_nothing_comes_is_silent_and_says_what_to_look_at(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", hears=False) as module:
        said = module.tram("identify", "--model", "gm65", "--baud", "9600")
        assert (said.code, said.error) == (7, "silent")
        assert "TX" in said.end["error"]["next"]


def test_a_board_is_told_from_a_reader() -> None:
    with something(lambda data: b"\r\n>>> ") as port:
        assert tram("identify", "--model", "m5qr", "--port", port).error == "a_board"


@pytest.mark.parametrize("model", ["gm65", "m5qr", "gm67"])
def test_a_line_that_echoes_is_no_reader(model: str) -> None:
    with something(lambda data: data) as port:
        said = tram("identify", "--model", model, "--baud", "9600", "--port", port)
        assert (said.code, said.error) == (7, "garbled")


def test_noise_without_end_is_no_reader() -> None:
    with something(lambda data: bytes(range(256))) as port:
        assert tram("identify", "--model", "de2120", "--baud", "9600", "--port", port).error == "garbled"


def test_an_answer_with_a_wrong_check_sum_proves_nobody(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        module.fault("bad_crc", times=99)
        assert module.tram("identify", "--model", "gm65", "--baud", "9600").error == "garbled"


def test_half_an_answer_proves_nobody(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        module.fault("half_answer", times=99)
        assert module.tram("identify", "--model", "gm65", "--baud", "9600").error == "garbled"


def test_one_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        for fault in ("half_answer", "bad_crc"):
            module.fault(fault)
            assert module.tram("identify", "--model", "gm65", "--baud", "9600")["model"] == "gm65"


def test_the_only_port_that_may_have_a_reader_is_found_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        ports = tmp_path / "ports.json"
        ports.write_text(f'[{{"device": "{module.link}", "kind": "bridge"}}]', encoding="utf-8")
        monkeypatch.setenv("TRAM_PORTS", str(ports))
        monkeypatch.setattr("serial.tools.list_ports.comports", list)
        assert tram("identify")["port"] == str(module.link)
        ports.write_text('[{"device": "a", "kind": "bridge"}, {"device": "b", "kind": "reader"}]', encoding="utf-8")
        assert tram("identify").error == "two_ports"


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = tram("identify", "--port", tmp_path / "none")
    assert (said.code, said.error) == (3, "port_unknown")


def test_a_model_that_nobody_knows_is_refused_before_a_port_is_opened(tmp_path: Path) -> None:
    said = tram("identify", "--model", "gm99", "--port", tmp_path / "none")
    assert (said.code, said.error) == (2, "model_unknown")


def test_a_module_that_names_itself_is_not_taken_for_another(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        said = module.tram("defaults", "--model", "gm861")
        assert (said.code, said.error) == (5, "model_other")
        assert "special" not in module.reader.counts


def test_a_module_that_is_pulled_while_it_is_looked_for_is_gone(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", hears=False) as module:

        async def pulled() -> None:
            while module.reader.line.host_baud != 57600:  # the third speed that is tried
                await asyncio.sleep(0.005)
            module.reader.line.unplug()

        module.begin(pulled())
        said = module.tram("identify", "--model", "gm65")
        assert (said.code, said.error) == (6, "gone")


def test_people_are_told_what_it_is_and_how_it_is_supplied(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        code, text, asked = people("identify", "--port", module.link, lang="vi")
        assert code == 0
        assert "Nguồn: GM65: 4,2–6,0 V" in text
        assert "Hỏi xem có phải họ GM65" in asked


def test_finding_a_module_leaves_all_its_zones_as_they_were(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart") as module:
        before = bytes(module.now)
        for command in ("identify", "show", "zones"):
            module.tram(command)
        assert bytes(module.now) == before
