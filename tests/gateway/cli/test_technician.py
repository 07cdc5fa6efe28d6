"""`technician add` prints an access code once; `list` and `remove` know names and nothing else."""

import pytest

from scripts.tram.gateways.access import read
from tests.gateway.panel.rig import password_file


@pytest.fixture
def gateway(gateway):
    password_file(gateway.folder)
    gateway.config.write_text(gateway.config.read_text() + '[panel]\npassword_file = "people"\nlisten = ["0.0.0.0"]\n')
    return gateway


def test_the_code_names_this_gateway_and_its_authority_and_is_kept_nowhere(gateway):
    done = gateway.call("technician", "add", "hoa", "--days", 7)
    found = read(done.stdout)
    assert (done.returncode, done.stdout.count("\n"), found.gateway) == (0, 1, "gw-1")
    assert found.ca == gateway.call("ca").stdout.strip()
    file = gateway.folder / "technicians"
    assert file.stat().st_mode & 0o777 == 0o600
    assert found.token not in file.read_text() + done.stderr
    assert "hoa" in gateway.call("technician").stdout
    assert found.token not in gateway.call("technician", "list", "--json").stdout


def test_who_is_removed_is_not_in_the_list(gateway):
    gateway.call("technician", "add", "hoa")
    gateway.call("technician", "add", "binh")
    assert gateway.call("technician", "remove", "hoa").returncode == 0
    listed = gateway.call("technician", "list", "--json").stdout
    assert ("hoa" in listed, "binh" in listed) == (False, True)
    assert gateway.call("technician", "remove", "hoa").returncode == 1


def test_nobody_is_in_by_default(gateway):
    done = gateway.call("technician")
    assert (done.returncode, done.stdout, "no technician" in done.stderr) == (1, "", True)


@pytest.mark.parametrize(
    "words, vi, en",
    [
        (["add", "Hoa"], "bắt đầu bằng chữ", "begins with a letter"),
        (["add", "hoa", "--days", "0"], "1 đến 366", "1 to 366"),
        (["add", "hoa", "--days", "5000"], "1 đến 366", "1 to 366"),
        (["remove", "an"], "không có an", "an is not in"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(gateway, words, vi, en):
    for lang, said in (("vi", vi), ("en", en)):
        done = gateway.call("technician", *words, "--lang", lang)
        assert done.returncode != 0
        assert (done.stdout, said in done.stderr) == ("", True), done.stderr
    assert not (gateway.folder / "technicians").exists()


def test_the_same_name_twice_is_refused_and_the_first_code_stays(gateway):
    gateway.call("technician", "add", "hoa")
    before = (gateway.folder / "technicians").read_bytes()
    done = gateway.call("technician", "add", "hoa")
    assert (done.returncode, "is in already" in done.stderr) == (78, True)
    assert (gateway.folder / "technicians").read_bytes() == before


def test_without_a_page_nobody_can_be_let_in(gateway):
    gateway.config.write_text(gateway.config.read_text().partition("[panel]")[0])
    done = gateway.call("technician", "add", "hoa")
    assert (done.returncode, "panel.password_file" in done.stderr) == (78, True)


def test_a_page_that_only_this_machine_can_reach_is_pointed_out(gateway):
    gateway.config.write_text(gateway.config.read_text().replace("0.0.0.0", "127.0.0.1"))
    done = gateway.call("technician", "add", "hoa")
    assert (done.returncode, "panel.listen" in done.stderr) == (0, True)
