"""What a refusal is on the command line: both languages, the next step, and the record of a running server."""

import re

import pytest

from server.cli import said
from server.cli.asking import SaidNo
from server.errors import Refused, Unusable
from server.web.said import SAID
from tests.server.cli.office import PASSWORD, Office, typed

MARKED = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)


def test_a_refusal_is_said_in_english_and_on_the_next_line_in_vietnamese(office):
    err = office.chief.no("user", "add", "khoa", text="short")
    english, vietnamese = err.splitlines()
    assert english.startswith("server: " + SAID["password_short"][1])
    assert vietnamese == SAID["password_short"][2]


def test_a_refusal_of_ones_own_is_said_in_both_languages_too(tmp_path):
    err = Office(tmp_path).here.no("user", "lock", "khoa", code=2)
    assert err.splitlines() == ["server: There is no such thing. (not_found: there is no user khoa)", "Không tìm thấy."]


@pytest.mark.parametrize("words", [["user", "add", "khoa"], ["user", "list"], ["audit", "verify"], ["place", "list"]])
def test_where_a_server_runs_on_the_database_the_next_step_is_named(office, words):
    err = office.here.no(*words, text=PASSWORD, code=2)
    assert "stop the server first, or ask it with --url" in err
    assert "hãy dừng máy chủ trước, hoặc hỏi máy chủ bằng --url" in err


@pytest.mark.parametrize("words", [["rebuild"], ["store", "check"]])
def test_a_word_that_cannot_ask_a_server_does_not_say_that_it_can(office, words):
    code, _, err = typed([*words, *office.here.where])
    assert code == 2
    assert "stop the server first." in err
    assert "--url" not in err


@pytest.mark.parametrize("code", sorted(said.HERE))
def test_what_is_said_here_alone_is_in_both_languages(code):
    english, vietnamese = said.HERE[code]
    assert code not in SAID
    assert MARKED.search(vietnamese)
    assert not MARKED.search(english)
    assert said.lines(Unusable(code, "x")) == f"server: {english} ({code}: x)\n{vietnamese}"


@pytest.mark.parametrize(
    ("err", "line"),
    [
        (Unusable("nowhere_said", "why"), "server: why"),
        (Unusable("nowhere_said"), "server: nowhere_said"),
        (SaidNo("nowhere_said", "why"), "server: nowhere_said: why"),
        (SaidNo("418"), "server: 418"),
    ],
)
def test_a_code_without_sentences_is_told_by_what_it_has(err, line):
    assert said.lines(err, True) == line


def test_only_the_database_in_use_has_a_next_step_of_the_words_own():
    assert said.lines(Refused("not_found"), True) == said.lines(Refused("not_found"))
    assert said.lines(Unusable(said.IN_USE), True) != said.lines(Unusable(said.IN_USE))


def test_a_running_servers_record_is_whole_and_its_export_is_checked_without_it(office):
    found = office.chief("audit", "verify")
    assert (found["is_whole"], found["faults"]) == (True, [])
    assert found["lines"] >= 8
    later = office.chief("audit", "verify", "--after", found["lines"], f"--head={found['lines']}:{found['head']}")
    assert later["is_whole"]
    assert later["lines"] > found["lines"]
    out = office.folder / "audit.jsonl"
    lines = office.chief("audit", "export", out)["lines"]
    assert len(out.read_text().splitlines()) == lines + 1
    assert office.here("audit", "verify", "--file", out)["is_whole"]
    touched = office.folder / "touched.jsonl"
    touched.write_text(out.read_text().replace("user_added", "user_edded", 1))
    assert office.here("audit", "verify", "--file", touched, code=1)["is_whole"] is False


def test_a_running_servers_record_is_held_against_a_head_and_a_key_that_were_known(office):
    lines = office.chief("audit", "verify")["lines"]
    wrong = office.chief("audit", "verify", "--head", f"2:{'00' * 32}", code=1)
    assert {"no": 2, "code": "head"} in wrong["faults"]
    ahead = office.chief("audit", "verify", "--head", f"{lines + 500}:{'00' * 32}", code=1)
    assert ahead["faults"] == [{"no": lines + 500, "code": "missing"}]
    other = office.chief("audit", "verify", "--key", "11" * 32, code=1)
    assert {one["code"] for one in other["faults"]} == {"unknown_key"}


def test_the_record_is_for_administrators_and_half_an_export_is_not_left(office):
    out = office.folder / "mine.jsonl"
    assert "forbidden_role" in office.lan.no("audit", "verify")
    assert "forbidden_role" in office.lan.no("audit", "export", out)
    assert not out.exists()
    out.write_text("mine")
    assert "exists" in office.chief.no("audit", "export", out, code=2)
    assert out.read_text() == "mine"
