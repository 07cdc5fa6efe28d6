"""Asking a server that runs, with an operator's token: over its API, as everybody else does.

The token stands in a file that only its owner may read, never on the command line: others see that.
"""

import argparse
import ssl
from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx

from server import keys
from server.errors import TramError, Unusable

ANSWER_S = 60.0


class SaidNo(TramError):
    """The server's own word for why not."""


class Api:
    """`with Api(url, token, ca) as api: api.get(path)`."""

    def __init__(self, url: str, token_file: Path, ca: Path | None) -> None:
        token = keys.read_private(token_file).decode("ascii", "replace").strip()
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=ANSWER_S, verify=_believed(ca), trust_env=False
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *what: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """What the server answers. Raises `SaidNo` with its code, `Unusable` where there is no answer."""
        try:
            answer = self._http.request(method, path, **how)
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise Unusable("no_answer", f"{self._http.base_url}: {str(err) or type(err).__name__}") from err
        try:
            said = answer.json()
        except ValueError as err:
            raise SaidNo("no_answer", f"status {answer.status_code}, and not in a form that is known") from err
        if not answer.is_success:
            known = said if isinstance(said, dict) else {}
            raise SaidNo(str(known.get("code", answer.status_code)), str(known.get("detail", "")))
        return said

    def download(self, path: str) -> bytes:
        """A file. Raises `SaidNo` with the server's code, `Unusable` where there is no answer."""
        try:
            answer = self._http.get(path)
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise Unusable("no_answer", f"{self._http.base_url}: {str(err) or type(err).__name__}") from err
        if not answer.is_success:
            raise _said_no(answer)
        return answer.content

    def stream(self, path: str, **params: Any) -> AbstractContextManager[httpx.Response]:
        """An answer that is long: read as it comes."""
        return self._http.stream("GET", path, params=params)

    def get(self, path: str, **params: Any) -> Any:
        """Look."""
        return self.ask("GET", path, params=params)


def _said_no(answer: httpx.Response) -> SaidNo:
    try:
        known = answer.json()
    except ValueError:
        known = {}
    return SaidNo(str(known.get("code", answer.status_code)), str(known.get("detail", "")))


def options() -> ArgumentParser:
    """Where the server is, and who asks."""
    made = ArgumentParser(add_help=False)
    made.add_argument("--url", metavar="URL", default=argparse.SUPPRESS, help="the server, as https://host:port")
    made.add_argument(
        "--token-file", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="an operator's token (0600)"
    )
    made.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="believe this authority (PEM); else the system's",
    )
    return made


def api(asked: Namespace) -> Api:
    """As the options say."""
    for name in ("url", "token_file"):
        if not getattr(asked, name, None):
            asked.parser.error(f"--{name.replace('_', '-')} is needed")
    return Api(asked.url, asked.token_file, getattr(asked, "ca", None))


class Visitor(Api):
    """`with Visitor(url, ca) as server:` somebody without a token, who logs in as at the server's own page."""

    def __init__(self, url: str, ca: Path | None) -> None:
        ours, verify = {"Sec-Fetch-Site": "same-origin"}, _believed(ca)
        self._http = httpx.Client(base_url=url, headers=ours, timeout=ANSWER_S, verify=verify, trust_env=False)


def _believed(ca: Path | None) -> ssl.SSLContext:
    """Raises `Unusable`: `ca`."""
    try:
        return ssl.create_default_context(cafile=ca) if ca else ssl.create_default_context()
    except (OSError, ssl.SSLError) as err:
        raise Unusable("ca", f"{ca}: no certificate of an authority") from err
