"""From name to address without getaddrinfo: the packets, and the box that uses them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link import names
from firmware.link.errors import LinkError
from tests.firmware.link.rig import Broker, LinkBox, free_port

ASKED = names.question(0x1234, "gateway.example")
HEAD = b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
A_RECORD = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x03"
ALIAS = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01\x61\xc0\x14"


def test_a_question_is_what_rfc_1035_says():
    asked = names.question(7, "a.bc")
    assert asked == b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"


@pytest.mark.parametrize(
    "answer, found",
    [
        (HEAD + ASKED[12:] + A_RECORD, ["10.1.2.3"]),
        (HEAD[:7] + b"\x02" + HEAD[8:] + ASKED[12:] + ALIAS + A_RECORD, ["10.1.2.3"]),
        (HEAD + ASKED[12:].upper() + A_RECORD, ["10.1.2.3"]),
        (HEAD[:4] + b"\x00\x00" + HEAD[6:] + b"\x07gateway\x07example\x00" + A_RECORD[2:], ["10.1.2.3"]),  # mDNS
        (HEAD[:6] + b"\x00\x00" + HEAD[8:] + ASKED[12:], []),  # no such name
    ],
)
def test_an_answer_gives_its_addresses(answer, found):
    assert names.addresses(ASKED, answer) == found


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        HEAD[:11],
        b"\x12\x35" + HEAD[2:] + ASKED[12:] + A_RECORD,  # another number
        HEAD[:2] + b"\x01" + HEAD[3:] + ASKED[12:] + A_RECORD,  # a question
        HEAD + ASKED[12:].replace(b"gateway", b"gatewaz") + A_RECORD,  # another name
        HEAD + ASKED[12:] + A_RECORD[:11],
        HEAD[:7] + b"\xff" + HEAD[8:] + ASKED[12:] + A_RECORD,  # fewer records than it says
        HEAD + ASKED[12:] + b"\x40" + A_RECORD,
        HEAD + ASKED[12:] + b"\x3f" + A_RECORD,
    ],
)
def test_what_is_no_answer_to_us_is_passed_over(answer):
    assert names.addresses(ASKED, answer) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(noise):
    for answer in (HEAD + ASKED[12:] + noise, noise):
        found = names.addresses(ASKED, answer)
        assert found is None or all(one.count(".") == 3 for one in found)


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".example"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(LinkError) as refused:
        names.question(1, name)
    assert refused.value.code == "broker_name"


@pytest.mark.parametrize(
    "host, is_one",
    [("10.0.0.1", True), ("255.255.255.255", True), ("256.0.0.1", False), ("1.2.3", False), ("a.b.c.d", False)],
)
def test_an_address_is_its_own_answer(host, is_one):
    assert names.is_address(host) == is_one


class NameServer(asyncio.DatagramProtocol):
    """Answers with `address`, or not at all while it is None."""

    def __init__(self, address: str | None) -> None:
        self.address = address
        self.asked = 0

    async def __aenter__(self) -> "NameServer":
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port = self.transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()

    def datagram_received(self, data: bytes, sender) -> None:
        self.asked += 1
        if self.address:
            head = data[:2] + HEAD[2:]
            packed = bytes(int(part) for part in self.address.split("."))
            self.transport.sendto(b"\xde\xad" + head[2:] + data[12:] + A_RECORD, sender)  # somebody else's: passed over
            self.transport.sendto(head + data[12:] + A_RECORD[:-4] + packed, sender)


async def test_the_broker_is_looked_up_anew_at_each_attempt_and_may_move(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    async with NameServer(None) as server:
        box = await LinkBox(
            tmp_path, broker.port, "gw.example", name_server=f"127.0.0.1:{server.port}", resolve_ms=150, connect_ms=300
        ).start()
        try:
            await box.until_down("name_timeout")
            server.address = "127.0.0.9"  # nobody there
            await box.until_down("connection_lost")
            server.address = "127.0.0.1"
            await box.until_up()
            assert server.asked >= 3
        finally:
            await box.kill()
            await broker.kill()


async def test_a_name_that_nobody_knows_or_can_be_asked_for_has_its_own_reason(tmp_path):
    box = await LinkBox(tmp_path, free_port(), "gw.example").start()
    try:
        await box.until_down("name_no_server")
        box.tell(append=[50])
        assert (await box.report())["last_seq"] == 1
    finally:
        await box.kill()
