"""The words `approval` and `request`: what takes two, from two terminals."""

import pytest

UNKNOWN = "0123456789abcdef"
DOCUMENT = "citizen 001099000001\n"


@pytest.fixture(scope="module")
def answered(office):
    """-> a case and a question that is answered."""
    places = office.folder / "places.csv"
    places.write_text("place_id,name\ncho-moi,Chợ Mới\n")
    office.chief("place", "import", places)
    case = office.lan("trace", "open", "Ổ dịch chợ Mới", "--basis", "QĐ 12")["id"]
    window = ["--from", "2026-01-31T08:00", "--to", "2026-01-31T09:00"]
    return case, office.lan("trace", "ask", case, "--place", "cho-moi", *window)["id"]


def ask(office, answered):
    return office.lan("approval", "ask", *answered)


def test_one_asks_for_that_very_answer_and_another_approves_it(office, answered):
    made = ask(office, answered)
    assert (made["action"], made["about"], made["people"]) == ("export", f"case:{answered[0]}", 0)
    assert len(made["question"]) == 64
    assert made["id"] in [one["id"] for one in office.mai("approval", "list", "--state", "asked")]
    assert office.mai("approval", "judge", made["id"], "--yes")["state"] == "approved"
    assert made["id"] in [one["id"] for one in office.chief("approval", "list", "--state", "approved")]
    assert made["id"] not in [one["id"] for one in office.chief("approval", "list", "--state", "asked")]


def test_the_hash_that_is_asked_for_is_the_one_that_an_export_will_be_held_against(office, answered):
    first, second = ask(office, answered), ask(office, answered)
    assert first["question"] == second["question"]
    assert first["id"] != second["id"]
    out = office.folder / "answer.csv"
    made = office.mai("approval", "judge", first["id"], "--yes")
    assert made["judged_by"] != made["asked_by"]
    words = ["trace", "export", *answered, out, "--identities", "--approval", first["id"]]
    assert office.lan.no(*words, code=0) == ""
    assert out.stat().st_mode & 0o777 == 0o600


def test_an_administrator_has_no_say_in_what_is_exported(office, answered):
    made = ask(office, answered)
    assert "forbidden_role" in office.chief.no("approval", "judge", made["id"], "--yes")
    assert made["id"] in [one["id"] for one in office.chief("approval", "list", "--state", "asked")]


def test_who_has_no_second_factor_approves_nothing_with_a_token_from_the_command_line(office, answered):
    made = ask(office, answered)
    assert "totp_needed" in office.warden.no("approval", "judge", made["id"], "--yes")
    assert office.mai("approval", "judge", made["id"], "--yes")["state"] == "approved"


def test_nobody_approves_their_own_and_nothing_is_judged_twice(office, answered):
    made = ask(office, answered)
    assert "approval_own" in office.lan.no("approval", "judge", made["id"], "--yes")
    assert office.mai("approval", "judge", made["id"], "--no")["state"] == "refused"
    assert "approval_state" in office.mai.no("approval", "judge", made["id"], "--yes")


@pytest.mark.parametrize(
    ("who", "words", "code", "said"),
    [
        ("mai", ["judge", UNKNOWN, "--yes"], 1, "not_found"),
        ("mai", ["judge", "../requests", "--yes"], 1, "not_found"),
        ("mai", ["judge", "..", "--yes"], 1, "not in its form"),
        ("mai", ["judge", UNKNOWN], 2, "--yes --no is required"),
        ("mai", ["judge", UNKNOWN, "--yes", "--no"], 2, "not allowed"),
        ("chief", ["judge", UNKNOWN, "--yes"], 1, "not_found"),
        ("warden", ["ask", "0" * 12, "0" * 12], 1, "forbidden_role"),
        ("lan", ["ask", "0" * 12, "0" * 12], 1, "no_such_case"),
        ("lan", ["ask", "case", "../cases"], 1, "not_found"),
        ("lan", ["list", "--state", "lost"], 2, "invalid choice"),
        ("lan", ["list", "--config", "server.toml"], 2, "unrecognized"),
        ("nobody", ["list"], 2, "--token-file"),
    ],
)
def test_an_approval_that_cannot_be_is_refused_with_its_sentence(office, who, words, code, said):
    assert said in getattr(office, who).no("approval", *words, code=code)


@pytest.mark.parametrize("minutes", ["0", "-5", "1441"])
def test_an_approval_that_would_be_good_for_too_long_or_not_at_all_is_refused(office, answered, minutes):
    assert "approval_end" in office.lan.no("approval", "ask", *answered, "--minutes", minutes)


def request(office, kind="access", *more):
    return office.warden("request", "add", kind, *more)["id"]


def test_a_request_goes_its_way_by_two_people_until_it_is_done(office):
    made = office.warden("request", "add", "access", "--reference", "CV-12", "--received", "2026-01-31T08:00")
    assert (made["kind"], made["reference"], made["state"]) == ("access", "CV-12", "received")
    assert made["id"] in [one["id"] for one in office.chief("request", "list", "--overdue")]
    assert office.warden("request", "answer", made["id"])["state"] == "answered"
    found = office.chief("request", "subject", made["id"], text=DOCUMENT)
    assert found == {"found": False, "pseudonyms": [], "visits": [], "looks": [], "told_since_ms": None}
    assert office.warden("request", "done", made["id"])["state"] == "done"
    assert office.warden("request", "show", made["id"])["version"] == 3
    assert made["id"] not in [one["id"] for one in office.chief("request", "list")]
    assert made["id"] in [one["id"] for one in office.chief("request", "list", "--all")]


def test_a_deletion_is_carried_out_by_another_than_who_answered_it(office):
    made = request(office, "deletion", "--with-processors")
    assert "request_step" in office.chief.no("request", "forget", made, text=DOCUMENT)
    office.second("request", "answer", made)
    assert "request_own" in office.second.no("request", "forget", made, text=DOCUMENT)
    assert office.chief("request", "forget", made, text=DOCUMENT)["found"] is False


def test_a_request_is_extended_once_and_a_refusal_names_its_ground(office):
    made = request(office)
    assert office.warden("request", "extend", made)["is_extended"]
    assert "request_late" in office.warden.no("request", "extend", made)
    assert office.warden("request", "refuse", made, "not_the_person")["ground"] == "not_the_person"
    assert "request_step" in office.warden.no("request", "done", made)


@pytest.mark.parametrize(
    ("who", "words", "code", "said"),
    [
        ("warden", ["add", "wish"], 2, "invalid choice"),
        ("warden", ["add", "access", "--reference", "Nguyễn Thị Hoa"], 1, "field"),
        ("warden", ["add", "access", "--received", "2099-01-01T00:00"], 1, "field"),
        ("warden", ["add", "access", "--received", "yesterday"], 2, "server: "),
        ("lan", ["add", "access"], 1, "forbidden_role"),
        ("warden", ["answer", UNKNOWN], 1, "not_found"),
        ("warden", ["answer", "../users"], 1, "not_found"),
        ("warden", ["refuse", UNKNOWN], 2, "GROUND"),
        ("warden", ["refuse", UNKNOWN, "no time"], 2, "invalid choice"),
        ("warden", ["done", UNKNOWN, "now"], 2, "unrecognized"),
        ("warden", ["subject", UNKNOWN], 1, "forbidden_role"),
        ("chief", ["subject", UNKNOWN, "citizen", "001099000001"], 2, "unrecognized"),
        ("nobody", ["list"], 2, "--token-file"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_its_sentence(office, who, words, code, said):
    assert said in getattr(office, who).no("request", *words, text=DOCUMENT, code=code)


@pytest.mark.parametrize("text", ["", "\n", "citizen\n", "001099000001\n", "king 001099000001\n", DOCUMENT * 11])
def test_documents_that_are_none_are_refused_and_not_repeated(office, text):
    made = request(office)
    office.warden("request", "answer", made)
    said = office.chief.no("request", "subject", made, text=text)
    assert "document_form" in said
    assert "001099000001" not in said
