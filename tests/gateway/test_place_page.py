"""The place's page of the whole gateway: readers on its wires, boxes where they stand, what was set aside, all of it in
the language of the page."""

import asyncio
import html
import re
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from firmware.wire import record, status, topics
from firmware.wire.record import Scan
from gateway.admission import BOXES_NAME
from gateway.aside import FILE_NAME
from gateway.enrol.registry import Registry
from gateway.mqtt.passwords import hash_of, matches
from scripts.sim.reader import SimReader
from tests.gateway.brokers import RealBroker, eventually, password_of
from tests.gateway.gateways import DEFAULT_TIME, RealGateway
from tests.gateway.panel.rig import NAME, PASSWORD, password_file
from tests.gateway.people import Person

BOX, EPOCH = "box-a", "aabbccddeeff"


class Visitor:
    """Somebody with a browser, logged in."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def log_in(self) -> None:
        form = urllib.parse.urlencode({"name": NAME, "password": PASSWORD}).encode()
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        self._opener.open(urllib.request.Request(self._url + "/login", form, headers), timeout=10).close()

    def text(self, path: str) -> str:
        with self._opener.open(self._url + path, timeout=10) as answer:
            page = re.sub(r"<[^>]+>", " ", answer.read().decode())
        return re.sub(r"\s+", " ", html.unescape(page))

    async def until(self, path: str, *words: str) -> str:
        """The text of that page, as soon as it says all of this."""
        shown = ""

        def says() -> bool:
            nonlocal shown
            shown = self.text(path)
            return all(word in shown for word in words)

        deadline = time.monotonic() + 30
        while not await asyncio.to_thread(says):
            assert time.monotonic() < deadline, shown
            await asyncio.sleep(0.05)
        return shown


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", [BOX]).start()
    yield broker
    broker.kill()


@pytest.fixture
def gateway(tmp_path, broker):
    password_file(tmp_path)
    more = (
        f'[readers]\nserial = ["{tmp_path}/tty1", "{tmp_path}/tty9"]\ndirection = "in"\ngate = "cong-dong"\n'
        f'[panel]\npassword_file = "{tmp_path}/people"\nport = 0\n[buffer]\nmin_free_bytes = 0\n'
    )
    gateway = RealGateway(tmp_path / "gateway", broker, more=DEFAULT_TIME + more)
    yield gateway
    gateway.kill()


async def visitor_of(gateway: RealGateway) -> Visitor:
    await eventually(lambda: "the panel is open" in gateway.log())
    port = int(re.search(r"the panel is open.*?ports=\"?\[?(\d+)", gateway.log())[1])
    visitor = Visitor(port)
    await asyncio.to_thread(visitor.log_in)
    return visitor


def box_scan(seq: int) -> bytes:
    return record.encode_scan(
        Scan(BOX, EPOCH, seq, 1, 1_000 * seq, None, None, "dir=out,gate=cong-bac", b"code %d" % seq)
    )


async def test_the_page_shows_what_came_of_a_code_at_a_reader_on_a_wire_within_a_second(gateway, tmp_path):
    async with SimReader(tmp_path / "tty1", "gm65", hurry=4) as reader:
        await asyncio.to_thread(gateway.start_and_wait)
        visitor = await visitor_of(gateway)
        await visitor.until("/", f"cắm tại {tmp_path}/tty1", f"chưa thấy {tmp_path}/tty9")
        await eventually(lambda: "state=half_configured" in gateway.log(), 30)
        await reader.show_codes([b"visitor 1"], hold_ms=1_000)
        came = await eventually(lambda: gateway.metric("tram_stored_total"))
        assert came == 1
        began = time.monotonic()
        shown = await visitor.until("/big", "Đã lưu", "cong-dong · chiều vào")
        assert time.monotonic() - began < 1
        assert "not there" not in shown
        await reader.show_codes([b"visitor 1"], hold_ms=1_000)
        await visitor.until("/big", "Vừa quét rồi")
        await visitor.until("/big?lang=en", "Just scanned", "cong-dong · in")


async def test_boxes_stand_where_their_last_scan_says_and_what_nobody_can_read_is_counted(gateway, broker):
    await asyncio.to_thread(gateway.start_and_wait)
    visitor = await visitor_of(gateway)
    box = Person(broker.port, BOX, password_of(BOX))
    born = {"box_id": BOX, "state": "online", "boot": 1, "session": 1, "epoch": EPOCH, "first_held": 1, "last_seq": 1}
    born |= {"uptime_ms": 1_000, "counters": {}}
    box.publish(topics.status(BOX), status.encode(born), retain=True)
    box.publish(topics.scan(BOX), box_scan(1))
    box.publish(topics.scan(BOX), b"nonsense")
    shown = await visitor.until("/", "Tin phải để riêng: 1", "cong-bac · chiều ra", "quét gần nhất")
    assert BOX in shown
    path = gateway.folder / "data" / FILE_NAME
    await eventually(lambda: path.exists() and topics.scan(BOX) in path.read_text())
    box.leave()


async def test_a_box_that_is_revoked_is_forgotten(gateway, broker):
    await asyncio.to_thread(gateway.start_and_wait)
    visitor = await visitor_of(gateway)
    box = Person(broker.port, BOX, password_of(BOX))
    box.publish(topics.status(BOX), status.will(BOX, 1, 1), retain=True)
    await visitor.until("/", BOX, "Mất liên lạc", "ít nhất 0")  # nobody knows how many it holds
    Registry(gateway.folder / "data" / BOXES_NAME, hash_of, matches).revoke(BOX)
    await visitor.until("/", "Chưa có hộp quét nào liên lạc với trạm.", "đúng theo các lượt quét")
    box.leave()
