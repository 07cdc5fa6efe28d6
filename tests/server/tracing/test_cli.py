"""The command line on a stopped server's store: the same rules and refusals, and no document in its arguments."""

import csv
import io
import json
from datetime import datetime

import pytest

from server.app import Server, utc_ms
from server.cli.words import main
from server.tracing.holes import LOCAL
from tests.server import rig
from tests.server.tracing.conftest import HOUR_MS, MARKET, Town


@pytest.fixture
async def config(tmp_path):
    """Settings of a server that is stopped, with two in its store who met."""
    path = rig.settings(tmp_path)
    server = Server(rig.config(tmp_path))
    server.open()
    town = Town(server)
    await town.place()
    for number in (1, 2):
        await town.visit(await town.person(number), 0, 60)
    server.close()
    await server.holder.close()
    return str(path)


@pytest.fixture
def say(config, capsys, monkeypatch):
    def said(*words, stdin="", code=0):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main(["trace", *words, "--config", config]) == code
        out = capsys.readouterr().out
        return json.loads(out) if out and code == 0 else out

    return said


def test_a_case_is_opened_asked_under_taken_out_and_closed(say, tmp_path):
    case = say("open", "Ổ dịch chợ Bến Xe", "--basis", "QĐ 1-2026")
    assert (case["is_open"], case["opened_by"][:4]) == (True, "cli:")
    found = say("ask", case["id"], stdin="citizen 001099000001\n")
    assert (found["state"], found["contacts"], found["about"]) == ("done", 1, "person")
    for form in ("csv", "xlsx"):
        say("export", case["id"], found["id"], str(tmp_path / f"out.{form}"))
    lines = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"))))
    assert lines[1][3] == MARKET
    assert (tmp_path / "out.xlsx").read_bytes()[:2] == b"PK"
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    assert say("close", case["id"])["is_open"] is False
    say("ask", case["id"], stdin="citizen 001099000001\n", code=2)
    assert [one["is_open"] for one in say("cases")] == [False]
    assert [one["version"] for one in say("rules")] == []


def test_who_asks_is_told_how_sure_the_contacts_are_and_what_that_means(say, config, capsys, monkeypatch):
    case = say("open", "Ổ dịch chợ Bến Xe", "--basis", "QĐ 1-2026")
    monkeypatch.setattr("sys.stdin", io.StringIO("citizen 001099000001\n"))
    assert main(["trace", "ask", case["id"], "--config", config]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["by_certainty"], found["counted"]) == ({"sure": 1, "likely": 0, "possible": 0}, ["sure", "likely"])
    lines = told.err.splitlines()
    assert [line for line in lines if line.startswith("sure (chắc chắn): 1 người; là tiếp xúc")]
    assert [line for line in lines if line.startswith("possible (có thể): 0 người;") and "không tính" in line]
    assert "persons of such classes" in told.err


def local(at_ms):
    return datetime.fromtimestamp(at_ms / 1000, LOCAL).strftime("%Y-%m-%dT%H:%M")


def test_a_place_that_nobody_knows_and_a_wrong_document_are_named_in_both_languages(config, capsys, monkeypatch, say):
    case = say("open", "Ổ dịch", "--basis", "QĐ 1-2026")["id"]
    words = ["trace", "ask", case, "--config", config]
    for more, stdin, said in (
        (["--place", "cho-ben-xxe", "--from", local(utc_ms() - HOUR_MS)], "", ("cho-ben-xxe", "danh mục")),
        (["--place", MARKET, "--zone", "x", "--from", local(utc_ms() - HOUR_MS)], "", ("no such zone", "không có khu")),
        ([], "citizen 001099000001\nphone 123\n", ("document 2", "giấy tờ thứ 2 (phone)")),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([*words, *more]) == 2
        told = capsys.readouterr().err
        assert all(one in told for one in said), told


def test_a_short_window_is_said_beside_the_answer(config, capsys, say):
    case = say("open", "Ổ dịch", "--basis", "QĐ 1-2026")["id"]
    since_ms = utc_ms() - HOUR_MS
    window = ["--from", local(since_ms), "--to", local(since_ms + 300_000)]
    assert main(["trace", "ask", case, "--place", MARKET, *window, "--config", config]) == 0
    told = capsys.readouterr()
    assert [one["code"] for one in json.loads(told.out)["notes"]] == ["window_short"]
    assert "(5 phút)" in told.err
    assert "(5 min)" in told.err


def test_what_is_refused_leaves_nothing_behind(say, tmp_path):
    case = say("open", "Ổ dịch", "--basis", "QĐ 1-2026")["id"]
    say("open", "", "--basis", "x", code=2)
    say("open", "x", "--basis", "x", "--area", "00", code=2)
    say("ask", "ffffffffffff", stdin="citizen 001099000001\n", code=2)
    say("ask", case, stdin="", code=2)
    say("ask", case, stdin="horse 1234\n", code=2)
    say("ask", case, "--place", MARKET, code=2)
    say("export", case, "ffffffffffff", str(tmp_path / "out.csv"), code=2)
    say("export", case, "ffffffffffff", str(tmp_path / "out.pdf"), code=2)
    say("export", case, "ffffffffffff", str(tmp_path / "out.csv"), "--identities", code=2)
    say("close", "ffffffffffff", code=2)
    assert not list(tmp_path.glob("out.*"))


def test_a_file_that_is_there_is_not_written_over(say, tmp_path):
    case = say("open", "Ổ dịch", "--basis", "QĐ 1-2026")["id"]
    found = say("ask", case, stdin="citizen 001099000001\n")
    (tmp_path / "out.csv").write_text("mine")
    say("export", case, found["id"], str(tmp_path / "out.csv"), code=2)
    assert (tmp_path / "out.csv").read_text() == "mine"
