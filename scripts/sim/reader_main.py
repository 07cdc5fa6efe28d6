"""`scripts/simreader`: a simulated QR reader module on a pty, driven by lines of JSON.

A line in, on stdin or on the control socket:

    {"show": "card.png"}                      hold a picture before it; also "hold_ms": 3000, "once": false, "id": "any"
    {"show_code_base64": "MDg0..."}           the same for a code that is not in a picture
    {"fault": "noise"}                        also "times", "for_ms", "bytes"; "none" calls off what is still to happen
    {"power": "off"}   {"power": "on"}
    {"swap": "de2120"}                        unplug it, and plug another model in; also "baud": 115200
    {"zones": true}                           print its settings
    {"quit": true}

Lines out, on stdout and to whoever sent the line on the control socket:

    {"ready": {"tty": "…", "model": "…", "baud": 9600}}
    {"sent": {"crc": "…", "length": 112, "last_byte_ms": …}}      CLOCK_MONOTONIC ms, the line's own time included
    {"not_read": "same_code", "crc": "…", "length": 112}
    {"event": "power", "state": "off"}
    {"error": "no_file", "detail": "…"}
"""

import argparse
import asyncio
import base64
import binascii
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.sim.reader import ALL_MODELS, SimReader
from scripts.sim.reader_eye import PictureError
from scripts.sim.reader_faults import FaultError
from scripts.sim.reader_zones import DIVISORS

Tell = Callable[[dict[str, Any]], None]


class OrderError(Exception):
    """A line that is no order. `code`: `json`, `order` or `option`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simreader", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tty-link", required=True, type=Path, metavar="PATH", help="where the serial port appears")
    parser.add_argument("--model", choices=sorted(ALL_MODELS), default="gm861", help="default: %(default)s")
    parser.add_argument("--baud", type=int, choices=sorted(DIVISORS.values()), help="that it was left at")
    parser.add_argument("--faults", default="", metavar="NAME,…", help="armed from the start, each once")
    parser.add_argument("--control", type=Path, metavar="PATH", help="a Unix socket that takes the same lines")
    parser.add_argument("--seed", type=int, default=0, help="of everything random in it")
    parser.add_argument("--counts-tail", action="store_true", help="in protocol mode the length counts the tail")
    parser.add_argument(
        "--hurry", type=int, default=1, choices=range(1, 101), metavar="N", help="N times faster between codes"
    )
    parser.add_argument("--tx-only", action="store_true", help="its RX is not wired: it hears nothing")
    return parser.parse_args(argv)


class Desk:
    """Takes the orders for one reader."""

    def __init__(self, reader: SimReader) -> None:
        self._reader = reader
        self._shows: set[asyncio.Task[None]] = set()
        self.over = asyncio.Event()

    def take(self, line: bytes, tell: Tell) -> None:
        if not line.strip():
            return
        try:
            order = json.loads(line)
            if not isinstance(order, dict):
                raise OrderError("order", "not an object")
            self._obey(order, tell)
        except ValueError as error:
            tell({"error": "json", "detail": str(error)})
        except (OrderError, FaultError) as error:
            tell({"error": error.code, "detail": error.detail})

    async def finish(self) -> None:
        await asyncio.gather(*self._shows)

    def _obey(self, order: dict[str, Any], tell: Tell) -> None:
        if "show" in order or "show_code_base64" in order:
            self._start_show(order, tell)
        elif "fault" in order:
            times, for_ms, count = order.get("times", 1), order.get("for_ms"), order.get("bytes")
            self._reader.fault(order["fault"], times, for_ms, count)
        elif order.get("power") == "off":
            self._reader.power_off()
        elif order.get("power") == "on":
            self._reader.power_on()
        elif "swap" in order:
            self._start_swap(order)
        elif "zones" in order:
            zones = self._reader.module
            tell({"zones": {"now": zones.now.hex(), "saved": zones.saved.hex(), "baud": zones.baud}})
        elif "quit" in order:
            self.over.set()
        else:
            raise OrderError(
                "order", f"none of show, show_code_base64, fault, power, swap, zones, quit: {sorted(order)}"
            )

    def _start_swap(self, order: dict[str, Any]) -> None:
        model, baud = order["swap"], order.get("baud")
        if model not in ALL_MODELS or baud not in (None, *DIVISORS.values()):
            raise OrderError("option", "swap or baud")
        task = asyncio.get_running_loop().create_task(self._reader.swap(model, baud))
        self._shows.add(task)
        task.add_done_callback(self._shows.discard)

    def _start_show(self, order: dict[str, Any], tell: Tell) -> None:
        hold_ms, once = order.get("hold_ms", 3000), order.get("once", True)
        if not isinstance(hold_ms, int) or not 0 <= hold_ms <= 86_400_000 or not isinstance(once, bool):
            raise OrderError("option", "hold_ms or once")
        task = asyncio.get_running_loop().create_task(self._show(order, hold_ms, once, tell))
        self._shows.add(task)
        task.add_done_callback(self._shows.discard)

    async def _show(self, order: dict[str, Any], hold_ms: int, once: bool, tell: Tell) -> None:
        tag = {"id": order["id"]} if "id" in order else {}
        try:
            if "show" in order:
                results = await self._reader.show(str(order["show"]), hold_ms, once)
            else:
                code = base64.b64decode(order["show_code_base64"], validate=True)
                results = await self._reader.show_codes([code], hold_ms, once)
        except PictureError as error:
            tell({"error": error.code, "detail": str(order["show"]), **tag})
        except (binascii.Error, TypeError, ValueError) as error:
            tell({"error": "base64", "detail": str(error), **tag})
        else:
            for result in results:
                tell({**result.as_json(), **tag})


async def _lines_of_stdin(desk: Desk) -> None:
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    except ValueError:  # a regular file
        for line in sys.stdin.buffer:
            desk.take(line, say)
    else:
        while line := await stream.readline():
            desk.take(line, say)


async def _serve_control(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    def tell(said: dict[str, Any]) -> None:
        say(said)
        writer.write(json.dumps(said).encode() + b"\n")

    while line := await reader.readline():
        desk.take(line, tell)
    await desk.finish()
    writer.close()


async def run(options: argparse.Namespace) -> None:
    def on_event(name: str, facts: dict[str, Any]) -> None:
        say({"event": name, **facts})

    link, model = options.tty_link, options.model
    reader = SimReader(
        link, model, options.baud, options.seed,
        counts_tail=options.counts_tail, hears=not options.tx_only, on_event=on_event, hurry=options.hurry,
    )  # fmt: skip
    async with reader:
        desk = Desk(reader)
        for name in filter(None, options.faults.split(",")):
            reader.fault(name)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, desk.over.set)
        control = None
        if options.control:
            options.control.unlink(missing_ok=True)
            control = await asyncio.start_unix_server(lambda r, w: _serve_control(desk, r, w), options.control)
        say({"ready": {"tty": str(link), "model": model, "baud": reader.module.baud}})
        stdin = asyncio.create_task(_lines_of_stdin(desk))
        over = asyncio.create_task(desk.over.wait())
        await asyncio.wait({stdin, over}, return_when=asyncio.FIRST_COMPLETED)
        if not desk.over.is_set():
            await desk.finish()
            if control:
                await desk.over.wait()
        stdin.cancel()
        if control:
            control.close()
            with contextlib.suppress(FileNotFoundError):
                options.control.unlink()


def main() -> None:
    options = arguments()
    if not options.tty_link.absolute().parent.is_dir():
        sys.exit(f"simreader: --tty-link: there is no folder {options.tty_link.parent}")
    try:
        asyncio.run(run(options))
    except FaultError as error:
        sys.exit(f"simreader: --faults: {error}")
    except OSError as error:
        sys.exit(f"simreader: {error}")


if __name__ == "__main__":
    main()
