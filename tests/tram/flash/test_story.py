"""After the writing: the box is found again by what it says it is, and by nothing else."""

import pytest

from scripts.tram.console import WORDS as CONSOLE_WORDS
from scripts.tram.console import Console
from scripts.tram.flash import story
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.ports import WORDS as PORT_WORDS
from scripts.tram.ports import Port
from scripts.tram.release import BoardPlan, FileFacts, Release
from scripts.tram.trouble import Trouble

MAC = "a0:b7:65:00:00:01"
BRIDGE = Port("/dev/one", 0x10C4, 0xEA60, "", "", "bridge")
NATIVE = Port("/dev/one", 0x303A, 0x1001, "S1", "", "esp")


def release(frozen):
    file = FileFacts("micropython", "tram-esp32c3-v1.28.0.bin", "", 1)
    board = BoardPlan("esp32c3", "C3", "esp32c3", 1 << 22, (0, 1), (1, 1), (file,), frozen)
    return Release(3, 0, "x", 0, "", {"esp32c3": board})


class Line:
    def __init__(self, device):
        self.device, self.is_closed = device, False

    def close(self):
        self.is_closed = True


@pytest.fixture
def meeting(monkeypatch):
    """Who answers at which device, and which ports there are -> where the box was met, and the lines left open."""
    monkeypatch.setattr(story, "_LOOK_S", 0)

    def meet(port, there, boxes, frozen=False):
        lines = []

        def opened(device, baud, timeout_s):
            if device not in boxes:
                raise Trouble("port_gone", 6, PORT_WORDS, port=device)
            lines.append(Line(device))
            return lines[-1]

        def answers(self, timeout_s=0):
            box = boxes[self._line.device]
            if box is None:
                raise Trouble("console_silent", 7, CONSOLE_WORDS)
            return {"box_id": box}

        monkeypatch.setattr(story, "opened", opened)
        monkeypatch.setattr(story, "listed", lambda: there)
        monkeypatch.setattr(Console, "meet", answers)
        outcome = Outcome(MAC, "esp32c3", 3, box=story.box_id_of(MAC), devices={port.device, port.serial} - {""})
        try:
            line, _ = story._meet(port, Wish(None, release(frozen), "", patience_s=0.2), outcome)
        finally:
            still_open = [line.device for line in lines if not line.is_closed]
        return line.device, still_open

    return meet


def test_a_boxs_id_is_made_of_the_chips_number_as_the_firmware_does_it():
    from firmware.provision import box_id_of

    assert story.box_id_of(MAC) == box_id_of(bytes.fromhex(MAC.replace(":", "")))
    assert story.box_id_of("e6" * 16) == box_id_of(b"\xe6" * 16)


def test_the_box_is_met_where_it_was(meeting):
    assert meeting(BRIDGE, [BRIDGE], {"/dev/one": "box-a0b765000001"}) == ("/dev/one", ["/dev/one"])


def test_a_chip_with_its_own_usb_is_met_under_its_new_name(meeting):
    moved = NATIVE._replace(device="/dev/two")
    stranger = NATIVE._replace(device="/dev/three", serial="S2")
    boxes = {"/dev/two": "box-a0b765000001", "/dev/three": "box-another"}
    assert meeting(NATIVE, [stranger, moved], boxes) == ("/dev/two", ["/dev/two"])


@pytest.mark.parametrize(
    "port, there, boxes, code",
    [
        (BRIDGE, [BRIDGE], {"/dev/one": None}, "not_started"),
        (BRIDGE, [], {}, "not_started"),
        (BRIDGE, [BRIDGE], {"/dev/one": "box-another"}, "other_box"),
        (BRIDGE, [BRIDGE._replace(device="/dev/two")], {"/dev/two": "box-a0b765000001"}, "not_started"),
        (NATIVE, [NATIVE._replace(serial="S9", device="/dev/two")], {"/dev/two": "box-another"}, "other_box"),
    ],
)
def test_who_is_not_that_box_is_not_taken_for_it_and_no_port_stays_open(meeting, port, there, boxes, code):
    with pytest.raises(Trouble) as caught:
        meeting(port, there, boxes)
    assert caught.value.code == code
    assert caught.value.next


def test_where_no_firmware_inside_micropython_answers_it_is_said_what_was_put_in(meeting):
    with pytest.raises(Trouble) as caught:
        meeting(BRIDGE, [BRIDGE], {"/dev/one": None}, frozen=True)
    assert caught.value.code == "not_started_frozen"
    assert "tram-esp32c3-v1.28.0.bin" in caught.value.sentence
    assert "/dev/one" in caught.value.next
