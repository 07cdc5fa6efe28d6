"""Asking a person for what nobody else may see: on a terminal it does not show; elsewhere it is a line of input."""

import sys

from scripts.tram import exits, out
from scripts.tram.box.words import RESET
from scripts.tram.trouble import Trouble

LEAST = 12
_MOST = 1024


def hidden(question: str) -> str:
    """One line, without its end."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(question)
    if not out.is_json:
        print(question, file=sys.stderr)
    return sys.stdin.readline(_MOST).rstrip("\r\n")


def new_passphrase() -> str:
    """Typed twice on a terminal. Trouble passphrase_short, passphrase_differs."""
    typed = hidden(RESET("ask_passphrase", least=LEAST))
    if len(typed) < LEAST:
        raise Trouble("passphrase_short", exits.USAGE, RESET, least=LEAST)
    if sys.stdin.isatty() and hidden(RESET("ask_again")) != typed:
        raise Trouble("passphrase_differs", exits.USAGE, RESET)
    return typed
