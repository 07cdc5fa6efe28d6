"""A running server and those who work at it from a terminal: `office.chief("user", "list")`, `office.chief.no(…)`."""

import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pyotp

from server.cli.words import main
from tests.server import rig

PASSWORD = "ba con mèo đen ngủ"
STAFF = {"chief": "administrator", "second": "administrator", "lan": "tracer"}
STAFF |= {"warden": "supervisor", "mai": "supervisor"}
WITH_SECOND_FACTOR = {"chief", "second", "lan", "mai"}


def typed(words, text=""):
    """-> exit code, stdout, stderr; `text`: stdin, or something with `readline`."""
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = text if hasattr(text, "readline") else io.StringIO(text)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(one) for one in words])
            except SystemExit as ended:
                code = ended.code
    finally:
        sys.stdin = before
    return code, out.getvalue(), err.getvalue()


class App(io.StringIO):
    """Types a password, and then codes of the secret that the word shows: as an authenticator app has them."""

    def __init__(self, password=None):
        super().__init__("" if password is None else password + "\n")
        self.secret = ""

    def readline(self, *what):
        line = super().readline(*what)
        if line:
            return line
        found = re.search(r"otpauth://totp/\S*secret=(\w+)", sys.stderr.getvalue())
        self.secret = found.group(1) if found else self.secret
        return pyotp.TOTP(self.secret).now() + "\n"


class Desk(NamedTuple):
    """Where somebody types, and what each of their words ends with."""

    where: tuple

    def __call__(self, *words, text="", code=0):
        found = typed([*words, *self.where], text)
        assert found[0] == code, found
        return json.loads(found[1])

    def no(self, *words, text="", code=1):
        """What is said on stderr; nothing on stdout."""
        found = typed([*words, *self.where], text)
        assert (found[0], found[1]) == (code, ""), found
        return found[2]


class Office:
    """`here`: the stopped server's store, until `open`; then a desk for each of STAFF, and one of `nobody`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.here = Desk(("--config", rig.settings(folder)))
        self._process = rig.Process(self.folder / "server.toml")

    def open(self):
        for name, role in STAFF.items():
            area = {"supervisor": ["--area", "79"], "tracer": ["--everywhere"]}.get(role, [])
            self.here("user", "add", name, "--role", role, *area, text=PASSWORD + "\n")
            if name in WITH_SECOND_FACTOR:
                self.here("user", "totp", name, text=App())
        return self.open_with(*STAFF.items())

    def open_with(self, *staff):
        """The server runs; these users, who are there, have a desk each."""
        for name, role in staff:
            made = self.here("user", "token", name, "--role", role)
            (self.folder / name).touch(0o600)
            (self.folder / name).write_text(made["token"])
        self._process.start()
        for name, _ in staff:
            setattr(self, name, Desk((*self.nobody.where, "--token-file", self.folder / name)))
        return self

    @property
    def nobody(self):
        """A desk without a token."""
        return Desk(("--url", self._process.url))

    def close(self):
        self._process.end()
