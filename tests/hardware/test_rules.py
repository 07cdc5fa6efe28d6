"""Every rule of a build, broken in a copy of the data: the check says so, in a sentence that says what to change."""

import pytest

from scripts.drawing import rooms
from scripts.drawing.rules import wrong
from tests.hardware.tree import ROOMS, ROOT, change, copied

PARTS = "hardware/parts.toml"
CHEAPEST, STANDARD, PICO = (f"hardware/builds/{name}/build.toml" for name in ("cheapest", "standard", "pico"))
BOM = "hardware/builds/cheapest/bom.csv"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "ROOMS", ROOMS)
    return copied(tmp_path)


def test_the_builds_break_no_rule():
    assert wrong(ROOT) == []


@pytest.mark.parametrize(
    "name, old, new, sentence",
    [
        # levels
        (PARTS, "tx_high_v = 3.3", "tx_high_v = 5.0", "cheapest: the reader sends 5.0 V and the pin bears 3.6 V"),
        (
            PARTS,
            "tx_high_v = 3.3",
            "tx_high_v = 1.8",
            "cheapest: the reader sends 1.8 V and the pin takes 2.53 V for high",
        ),
        (PARTS, "rx_high_v = 2.0", "rx_high_v = 3.5", "cheapest: the reader takes 3.5 V for high"),
        (PARTS, "rx_max_v = 3.6", "rx_max_v = 1.9", "cheapest: the pin gives 3.37 V and the reader's RX bears 1.9 V"),
        (STANDARD, 'rail = "3V3"', 'rail = "5V"', "standard: the display pulls its bus up to its own supply"),
        (
            PICO,
            'part = "rgb5"',
            'part = "ws2812b"',
            "pico: the light is a ws2812, and the firmware of this board drives a rgb",
        ),
        (CHEAPEST, 'drive = "ahct125"', 'drive = "s8050"', "cheapest: a WS2812B at 5 V wants a level shifter"),
        (
            PARTS,
            "high_v = 2.0\nsupply_v = [4.0",
            "high_v = 3.5\nsupply_v = [4.0",
            "the level shifter takes 3.5 V for high",
        ),
        (PARTS, "supply_v = [4.0, 5.5]", "supply_v = [2.0, 5.5]", "does not give what the light takes for high"),
        # supplies
        (CHEAPEST, 'rail = "5V"', 'rail = "3V3"', "cheapest: GM65 wants 4.2 to 6.0 V, and 3V3 has 3.23 to 3.37 V"),
        (
            CHEAPEST,
            'part = "gm65"',
            'part = "gm65-s"',
            "cheapest: GM65-S wants 3.1 to 3.5 V, and 5V has 4.47 to 5.25 V",
        ),
        (PICO, 'rail = "3V3"', 'rail = "5V"', "pico: GM861S wants 3.1 to 3.5 V"),
        (STANDARD, 'rail = "reader_3v3"', 'rail = "3V3"', "standard: the reader has a regulator of its own where"),
        (PARTS, "out_limit = 50", "out_limit = 20", "standard: 30 mA hang on the board's 3V3, which may give 20 mA"),
        (PARTS, "peak = 440", "peak = 640", "standard: LDO (A1) is to give 670 mA and can give 500 mA"),
        (STANDARD, 'rail = "reader_3v3"', 'rail = "12V"', "standard: the reader's rail is 12V; there are 5V"),
        (STANDARD, 'regulator = "ap2112k"\n', "", "standard: the reader has a regulator of its own where"),
        (STANDARD, "length_m = 3.0", "length_m = 10.0", "standard: 3.98 V arrive and 74AHCT125 wants 4.00 V"),
        (CHEAPEST, "awg = 22", "awg = 26", "cheapest: 4.23 V arrive and GM65 wants 4.20 V and 0.2 V more"),
        (PARTS, "volts = [4.75, 5.25]", "volts = [4.40, 5.25]", "V arrive and GM65 wants"),
        (PARTS, "volts = [4.75, 5.25]", "volts = [4.75, 5.50]", "the light bears 5.3 V and may get 5.5 V"),
        (PARTS, "limit = 2000", "limit = 1000", "standard: 834 mA at once are too much for a supply of 1000 mA"),
        (PARTS, "hold_ma = 1100", "hold_ma = 500", "more than the fuse holds (500 mA)"),
        (PARTS, "limit = 600", "limit = 150", "standard: AP2112K-3.3 is to give 200 mA and can give 150 mA"),
        (PARTS, "heat_w = 0.4", "heat_w = 0.2", "standard: AP2112K-3.3 makes 0.25 W of heat"),
        (PARTS, "out_limit = 300", "out_limit = 100", "pico: 200 mA hang on the board's 3V3"),
        (
            "hardware/jig.toml",
            "port_ma = 1500",
            "port_ma = 500",
            "cheapest: 689 mA at once are more than a port of the jig's",
        ),
        ("hardware/jig.toml", '"step.write"', '"step.wipe"', "jig.toml: tram flash has no step.wipe"),
        ("hardware/jig.toml", 'builds = ["standard"]', 'builds = ["deluxe"]', "jig.toml: there is no build deluxe"),
        (
            "hardware/jig.toml",
            'by = "person"',
            'by = "tram"',
            "jig.toml: step supply is done by a person, or by a step",
        ),
        ("hardware/jig.toml", 'fail_vi = "Rút ngay', 'fail = "Rút ngay', "jig.toml: step plug: fail, fail_vi"),
        # drives
        (
            PARTS,
            "base_ohm = 1000",
            "base_ohm = 100",
            "the buzzer's transistor takes 26.7 mA from a pin that may give 20 mA",
        ),
        (PARTS, "base_ohm = 1000", "base_ohm = 4700", "0.4 mA do not open the transistor for the buzzer's 103 mA"),
        (CHEAPEST, ', flyback = "1N4148"', "", "cheapest: a magnetic buzzer behind a bare transistor wants a diode"),
        (PARTS, "ohm = 16", "", "cheapest: parts.toml or build.toml does not say 'ohm'"),
        (
            PICO,
            'drive = "uln2003"',
            'drive = "s8050"',
            "pico: a light of three colours wants a driver of three channels",
        ),
        (
            PICO,
            'board = "pico2_w"',
            'board = "pico2_w"\nregulator = "ap2112k"',
            "pico: the reader has a regulator of its own where",
        ),
        (PARTS, "most_ma = 500", "most_ma = 80", "the buzzer draws 103 mA, its driver bears 80 mA"),
        (PARTS, "input_v = 2.4", "input_v = 4.0", "pico: the pin does not drive the driver's input"),
        (PARTS, "input_ma = 1.35", "input_ma = 9.0", "pico: the pin does not drive the driver's input"),
        (CHEAPEST, 'drive = "s8050"', 'drive = "ahct125"', "cheapest: nothing drives the buzzer"),
        (PICO, "red = 150", "red = 33", "pico: red gets 74 mA, more than 20 mA"),
        (PICO, "blue = 82", "blue = 820", "pico: blue gets 0.8 mA when the supply is low"),
        # headers and readers
        (PARTS, 'IO6 = "J3-9"\n', "", "cheapest: GPIO 6 (uart.rx) does not come out on the board's header"),
        (PARTS, 'settings = "gm65"', 'settings = "gm66"', "cheapest: there are no settings for the reader"),
        ("hardware/readers/gm65.toml", 'family = "gm65"', 'family = "zx1"', "the firmware has no driver for zx1"),
        # bill of materials
        (BOM, "S1,BUTTON", "S2,BUTTON", "cheapest: the wiring has S1 (BUTTON), bom.csv has not"),
        (BOM, "S1,BUTTON", "S2,BUTTON", "cheapest: bom.csv has S2, the wiring has not"),
        (BOM, "A2,GM65,", "A2,GM65-S,", "cheapest: A2 is GM65 in the wiring and GM65-S in bom.csv"),
        (BOM, "R4,RES-1000R", "R6,RES-1000R", "cheapest: bom.csv has R6 twice"),
        (BOM, "GM65,1,", "GM65,2,", "cheapest: bom.csv has 2 of GM65 for 1 places"),
        (BOM, "GM65,1,", "GM65,0,", "cheapest: bom.csv has no quantity or no price for GM65"),
        (BOM, "480000,18.46", "480000,24.00", "cheapest: bom.csv: GM65 costs 480000 VND, and 24.0 USD is not that"),
        (BOM, "18.46,estimate", "18.46,cheap", "say of GM65 whether its price is an estimate or a quote"),
        (BOM, "18.46,estimate,2026-11", "18.46,estimate,2026-13", "say of GM65 whether its price is"),
        (BOM, "Nút nhấn 16 mm chống nước", "", "say in both languages what BUTTON is for"),
        (BOM, '"nút nào cũng được, miễn là nhấn thì nối GND"', "", "what BUTTON is for, and what may take its place"),
        # what is not there
        (PICO, 'board = "pico2_w"', 'board = "pico3"', "hardware"),
        (PICO, 'part = "gm861s"', 'part = "gm999"', "hardware"),
        (PICO, "button = true", "botton = true", "hardware"),
        (PICO, "button = true", "button = ", "hardware"),
    ],
)
def test_a_broken_rule_is_a_sentence(root, name, old, new, sentence):
    change(root, name, old, new)
    lines = rooms.wrong(root)
    assert [line for line in lines if sentence in line], lines
