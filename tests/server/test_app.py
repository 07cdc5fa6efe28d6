"""The real process: it starts, keeps its promise when it is killed, says what is wrong, and stops cleanly."""

import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode

import httpx
import pytest

from tests.server import rig
from tests.server.rig import BOX, EPOCH, OTHER_BOX, ROOT, body, scan, tip, verdicts

BATCH = 100


def refused(path):
    """Start a server that must not start; returns its last event, its exit code and what it says on stderr."""
    command = [sys.executable, "-m", "server", "--config", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    return json.loads(done.stdout.splitlines()[-1]), done.returncode, done.stderr


def test_a_scan_goes_in_and_comes_out_of_a_real_server(serve):
    server = serve()
    assert verdicts(server.post(body([scan(1, code=b"\xff\x00")], tips=[tip(2, 1)]))) == [(1, "accepted", None)]
    (found,) = server.lines("/api/v1/scans", box=BOX)
    assert found["raw"] == b64encode(scan(1, code=b"\xff\x00")).decode()
    assert server.get("/api/v1/ledger").json()["ledgers"][0]["complete"]
    assert httpx.get(server.url + "/healthz").status_code == 200


@pytest.mark.sqlite
def test_sigterm_is_a_clean_stop_that_empties_the_wal(serve, tmp_path):
    server = serve()
    server.post(body([scan(1)]))
    code, err = server.stop()
    assert (code, err) == (0, "")
    assert [one["event"] for one in server.events][-2:] == ["stopping", "stopped"]
    assert not (tmp_path / "data" / "server.db-wal").exists()


def test_sigterm_lets_go_of_pages_that_look_live(serve):
    server = serve()
    with httpx.stream("GET", server.url + "/live", headers=rig.READS, timeout=20) as live:
        assert next(live.iter_text()).startswith("event: pulse")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=8) == 0


def test_killed_at_random_it_keeps_what_it_answered_and_doubles_nothing(serve):
    """Clients send again what had no answer, as gateways do, over five kills."""
    draw = random.Random(20261122)
    server = serve()
    records = [
        scan(seq, code=f"{box_id[-1]}-{seq}".encode(), box_id=box_id)
        for box_id in (BOX, OTHER_BOX)
        for seq in range(1, 3001)
    ]
    batches = [records[at : at + BATCH] for at in range(0, len(records), BATCH)]
    todo = [(number, one) for number, one in enumerate(batches)] * 2
    draw.shuffle(todo)
    answered, lock, up = [], threading.Condition(), threading.Event()
    up.set()

    def client():
        while True:
            with lock:
                if not todo:
                    return
                number, one = todo.pop()
            while True:
                up.wait()
                try:
                    found = verdicts(server.post(body(one, batch_no=number), timeout=5))
                except httpx.HTTPError:
                    continue
                break
            with lock:
                answered.append(found)
                lock.notify_all()

    clients = [threading.Thread(target=client, daemon=True) for _ in range(4)]
    for one in clients:
        one.start()
    for share in range(1, 6):
        with lock:
            lock.wait_for(lambda share=share: len(answered) >= share * 20 + draw.randint(0, 5) or not todo, timeout=30)
        up.clear()
        server.kill()
        server.start()
        up.set()
    for one in clients:
        one.join(timeout=60)
    assert len(answered) == 2 * len(batches)
    assert {verdict for found in answered for _, verdict, _ in found} <= {"accepted", "duplicate"}
    for box_id in (BOX, OTHER_BOX):
        stored = [one["raw"] for one in server.lines("/api/v1/scans", box=box_id, epoch=EPOCH)]
        sent = [record for record in records if f" {box_id} ".encode() in record[:30]]
        assert stored == [b64encode(record).decode() for record in sent]
    for found in server.get("/api/v1/ledger").json()["ledgers"]:
        assert (found["complete_to"], found["stored"], found["complete"]) == (3000, 3000, True)


@pytest.fixture
def small_disk(tmp_path):
    """(folder, preexec_fn, free): a tmpfs of 3 MB, or where nothing can be mounted a limit on the size of files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0:
        yield folder, None
        subprocess.run(["umount", "-l", str(folder)], check=True)
        return

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))

    yield folder, limit


def test_a_full_disk_gives_503_keeps_nothing_of_that_batch_and_forgets_nothing(small_disk):
    folder, preexec_fn = small_disk
    server = rig.Process(rig.settings(folder), preexec_fn).start()
    try:
        kept, sent = [], 0
        while True:
            seqs = range(sent * 100 + 1, sent * 100 + 101)
            response = server.post(body([scan(seq, code=os.urandom(1500)) for seq in seqs], tips=[tip(1, seqs[-1])]))
            if response.status_code != 200:
                break
            kept += seqs
            sent += 1
            assert sent < 100
        assert (response.status_code, response.json()["code"]) in [(503, "store_full"), (503, "store_failed")]
        assert response.headers["retry-after"]
        assert [one["seq"] for one in server.lines("/api/v1/scans", box=BOX)] == kept
        (ledger,) = server.get("/api/v1/ledger").json()["ledgers"]
        assert (ledger["complete_to"], ledger["tip"]["last_seq"]) == (kept[-1], kept[-1])
        assert f'tram_errors_total{{code="{response.json()["code"]}"}}' in server.get("/metrics").text
    finally:
        server.end()
    again = rig.Process(rig.settings(folder))
    if preexec_fn is None:
        subprocess.run(["mount", "-o", "remount,size=30m", str(folder)], check=True)
    try:
        again.start()
        assert [one["seq"] for one in again.lines("/api/v1/scans", box=BOX)] == kept
        assert verdicts(again.post(body([scan(kept[-1] + 1)]))) == [(kept[-1] + 1, "accepted", None)]
    finally:
        again.end()


def test_a_disk_with_room_again_is_used_without_a_restart(small_disk):
    folder, preexec_fn = small_disk
    server = rig.Process(rig.settings(folder), preexec_fn).start()
    try:
        big = body([scan(seq, code=os.urandom(3000)) for seq in range(1, 1001)])
        assert server.post(big).status_code == 503
        assert verdicts(server.post(body([scan(1)]))) == [(1, "accepted", None)]
        assert httpx.get(server.url + "/healthz").status_code == 200
    finally:
        server.end()


@pytest.mark.sqlite
def test_a_database_that_somebody_locks_gives_503_and_then_goes_on(serve, tmp_path):
    server = serve(more="[store]\nbusy_timeout_ms = 50\n")
    other = sqlite3.connect(tmp_path / "data" / "server.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    response = server.post(body([scan(1)]))
    assert (response.status_code, response.json()["code"]) == (503, "store_busy")
    assert httpx.get(server.url + "/healthz").json()["code"] == "store_busy"
    assert server.lines("/api/v1/scans", box=BOX) == []
    other.execute("ROLLBACK")
    other.close()
    assert verdicts(server.post(body([scan(1)]))) == [(1, "accepted", None)]


@pytest.mark.sqlite
def test_a_corrupted_database_is_named_at_start_and_not_made_anew(serve, tmp_path):
    server = serve()
    server.post(body([scan(seq, code=os.urandom(2000)) for seq in range(1, 200)]))
    server.stop()
    path = tmp_path / "data" / "server.db"
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    event, code, err = refused(server.path)
    assert (event["event"], event["code"], code) == ("refused_to_start", "store_damaged", 2)
    assert err
    assert path.read_bytes() == content


@pytest.mark.sqlite
def test_a_second_server_on_the_same_folder_refuses_to_start(serve):
    event, code, _ = refused(serve().path)
    assert (event["code"], code) == ("store_in_use", 2)


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        event, code, _ = refused(rig.settings(tmp_path, listen=listen))
    assert (event["code"], code) == ("listen", 2)
    assert listen in event["detail"]


def test_an_unknown_setting_is_named_with_its_line(tmp_path):
    event, code, err = refused(rig.settings(tmp_path, before="retention_days = 3"))
    assert (event["code"], code) == ("settings", 2)
    assert "line 3: retention_days" in event["detail"]
    assert "retention_days" in err


def test_the_token_command_makes_a_token_and_its_digest():
    done = subprocess.run(
        [sys.executable, "-m", "server", "token"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    made = json.loads(done.stdout)
    assert rig.sha256(made["token"]) == made["token_sha256"]


def test_help_names_the_commands_and_without_settings_it_says_what_is_needed():
    def run(*arguments):
        return subprocess.run([sys.executable, "-m", "server", *arguments], cwd=ROOT, capture_output=True, text=True)

    assert "--config" in run("--help").stdout
    assert run().returncode == 2
    assert "--config" in run().stderr
    assert run("--config", "/nowhere/x.toml").returncode == 2
    assert run("dance").returncode == 2


@pytest.mark.sqlite
def test_rebuild_is_refused_while_a_server_runs_and_gives_the_same_after(serve):
    server = serve()
    server.post(body([scan(1), scan(3)], tips=[tip(3, 4)]))
    before = server.get("/api/v1/ledger").json()
    command = [sys.executable, "-m", "server", "rebuild", "--config", str(server.path)]
    running = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "store_in_use" in running.stdout
    server.stop()
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    after = server.start().get("/api/v1/ledger").json()
    for one in before["ledgers"] + after["ledgers"]:
        del one["changed_ms"]
    assert after == before


def test_no_token_stands_in_what_it_logs(serve):
    server = serve(more='[log]\nlevel = "debug"\n')
    server.post(body([scan(1)]))
    server.post(body([scan(1)]), token="a-wrong-secret")
    server.get("/api/v1/scans", box=BOX)
    httpx.post(server.url + "/login", data={"token": "another-secret"})
    server.stop()
    text = json.dumps(server.events)
    for secret in (rig.GATEWAY_TOKEN, rig.READER_TOKEN, "a-wrong-secret", "another-secret"):
        assert secret not in text
    assert "log_in_refused" in text


@pytest.mark.parametrize("said_bytes", [10**9, 5])
def test_a_body_whose_length_is_a_lie_is_refused_and_the_server_goes_on(serve, said_bytes):
    server = serve()
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {rig.GATEWAY_TOKEN}\r\n"
        f"Content-Type: application/vnd.tram.batch\r\nContent-Length: {said_bytes}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + body([scan(1)]))
        line.shutdown(socket.SHUT_WR)
        line.settimeout(10)
        answer = line.recv(65536)
    assert not answer or b" 400 " in answer.split(b"\r\n")[0]
    assert server.lines("/api/v1/scans", box=BOX) == []
    assert verdicts(server.post(body([scan(1)]))) == [(1, "accepted", None)]


@pytest.mark.parametrize("path", ["/api/v1/batches", "/api/v1/login"])
def test_whoever_hangs_up_within_a_body_is_no_mistake_of_the_server(serve, path):
    server = serve()
    host, port = server.url.removeprefix("http://").split(":")
    kind = "application/json" if path.endswith("login") else "application/vnd.tram.batch"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {rig.GATEWAY_TOKEN}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + b"x" * 100)
    assert verdicts(server.post(body([scan(1)]))) == [(1, "accepted", None)]
    server.stop()
    assert not [one for one in server.events if one["event"] == "mistake"]


def test_a_body_that_does_not_come_is_given_up(serve):
    server = serve(more="[limits]\nbody_timeout_s = 1\n")
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {rig.GATEWAY_TOKEN}\r\n"
        f"Content-Type: application/vnd.tram.batch\r\nContent-Length: 100\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode())
        line.settimeout(10)
        assert b" 408 " in line.recv(65536)


def test_a_small_batch_is_answered_without_nagles_delay(serve):
    """Nagle and delayed acknowledgements together cost 40 ms an answer, each time."""
    server, took_s = serve(), []
    with httpx.Client(base_url=server.url, headers=rig.headers(encoding="identity")) as client:
        for seq in range(1, 31):
            began_s = time.monotonic()
            assert client.post("/api/v1/batches", content=body([scan(seq)])).status_code == 200
            took_s.append(time.monotonic() - began_s)
    assert min(took_s) < 0.035
