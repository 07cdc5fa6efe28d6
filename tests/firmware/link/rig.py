"""What the link is tested with: the real broker, a gateway's stand-in, and the box's link under MicroPython."""

import asyncio
import getpass
import json
import os
import socket
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import paho.mqtt.client as mqtt

from firmware.wire import ack, beacon, message, record, status, topics
from firmware.wire.spans import Spans
from scripts.firmware_build import ROOT, build, micropython_command, micropython_env
from scripts.sim.proxy import Proxy
from tests.firmware.link.certs import NAME, Ca, Shown

BOX = "box-1"
EPOCH = "0123456789ab"
LIMIT_S = 30
SCRIPT = Path(__file__).with_name("link_box.py")
# Everything that a test would wait for is quick; tests about one of them set it themselves.
QUICK = {"retry_first_ms": 50, "retry_cap_ms": 400, "answer_wait_ms": 200, "heard_spread_ms": 20}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


async def until(condition: Callable[[], bool], news: asyncio.Event, limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            news.clear()
            await news.wait()


class Broker:
    """mosquitto, without persistence. May be killed and started again on its port, and its TLS port if it has one."""

    def __init__(
        self, folder: Path, port: int | None = None, shown: Shown | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.host = host
        self.port = port or free_port()
        self.tls_port = free_port()
        self._config = folder / f"mosquitto-{host}-{self.port}.conf"
        self._env = dict(os.environ)
        settings = f"allow_anonymous true\nuser {getpass.getuser()}\n"  # started as root it would read no key
        if shown:
            papers = f"certfile {shown.certificate_file}\nkeyfile {shown.key_file}\n"
            settings += f"listener {self.tls_port} {host}\n{papers}"
        self._config.write_text(f"{settings}listener {self.port} {host}\n")
        self._process: asyncio.subprocess.Process | None = None

    def at_most_tls_1_2(self, folder: Path) -> "Broker":
        """What the boards speak."""
        config = folder / "openssl.cnf"
        config.write_text("openssl_conf=a\n[a]\nssl_conf=b\n[b]\nsystem_default=c\n[c]\nMaxProtocol=TLSv1.2\n")
        self._env["OPENSSL_CONF"] = str(config)
        return self

    async def start(self) -> None:
        command = [str(ROOT / ".tram/bin/mosquitto"), "-c", str(self._config)]
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(*command, stderr=quiet, env=self._env)
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection(self.host, self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                    continue
                writer.close()
                return

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Gateway:
    """Takes scans and acks them, as far as a test lets it."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.acks = True
        self.epoch = EPOCH  # of the last message
        self.others: dict[str, Spans] = {}  # what was kept of epochs before that
        self.spans = Spans()
        self.scans: dict[int, bytes] = {}
        self.records: dict[int, record.Scan] = {}
        self.kept: dict[tuple[str, int], bytes] = {}
        self.lost: list[record.Lost] = []
        self.messages: list[tuple[str, list[int]]] = []  # ("live" | "pack", its numbers), in order of arrival
        self.statements: list[message.Pack] = []
        self.statuses: list[dict] = []
        self.heard: list[bytes] = []
        self.mail: list[tuple[str, bytes]] = []
        self.drop: Callable[[int], bool] = lambda seq: False
        self.news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda *args: self._loop.call_soon_threadsafe(self._take, args[2])
        self._ready = asyncio.Event()
        self.client.on_subscribe = lambda *_: self._loop.call_soon_threadsafe(self._ready.set)
        self.client.connect(host, port)
        self.client.subscribe([(f"{topics.PREFIX}/box/+/{word}", 1) for word in topics.UP_WORDS])
        self.client.loop_start()

    async def ready(self) -> "Gateway":
        await asyncio.wait_for(self._ready.wait(), LIMIT_S)
        return self

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _take(self, arrived: mqtt.MQTTMessage) -> None:
        _, word = topics.parse(arrived.topic)
        if word == "status":
            self.statuses.append({**status.decode(arrived.payload), "retained": arrived.retain})
        elif word == "heard":
            self.heard.append(arrived.payload)
        elif word != "scan":
            self.mail.append((word, arrived.payload))
        else:
            self._scan(arrived.payload)
        self.news.set()

    def _scan(self, payload: bytes) -> None:
        records, form = [payload], "live"
        if message.is_pack(payload):
            pack = message.decode_pack(payload)
            records, form = pack.records, "pack"
            if not records:
                self.statements.append(pack)
            self._turn_to(pack.epoch)
            if pack.first_held > 1:
                self.spans.add(1, pack.first_held - 1)
        numbers = []
        for data in records:
            one = record.decode(data)
            numbers.append(one.seq)
            self._turn_to(one.epoch)
            if self.drop(one.seq):
                continue
            if isinstance(one, record.Lost):
                self.lost.append(one)
                if one.seq:
                    self.spans.add(one.seq, one.last_seq or one.seq)
            else:
                self.scans[one.seq] = one.code
                self.records[one.seq] = one
                self.kept[one.epoch, one.seq] = one.code
                self.spans.add(one.seq)
        self.messages.append((form, numbers))
        if self.acks:
            self.ack()

    def _turn_to(self, epoch: str) -> None:
        if epoch != self.epoch:
            self.others[self.epoch] = self.spans
            self.epoch, self.spans = epoch, self.others.pop(epoch, Spans())

    def ack(self) -> None:
        self.publish("ack", ack.encode(ack.of(BOX, self.epoch, self.spans)))

    def publish(self, word: str, payload: bytes, box_id: str = BOX, retain: bool = False, qos: int = 0) -> None:
        self.client.publish(topics.of(box_id, word), payload, qos, retain)

    def beacon(self, mono_ms: int = 1000, gateway_boot: str = "00000000000a") -> None:
        sent = beacon.Beacon("gw-1", gateway_boot, mono_ms, None, None)
        self.client.publish(topics.BEACON, beacon.encode_beacon(sent))

    async def until(self, condition: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        await until(condition, self.news, limit_s)


class World:
    """The networks around a box: ssid -> (password, state); `known`: those that the box has in its settings."""

    def __init__(self, folder: Path, known: list[list[str]], chip: str = "esp32", **networks: tuple[str, str]) -> None:
        self.path = folder / "world.json"
        self.known = known
        self._chip = chip
        self.change(**networks)

    def change(self, **networks: tuple[str, str]) -> None:
        there = {ssid: {"password": password, "state": state} for ssid, (password, state) in networks.items()}
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"wifi": {"networks": there, "rssi": -61, "chip": self._chip}}))
        new.replace(self.path)


class LinkBox:
    """link_box.py under MicroPython: what it prints, and what it is told."""

    def __init__(
        self,
        folder: Path,
        port: int,
        host: str = "127.0.0.1",
        ca: Ca | None = None,
        world: World | None = None,
        **link: object,
    ) -> None:
        self._folder = folder
        self._config = folder / "box.json"
        self._ca = "-"
        settings = {**QUICK, "host": host, "port": port, **link}
        if ca:
            settings = {"tls": True, "gateway": NAME, **settings}
            self._ca = str(folder / "ca.der")
            (folder / "ca.der").write_bytes(ca.der)
        whole = {"box_id": BOX, "password": "not shown", "link": settings}
        if world:
            whole.update(wifi=world.known, test={"world": str(world.path)})
        self._config.write_text(json.dumps(whole))
        self.env: dict[str, str] = {}
        self.lines: list[dict] = []
        self.errors = ""
        self._news = asyncio.Event()
        self._reports = 0

    async def start(self) -> "LinkBox":
        build_folder = await asyncio.to_thread(build)
        self._process = await asyncio.create_subprocess_exec(
            *micropython_command([SCRIPT, self._config, self._ca]),
            env={**micropython_env(build_folder), **self.env},
            cwd=self._folder,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]
        await self.until(lambda: any(line.get("state") == "started" for line in self.lines))
        return self

    async def _read(self) -> None:
        async for line in self._process.stdout:
            self.lines.append(json.loads(line))
            self._news.set()

    async def _read_errors(self) -> None:
        async for line in self._process.stderr:
            self.errors += line.decode()
            self._news.set()

    def tell(self, **command: object) -> None:
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def until(self, condition: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        await until(lambda: self.errors != "" or condition(), self._news, limit_s)
        assert self.errors == ""

    def states(self, state: str) -> list[dict]:
        return [line for line in self.lines if line.get("state") == state]

    async def until_up(self, times: int = 1, limit_s: float = LIMIT_S) -> dict:
        await self.until(lambda: len(self.states("up")) >= times, limit_s)
        return self.states("up")[times - 1]

    async def until_down(self, reason: str, limit_s: float = LIMIT_S) -> dict:
        await self.until(lambda: any(line["reason"] == reason for line in self.states("down")), limit_s)
        return next(line for line in self.states("down") if line["reason"] == reason)

    async def until_told(self, limit_s: float = LIMIT_S, **facts: object) -> dict:
        await self.until(lambda: any(facts.items() <= line.items() for line in self.lines), limit_s)
        return next(line for line in self.lines if facts.items() <= line.items())

    async def until_delivered(self, seq: int, limit_s: float = LIMIT_S) -> None:
        await self.until(lambda: any(line.get("delivered", 0) >= seq for line in self.lines), limit_s)

    async def report(self) -> dict:
        self._reports += 1
        number = self._reports
        self.tell(report=number)
        await self.until(lambda: any(line.get("report") == number for line in self.lines))
        return next(line for line in self.lines if line.get("report") == number)

    async def until_counted(self, name: str, least: int = 1, limit_s: float = LIMIT_S) -> dict:
        async with asyncio.timeout(limit_s):
            while True:
                report = await self.report()
                if report["counters"].get(name, 0) >= least:
                    return report
                await asyncio.sleep(0.05)

    async def quit(self) -> int:
        self.tell(quit=1)
        return await asyncio.wait_for(self._process.wait(), LIMIT_S)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._readers)


@asynccontextmanager
async def standing(folder: Path, secured: bool = False, **link: object):
    """A broker, a gateway and a box that is connected, over TLS if `secured`."""
    ca = Ca() if secured else None
    broker = Broker(folder, shown=ca.issue(folder) if ca else None)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    box = await LinkBox(folder, broker.tls_port if ca else broker.port, ca=ca, **link).start()
    try:
        await box.until_up()
        yield broker, gateway, box
        assert box.errors == ""
    finally:
        await box.kill()
        gateway.close()
        await broker.kill()


@asynccontextmanager
async def door_closed(folder: Path, **link: object):
    """A broker with its gateway, and a box that nobody answers until `await door.start()`: what it sends in its first
    moment is heard then, though the gateway's stand-in has no session that the broker would keep for it."""
    broker = Broker(folder)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    door = Proxy("127.0.0.1", broker.port)
    door.port = free_port()
    box = await LinkBox(folder, door.port, **link).start()
    try:
        await box.until(lambda: bool(box.states("down")))
        yield door, gateway, box
        assert box.errors == ""
    finally:
        await box.kill()
        await door.stop()
        gateway.close()
        await broker.kill()


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One MQTT packet, for brokers that a test plays itself: its first byte and its body."""
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first, await reader.readexactly(length)
