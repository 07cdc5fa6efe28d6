"""The words `user` and `audit`, on a stopped server's store."""

import io
import json
import re
import sqlite3

import pyotp
import pytest

from server.cli.words import main
from tests.server import rig
from tests.server.access.users_in import PASSWORD


class Typed(io.StringIO):
    def isatty(self):
        return False


@pytest.fixture
def config(tmp_path):
    return rig.settings(tmp_path)


@pytest.fixture
def run(capsys, monkeypatch, config):
    def words(*arguments, typed="", code=0):
        monkeypatch.setattr("sys.stdin", typed if hasattr(typed, "readline") else Typed(typed))
        try:
            found = main([*(str(one) for one in arguments), "--config", str(config)])
        except SystemExit as err:
            found = err.code
        out, err = capsys.readouterr()
        assert found == code, (out, err)
        return json.loads(out) if out.strip() and code != 2 else err

    return words


@pytest.fixture
def chief(run):
    return run("user", "add", "chief", "--role", "administrator", typed=PASSWORD + "\n")


def test_the_first_administrator_comes_from_the_command_line(run, chief):
    assert (chief["name"], chief["roles"], chief["totp"]) == ("chief", ["administrator"], False)
    assert [one["name"] for one in run("user", "list")] == ["chief"]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["add", "Chief"], PASSWORD, "3 to 32"),
        (["add", "chief\r\n"], PASSWORD, "3 to 32"),
        (["add", "binh"], "short", "at least 12"),
        (["add", "binh"], "", "at least 12"),
        (["add", "chief"], PASSWORD, "there is a user"),
        (["add", "binh", "--area", "a b"], PASSWORD, "--area"),
        (["add", "binh", "--title", "\u202e"], PASSWORD, "invisible"),
        (["lock", "nobody"], "", "there is no user"),
        (["lock", "chief"], "", "there has to be an administrator"),
        (["role", "chief", "--role", "ops"], "", "there has to be an administrator"),
        (["token", "chief", "--role", "tracer"], "", "has not the role"),
        (["token", "chief"], "", "--role is needed"),
        (["token", "chief", "--role", "administrator", "--days", "400"], "", "within a year"),
        (["token", "chief", "--role", "administrator", "--days", "0"], "", "within a year"),
        (["totp", "chief"], "000000\n", "not its code"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(run, chief, arguments, typed, said):
    assert said in run("user", *arguments, typed=typed, code=2)
    assert run("user", "list") == [chief]


def test_no_word_takes_a_password_on_the_command_line(run, chief):
    assert "unrecognized" in run("user", "add", "binh", PASSWORD, code=2)
    assert "unrecognized" in run("user", "password", "chief", "--password", PASSWORD, code=2)


@pytest.fixture
def app(capsys):
    """Reads the address that the command shows, as an authenticator app does."""

    class App(io.StringIO):
        def readline(self, *what):
            shown = capsys.readouterr().err
            assert "█" in shown or "▀" in shown or "\x1b[" in shown
            secret = re.search(r"otpauth://totp/\S*secret=(\w+)", shown).group(1)
            return pyotp.TOTP(secret).now() + "\n"

    return App()


def test_a_second_factor_is_set_up_with_a_code_of_it(run, chief, app):
    said = run("user", "totp", "chief", typed=app)
    assert (said["totp"], len(said["recovery_codes"])) == (True, 10)
    assert run("user", "totp", "chief", "--remove")["totp"] is False


def test_a_token_for_a_role_that_asks_for_a_second_factor_is_made_when_there_is_one(run, chief, app):
    assert "user totp chief" in run("user", "token", "chief", "--role", "administrator", code=2)
    assert run("user", "tokens") == []
    run("user", "totp", "chief", typed=app)
    assert run("user", "token", "chief", "--role", "administrator")["user"] == "chief"


@pytest.mark.parametrize(
    ("role", "reach", "asks"),
    [
        ("supervisor", ["--area", "92"], ["--area", "01"]),
        ("supervisor", ["--area", "92"], ["--area", "01", "--place", "cho-moi"]),
        ("operator", ["--place", "cho-moi"], ["--place", "cho-khac"]),
    ],
)
def test_a_token_that_would_reach_nothing_is_not_made(run, chief, role, reach, asks):
    run("user", "add", "hai", "--role", role, *reach, typed=PASSWORD + "\n")
    said = run("user", "token", "hai", "--role", role, *asks, code=2)
    assert "This token would reach nothing" in said
    assert "sẽ không xem được gì" in said
    assert run("user", "tokens") == []
    assert run("user", "token", "hai", "--role", role, *reach)["user"] == "hai"


def test_a_token_is_shown_once_and_kept_as_its_digest(run, chief, app, tmp_path):
    run("user", "totp", "chief", typed=app)
    made = run("user", "token", "chief", "--role", "administrator", "--days", "30")
    assert made["token"].startswith("tram_")
    held = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("server.db*"))
    assert made["token"].encode() not in held
    assert PASSWORD.encode() not in held


def test_lock_unlock_and_another_password(run, chief):
    run("user", "add", "binh", "--role", "ops", typed=PASSWORD + "\n")
    assert run("user", "lock", "binh")["state"] == "locked"
    assert run("user", "unlock", "binh")["state"] == "active"
    assert run("user", "password", "binh", typed="bảy con ong bay lượn\n")["name"] == "binh"
    said = run("user", "role", "binh", "--role", "supervisor", "--area", "xa-1")
    assert (said["roles"], said["areas"]) == (["supervisor"], ["xa-1"])


def alter(tmp_path, statement):
    with sqlite3.connect(tmp_path / "data" / "server.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_record_that_nobody_touched_is_whole_and_a_touched_line_is_named(run, chief, tmp_path):
    run("user", "add", "binh", "--role", "ops", typed=PASSWORD + "\n")
    assert run("audit", "verify")["is_whole"] is True
    alter(tmp_path, "UPDATE audit SET actor = 'cli:nobody' WHERE no = 2")
    assert run("audit", "verify", code=1)["faults"] == [{"no": 2, "code": "changed"}]
    assert run("audit", "verify", "--after", "2")["is_whole"] is True


def test_a_record_that_was_cut_off_is_seen_by_its_head(run, chief, tmp_path):
    run("user", "add", "binh", "--role", "ops", typed=PASSWORD + "\n")
    known = run("audit", "verify")
    alter(tmp_path, "DELETE FROM audit WHERE no = 2")
    alter(tmp_path, "DELETE FROM audit_subjects WHERE no = 2")
    assert run("audit", "verify")["is_whole"] is True
    head = f"{known['lines']}:{known['head']}"
    assert run("audit", "verify", "--head", head, code=1)["faults"] == [{"no": 2, "code": "missing"}]


def test_an_export_can_be_checked_without_the_store(run, chief, tmp_path):
    out = tmp_path / "audit.jsonl"
    assert run("audit", "export", out)["lines"] == 2
    key = json.loads(out.read_text().splitlines()[0])["public_key"]
    assert run("audit", "verify", "--file", out, "--key", key)["is_whole"] is True
    assert "exists" in run("audit", "export", out, code=2)
    for before, after in (("user_added", "user_edded"), ('"no":1', '"no":9'), ("cli:", "cle:")):
        touched = tmp_path / "touched.jsonl"
        touched.write_text(out.read_text().replace(before, after, 1))
        assert run("audit", "verify", "--file", touched, "--key", key, code=1)["is_whole"] is False
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(line + "\n" for line in out.read_text().splitlines()[:-1]))
    assert run("audit", "verify", "--file", cut, "--key", key, code=1)["faults"] == [{"no": 2, "code": "missing"}]


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json", '{"no": 1, "hash": "zz", "public_key": ""}'])
def test_what_is_no_export_is_refused(run, tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    assert "not an export" in run("audit", "verify", "--file", path, code=2)


@pytest.mark.parametrize("head", ["", "x", "1:zz", "one:00"])
def test_a_head_that_is_none_is_refused(run, head):
    assert "NO:HASH" in run("audit", "verify", f"--head={head}", code=2)


def test_who_looked_and_show_are_in_the_record_themselves(run, chief):
    assert [one["action"] for one in run("audit", "who-looked", chief["id"])] == ["user_added"]
    assert [one["action"] for one in run("audit", "show")] == ["user_added", "looks_read"]
    assert [one["action"] for one in run("audit", "who-looked", chief["id"])] == ["user_added", "looks_read"]
    assert run("audit", "show", "--action", "user_added", "--limit", "1")[0]["subjects"] == [chief["id"]]


@pytest.mark.parametrize("subject", ["Nguyễn Văn A", "001099012345", "a\nb", ""])
def test_who_is_asked_for_by_name_or_number_is_refused_in_a_sentence(run, chief, subject):
    assert "pseudonym" in run("audit", "who-looked", subject, code=2)
    assert [one["action"] for one in run("audit", "show")] == ["user_added"]


def test_another_key_file_believes_nothing_of_the_record(run, chief, config, tmp_path):
    path = next(tmp_path.rglob("access.key"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    assert run("audit", "verify", code=1)["faults"] == [{"no": 1, "code": "unknown_key"}]
