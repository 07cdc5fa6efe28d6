"""`python -m server retention` and `holder`, on a stopped server's store; and the holder's process with a server."""

import asyncio
import json
import signal
import subprocess
import sys
import time

import pytest
from litestar.testing import AsyncTestClient

from server.app import Server
from server.cli.words import main
from server.persons.retention import DAY_MS
from tests.server import people, rig
from tests.server.rig import ROOT, body, headers, packed, scan

ONE = people.people(seed=9, count=1)[0]


@pytest.fixture
def run(capsys):
    def words(*arguments, code=0):
        try:
            found = main([str(one) for one in arguments])
        except SystemExit as err:
            found = err.code
        out, err = capsys.readouterr()
        assert found == code, (out, err)
        return json.loads(out.strip().splitlines()[-1]) if code == 0 else err

    return words


async def store_with_an_old_day(tmp_path, monkeypatch):
    """A stopped server's store, with a day that ended thirty days ago; returns its settings."""
    path = rig.settings(tmp_path)
    then_ms = time.time_ns() // 1_000_000 - 30 * DAY_MS
    monkeypatch.setattr("server.app.utc_ms", lambda: then_ms)
    server = Server(rig.config(tmp_path))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        made = [scan(seq, people.citizen_2021(ONE), utc_ms=then_ms - 1000, bound_ms=5) for seq in (1, 2, 3)]
        answer = await client.post("/api/v1/batches", content=packed(body(made)), headers=headers())
        assert answer.status_code == 200
        await server.deriver.all()
    server.close()
    monkeypatch.undo()
    return path


async def test_what_is_due_is_shown_destroyed_and_certified(tmp_path, monkeypatch, run):
    path = await store_with_an_old_day(tmp_path, monkeypatch)

    def words():
        shown = run("retention", "show", "--config", path)
        assert [(one["class"], one["rows"]) for one in shown["due"]] == [("person", 3)]
        dry = run("retention", "run", "--dry-run", "--config", path)
        assert dry["due"] == shown["due"]
        done = run("retention", "run", "--compact", "--config", path)
        assert [(one["class"], one["rows"]["scans"]) for one in done["certificates"]] == [("person", 3)]
        assert run("retention", "run", "--config", path)["certificates"] == []
        assert run("retention", "certificates", "--config", path)["certificates"] == done["certificates"]
        assert run("holder", "days", "--config", path) == {"days": []}

    await asyncio.to_thread(words)  # they run a loop of their own


@pytest.mark.parametrize(
    "words, said",
    [
        (("retention",), "required"),
        (("retention", "delete"), "invalid choice"),
        (("retention", "show"), "--config FILE is needed"),
        (
            ("retention", "run", "--url", "http://localhost:1", "--token-file", "x"),
            "a running server does it by itself",
        ),
        (("retention", "show", "--dry-run", "--config", "x"), "--dry-run belongs to run"),
        (("holder",), "--config FILE is needed"),
        (("holder", "open"), "invalid choice"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_a_sentence(run, words, said):
    assert said in run(*words, code=2)


def test_a_holder_without_a_socket_says_so(tmp_path, run):
    assert "[holder] socket is not set" in run("holder", "--config", rig.settings(tmp_path), code=2)


def test_a_new_sealing_key_and_a_new_pepper_are_made_where_the_keys_are(tmp_path, run):
    path = rig.settings(tmp_path)
    made = run("holder", "new-sealing-key", "--config", path)
    assert len(made["public_key"]) == 64
    key = tmp_path / "data" / "keys" / "sealing" / made["file"]
    assert key.stat().st_mode & 0o777 == 0o600
    first = run("holder", "rotate-pepper", "--yes", "--config", path)["pepper"]
    assert run("holder", "rotate-pepper", "--yes", "--config", path)["pepper"] != first
    assert run("holder", "forget-old-peppers", "--config", path) == {"destroyed": 2}
    assert run("holder", "forget-old-peppers", "--config", path) == {"destroyed": 0}


def test_a_new_pepper_is_not_made_before_somebody_has_read_what_it_takes_away(tmp_path, run):
    path = rig.settings(tmp_path)
    said = run("holder", "rotate-pepper", "--config", path, code=2)
    assert "not_confirmed" in said
    assert "Who looked somebody up before" in said
    assert "bí danh khác" in said
    assert run("holder", "forget-old-peppers", "--config", path) == {"destroyed": 0}


@pytest.fixture
def process(tmp_path):
    """`process(path)` starts the holder's real process, and waits for its socket."""
    started = []

    def start(path):
        command = [sys.executable, "-m", "server", "holder", "--config", str(path)]
        made = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(made)
        for line in made.stdout:
            if json.loads(line)["event"] == "holding":
                return made
        raise AssertionError(made.communicate())

    yield start
    for made in started:
        if made.poll() is None:
            made.kill()
        made.communicate()


async def test_a_server_whose_keys_are_in_another_process_works_and_has_none_of_its_own(tmp_path, process):
    path = rig.settings(tmp_path, more='[holder]\nsocket = "run/holder"\nfolder = "keys"')
    holding = process(path)
    server = Server(rig.config(tmp_path, more='[holder]\nsocket = "run/holder"\nfolder = "keys"'))
    server.open()
    now_ms = time.time_ns() // 1_000_000
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:

        async def send(seq):
            record = scan(seq, people.citizen_2021(ONE), utc_ms=now_ms - 1000, bound_ms=5)
            return await client.post("/api/v1/batches", content=packed(body([record], batch_no=seq)), headers=headers())

        assert rig.verdicts(await send(1)) == [(1, "accepted", None)]
        holding.send_signal(signal.SIGTERM)
        assert holding.wait(timeout=20) == 0
        away = await send(2)
        assert (away.status_code, away.json()["code"]) == (503, "holder_away")
        assert "Retry-After" in away.headers
        process(path)
        assert rig.verdicts(await send(2)) == [(2, "accepted", None)]
        [held] = await server.shelf.persons.held()
        assert held.rows == 2
    server.close()
