"""The word `user` of a running server: what an administrator does for others, and what one does for oneself."""

import re

import pytest

from tests.server.cli.office import PASSWORD, STAFF, App, Office, typed

OTHER = "bảy con ong bay lượn"


def add(office, name, *more, text=PASSWORD):
    return office.chief("user", "add", name, *more, text=text + "\n")


def test_a_user_is_added_while_the_server_runs_and_has_to_change_the_password(office):
    made = add(office, "binh", "--role", "ops", "--title", "Trần Bình")
    assert (made["name"], made["title"], made["roles"]) == ("binh", "Trần Bình", ["ops"])
    assert made["must_change_password"]
    assert made in office.chief("user", "list")
    refused = office.nobody.no("user", "token", "binh", "--role", "ops", text=PASSWORD)
    assert "forbidden_role" in refused


def test_roles_areas_and_the_lock_are_changed_and_a_user_is_removed(office):
    add(office, "cuc", "--role", "ops")
    said = office.chief("user", "role", "cuc", "--role", "supervisor", "--area", "79")
    assert (said["roles"], said["areas"]) == (["supervisor"], ["79"])
    assert office.chief("user", "lock", "cuc")["is_locked"]
    assert not office.chief("user", "unlock", "cuc")["is_locked"]
    assert not office.chief("user", "unlock", "cuc")["is_locked"]
    office.chief("user", "remove", "cuc")
    assert "cuc" not in [one["name"] for one in office.chief("user", "list")]


def test_ones_own_password_is_changed_with_the_old_one_and_then_a_token_is_ones_own(office):
    add(office, "dung", "--role", "ops", "--place", "cho")
    assert office.nobody("user", "password", "dung", text=f"{PASSWORD}\n{OTHER}\n")["changed"]
    assert "wrong_password" in office.nobody.no("user", "token", "dung", "--role", "ops", text=PASSWORD)
    made = office.nobody("user", "token", "dung", "--role", "ops", "--days", "3", text=OTHER)
    assert made["token"].startswith("tram_")
    assert made["id"] in [one["id"] for one in office.chief("user", "tokens")]
    assert office.chief("user", "drop-token", made["id"]) == {"done": True}
    assert made["id"] not in [one["id"] for one in office.chief("user", "tokens")]
    assert "not_found" in office.chief.no("user", "drop-token", made["id"])


def test_a_second_factor_is_set_up_asked_for_and_taken_away_along_with_the_password(office):
    add(office, "giang", "--role", "ops")
    app = App(PASSWORD)
    said = office.nobody("user", "totp", "giang", text=app)
    assert len(said["recovery_codes"]) == 10
    entered = f"{PASSWORD}\n{said['recovery_codes'][0]}\n{OTHER}\n"
    assert "wrong_password" in office.nobody.no("user", "password", "giang", text=f"{PASSWORD}\n000000\n{OTHER}\n")
    assert office.nobody("user", "password", "giang", text=entered)["changed"]
    assert office.chief("user", "totp", "giang", "--remove", text=PASSWORD)["has_second_factor"] is False
    assert office.nobody("user", "password", "giang", text=f"{PASSWORD}\n{OTHER}\n")["changed"]


def test_a_password_that_an_administrator_gives_ends_what_the_old_one_opened(office):
    add(office, "hanh", "--role", "ops")
    assert office.chief("user", "password", "hanh", text=OTHER)["must_change_password"]
    assert "wrong_password" in office.nobody.no("user", "password", "hanh", text=f"{PASSWORD}\n{OTHER}\n")


def test_who_failed_too_often_may_try_again_at_once_when_unlocked(office):
    add(office, "kim", "--role", "ops")
    for _ in range(5):
        assert "wrong_password" in office.nobody.no("user", "password", "kim", text=f"wrong\n{OTHER}\n")
    assert "locked" in office.nobody.no("user", "password", "kim", text=f"{PASSWORD}\n{OTHER}\n")
    office.chief("user", "unlock", "kim")
    assert office.nobody("user", "password", "kim", text=f"{PASSWORD}\n{OTHER}\n")["changed"]


def test_what_takes_two_is_asked_for_approved_from_another_terminal_and_then_done(tmp_path):
    place = Office(tmp_path)
    for name in ("chief", "second"):
        place.here("user", "add", name, "--role", "administrator", text=PASSWORD)
        place.here("user", "totp", name, text=App())
    try:
        place.open_with(("chief", "administrator"), ("second", "administrator"))
        said = place.chief.no("user", "add", "lan", "--role", "tracer", "--area", "79", text=PASSWORD)
        assert "approval_asked" in said
        assert "cần hai quản trị viên" in said
        given = re.search(r"--approval (\w{16})", said).group(1)
        words = ("user", "add", "lan", "--role", "tracer", "--area", "79", "--approval", given)
        assert "approval_state" in place.chief.no(*words, text=PASSWORD)
        assert "approval_own" in place.chief.no("approval", "judge", given, "--yes")
        assert place.second("approval", "judge", given, "--yes")["state"] == "approved"
        wider = ("user", "add", "lan", "--role", "tracer", "--everywhere", "--approval", given)
        assert "approval_other" in place.chief.no(*wider, text=PASSWORD)
        assert place.chief(*words, text=PASSWORD)["areas"] == ["79"]
        assert "approval_asked" in place.chief.no("user", "password", "lan", text=OTHER)
        assert "approval_asked" in place.chief.no("user", "totp", "lan", "--remove", text=OTHER)
        assert "approval_asked" in place.chief.no("user", "remove", "second")
        assert place.chief("user", "remove", "lan")["name"] == "lan"
    finally:
        place.close()


def test_who_was_reset_is_told_on_stderr_when_logging_in(office):
    add(office, "minh", "--role", "ops")
    office.chief("user", "password", "minh", text=OTHER)
    words = ["user", "password", "minh", *office.nobody.where]
    code, _, said = typed(words, f"{OTHER}\n{PASSWORD}\n")
    assert code == 0
    assert "Your password was reset by chief at 20" in said
    assert "chief đã đặt lại mật khẩu của bạn lúc 20" in said


def test_a_stopped_servers_store_lists_and_drops_tokens_and_removes_users(tmp_path):
    here = Office(tmp_path).here
    here("user", "add", "chief", "--role", "administrator", text=PASSWORD)
    here("user", "add", "binh", "--role", "ops", text=PASSWORD)
    made = here("user", "token", "binh", "--role", "ops")
    assert [one["id"] for one in here("user", "tokens")] == [made["id"]]
    assert here("user", "drop-token", made["id"]) == {"done": True}
    assert here("user", "tokens") == []
    assert "not_found" in here.no("user", "drop-token", made["id"], code=2)
    assert here("user", "remove", "binh")["name"] == "binh"
    assert "there is no user" in here.no("user", "remove", "binh", code=2)
    assert "last_administrator" in here.no("user", "remove", "chief", code=2)
    assert [one["name"] for one in here("user", "list")] == ["chief"]
    assert [one["action"] for one in here("audit", "show")][-3:] == ["token_added", "token_removed", "user_removed"]


@pytest.mark.parametrize(
    ("words", "text", "code", "said"),
    [
        (["add", "Khoa"], PASSWORD, 2, "user_name"),
        (["add", "../khoa"], PASSWORD, 2, "user_name"),
        (["add", "khoa"], "short", 1, "password_short"),
        (["add", "khoa"], "", 1, "password_short"),
        (["add", "chief"], PASSWORD, 1, "name_taken"),
        (["add", "khoa", "--title", "\u202e"], PASSWORD, 1, "text"),
        (["add", "khoa", "--title", "<b>"], PASSWORD, 1, "text_markup"),
        (["add", "khoa", "--area", "a b"], PASSWORD, 2, "field"),
        (["add", "khoa", "--role", "king"], PASSWORD, 2, "invalid choice"),
        (["lock", "khoa"], "", 2, "there is no user"),
        (["unlock", "khoa"], "", 2, "there is no user"),
        (["remove", "khoa"], "", 2, "there is no user"),
        (["password", "khoa"], PASSWORD, 2, "there is no user"),
        (["password", "lan"], "short", 1, "password_short"),
        (["totp", "lan", "--remove"], "short", 1, "password_short"),
        (["lock", "chief"], "", 1, "another administrator"),
        (["role", "chief", "--role", "tracer"], "", 1, "another administrator"),
        (["drop-token", "../users"], "", 1, "not_found"),
        (["drop-token", "0" * 16], "", 1, "not_found"),
    ],
)
def test_what_is_wrong_is_refused_with_its_sentence_and_nothing_is_changed(office, words, text, code, said):
    before = office.second("user", "list")
    assert said in office.chief.no("user", *words, text=text, code=code)
    assert office.second("user", "list") == before


@pytest.mark.parametrize(
    ("words", "text", "code", "said"),
    [
        (["token", "lan", "--role", "tracer"], "wrong", 1, "wrong_password"),
        (["token", "nobody", "--role", "tracer"], PASSWORD, 1, "wrong_password"),
        (["token", "lan"], PASSWORD, 2, "--role is needed"),
        (["token", "warden", "--role", "ops"], PASSWORD, 1, "forbidden_role"),
        (["token", "warden", "--role", "supervisor", "--area", "01"], PASSWORD, 1, "token_nowhere"),
        (["token", "warden", "--role", "supervisor", "--days", "400"], PASSWORD, 1, "token_end"),
        (["token", "warden", "--role", "supervisor", "--label", ""], PASSWORD, 1, "text"),
        (["password", "warden"], f"{PASSWORD}\n{PASSWORD}\n", 1, "password_common"),
        (["password", "warden"], f"{PASSWORD}\nshort\n", 1, "password_short"),
        (["totp", "warden"], f"{PASSWORD}\n000000\n", 1, "totp_wrong"),
        (["totp", "warden"], "wrong\n", 1, "wrong_password"),
        (["add", "khoa"], PASSWORD, 2, "--token-file"),
        (["list"], "", 2, "--token-file"),
        (["totp", "lan", "--remove"], PASSWORD, 2, "--token-file"),
    ],
)
def test_who_logs_in_wrongly_or_asks_too_much_is_refused(office, words, text, code, said):
    assert said in office.nobody.no("user", *words, text=text, code=code)


@pytest.mark.parametrize("who", sorted(set(STAFF) - {"chief", "second"}))
def test_who_is_no_administrator_may_not_change_users(office, who):
    assert "forbidden_role" in getattr(office, who).no("user", "add", "khoa", text=PASSWORD)
    assert "forbidden_role" in getattr(office, who).no("user", "list")


def test_no_password_and_no_token_stands_in_what_is_said_of_a_refusal(office):
    said = office.nobody.no("user", "token", "lan", "--role", "ops", text=PASSWORD)
    assert PASSWORD not in said
    assert "tram_" not in said
