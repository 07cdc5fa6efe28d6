"""Over real TLS: one question, one answer; whoever is slow, many or wrong takes nothing from the others."""

import asyncio
import contextlib
import random
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from firmware.wire import base64url, enrol
from firmware.wire.enrol import Question
from gateway import certs
from gateway.enrol import EnrolError, Judge, Limits, Listener, Registry
from gateway.mqtt.passwords import hash_of, matches
from tests.gateway.brokers import eventually
from tests.gateway.fleet import ask, code_for, context_for, exchange, fleet_key, new_password

BOX = "box-a"
NOW_MS = 1_900_000_000_000


THREADS = ThreadPoolExecutor(32)  # of the boxes: the listener has others


async def in_thread(do, *words):
    return await asyncio.get_running_loop().run_in_executor(THREADS, do, *words)


class World:
    """A listener with all that is around it."""

    def __init__(self, tmp_path, **limits) -> None:
        self.papers = certs.ensure(tmp_path / "certs", "gw-1")
        self.registry = Registry(tmp_path / "boxes", hash_of, matches)
        self.published: list[dict] = []
        self.publish_fails = 0
        self.utc: tuple[int, int] | None = NOW_MS, NOW_MS
        self.mono_ms = 0
        judge = Judge("gw-1", fleet_key().modulus, self.registry)
        self.listener = Listener(
            judge,
            self.papers.chain_file,
            self.papers.ca_file,
            self._publish,
            lambda: self.utc,
            lambda: self.mono_ms,
            Limits(**({"per_minute": 10_000} | limits)),
        )
        self.listener.open(["127.0.0.1"], 0)
        self.port = self.listener.ports[0]

    async def _publish(self) -> None:
        if self.publish_fails:
            self.publish_fails -= 1
            raise OSError("no room")
        self.published.append(self.registry.hashes()[0])

    async def ask(self, question: Question, ca_der: bytes | None = b"") -> enrol.Answer:
        return await in_thread(ask, self.port, self.papers.ca_der if ca_der == b"" else ca_der, question)

    async def exchange(self, sent: bytes) -> bytes:
        return await in_thread(exchange, self.port, self.papers.ca_der, sent)


@contextlib.asynccontextmanager
async def world(tmp_path, **limits):
    it = World(tmp_path, **limits)
    task = asyncio.create_task(it.listener.run())
    try:
        yield it
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def wrapped(it, tcp: socket.socket) -> ssl.SSLSocket:
    return context_for(it.papers.ca_der).wrap_socket(tcp, server_hostname="gw-1")


def asks(**values) -> Question:
    return Question("enrol", BOX, new_password(), code=code_for(issued_ms=NOW_MS, **values))


async def test_a_new_box_gets_the_authority_unchecked_and_comes_in_checked(tmp_path):
    async with world(tmp_path) as it:
        answer = await it.ask(Question("ca"), None)
        assert certs.fingerprint_of(answer.der) == it.papers.fingerprint
        question = asks()
        assert await it.ask(question, answer.der) == enrol.enrolled(BOX)
        assert it.registry.knows(BOX, question.password)
        assert it.published == [it.registry.hashes()[0]]
        assert it.listener.answers == {"ca": 1, "enrolled": 1}


async def test_the_broker_knows_before_the_box_is_answered_and_asking_again_finishes_what_was_begun(tmp_path):
    async with world(tmp_path) as it:
        it.publish_fails = 1
        question = asks()
        assert await it.ask(question) == enrol.refused("busy")
        assert it.published == []
        assert await it.ask(question) == enrol.enrolled(BOX)
        assert len(it.published) == 1


async def test_a_password_is_rotated(tmp_path):
    async with world(tmp_path) as it:
        question, new = asks(), new_password()
        await it.ask(question)
        assert await it.ask(Question("rotate", BOX, question.password, new)) == enrol.enrolled(BOX)
        assert it.registry.knows(BOX, new)
        assert it.listener.answers["rotated"] == 1


async def test_a_refusal_is_named_and_counted(tmp_path):
    async with world(tmp_path) as it:
        it.utc = None
        assert await it.ask(asks()) == enrol.refused("busy")
        it.utc = NOW_MS, NOW_MS
        assert await it.ask(asks(gateway="gw-2")) == enrol.refused("other_gateway")
        assert it.listener.answers == {"busy": 1, "other_gateway": 1}
        assert it.published == []


PASSWORD = base64url.encode(bytes(range(32)))


@pytest.mark.parametrize(
    "sent",
    [
        b"\n",
        b"1\n",
        b"2 ca\n",
        b"1 enrolled box-a\n",
        b"1 refused busy\n",
        b"1 ca 5\nabcde",
        b"1  ca\n",
        b"1 other\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"x" * 300,
        b"1 enrol " + b"a" * 260 + b"\n",
        b"1 enrol box-a " + PASSWORD + b"\n",
        b"1 enrol box-a " + PASSWORD + b" 0\n",
        b"1 enrol box-a " + PASSWORD + b" 1601\n",
        b"1 enrol box-a " + PASSWORD + b" -1\n",
        b"1 enrol box-a " + PASSWORD + b" 4 4\nabcd",
        b"1 enrol BOX " + PASSWORD + b" 4\nabcd",
        b"1 enrol ../a " + PASSWORD + b" 4\nabcd",
        b"1 enrol box-a short 4\nabcd",
        b"1 enrol box-a " + PASSWORD + b"A 4\nabcd",
        b"1 enrol box-a " + PASSWORD[:-1] + b": 4\nabcd",
        b"1 enrol box-a " + PASSWORD + b" 4\nabcd",
        b"1 rotate box-a " + PASSWORD + b"\n",
        b"1 rotate box-a " + PASSWORD + b" short\n",
        b"1 rotate box-a " + PASSWORD + b" " + PASSWORD + b" \n",
        b"\x00" * 100 + b"\n",
        b"\xff\xfe\n",
    ],
)
async def test_what_is_no_question_is_form_and_nothing_changes(tmp_path, sent):
    async with world(tmp_path) as it:
        assert await it.exchange(sent) == b"1 refused form\n"
        assert it.listener.answers == {"form": 1}
        assert it.registry.boxes() == {}


async def test_noise_of_every_kind_harms_nobody(tmp_path):
    rng = random.Random(5)
    async with world(tmp_path) as it:
        for _ in range(40):
            sent = rng.choice([b"1 enrol ", b"1 rotate box-a ", b""]) + rng.randbytes(rng.randrange(200)) + b"\n"
            assert await it.exchange(sent) == b"1 refused form\n"
        assert await it.ask(asks()) == enrol.enrolled(BOX)


async def test_who_hangs_up_early_is_counted_and_gone(tmp_path):
    async with world(tmp_path) as it:
        half = enrol.encode_question(asks())[:-5]

        def hang_up() -> None:
            with socket.create_connection(("127.0.0.1", it.port)) as tcp:
                tls = wrapped(it, tcp)
                tls.sendall(half)
                tls.unwrap()

        with contextlib.suppress(OSError):
            await in_thread(hang_up)
        await eventually(lambda: it.listener.turned_away.get("cut"))
        assert await it.ask(asks()) == enrol.enrolled(BOX)


async def test_who_is_slow_is_cut_off_at_the_handshake_and_after_it(tmp_path):
    async with world(tmp_path, limit_s=0.5) as it:
        silent = socket.create_connection(("127.0.0.1", it.port))
        tcp = socket.create_connection(("127.0.0.1", it.port))
        half = await in_thread(wrapped, it, tcp)
        half.sendall(b"1 enr")
        half.settimeout(10)
        silent.settimeout(10)
        assert await in_thread(silent.recv, 10) == b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            assert await in_thread(half.recv, 10) == b""
        await eventually(lambda: sum(it.listener.turned_away.values()) == 2)
        for one in (silent, half):
            one.close()


async def test_who_speaks_no_tls_is_turned_away(tmp_path):
    async with world(tmp_path) as it:
        with socket.create_connection(("127.0.0.1", it.port), 10) as tcp:
            tcp.sendall(b"1 ca\n" * 10)
            with contextlib.suppress(ConnectionError):
                while await in_thread(tcp.recv, 100):
                    pass
        await eventually(lambda: it.listener.turned_away == {"handshake": 1})
        assert await it.ask(asks()) == enrol.enrolled(BOX)


async def test_half_of_the_room_is_the_most_for_one_address_and_the_others_come_in(tmp_path):
    async with world(tmp_path, at_once=4, limit_s=60.0) as it:
        idle = [socket.create_connection(("127.0.0.1", it.port)) for _ in range(2)]
        await eventually(lambda: it.listener._by_address.get("127.0.0.1") == 2)
        with socket.create_connection(("127.0.0.1", it.port), 10) as third:
            assert await in_thread(third.recv, 10) == b""
        assert it.listener.turned_away == {"share": 1}
        other = socket.create_connection(("127.0.0.1", it.port), 10, source_address=("127.0.0.2", 0))
        tls = await in_thread(wrapped, it, other)
        tls.sendall(b"1 ca\n")
        assert (await in_thread(tls.recv, 5)) == b"1 ca "
        for one in (*idle, tls):
            one.close()
        await eventually(lambda: it.listener._by_address == {})


async def test_beyond_the_room_one_waits_and_comes_in_when_there_is_some(tmp_path):
    async with world(tmp_path, at_once=2, limit_s=60.0) as it:
        idle = [
            socket.create_connection(("127.0.0.1", it.port), source_address=(f"127.0.0.{last}", 0)) for last in (2, 3)
        ]
        await eventually(lambda: len(it.listener._by_address) == 2)
        waiting = asyncio.create_task(it.ask(asks()))
        await asyncio.sleep(0.3)  # long enough to be answered, if it were
        assert not waiting.done()
        idle[0].close()
        assert await waiting == enrol.enrolled(BOX)
        idle[1].close()


async def test_who_comes_too_often_is_turned_away_until_time_has_passed(tmp_path):
    async with world(tmp_path, per_minute=4) as it:
        for _ in range(2):
            await it.ask(Question("ca"))
        with pytest.raises(OSError):
            await it.ask(Question("ca"))
        assert it.listener.turned_away == {"pace": 1}
        it.mono_ms += 15_000
        await it.ask(Question("ca"))


async def test_many_at_once_are_all_answered(tmp_path):
    async with world(tmp_path, at_once=16) as it:
        questions = [
            Question("enrol", f"box-{number}", new_password(), code=code_for(issued_ms=NOW_MS)) for number in range(8)
        ]
        answers = await asyncio.gather(*[it.ask(one) for one in questions])
        assert answers == [enrol.enrolled(one.box_id) for one in questions]
        assert len(it.registry.boxes()) == 8
        assert it.published[-1].keys() == it.registry.boxes().keys()


async def test_one_token_for_many_at_once_lets_one_in(tmp_path):
    async with world(tmp_path, at_once=16) as it:
        code = code_for(issued_ms=NOW_MS)
        questions = [Question("enrol", f"box-{number}", new_password(), code=code) for number in range(8)]
        answers = await asyncio.gather(*[it.ask(one) for one in questions])
        assert sorted(one.word for one in answers) == ["enrolled"] + ["refused"] * 7
        assert len(it.registry.boxes()) == 1


async def test_another_certificate_is_used_from_the_next_connection_on(tmp_path):
    async with world(tmp_path) as it:
        await it.ask(Question("ca"))
        certs.renew(tmp_path / "certs", "gw-1")
        await it.ask(Question("ca"))
        it.papers.chain_file.write_bytes(b"damaged")
        with pytest.raises(OSError):
            await it.ask(Question("ca"))
        certs.ensure(tmp_path / "certs", "gw-1")
        await it.ask(Question("ca"))


async def test_what_is_logged_holds_no_secret(tmp_path, capsys):
    async with world(tmp_path) as it:
        question, new = asks(), new_password()
        spent = Question("enrol", "box-b", new_password(), code=question.code)
        rotate = Question("rotate", BOX, question.password, new)
        for one in (question, spent, rotate, rotate, Question("rotate", BOX, question.password, new_password())):
            await it.ask(one)
        await it.exchange(b"1 enrol box-a " + PASSWORD + b" 5\n12345")
    said = "".join(capsys.readouterr())
    assert BOX in said
    for secret in (question.password, new, spent.password, PASSWORD.decode(), question.code.decode()[:40]):
        assert secret not in said


def test_a_port_that_is_taken_is_named(tmp_path):
    it = World(tmp_path)
    try:
        with pytest.raises(EnrolError) as refused:
            World(tmp_path).listener.open(["127.0.0.1"], it.port)
        assert refused.value.code == "address"
    finally:
        it.listener.close()
