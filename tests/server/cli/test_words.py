"""The command line: what it makes, what it asks a running server, and what it refuses."""

import json
import os
import tomllib

import httpx
import pytest

from server.cli.words import main
from server.config import load
from tests.server import bundles, rig, sealing
from tests.server.rig import BOX, GATEWAY, OPERATOR_TOKEN, READER_TOKEN, TELLS, WISHES, body, scan, sha256
from tests.server.sealing import PRIVATE, sealed
from tests.server.telling import box, event, part, told

WITH_KEY = 'sealing_key_files = ["sealing.key"]'


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "sealing.key"
    path.write_text(PRIVATE.hex())
    path.chmod(0o600)
    return path


def secret(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def run(capsys):
    def words(*arguments, code=0):
        try:
            found = main([str(one) for one in arguments])
        except SystemExit as err:
            found = err.code
        out, err = capsys.readouterr()
        assert found == code, (out, err)
        return out if code == 0 else err

    return words


# --- gateway add


def test_a_new_gateway_gets_a_file_to_join_with_and_the_settings_keep_their_comments(tmp_path, key, run):
    path = rig.settings(tmp_path, listen="127.0.0.1:8080", before=WITH_KEY + "  # mine")
    before = path.read_text()
    out = tmp_path / "join.toml"
    run(
        "gateway",
        "add",
        "gw-new",
        "--box",
        "box-77",
        "--config",
        path,
        "--out",
        out,
        "--write",
        "--more-url",
        "https://b.example",
    )
    assert path.read_text().startswith(before.rstrip("\n"))
    join = tomllib.loads(out.read_text())["join"]
    assert out.stat().st_mode & 0o777 == 0o600
    assert (join["gateway_id"], join["url"], join["more_urls"]) == (
        "gw-new",
        "http://127.0.0.1:8080",
        ["https://b.example"],
    )
    assert (join["sealing_key"], join["ca_pem"], join["fleet_key"]) == (sealing.public_hex(), "", "")
    added = load(path).gateways[-1]
    assert (added.id, added.boxes, added.token_sha256) == ("gw-new", ["box-77"], sha256(join["token"]))


def test_without_write_the_settings_stay_and_the_lines_are_printed_without_the_token(tmp_path, key, run):
    path = rig.settings(tmp_path, before=WITH_KEY)
    before = path.read_text()
    said = run(
        "gateway", "add", "gw-new", "--config", path, "--out", tmp_path / "join.toml", "--url", "https://x.example"
    )
    assert path.read_text() == before
    token = tomllib.loads((tmp_path / "join.toml").read_text())["join"]["token"]
    assert sha256(token) in said
    assert token not in said
    path.write_text(before + said)
    assert load(path).gateways[-1].id == "gw-new"


def test_the_authority_of_its_own_and_the_fleets_key_go_along(tmp_path, key, run):
    run("tls", "new", "--name", "server.example", "--folder", tmp_path / "tls")
    (tmp_path / "fleet.key").write_text(bundles.fleet_key_hex())
    before = WITH_KEY + '\ntls_chain_file = "tls/server.pem"'
    path = rig.settings(tmp_path, listen="127.0.0.1:1", before=before, more='[fleet]\nfleet_key_file = "fleet.key"')
    run("gateway", "add", "gw-new", "--config", path, "--out", tmp_path / "join.toml")
    join = tomllib.loads((tmp_path / "join.toml").read_text())["join"]
    assert (join["url"], join["fleet_key"]) == ("https://127.0.0.1:1", bundles.fleet_key_hex())
    assert join["ca_pem"] == (tmp_path / "tls" / "ca.crt").read_text()
    assert "PRIVATE" not in join["ca_pem"]


@pytest.mark.parametrize(
    ("arguments", "before", "why"),
    [
        (["GW"], WITH_KEY, "GW"),
        ([GATEWAY], WITH_KEY, "twice"),
        (["gw-new", "--box", "B"], WITH_KEY, "B"),
        (["gw-new", "--url", "server.example"], WITH_KEY, "server.example"),
        (["gw-new", "--url", 'http://x"y'], WITH_KEY, "x"),
        (["gw-new", "--more-url", "ftp://x"], WITH_KEY, "ftp"),
        (["gw-new"], "", "sealing"),
        (["gw-new", "--ca", "none.pem"], WITH_KEY, "none.pem"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused_and_nothing_is_left_behind(tmp_path, key, run, arguments, before, why):
    path = rig.settings(tmp_path, listen="127.0.0.1:1", before=before)
    text, out = path.read_text(), tmp_path / "join.toml"
    err = run("gateway", "add", *arguments, "--config", path, "--out", out, "--write", code=2)
    assert why in err
    assert (path.read_text(), out.exists()) == (text, False)


def test_a_join_file_that_is_there_is_not_written_over(tmp_path, key, run):
    path, out = rig.settings(tmp_path, listen="127.0.0.1:1", before=WITH_KEY), tmp_path / "join.toml"
    out.write_text("mine")
    text = path.read_text()
    run("gateway", "add", "gw-new", "--config", path, "--out", out, "--write", code=2)
    assert (out.read_text(), path.read_text()) == ("mine", text)


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "127.0.0.1:0"])
def test_where_nobody_can_tell_the_address_it_has_to_be_said(tmp_path, key, run, listen):
    path = rig.settings(tmp_path, listen=listen, before=WITH_KEY)
    assert "--url" in run("gateway", "add", "gw-new", "--config", path, "--out", tmp_path / "join.toml", code=2)


# --- replay, on a stopped database and by a running server


def test_replay_on_a_stopped_database_and_again_changes_nothing(tmp_path, key, run, serve):
    server = serve()
    server.post(body([sealed(scan(1)), sealed(scan(2))]))
    server.stop()
    path = rig.settings(tmp_path, before=WITH_KEY)
    assert json.loads(run("replay", "--config", path)) == {"looked_at": 2, "accepted": 2, "duplicate": 0, "kept": 0}
    assert json.loads(run("replay", "--config", path, "--code", "sealed_key"))["looked_at"] == 0


def test_a_server_that_starts_with_the_key_opens_what_waits_by_itself(tmp_path, key, run, serve):
    server = serve()
    server.post(body([sealed(scan(1)), sealed(scan(2))]))
    server.stop()
    server = serve(before=WITH_KEY)
    server.wait_for("replayed")
    (found,) = server.get("/api/v1/ledger").json()["ledgers"]
    assert (found["stored"], found["quarantined"], found["complete"]) == (2, 0, True)


def test_replay_while_a_server_runs_on_the_database_is_refused(tmp_path, key, run, serve):
    serve(before=WITH_KEY)
    assert "another process" in run("replay", "--config", tmp_path / "server.toml", code=2)


def test_replay_by_a_running_server(tmp_path, key, run, serve):
    server = serve(before=WITH_KEY)
    server.post(body([sealed(scan(1), sealing.OTHER_PRIVATE)]))
    token = secret(tmp_path / "token", OPERATOR_TOKEN)
    found = json.loads(run("replay", "--url", server.url, "--token-file", token))
    assert found == {"looked_at": 1, "accepted": 0, "duplicate": 0, "kept": 1}


# --- fleet


def test_the_fleet_is_asked_and_wished_of_a_running_server(tmp_path, run, serve):
    server = serve()
    where = ["--url", server.url, "--token-file", secret(tmp_path / "token", OPERATOR_TOKEN)]
    report = told(health=[part("broker", "down", "so")], boxes=[box(BOX, "away")])
    httpx.post(server.url + "/api/v1/fleet/report", content=report, headers=TELLS)
    assert "trouble" in run("fleet", "list", *where)
    assert json.loads(run("fleet", "list", "--json", *where))["gateways"][0]["state"] == "trouble"
    (tmp_path / "settings.json").write_text('{"a": 1}')
    assert json.loads(run("fleet", "settings", GATEWAY, BOX, tmp_path / "settings.json", *where)) == {"version": 1}
    (tmp_path / "bundle.tar").write_bytes(bundles.tar(7))
    assert json.loads(run("fleet", "bundle", tmp_path / "bundle.tar", *where))["version"] == 7
    run("fleet", "firmware", GATEWAY, BOX, 7, *where)
    (tmp_path / "place.toml").write_text("[place]\ncapacity = 5\n")
    run("fleet", "place", GATEWAY, tmp_path / "place.toml", *where)
    run("fleet", "give", GATEWAY, "box-new", *where)
    wished = json.loads(run("fleet", "show", GATEWAY, *where))["wishes"]
    assert wished["boxes"][BOX] == {"settings": {"version": 1, "values": {"a": 1}}, "firmware": 7}
    assert wished["place"]["capacity"] == 5
    run("fleet", "place", GATEWAY, "none", *where)
    run("fleet", "take", GATEWAY, "box-new", *where)
    assert json.loads(run("fleet", "bundles", *where))["bundles"][0]["version"] == 7


def test_a_command_is_waited_for(tmp_path, run, serve):
    server = serve()
    where = ["--url", server.url, "--token-file", secret(tmp_path / "token", OPERATOR_TOKEN)]
    given = json.loads(run("fleet", "command", GATEWAY, BOX, "identify", "--arg", '{"s": 3}', *where))
    run("fleet", "result", GATEWAY, given["id"], *where, code=1)
    result = {"box_id": BOX, "id": given["id"], "name": "identify", "outcome": "done", "body": None}
    httpx.post(server.url + "/api/v1/fleet/report", content=told(events=[event(1, "result", result)]), headers=TELLS)
    assert json.loads(run("fleet", "result", GATEWAY, given["id"], *where))["outcome"] == "done"
    assert httpx.get(server.url + "/api/v1/fleet/gateways", headers=WISHES).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["show", "gw-none"], 1, "not_found"),
        (["firmware", GATEWAY, BOX, "9"], 1, "not_found"),
        (["command", GATEWAY, BOX, "identify", "--arg", "{"], 2, "--arg"),
        (["command", GATEWAY, "box-9999", "identify"], 1, "box_not_assigned"),
        (["settings", GATEWAY, BOX, "none.json"], 2, "none.json"),
        (["sealing-key", "abc"], 1, "field"),
        (["settle", GATEWAY, "damage"], 1, "not_found"),
        (["nonsense"], 2, "invalid choice"),
    ],
)
def test_what_the_server_refuses_is_said_with_its_code(tmp_path, run, serve, arguments, code, why):
    where = ["--url", serve().url, "--token-file", secret(tmp_path / "token", OPERATOR_TOKEN)]
    assert why in run("fleet", *arguments, *where, code=code)


def test_who_may_not_wish_and_who_is_not_there_are_told(tmp_path, run, serve):
    server = serve()
    reader = secret(tmp_path / "reader", READER_TOKEN)
    assert "wrong_token" in run(
        "fleet", "give", GATEWAY, "box-new", "--url", server.url, "--token-file", reader, code=1
    )
    assert "127.0.0.1:1" in run("fleet", "list", "--url", "http://127.0.0.1:1", "--token-file", reader, code=2)
    assert "--url" in run("fleet", "list", "--token-file", reader, code=2)
    os.chmod(reader, 0o644)
    assert "chmod" in run("fleet", "list", "--url", server.url, "--token-file", reader, code=2)


@pytest.mark.parametrize(
    "words", [[], ["serve"], ["rebuild"], ["replay"], ["gateway", "add", "gw-new"], ["key"], ["tls", "new"]]
)
def test_a_word_without_what_it_needs_says_what(run, words):
    assert run(*words, code=2)


def test_keys_are_made_and_shown(tmp_path, run):
    public = run("key", "new", tmp_path / "key").strip()
    assert run("key", "show", tmp_path / "key").strip() == public
    assert "not written over" in run("key", "new", tmp_path / "key", code=2)
    assert json.loads(run("token"))["token_sha256"]
