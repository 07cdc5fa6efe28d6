"""The holder in a process of its own: the same verbs over a socket, for those who may."""

import asyncio
import os
import struct
import subprocess
import sys

import msgspec
import pytest

from server.codes.types import PERSON, Document
from server.errors import Refused, Unavailable, Unusable
from server.holder import serving
from server.holder.local import LocalHolder
from server.holder.remote import RemoteHolder
from server.holder.serving import Serving
from server.holder.verbs import MOST_BYTES, VERBS
from tests.server import rig, sealing
from tests.server.holder.rig import CARD, DAY, Clock, ask, read, row


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.setattr("server.holder.local.read", lambda code, rules, trust, at_ms: read(code, at_ms))
    return LocalHolder(tmp_path / "keys", sealing.KEYS, now_ms=Clock())


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder / "s"


async def raw_connection(path, *frames):
    reader, writer = await asyncio.open_unix_connection(path)
    for frame in frames:
        writer.write(frame)
    await writer.drain()
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


def frame(data):
    return struct.pack(">I", len(data)) + data


async def test_every_verb_gives_over_the_socket_what_it_gives_here(local, path):
    async with Serving(local, path, []):
        far, asked = RemoteHolder(path), [ask(1), ask(2, b"torn"), ask(3, b"something else")]
        kept = await far.keep(asked)
        rows = [row(one, two) for one, two in zip(asked, kept, strict=True)]
        assert await far.read(rows) == [CARD, b"torn", b"something else"] == await local.read(rows)
        assert await far.tokens(rows) == await local.tokens(rows)
        assert await far.tokens_of([Document("citizen", "1")]) == await local.tokens_of([Document("citizen", "1")])
        assert await far.digest([one.raw for one in asked]) == [one.digest for one in kept]
        assert await far.open_all([sealing.sealed(asked[0].raw), b"no"]) == [asked[0].raw, "sealed"]
        assert await far.days() == await local.days()
        assert await far.public_keys() == await local.public_keys()
        assert await far.unwrap("p", await far.wrap("p", b"x")) == b"x"
        [(day, sealed)] = await far.seal_raw([(b"a", b"data", rig.NOW_MS)])
        assert await far.open_raw([(b"a", day, sealed), (b"b", day, sealed)]) == [b"data", None]
        assert await far.destroy(DAY, PERSON) == await local.destroy(DAY, PERSON)
        assert await far.read(rows[:1]) == [None]
        await far.close()


def test_no_verb_of_a_holder_is_left_out():
    verbs = {name for name in vars(LocalHolder) if not name.startswith("_")}
    assert (
        verbs - {"close"} == set(VERBS) == {name for name in vars(RemoteHolder) if not name.startswith("_")} - {"close"}
    )


async def test_an_error_comes_over_as_what_it_was(local, path):
    async with Serving(local, path, []):
        far = RemoteHolder(path)
        with pytest.raises(Refused) as caught:
            await far.unwrap("p", b"no")
        assert caught.value.code == "sealed"
        assert await far.days() == []
        await far.close()


async def test_a_mistake_inside_tells_nothing_of_what_was_asked(local, path, monkeypatch):
    async def broken(raws):
        raise ValueError("084199012345")

    monkeypatch.setattr(local, "digest", broken)
    async with Serving(local, path, []):
        far = RemoteHolder(path)
        with pytest.raises(Unavailable) as caught:
            await far.digest([b"x"])
        assert caught.value.code == "holder_failed"
        assert "0841" not in str(caught.value)
        await far.close()


async def test_who_is_not_named_is_hung_up_on(local, path, monkeypatch):
    monkeypatch.setattr(serving, "_uid_of", lambda peer: 12345)
    async with Serving(local, path, [os.getuid()]):
        with pytest.raises(Unavailable) as caught:
            await RemoteHolder(path).days()
        assert caught.value.code == "holder_away"
        assert await raw_connection(path) == b""


async def test_who_is_named_is_let_in(local, path, monkeypatch):
    monkeypatch.setattr(serving, "_uid_of", lambda peer: 12345)
    async with Serving(local, path, [12345]):
        assert path.stat().st_mode & 0o777 == 0o666
        far = RemoteHolder(path)
        assert await far.days() == []
        await far.close()


async def test_the_kernel_says_who_asks(local, path):
    uids = []
    real = serving._uid_of
    async with Serving(local, path, []):
        assert path.stat().st_mode & 0o777 == 0o600
        serving._uid_of, before = (lambda peer: uids.append(real(peer)) or uids[-1]), serving._uid_of
        try:
            far = RemoteHolder(path)
            await far.days()
            await far.close()
        finally:
            serving._uid_of = before
    assert uids == [os.getuid()]


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff\xff\xff\xff",
        struct.pack(">I", MOST_BYTES + 1),
        frame(b""),
        frame(b"\xc1"),
        frame(msgspec.msgpack.encode([1, "keep"])),
        frame(msgspec.msgpack.encode([1, "close", []])),
        frame(msgspec.msgpack.encode([1, "__init__", []])),
        frame(msgspec.msgpack.encode([1, "destroy", ["today", "person"]])),
        frame(msgspec.msgpack.encode([1, "keep", [[["box-0001"]]]])),
        frame(msgspec.msgpack.encode({"verb": "days"})),
        frame(b"\x91" * 5000),
    ],
)
async def test_what_has_no_form_ends_its_connection_and_no_other(local, path, sent):
    async with Serving(local, path, []):
        far = RemoteHolder(path)
        assert await far.days() == []
        assert await raw_connection(path, sent) == b""
        assert await far.days() == []
        await far.close()


async def test_a_frame_that_is_cut_off_is_not_waited_for_for_ever(local, path, monkeypatch):
    monkeypatch.setattr(serving, "PATIENCE_S", 0.05)
    async with Serving(local, path, []):
        assert await raw_connection(path, struct.pack(">I", 100) + b"x") == b""


async def test_a_holder_that_was_started_anew_is_asked_again_by_itself(local, path):
    far = RemoteHolder(path)
    for _ in range(3):
        async with Serving(local, path, []):
            assert await far.days() == []
        with pytest.raises(Unavailable) as caught:
            await far.days()
        assert caught.value.code == "holder_away"
    await far.close()


async def test_a_holder_that_does_not_answer_is_given_up_and_not_asked_twice(path):
    asked = []

    async def silent(reader, writer):
        asked.append(1)
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(silent, path):
        far = RemoteHolder(path, answer_s=0.5)
        with pytest.raises(Unavailable) as caught:
            await far.days()
        assert (caught.value.code, len(asked)) == ("holder_away", 1)
        await far.close()


async def test_who_gives_up_waiting_does_not_leave_an_answer_for_the_next(local, path, monkeypatch):
    begun, go_on, digest = asyncio.Event(), asyncio.Event(), local.digest

    async def slow(raws):
        begun.set()
        await go_on.wait()
        return await digest(raws)

    monkeypatch.setattr(local, "digest", slow)
    async with Serving(local, path, []):
        far = RemoteHolder(path)
        waiting = asyncio.create_task(far.digest([b"x"]))
        await begun.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        go_on.set()
        assert await far.days() == []
        await far.close()


async def test_many_at_once_each_get_their_own_answer(local, path):
    async with Serving(local, path, []):
        far = RemoteHolder(path)
        raws = [b"%d" % number for number in range(50)]
        answers = await asyncio.gather(*(far.digest([raw]) for raw in raws))
        assert [one for [one] in answers] == await local.digest(raws)
        await far.close()


async def test_a_socket_in_everybodys_folder_is_not_asked(local, path):
    async with Serving(local, path, []):
        path.parent.chmod(0o777)
        with pytest.raises(Unavailable) as caught:
            await RemoteHolder(path).days()
        assert caught.value.code == "holder_away"


async def test_a_stale_socket_is_taken_away_and_one_that_answers_is_not(local, path):
    async with Serving(local, path, []):
        with pytest.raises(Unusable) as caught:
            async with Serving(local, path, []):
                pass
        assert caught.value.code == "holder_socket"
    path.write_bytes(b"something of somebody's")
    with pytest.raises(Unusable):
        async with Serving(local, path, []):
            pass
    assert path.read_bytes() == b"something of somebody's"


def test_the_process_gives_up_what_it_does_not_need():
    code = (
        "import resource; from server.holder.serving import narrow; narrow();"
        "print(resource.getrlimit(resource.RLIMIT_CORE),"
        "[line.split()[1] for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=rig.ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "(0, 0) ['1']", done.stderr
