"""The broker's set-up, the authority and who is out: by the command line alone, while no gateway runs."""

from firmware.wire.enrol import Question
from gateway import certs, config
from gateway.admission import Admission
from gateway.enrol import Judge
from tests.gateway.fleet import code_for, fleet_key, new_password

NOW_MS = 1_900_000_000_000


def test_the_fingerprint_is_printed_alone_and_stays(gateway):
    first, second = gateway.call("ca"), gateway.call("ca")
    assert first.stdout == second.stdout
    papers = certs.ensure(gateway.folder / "data" / "certs", "gw-1")
    assert first.stdout.strip() == papers.fingerprint
    assert str(papers.ca_file) in first.stderr
    before = papers.chain_file.read_bytes()
    assert gateway.call("ca", "--renew").stdout == first.stdout
    assert papers.chain_file.read_bytes() != before


def test_a_damaged_authority_is_named(gateway):
    gateway.call("ca")
    (gateway.folder / "data" / "certs" / "ca.pem").write_text("x")
    done = gateway.call("ca")
    assert (done.returncode, "ca_damaged" in done.stderr) == (78, True)


def test_a_box_is_out_whether_it_has_enrolled_or_not_and_said_so_once(gateway):
    admission = Admission(config.load(gateway.config))
    question = Question("enrol", "box-a", new_password(), code=code_for(issued_ms=NOW_MS))
    Judge("gw-1", fleet_key().modulus, admission.registry).decide(question, (NOW_MS, NOW_MS))
    gateway.call("broker")
    passwords = gateway.folder.parent / "broker" / "passwords"
    assert "box-a:" in passwords.read_text()
    assert gateway.call("revoke", "box-a").stdout == "box-a: out\n"
    assert "box-a:" not in passwords.read_text()
    assert gateway.call("revoke", "box-a").stdout == "box-a: was out already\n"
    unknown = gateway.call("revoke", "box-z")
    assert unknown.stdout == "box-z: out (it was not known here)\n"
    assert (unknown.returncode, "no broker runs" in unknown.stderr, "box-a" in unknown.stderr) == (1, True, True)


def test_what_is_no_box_is_named(gateway):
    for wrong in ("BOX", "../x", ""):
        done = gateway.call("revoke", wrong)
        assert (done.returncode, "not a box id" in done.stderr) == (78, True)


def test_words_for_people_are_in_the_language_that_is_asked_for(gateway):
    gateway.call("broker")
    assert gateway.call("revoke", "box-z", "--lang", "vi").stdout.startswith("box-z: đã thu hồi")
    assert "broker không chạy" in gateway.call("revoke", "box-z", "--lang", "vi").stderr
    assert gateway.call("revoke", "box-z", "--lang", "en").stdout == "box-z: was out already\n"
