"""The exchanges of an enrolment, from MicroPython over real TLS: with a gateway that answers as it likes."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager

import pytest

from firmware.wire import base64url, enrol
from gateway.certs import authority
from scripts.firmware_build import build, micropython_command, micropython_env
from tests.firmware.link.rig import LIMIT_S, free_port
from tests.firmware.provision.rig import SCRIPTS

BOX = "box-000001"
PASSWORDS = [base64url.encode(bytes([number]) * 32).decode() for number in (1, 2)]
CODE = "TRAM1:looked-at-by-the-gateway.only"
LIMIT_MS = 1500
ENROLLED = enrol.encode_answer(enrol.enrolled(BOX))


class Peer:
    """Answers each connection with the next of `answers`: bytes, or a coroutine function that is given the streams."""

    def __init__(self, folder, certificate_for="gw-1"):
        self.papers = authority.ensure(folder, certificate_for)
        self.port = free_port()
        self.answers = []
        self.asked = []

    @asynccontextmanager
    async def serving(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.papers.chain_file)
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        async with server:
            yield self

    async def _serve(self, reader, writer):
        try:
            line = await reader.readuntil(b"\n")
            self.asked.append(enrol.decode_question(line + await reader.readexactly(enrol.content_length(line))))
            answer = self.answers.pop(0)
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort() if writer.is_closing() else writer.close()


async def ask(peer, folder, asks, answers, **given):
    """What the box makes of each answer."""
    peer.answers, peer.asked = list(answers), []
    job = {
        "host": "127.0.0.1", "port": peer.port, "gateway": "gw-1", "ca": peer.papers.ca_der.hex(),
        "fingerprint": peer.papers.fingerprint, "box_id": BOX, "password": PASSWORDS[0], "new": PASSWORDS[1],
        "code": CODE, "limit_ms": LIMIT_MS, "asks": asks, **given,
    }  # fmt: skip
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    process = await asyncio.create_subprocess_exec(
        *micropython_command([SCRIPTS / "enrol_box.py", path]), env=micropython_env(build()), cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return [json.loads(line) for line in out.splitlines()]


def without_times(said):
    return [{key: value for key, value in one.items() if key != "took_ms"} for one in said]


@pytest.fixture
def peer(tmp_path):
    return Peer(tmp_path)


async def test_a_box_fetches_the_ca_enrols_and_changes_its_password(peer, tmp_path):
    async with peer.serving():
        answers = [enrol.encode_answer(enrol.ca(peer.papers.ca_der)), ENROLLED, ENROLLED]
        said = await ask(peer, tmp_path, ["ca", "enrol", "rotate"], answers)
    assert without_times(said) == [{"result": True}, {"result": None}, {"result": None}]
    first, second, third = peer.asked
    assert first.word == "ca"
    assert (second.word, second.box_id, second.password, second.code) == ("enrol", BOX, PASSWORDS[0], CODE.encode())
    assert (third.word, third.password, third.new_password) == ("rotate", *PASSWORDS)


@pytest.mark.parametrize("shown", ["ca", "before"])
async def test_a_password_is_changed_at_a_gateway_that_shows_either_of_two_authorities(tmp_path, shown):
    other = tmp_path / "other"
    other.mkdir()
    peer, another = Peer(tmp_path), authority.ensure(other, "gw-1").ca_der.hex()
    given = {"before": another} if shown == "ca" else {"before": peer.papers.ca_der.hex(), "ca": another}
    async with peer.serving():
        said = await ask(peer, tmp_path, ["rotate"], [ENROLLED], **given)
    assert without_times(said) == [{"result": None}]


async def test_every_refusal_is_told_with_whether_it_is_final(peer, tmp_path):
    codes = [*enrol.REFUSALS, "something_new"]
    async with peer.serving():
        answers = [enrol.encode_answer(enrol.refused(code)) for code in codes]
        said = await ask(peer, tmp_path, ["enrol"] * len(codes), answers)
    assert [one["refused"] for one in said] == codes
    assert [one["refused"] for one in said if not one["final"]] == ["busy", "something_new"]


async def test_another_ca_than_the_code_names_gets_no_token(peer, tmp_path):
    async with peer.serving():
        answers = [enrol.encode_answer(enrol.ca(b"another one")), enrol.encode_answer(enrol.ca(b"0" * 4096)), ENROLLED]
        said = await ask(peer, tmp_path, ["ca", "ca", "ca"], answers)
    assert without_times(said) == [{"trouble": "other_ca"}, {"trouble": "other_ca"}, {"trouble": "answer"}]


@pytest.mark.parametrize("certificate_for, trusts_another", [("gw-2", False), ("gw-1", True)])
async def test_a_gateway_of_another_name_or_authority_hears_nothing(tmp_path, certificate_for, trusts_another):
    peer = Peer(tmp_path, certificate_for)
    other = tmp_path / "other"
    other.mkdir()
    given = {"ca": authority.ensure(other, "gw-1").ca_der.hex()} if trusts_another else {}
    async with peer.serving():
        said = await ask(peer, tmp_path, ["enrol"], [ENROLLED], **given)
    assert without_times(said) == [{"trouble": "tls_ca" if trusts_another else "tls_name"}]
    assert peer.asked == []


WRONG = {
    "another version": b"2 enrolled box-000001\n",
    "another box": b"1 enrolled box-000002\n",
    "another word": b"1 welcome box-000001\n",
    "a question": b"1 ca\n",
    "a certificate instead": b"1 ca 3\nder",
    "no line end": b"1 enrolled box-000001",
    "nothing": b"",
    "a page": b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n",
    "an endless line": b"1" * 5000,
    "bytes": bytes(range(256)),
    "a certificate that is cut off": b"1 ca 4000\nder",
    "a certificate that is too long": b"1 ca 99999\n" + b"x" * 99999,
    "a refusal without a reason": b"1 refused \n",
}


async def test_an_answer_that_is_none_is_trouble_and_never_an_enrolment(peer, tmp_path):
    async with peer.serving():
        said = await ask(peer, tmp_path, ["enrol"] * len(WRONG), WRONG.values())
    assert {one.get("trouble") for one in said} <= {"answer", "closed_by_broker", "connection_lost"}, said


async def test_who_is_silent_or_drips_is_left_within_the_limit(peer, tmp_path):
    async def silence(writer):
        await asyncio.sleep(LIMIT_S)

    async def drip(writer):
        for byte in ENROLLED * 3:
            writer.write(bytes([byte]) if byte != 10 else b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with peer.serving():
        said = await ask(peer, tmp_path, ["enrol", "enrol"], [silence, drip])
    assert without_times(said) == [{"trouble": "no_answer"}] * 2
    assert all(one["took_ms"] < 2 * LIMIT_MS for one in said)


async def test_nobody_there_a_name_that_nobody_knows_and_a_peer_without_tls_are_trouble(peer, tmp_path):
    said = await ask(peer, tmp_path, ["ca"], [])
    said += await ask(peer, tmp_path, ["ca"], [], host="no-such-gateway")
    assert said[0]["trouble"] in ("connect_failed", "connection_lost")
    assert said[1]["trouble"] == "name_no_server"

    async def plain(reader, writer):
        writer.write(b"220 hello\r\n" * 20)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", peer.port)
    async with server:
        said = await ask(peer, tmp_path, ["enrol"], [])
    assert said[0]["trouble"] in ("tls_garbage", "connection_lost", "closed_by_broker")
