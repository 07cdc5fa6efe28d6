"""From name to address without getaddrinfo: the packets, and the box that uses them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link import names
from firmware.link.errors import LinkError
from tests.firmware.link.certs import Ca
from tests.firmware.link.rig import Broker, Gateway, LinkBox, free_port

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
    """Answers with `address` (one, or several), or not at all while it is None."""

    def __init__(self, *address: str | None) -> None:
        self.address = address[0]
        self._more = address[1:]
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
            self.transport.sendto(b"\xde\xad" + head[2:] + data[12:] + A_RECORD, sender)  # somebody else's: passed over
            told = [self.address, *self._more]
            packed = [A_RECORD[:-4] + bytes(int(part) for part in one.split(".")) for one in told]
            self.transport.sendto(head[:7] + bytes([len(told)]) + head[8:] + data[12:] + b"".join(packed), sender)


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


async def reaches(tmp_path, broker: Broker, servers: list[NameServer], name: str = "gw.example", **link) -> LinkBox:
    """A box that must find the broker through these servers; it is the test's to kill."""
    told = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    port = broker.tls_port if link.get("ca") else broker.port
    return await LinkBox(tmp_path, port, name, name_server=told, resolve_ms=1000, connect_ms=1000, **link).start()


@pytest.mark.parametrize("name", ["gateway.local", "GATEWAY.LOCAL"])
async def test_a_gateway_that_is_given_another_address_is_found_there_by_mdns(tmp_path, name):
    old, new = Broker(tmp_path), None
    await old.start()
    async with NameServer("127.0.0.1") as server:
        box = await reaches(tmp_path, old, [server], name)
        try:
            await box.until_up()
            box.tell(append=[50] * 3)
            new = Broker(tmp_path, port=old.port, host="127.0.0.2")
            await new.start()
            await old.kill()
            server.address = "127.0.0.2"
            await box.until_up(2)
            gateway = await Gateway(new.port, new.host).ready()
            await box.until_delivered(3)
            gateway.close()
        finally:
            await box.kill()
            await old.kill()
            if new:
                await new.kill()


@pytest.mark.parametrize("lie", [None, "127.0.0.9", "0.0.0.0", "255.255.255.255"])
async def test_a_name_server_that_hangs_or_lies_is_not_the_only_one_that_is_asked(tmp_path, lie):
    broker = Broker(tmp_path, host="127.0.0.2")
    await broker.start()
    async with NameServer(lie) as first, NameServer("127.0.0.2") as second:
        box = await reaches(tmp_path, broker, [first, second])
        try:
            await box.until_up(limit_s=10)
        finally:
            await box.kill()
            await broker.kill()


async def test_a_lie_that_leads_to_a_stranger_is_found_out_by_tls(tmp_path):
    ca = Ca()
    broker = Broker(tmp_path, shown=ca.issue(tmp_path), host="127.0.0.2")
    stranger = Broker(tmp_path, port=broker.tls_port)  # without TLS, as a captive network answers
    await broker.start()
    await stranger.start()
    async with NameServer("127.0.0.1") as first, NameServer("127.0.0.2") as second:
        box = await reaches(tmp_path, broker, [first, second], ca=ca)
        try:
            await box.until_up(limit_s=10)
            reasons = [line["reason"] for line in box.states("down")]
            assert len(reasons) == 1
            assert reasons[0] in ("closed_by_broker", "connection_lost", "tls_garbage")
        finally:
            await box.kill()
            await stranger.kill()
            await broker.kill()


async def test_each_address_of_an_answer_gets_its_turn(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    async with NameServer("127.0.0.8", "127.0.0.9", "127.0.0.1") as server:
        box = await reaches(tmp_path, broker, [server])
        try:
            await box.until_up(limit_s=10)
            assert [line["reason"] for line in box.states("down")] == ["connection_lost"] * 2
        finally:
            await box.kill()
            await broker.kill()
