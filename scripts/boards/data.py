"""hardware/boards.toml as typed values, refused by name where a chip cannot do what it says."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.boards.facts import CHIPS, RP2_I2C_SCL, RP2_I2C_SDA, RP2_UART_RX, RP2_UART_TX, Chip, rp2_pwm_slice

ROOT = Path(__file__).resolve().parent.parent.parent
BOARDS = ROOT / "hardware" / "boards.toml"
BLOCK_BYTES = 4096
LEAST_SPOOL_BYTES = 192 * 1024
LIGHT_KEYS = {"rgb": {"kind", "red", "green", "blue", "on_low"}, "ws2812": {"kind", "data"}}


class BoardsError(Exception):
    """`code` is stable: form, chip, pin, pin_twice, pin_barred, pin_input_only, controller, pwm_slice, flash."""

    def __init__(self, code: str, board: str, detail: str) -> None:
        super().__init__(f"{code}: {board}: {detail}")
        self.code = code


@dataclass(frozen=True)
class Part:
    offset: int
    bytes: int


@dataclass(frozen=True)
class Board:
    """`pins` maps what a pin is for ("uart.tx", "light.red", …) to its number, in the order of the data. `frozen`: our
    code has to be inside its MicroPython, as its memory does not hold it."""

    name: str
    title: str
    chip: str
    uart_id: int
    display_id: int
    light: str
    on_low: bool
    pins: dict[str, int]
    flash_bytes: int
    parts: dict[str, Part]
    frozen: bool = False

    @property
    def family(self) -> str:
        return CHIPS[self.chip].family


def load(path: Path = BOARDS) -> list[Board]:
    with path.open("rb") as file:
        return parse(tomllib.load(file))


def parse(data: dict[str, Any]) -> list[Board]:
    if set(data) != {"boards"} or not data["boards"]:
        raise BoardsError("form", "boards.toml", "it has one table, boards")
    boards = [_board(name, given) for name, given in data["boards"].items()]
    for board in boards:
        check(board)
    return boards


def _board(name: str, given: dict[str, Any]) -> Board:
    missing = {"title", "chip", "uart", "light", "buzzer", "button", "display", "flash"} - set(given)
    unknown = set(given) - {"title", "chip", "uart", "light", "buzzer", "button", "display", "flash", "gate", "frozen"}
    if missing or unknown:
        raise BoardsError("form", name, ", ".join(sorted(missing | unknown)))
    if type(given.get("frozen", False)) is not bool:
        raise BoardsError("form", name, "frozen")
    light = given["light"]
    if set(light) != LIGHT_KEYS.get(light.get("kind", "")):
        raise BoardsError("form", name, "light")
    try:
        pins = {"uart.tx": given["uart"]["tx"], "uart.rx": given["uart"]["rx"]}
        pins |= {f"light.{key}": light[key] for key in light if key not in ("kind", "on_low")}
        pins |= {"buzzer": given["buzzer"], "button": given["button"]}
        pins |= {"display.sda": given["display"]["sda"], "display.scl": given["display"]["scl"]}
        pins |= {"gate": given["gate"]} if "gate" in given else {}
        flash = given["flash"]
        parts = {part: Part(**flash[part]) for part in ("app", "system", "spool")}
        ids = given["uart"]["id"], given["display"]["id"]
        return Board(
            name, given["title"], given["chip"], *ids, light["kind"], light.get("on_low", False), pins,
            flash["bytes"], parts, given.get("frozen", False),
        )  # fmt: skip
    except (KeyError, TypeError) as bad:
        raise BoardsError("form", name, str(bad)) from None


def check(board: Board) -> None:
    if board.chip not in CHIPS:
        raise BoardsError("chip", board.name, board.chip)
    chip = CHIPS[board.chip]
    users: dict[int, str] = {}
    for use, pin in board.pins.items():
        if type(pin) is not int or pin not in chip.pins:
            raise BoardsError("pin", board.name, f"{use}: {board.chip} has no pin {pin}")
        if pin in users:
            raise BoardsError("pin_twice", board.name, f"{pin} is {users[pin]} and {use}")
        if pin in chip.barred:
            raise BoardsError("pin_barred", board.name, f"{use}: {pin} is for {chip.barred[pin]}")
        if pin in chip.input_only and use != "uart.rx":
            raise BoardsError("pin_input_only", board.name, f"{use}: {pin}")
        users[pin] = use
    _check_controllers(board, chip)
    _check_flash(board)


def _check_controllers(board: Board, chip: Chip) -> None:
    if board.uart_id not in chip.uarts or board.display_id not in chip.i2cs:
        raise BoardsError("controller", board.name, f"uart {board.uart_id}, i2c {board.display_id}")
    if chip.family != "rp2":
        if "gate" in board.pins:
            raise BoardsError("form", board.name, "gate: a flash write of this chip holds nothing up")
        return
    for use, reached in (
        ("uart.tx", RP2_UART_TX[board.uart_id]),
        ("uart.rx", RP2_UART_RX[board.uart_id]),
        ("display.sda", RP2_I2C_SDA[board.display_id]),
        ("display.scl", RP2_I2C_SCL[board.display_id]),
    ):
        if board.pins[use] not in reached:
            raise BoardsError("controller", board.name, f"{use}: not on pin {board.pins[use]}")
    lights = {rp2_pwm_slice(pin) for use, pin in board.pins.items() if use.startswith("light.")}
    if board.light == "rgb" and rp2_pwm_slice(board.pins["buzzer"]) in lights:
        raise BoardsError("pwm_slice", board.name, "the buzzer and a light share one frequency")


def _check_flash(board: Board) -> None:
    end = 0
    for name, part in board.parts.items():
        if part.offset % BLOCK_BYTES or part.bytes % BLOCK_BYTES or part.bytes <= 0:
            raise BoardsError("flash", board.name, f"{name} is no number of blocks")
        if part.offset < end:
            raise BoardsError("flash", board.name, f"{name} begins before what is below it ends")
        end = part.offset + part.bytes
    if end > board.flash_bytes:
        raise BoardsError("flash", board.name, "more than there is")
    if board.parts["spool"].bytes < LEAST_SPOOL_BYTES:
        raise BoardsError("flash", board.name, "the spool is too small")
    system = board.parts["system"]
    fills = end == board.flash_bytes and system.offset + system.bytes == board.parts["spool"].offset
    if board.family == "rp2" and not fills:
        raise BoardsError("flash", board.name, "system and spool are to fill what is reserved for files")
