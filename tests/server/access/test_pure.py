"""Roles, reach, names, passwords, second factors, lock-outs, tokens: the rules without anything around them."""

import ast
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from server.access import lockout, names, passwords, roles, totp, users
from server.access.lockout import Attempts
from server.access.users import Session, Token
from server.access.vault import Vault
from server.access.who import Who
from server.errors import Refused, Unavailable
from server.tracing.cases import covers
from tests.server.access.users_in import user

DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000


def code(call, *arguments, **how):
    with pytest.raises(Refused) as err:
        call(*arguments, **how)
    return err.value.code


# --- roles and reach


def test_every_row_of_the_table_names_known_roles_and_none_is_empty():
    for action, who in roles.MAY.items():
        assert who, action
        assert who <= set(roles.ROLES), action


def test_only_a_tracer_looks_at_people():
    assert roles.may("look_at_people") == (roles.TRACER,)


def who(*found, areas=(), places=(), is_strong=True):
    return Who("u-1", "an", frozenset(found), frozenset(areas), frozenset(places), is_strong=is_strong)


@pytest.mark.parametrize(
    ("one", "wanted", "expected"),
    [
        (who("ops"), ("tracer",), "forbidden_role"),
        (who(), ("ops",), "forbidden_role"),
        (who("administrator"), ("tracer",), "forbidden_role"),
        (who("tracer", is_strong=False), ("tracer",), "totp_needed"),
        (who("administrator", is_strong=False), ("administrator", "tracer"), "totp_needed"),
    ],
)
def test_a_role_that_is_not_there_or_not_proven_lets_nobody_in(one, wanted, expected):
    assert code(one.as_one_of, wanted) == expected


def test_without_a_second_factor_only_the_other_roles_count():
    one = who("tracer", "supervisor", is_strong=False)
    assert one.as_one_of(("tracer", "supervisor")).acting == {"supervisor"}
    assert one.as_one_of(()).acting == {"supervisor"}


@pytest.mark.parametrize(
    ("one", "place", "above", "expected"),
    [
        (who("ops"), "cho-1", (), True),
        (who("operator", places=["cho-1"]), "cho-1", (), True),
        (who("operator", places=["cho-1"]), "cho-2", ("tinh-1",), False),
        (who("operator", areas=["tinh-1"]), "cho-2", ("tinh-1",), False),
        (who("operator"), "cho-1", (), False),
        (who("supervisor", areas=["tinh-1"]), "cho-1", ("xa-1", "huyen-1", "tinh-1"), True),
        (who("supervisor", areas=["xa-1"]), "cho-1", ("huyen-1", "tinh-1"), False),
        (who("supervisor", areas=["*"]), "cho-1", (), True),
        (who("supervisor", places=["cho-1"]), "cho-1", (), False),
        (who("supervisor"), "cho-1", ("tinh-1",), False),
    ],
)
def test_a_bounded_role_reaches_what_is_named_and_what_lies_below_it(one, place, above, expected):
    assert one.as_one_of(()).reaches(place, above) is expected


def test_who_acts_as_supervisor_is_not_widened_by_another_role():
    both = who("supervisor", "ops", areas=["xa-1"])
    assert not both.as_one_of(("supervisor",)).reaches("cho-1", ("xa-2",))
    assert both.as_one_of(("supervisor",)).bounds() == (frozenset(), {"xa-1"})
    assert both.as_one_of(("ops",)).bounds() is None


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "an",
        "An",
        "a" * 33,
        "-an",
        "an\n",
        "an\r\nSet-Cookie: x=y",
        "аdmin",
        "an/../x",
        "an an",
        "an\x00",
        "<b>",
        "a'b",
    ],
)
def test_a_log_in_name_that_could_be_mistaken_is_refused(name):
    assert code(names.login, name) == "user_name"


@pytest.mark.parametrize(
    "text", ["", " ", "a\x00", "a\nb", "a\r\nb", "a\u202eb", "a\u200bb", "a\u2028b", "\ud800", "x" * 65]
)
def test_a_shown_name_has_nothing_invisible(text):
    assert code(names.shown, text) == "text"


def test_a_shown_name_is_composed():
    assert names.shown(" Nguye\u0302\u0303n ") == "Nguy\u1ec5n"


@pytest.mark.parametrize("found", [["a b"], [""], ["a\r\nb"], ["x" * 65], ["../x\x00"], ["a"] * 1001])
def test_an_area_or_place_that_is_no_id_is_refused(found):
    assert code(names.ids, found, "areas") == "field"


# --- passwords


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", "password_short"),
        ("elevenchars", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("abababababab", "password_common"),
        ("abcdefghijkl", "password_common"),
        ("123456789012", "password_common"),
        ("qwertyuiopas", "password_common"),
        ("Password1234", "password_common"),
        ("matkhau123456", "password_common"),
        ("nguyenan2026", "password_common"),
        ("nguyenannguyenan", "password_common"),
    ],
)
def test_what_is_guessed_first_is_refused(password, expected):
    assert code(passwords.judge, password, "nguyenan") == expected


@pytest.mark.parametrize(
    "password", ["ba con mèo đen ngủ", "correct horse staple battery", "    spaces  too   ", "x8!Kq02mZp#w"]
)
def test_nothing_is_asked_of_the_mixture(password):
    assert passwords.judge(password, "nguyenan")


def test_a_password_is_the_same_however_it_is_composed():
    kept = passwords.make(passwords.judge("me\u0300o \u0111en ngu\u0309 say", "an"))
    assert passwords.verify(kept, "m\u00e8o \u0111en ng\u1ee7 say")


def test_real_hashing_is_argon2id_with_the_numbers_that_are_stated(monkeypatch):
    monkeypatch.undo()
    kept = passwords.make("ba con mèo đen ngủ")
    assert kept.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(PasswordHasher(1, 8, 1).hash("x"))
    assert passwords.verify(kept, "ba con mèo đen ngủ")
    assert not passwords.verify(kept, "ba con mèo đen ngu")


def test_nobody_has_any_password_not_even_the_one_that_is_compared():
    assert not passwords.verify(None, "nobody's password")
    assert not passwords.verify("not a hash", "x")


# --- second factors


def test_a_code_is_good_for_a_step_before_and_after_and_no_further():
    secret = totp.new_secret()
    at = pyotp.TOTP(secret).at
    now_step = NOW_MS // totp.STEP_MS
    for away, expected in ((-2, None), (-1, now_step - 1), (0, now_step), (1, now_step + 1), (2, None)):
        assert totp.step_of(secret, at(NOW_MS // 1000 + 30 * away), NOW_MS, -1) == expected


def test_a_code_is_used_once_and_an_older_one_never_after_a_newer():
    secret = totp.new_secret()
    now = pyotp.TOTP(secret).at(NOW_MS // 1000)
    step = totp.step_of(secret, now, NOW_MS, -1)
    assert totp.step_of(secret, now, NOW_MS, step) is None
    assert totp.step_of(secret, now, NOW_MS, step + 1) is None


def test_where_the_clock_goes_back_no_used_code_becomes_good_again():
    secret = totp.new_secret()
    for back in range(40):
        then_ms = NOW_MS - back * totp.STEP_MS
        old = pyotp.TOTP(secret).at(then_ms // 1000)
        assert totp.step_of(secret, old, then_ms, NOW_MS // totp.STEP_MS) is None


@pytest.mark.parametrize("bad", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "12 456", "-12345", "\x00" * 6])
def test_what_is_not_six_digits_is_no_code(bad):
    assert totp.step_of(totp.new_secret(), bad, NOW_MS, -1) is None


def test_a_recovery_code_is_good_once_however_it_is_typed():
    codes = totp.new_recovery_codes()
    kept = [totp.recovery_digest(one) for one in codes]
    left = totp.spend(kept, codes[3].upper().replace("-", " "))
    assert len(left) == totp.RECOVERY_CODES - 1
    assert totp.spend(left, codes[3]) is None
    assert totp.spend(left, "") is None


def test_a_sealed_secret_opens_for_its_user_and_key_alone():
    vault = Vault(bytes(range(32)))
    sealed = vault.seal("u-1", "SECRET")
    assert vault.open("u-1", sealed) == "SECRET"
    assert b"SECRET" not in sealed
    for other, user_id in ((vault, "u-2"), (Vault(bytes(32)), "u-1")):
        with pytest.raises(Unavailable, match="access_key"):
            other.open(user_id, sealed)
    assert "SECRET" not in repr(vault)


# --- lock-outs


def test_the_first_few_are_free_and_then_each_wait_is_twice_as_long_up_to_the_longest():
    attempts, waits = Attempts(), []
    for _ in range(14):
        now_ms = max(NOW_MS, attempts.until_ms)
        attempts = lockout.begun(attempts, "account", now_ms)
        waits.append(lockout.wait_ms(attempts, now_ms) // 1000)
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]


def test_a_day_without_a_failure_forgets_them():
    attempts = Attempts(9, NOW_MS, NOW_MS + 30_000)
    assert lockout.begun(attempts, "account", NOW_MS + lockout.FORGET_MS + 1).failures == 1


@given(st.integers(0, 1 << 40), st.integers(0, 100), st.integers(-(1 << 41), 1 << 41))
def test_a_wait_is_never_longer_than_the_longest_whatever_the_clock_does(now_ms, failures, moved_ms):
    attempts = lockout.begun(Attempts(failures, now_ms, 0), "account", now_ms)
    assert 0 <= lockout.wait_ms(attempts, now_ms + moved_ms) <= lockout.MOST_WAIT_MS


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a\r\nb", "unknown"),
    ],
)
def test_an_address_is_counted_by_what_one_person_can_have(address, expected):
    assert lockout.group(address) == expected


# --- tokens and sessions


def token(**how):
    facts = {"id": "t", "user_id": "u", "name": "n", "roles": frozenset({"ops", "tracer"}), "areas": frozenset("*")}
    facts |= {"places": frozenset("*"), "is_strong": True, "made_ms": 0, "ends_ms": NOW_MS, "used_ms": None}
    return Token(**facts | how)


def test_a_token_has_no_role_that_its_user_has_not_any_more():
    assert users.by_token(user("an", ["ops"]), token(), 0).roles == {"ops"}
    assert users.by_token(user("an", ["ops"]), token(roles=frozenset({"tracer"})), 0).roles == frozenset()


def test_a_token_reaches_no_area_that_its_user_has_not():
    owner = user("an", ["supervisor"], areas=["xa-1", "xa-2"])
    assert users.by_token(owner, token(), 0).areas == {"xa-1", "xa-2"}
    assert users.by_token(owner, token(areas=frozenset({"xa-2", "xa-3"})), 0).areas == {"xa-2"}


@pytest.mark.parametrize(
    ("has", "asked", "reached"),
    [
        ({"92"}, {"79"}, set()),
        ({"92"}, set(), set()),
        ({"92"}, {"92", "79"}, {"92"}),
        ({"92"}, {"*"}, {"92"}),
        ({"*"}, set(), set()),
        (set(), {"92"}, {"92"}),
        (set(), set(), set()),
        (set(), {"*"}, {"92", "79", "01"}),
    ],
)
@pytest.mark.parametrize("roles_", [["tracer"], ["tracer", "ops"]])
def test_a_tracers_token_is_never_wider_than_it_says_nor_than_its_user(roles_, has, asked, reached):
    owner = user("an", roles_, areas=has)
    who = users.by_token(owner, token(roles=frozenset(roles_), areas=frozenset(asked)), 0)
    assert {area for area in ("92", "79", "01") if covers(who.areas, frozenset({area}))} == reached


def test_a_tracer_without_areas_who_is_a_supervisor_gains_no_area_by_a_token():
    owner = user("an", ["tracer", "supervisor"], areas=())
    who = users.by_token(owner, token(roles=frozenset(owner.roles), areas=frozenset({"92"})), 0)
    assert not who.as_one_of(["supervisor"]).reaches_area(["92"])


@pytest.mark.parametrize("state", ["active", "locked"])
def test_a_token_ends_with_its_time_or_its_user(state):
    expected = "token_expired" if state == "active" else "wrong_token"
    assert code(users.by_token, user("an", ["ops"], state=state), token(), NOW_MS) == expected


@pytest.mark.parametrize("ends_ms", [0, NOW_MS, NOW_MS + users.YEAR_MS + 1, -1])
def test_a_token_ends_after_now_and_within_a_year(ends_ms):
    assert code(users.judge_end, ends_ms, NOW_MS) == "token_end"


def test_a_locked_users_session_is_nobody():
    session = Session("u", True, 0, NOW_MS)
    assert code(users.by_session, user("an", state="locked"), session) == "no_token"


# --- by code


SECRET_WORDS = {"digest", "hash", "password", "code", "token", "signature", "recovery_digest", "cookie"}


def test_no_secret_is_compared_by_an_operator_that_stops_at_the_first_difference():
    root = Path(__file__).resolve().parents[3] / "server"
    files = [*root.glob("access/*.py"), root / "web/logins.py", root / "web/entry.py", root / "web/doors.py"]
    found = []
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                sides = [node.left, *node.comparators]
                last = [side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "") for side in sides]
                if SECRET_WORDS & set(last) and not any(isinstance(side, ast.Constant) for side in sides):
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
