"""`python -m server store …`, as an operator types it, and a server that runs on what was moved."""

import json
import subprocess
import sys

import httpx
import psycopg
import pytest

from server.store.shelf import Shelf
from tests.server import rig
from tests.server.rig import NOW_MS, ROOT, body, scan


def asked(*words):
    done = subprocess.run([sys.executable, "-m", "server", *map(str, words)], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def both(tmp_path, postgres):
    """Settings of the old server, and of the new one."""
    new = rig.settings(tmp_path, before=f'database_url = "{postgres.url}"').rename(tmp_path / "new.toml")
    return rig.settings(tmp_path), new


def test_a_server_goes_on_in_postgresql_where_it_ended_in_sqlite(both):
    old, new = both
    process = rig.Process(old).start()
    assert rig.verdicts(process.post(body([scan(1), scan(2)]))) == [(1, "accepted", None), (2, "accepted", None)]
    assert asked("store", "move", "--config", old, "--to", new)[0] == 2
    process.stop()
    code, out, err = asked("store", "move", "--config", old, "--to", new)
    assert code == 0, err
    assert json.loads(out)["scans"]["rows"] == 2
    process = rig.Process(new).start()
    try:
        assert rig.verdicts(process.post(body([scan(2), scan(3)]))) == [(2, "duplicate", None), (3, "accepted", None)]
    finally:
        process.stop()
    code, out, err = asked("store", "check", "--config", new)
    assert code == 0, err
    found = json.loads(out)
    assert (found["database"], found["rows scans"], found["identities_twice"]) == ("postgresql", 3, 0)


def test_a_check_says_what_is_not_well(both, postgres):
    _, new = both
    shelf = Shelf(postgres, lambda: NOW_MS)
    shelf.start()
    shelf.close()
    with psycopg.connect(postgres.url) as line:
        line.execute(
            "INSERT INTO scans (box_id, epoch, seq, raw, gateway_id, batch_no, received_ms)"
            " VALUES ('box-0001', '0123456789ab', 1, '', 'gw-1', 1, 1)"
        )
    code, out, err = asked("store", "check", "--config", new)
    assert (code, json.loads(out)["not_in_a_ledger"]) == (1, 1), err


@pytest.mark.parametrize("words", [("move",), ("check",), (), ("away",)])
def test_what_is_not_whole_is_refused(words):
    assert asked("store", *words)[0] == 2


def test_only_from_sqlite_to_postgresql(both):
    old, new = both
    for one, other in ((old, old), (new, new), (new, old)):
        code, _, err = asked("store", "move", "--config", one, "--to", other)
        assert (code, "PostgreSQL" in err) == (2, True)


def test_without_the_old_keys_nothing_is_moved(both):
    old, new = both
    other = new.with_name("other.toml")
    other.write_text(new.read_text().replace('data_dir = "data"', 'data_dir = "elsewhere"'))
    code, _, err = asked("store", "move", "--config", old, "--to", other)
    assert (code, "keys" in err) == (2, True)


async def test_the_api_of_a_server_on_postgresql_answers_as_on_sqlite(both):
    _, new = both
    process = rig.Process(new).start()
    try:
        for _ in range(2):
            process.post(body([scan(1), scan(2, box_id=rig.FOREIGN_BOX), b"garbage"]))
        async with httpx.AsyncClient(base_url=process.url, headers=rig.READS) as client:
            found = await client.get("/healthz")
            assert found.status_code == 200, found.text
    finally:
        code, err = process.stop()
    assert code == 0, err
