"""`panel password` prints a line and keeps nothing; `panel` lists who stands in the file."""

import os
import pty
import subprocess
import sys

import pytest

from gateway.__main__ import main
from gateway.panel import people
from tests.gateway.brokers import ROOT

PASSWORD = "một mật khẩu đủ dài"


class Lines:
    """Standard input that is no terminal."""

    def __init__(self, *lines):
        self._lines = list(lines)

    def isatty(self):
        return False

    def readline(self):
        return self._lines.pop(0) + "\n" if self._lines else ""


def call(gateway, monkeypatch, capsys, *lines, name="chu-cho", more=()):
    monkeypatch.setattr("sys.stdin", Lines(*lines))
    code = main(["panel", "password", name, "--config", str(gateway.config), *more])
    return code, *capsys.readouterr()


def test_the_line_lets_that_person_in(gateway, monkeypatch, capsys, tmp_path):
    code, line, said = call(gateway, monkeypatch, capsys, PASSWORD, PASSWORD, name="Chu-Cho")
    assert code == 0
    assert line.startswith("chu-cho $scrypt$")
    assert line.count("\n") == 1
    assert "panel.password_file" in said
    assert PASSWORD not in line + said
    file = tmp_path / "people"
    file.write_text(line)
    file.chmod(0o600)
    assert people.read(file).check("chu-cho", PASSWORD)


@pytest.mark.parametrize(
    "lines, name",
    [
        ((PASSWORD, PASSWORD + "x"), "chu-cho"),
        ((PASSWORD,), "chu-cho"),
        (("short", "short"), "chu-cho"),
        (("chu-cho-12345", "chu-cho-12345"), "chu-cho"),
        ((), "chu-cho"),
        ((PASSWORD, PASSWORD), "chủ chợ"),
        ((PASSWORD, PASSWORD), ""),
        ((PASSWORD, PASSWORD), "a" * 33),
    ],
)
def test_what_is_not_right_prints_no_line(gateway, monkeypatch, capsys, lines, name):
    code, line, said = call(gateway, monkeypatch, capsys, *lines, name=name)
    assert code == 78
    assert line == ""
    assert said
    assert PASSWORD not in said


def test_it_asks_in_the_language_that_is_wanted(gateway, monkeypatch, capsys):
    assert "mật khẩu phải dài" in call(gateway, monkeypatch, capsys, "x", more=["--lang", "vi"])[2]
    assert "a password has" in call(gateway, monkeypatch, capsys, "x", more=["--lang", "en"])[2]


def test_at_a_terminal_the_password_is_not_shown(gateway):
    own, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "panel", "password", "chu-cho", "--config", str(gateway.config)],
        cwd=ROOT,
        stdin=other,
        stdout=subprocess.PIPE,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    seen = b""
    for question in (b": ", b": "):
        mark = len(seen)
        while question not in seen[mark:]:
            seen += os.read(own, 1000)
        os.write(own, PASSWORD.encode() + b"\n")
    line = process.communicate(timeout=60)[0]
    while True:
        try:
            seen += os.read(own, 1000)
        except OSError:
            break
    os.close(own)
    assert process.returncode == 0
    assert line.startswith(b"chu-cho $scrypt$")
    assert PASSWORD.encode() not in seen


def test_who_stands_in_the_file_is_listed_without_a_hash(gateway, monkeypatch, capsys):
    _code, line, _ = call(gateway, monkeypatch, capsys, PASSWORD, PASSWORD)
    assert main(["panel", "--config", str(gateway.config)]) == 1
    with gateway.config.open("a") as settings:
        settings.write('\n[panel]\npassword_file = "people"\n')
    assert main(["panel", "--config", str(gateway.config)]) == 78
    file = gateway.folder / "people"
    file.write_text(line)
    file.chmod(0o644)
    capsys.readouterr()
    assert main(["panel", "--config", str(gateway.config)]) == 78
    file.chmod(0o600)
    capsys.readouterr()
    assert main(["panel", "--config", str(gateway.config)]) == 0
    assert capsys.readouterr().out == "chu-cho\n"
