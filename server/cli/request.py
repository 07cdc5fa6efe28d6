"""`python -m server request WORD`: what people ask of whoever keeps data on them, step by step.

1. It takes two users, each with their own token: so a running server is asked, and nothing works on a stopped store.
   One answers a request; another, an administrator with a second factor, looks up who asks (`subject`) or lets go of
   what is known of them (`forget`), and then it is `done`.
2. The documents of the person are read from stdin, a line each: `citizen 001099000001`. They are never on the command
   line: others see that. `--subject` is a pseudonym, `--reference` the number of the paper: no names, no numbers.
3. A step is taken from the version that was looked at: who changes it meanwhile makes `changed_meanwhile`.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from server.access import rights
from server.cli import typed
from server.cli.asking import api, options
from server.places.forms import instant_ms

Add = Callable[..., Any]
Act = Callable[[Namespace], None]
REQUESTS = "/api/v1/requests"


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "what people ask for who have data here (of a running server)"
    inner = words.add_parser("request", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()

    def word(name: str, act: Act, help_: str, has_id: bool = True) -> ArgumentParser:
        made: ArgumentParser = add_word(inner, name, act, help_, where)
        if has_id:
            made.add_argument("id", metavar="ID", help="a request's id")
        return made

    made = word("add", _add, "a person asks for something", has_id=False)
    made.add_argument("kind", choices=rights.KINDS, metavar="KIND", help=", ".join(rights.KINDS))
    made.add_argument("--subject", default="", metavar="PSEUDONYM", help="who asks, where that is known")
    made.add_argument("--reference", default="", metavar="ID", help="the number of the paper")
    made.add_argument("--with-processors", action="store_true", help="others have to act, too: 20 days")
    made.add_argument("--received", default="", metavar="TIME", help="when it came: 2026-01-31T08:00, local; now")
    made = word("list", _list, "those that are open, with their last days", has_id=False)
    made.add_argument("--all", action="store_true", help="those that are done or refused, too")
    made.add_argument("--overdue", action="store_true", help="only what is late")
    word("show", _show, "one request")
    word("answer", lambda asked: _step(asked, "answer"), "it is taken: who asks was told so")
    word("extend", lambda asked: _step(asked, "extend"), "15 days more, once")
    word("done", lambda asked: _step(asked, "done"), "what was asked for is done")
    made = word("refuse", lambda asked: _step(asked, "refuse", asked.ground), "refuse it, and say why")
    made.add_argument("ground", choices=rights.GROUNDS, metavar="GROUND", help=", ".join(rights.GROUNDS))
    word("subject", lambda asked: _opened(asked, "subject"), "what is known of who asks: their documents on stdin")
    word("forget", lambda asked: _opened(asked, "forget"), "let go of it, for a deletion: their documents on stdin")


def _add(asked: Namespace) -> None:
    form = {"kind": asked.kind, "subject": asked.subject, "reference": asked.reference}
    when = {"received_ms": instant_ms(asked.received)} if asked.received else {}
    with api(asked) as server:
        typed.show(server.ask("POST", REQUESTS, json={**form, "with_processors": asked.with_processors, **when}))


def _list(asked: Namespace) -> None:
    with api(asked) as server:
        typed.show(list(typed.pages(server, REQUESTS, "requests", all=asked.all, overdue=asked.overdue)))


def _show(asked: Namespace) -> None:
    with api(asked) as server:
        typed.show(server.get(_path(asked)))


def _step(asked: Namespace, step: str, ground: str = "") -> None:
    with api(asked) as server:
        seen = {"If-Match": f'"{server.get(_path(asked))["version"]}"'}
        typed.show(server.ask("POST", _path(asked), json={"step": step, "ground": ground}, headers=seen))


def _opened(asked: Namespace, what: str) -> None:
    with api(asked) as server:
        typed.show(server.ask("POST", f"{_path(asked)}/{what}", json={"documents": typed.documents()}))


def _path(asked: Namespace) -> str:
    return f"{REQUESTS}/{typed.part(asked.id)}"
