"""What the demo shows while it runs: every box with its light, how far the scans are, what is failing just now."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scripts.sim import settings
from scripts.sim.evidence import Account
from scripts.sim.faults import EVERY_S, plan
from scripts.sim.injector import Injector
from scripts.sim.run import Order, receive, town_of
from scripts.sim.stock import Stock
from scripts.sim.town import Town, now_ms
from scripts.sim.visitors import visits

REDRAWS_PER_S = 4
FADES_MS = 2500
LIGHTS = {
    "stored": ("bold white on green", "Đã ghi nhận · Recorded"),
    "repeat": ("bold black on yellow", "Vừa quét rồi · Just recorded"),
    "refused": ("bold white on red", "Không đọc được · Not readable"),
    "too_long": ("bold white on red", "Mã quá dài · Too long"),
    "wrong_kind": ("bold black on yellow", "Không phải mã này · Wrong kind of code"),
    "spool_full": ("bold white on red", "Hộp đầy · Full"),
    "spool_fault": ("bold white on red", "Hỏng bộ nhớ · Memory fault"),
    "reader_fault": ("bold white on red", "Đầu đọc lỗi · Reader fault"),
    "no_gateway": ("black on yellow", "Mất trạm · No gateway"),
}
READY = ("dim", "Mời quét mã · Please show your code")
ROUND_S = 10 * EVERY_S  # faults are planned a round at a time


async def watch(order: Order, folder: Path) -> None:
    """Run the town and draw it until this is cancelled."""
    console = Console()
    console.print("Đang khởi động · Starting: broker, gateway, server, boxes …")
    async with town_of(order, folder) as town:
        injector = Injector(town)
        console.print(f"Trang xem · Page:      [link={town.page}]{town.page}[/link]")
        console.print("Ở đó · There: “Đăng nhập bằng mã truy cập” · “Sign in with an access token”")
        console.print(f"Mã truy cập · Token:   {town.secrets.reader_token}", highlight=False)
        console.print(f"Trang tại chỗ · At the place: [link={town.place_page}]{town.place_page}[/link]")
        who = f"{settings.PANEL_NAME} / {town.secrets.panel_password}"
        console.print(f"Tên / mật khẩu · Name / password: {who}", highlight=False)
        if not console.is_terminal:
            console.print("Ctrl-C: dừng · stop")
        view = View(town, injector)
        async with asyncio.TaskGroup() as tasks:
            people = visits(order.seed, order.boxes, order.rate_per_s)
            tasks.create_task(receive(town, Stock(folder, order.seed), people, time.monotonic()), name="visitors")
            tasks.create_task(_keep_failing(injector, order), name="faults")
            tasks.create_task(view.ask(), name="server")
            tasks.create_task(_draw(view, console) if console.is_terminal else _tell(view, console), name="screen")


async def _keep_failing(injector: Injector, order: Order) -> None:
    for number in range(1_000_000):
        begun = time.monotonic()
        await injector.run(plan(order.faults, order.seed + number, ROUND_S, order.boxes), begun)
        await asyncio.sleep(max(0.0, begun + ROUND_S - time.monotonic()))


async def _draw(view: "View", console: Console) -> None:
    with Live(view.draw(), console=console, refresh_per_second=REDRAWS_PER_S) as live:
        while True:
            await asyncio.sleep(1 / REDRAWS_PER_S)
            live.update(view.draw())


async def _tell(view: "View", console: Console) -> None:
    while True:
        await asyncio.sleep(5)
        console.print(view.line(), highlight=False)


class View:
    """A town as tables and lines."""

    def __init__(self, town: Town, injector: Injector) -> None:
        self._town = town
        self._injector = injector
        self._accounts: list[Account] = []
        self._server_answers = True

    async def ask(self) -> None:
        """Keep what the server says up to date."""
        while True:
            try:
                self._accounts = await self._town.central.accounts()
                self._server_answers = True
            except httpx.HTTPError:
                self._server_answers = False
            await asyncio.sleep(0.7)

    def line(self) -> str:
        """Everything in one line."""
        evidence = self._town.evidence
        kept = sum(evidence.delivered.values())
        stored = sum(account.stored for account in self._accounts)
        said = f"{len(evidence.shown)} shown · {len(evidence.greens)} green"
        said += f" · {kept} at the gateway · {stored} on the server"
        failing = self._failing()
        return f"{said} · failing: {failing}" if failing else said

    def draw(self) -> Group:
        """The live picture."""
        return Group(self._boxes(), self._road(), Text("Ctrl-C: dừng · stop", style="dim"))

    def _boxes(self) -> Table:
        evidence, witness = self._town.evidence, self._town.witness
        shown = Counter(one.box_id for one in evidence.shown)
        green = Counter(one.box_id for one in evidence.greens)
        kept, stored = Counter[str](), Counter[str]()
        for (box_id, _), number in evidence.delivered.items():
            kept[box_id] += number
        for account in self._accounts:
            stored[account.box_id] += account.stored
        table = Table(expand=True, box=None, header_style="dim")
        table.add_column("Hộp quét\nBox", no_wrap=True)
        table.add_column("Đèn\nLight", no_wrap=True, ratio=1)
        for heading in ("Đưa mã\nShown", "Đã ghi\nGreen", "Tới trạm\nGateway", "Máy chủ\nServer"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Nối\nLink", no_wrap=True)
        for box_id, pair in self._town.boxes.items():
            numbers = [str(count[box_id]) for count in (shown, green, kept, stored)]
            link = witness.link_state.get(box_id, "…") if pair.box.is_running else "-"
            table.add_row(box_id, self._light(box_id, pair.box.is_running), *numbers, link)
        return table

    def _light(self, box_id: str, is_on: bool) -> Text:
        if not is_on:
            return Text(" mất điện · no power ", style="bold white on black")
        face = self._town.witness.last_face.get(box_id)
        if face and face["face"] in LIGHTS and now_ms() - int(face["at_ms"]) < FADES_MS:
            style, words = LIGHTS[face["face"]]
        else:
            style, words = READY
        return Text(f" {words} ", style=style)

    def _road(self) -> Panel:
        town = self._town
        is_well = {
            "broker": town.broker.is_running,
            "trạm trung chuyển · gateway": town.gateway.is_running,
            "máy chủ · server": town.server.is_running and self._server_answers,
        }
        broker, gateway, server = (
            Text(f" {words} ", style="white on green" if well else "white on red") for words, well in is_well.items()
        )
        boxes, up = _link(town.box_link.mode), _link(town.server_link.mode)
        road = Text.assemble("hộp quét · boxes ", boxes, broker, _link("open"), gateway, up, server)
        lines = [road, Text(self.line(), style="bold red" if self._injector.under_way else "")]
        if town.evidence.mishaps:
            lines.append(Text(f"hỏng · failed: {town.evidence.mishaps[-1]}", style="white on red"))
        return Panel(Group(*lines))

    def _failing(self) -> str:
        return ", ".join(sorted(self._injector.under_way.values()))


def _link(mode: str) -> Text:
    return Text(" ─── ", style="green") if mode == "open" else Text(f" ─╳─ {mode} ", style="red")
