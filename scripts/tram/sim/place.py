"""`tram sim place`: a gateway with its broker and server, a Wi-Fi, and a bare board, all on this computer."""

import asyncio
import json
import socket
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.sim import boards, practice
from scripts.tram.sim.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.sim.site import Site

STARTED_S = 90.0
TECHNICIAN = "practice"


def run(name: str) -> None:
    """Until Ctrl-C. Raises Trouble not_here, board_unknown, no_tree, does_not_start."""
    practice.needs_linux()
    practice.needs_tree("micropython", "mosquitto")
    with out.step("prepare", WORDS("preparing")):
        practice.release(name)
    from scripts.sim.bare_board import BareBoard
    from scripts.sim.site import QUICK

    with practice.workplace() as folder:
        with out.step("gateway", WORDS("starting_place")):
            place = Place(folder)
            place.start()
        try:
            settings = {**QUICK, "link": {**QUICK["link"], "hosts_file": str(named(folder))}}
            with BareBoard(folder / "board", name, settings=settings) as board:
                boards.watched(board)
                facts = {
                    "board": board.board.title,
                    "device": board.device,
                    "url": place.url,
                    "wifi": str(place.wifi_file),
                    "practice": str(practice.folder()),
                }
                lines = [
                    WORDS("home", line=practice.line_for_terminal()),
                    WORDS("practise_place", access=place.access, **facts),
                    WORDS("limits"),
                    WORDS("help"),
                ]
                practice.tell("ready", "\n".join(lines), **facts, access=place.access)
                practice.orders(lambda order: boards.act(board, order), WORDS("help"))
        finally:
            place.stop()
    practice.ended()


def named(folder: Path) -> Path:
    """The names that the pretended network knows: this computer's, as a gateway's set-up code says it."""
    host = socket.gethostname().partition(".")[0].lower()
    file = folder / "hosts"
    file.write_text(f"127.0.0.1 {host} {host}.local\n", encoding="ascii", errors="replace")
    return file


class Place:
    """scripts/sim/site.py in a thread of its own, with the key of practising."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self.url = self.access = ""
        self.wifi_file = practice.folder() / "wifi.json"
        self._site: Future[Site] = Future()
        self._over: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="place", daemon=True)

    def start(self) -> None:
        """Everything of it runs when this returns. Raises Trouble does_not_start."""
        self._thread.start()
        try:
            site = self._site.result(STARTED_S)
        except Exception as bad:
            raise Trouble("does_not_start", exits.REFUSED, WORDS, what=str(bad), log=str(self.folder)) from bad
        from scripts.sim.site import SSID, WIFI_PASSWORD

        self.url = f"http://127.0.0.1:{site.panel_port}"
        self.access = self._ask(site.order("technician", "add", TECHNICIAN))
        write_whole(self.wifi_file, json.dumps([[SSID, WIFI_PASSWORD]]).encode(), 0o600)

    def stop(self) -> None:
        """Nothing of it runs any more."""
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _ask(self, order: Any) -> str:
        if self._loop is None:
            raise RuntimeError("the place does not run")
        return str(asyncio.run_coroutine_threadsafe(order, self._loop).result(STARTED_S))

    async def _run(self) -> None:
        from scripts.sim.ports import free_port
        from scripts.sim.site import Site

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            site = Site(self.folder)
            site.key, site.panel_port = practice.key(), free_port()
            async with site:
                self._site.set_result(site)
                await self._over.wait()
        except BaseException as bad:
            if self._site.done():
                raise
            self._site.set_exception(bad)
