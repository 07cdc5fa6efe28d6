"""`python -m server approval WORD`: what two have to agree on, such as taking out who many contacts are.

1. It takes two users, each with their own token: so a running server is asked, and nothing works on a stopped store.
2. `ask` names the question by its case and its id; what is approved is that very answer (its hash), once, for whoever
   asked, until it ends. Its id goes into `trace export --approval ID`.
"""

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from server.cli import typed
from server.cli.asking import SaidNo, api, options

Add = Callable[..., Any]
Act = Callable[[Namespace], None]
APPROVALS = "/api/v1/approvals"
EXPORT = "export"
BEYOND = 1 << 31  # no contact has this number: nobody is looked at


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "what another person has to approve (of a running server)"
    inner = words.add_parser("approval", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()

    def word(name: str, act: Act, help_: str) -> ArgumentParser:
        made: ArgumentParser = add_word(inner, name, act, help_, where)
        return made

    made = word("ask", _ask, "ask that the identities of an answer may be exported")
    made.add_argument("case", metavar="CASE")
    made.add_argument("question", metavar="QUESTION")
    made.add_argument("--minutes", type=int, default=60, metavar="N", help="how long it is good (60, at most 1440)")
    made = word("list", _list, "approvals, with who asked and who judged")
    made.add_argument("--state", choices=("asked", "approved", "refused", "used"), help="only these")
    made = word("judge", _judge, "approve what another person asked for, or refuse it")
    made.add_argument("id", metavar="ID")
    is_yes = made.add_mutually_exclusive_group(required=True)
    is_yes.add_argument("--yes", dest="approve", action="store_true", default=argparse.SUPPRESS, help="approve")
    is_yes.add_argument("--no", dest="approve", action="store_false", default=argparse.SUPPRESS, help="refuse")


def _ask(asked: Namespace) -> None:
    case, question = typed.part(asked.case), typed.part(asked.question)
    with api(asked) as server:
        found = server.get(f"/api/v1/cases/{case}/questions/{question}", after=BEYOND, limit=1)
        if found["export_question"] is None:
            raise SaidNo("not_done", f"the question is {found['question']['state']}: there is nothing to approve")
        form = {
            "action": EXPORT,
            "question": found["export_question"],
            "about": f"case:{asked.case}",
            "people": found["question"]["contacts"] or 0,
            "within_s": asked.minutes * 60,
        }
        typed.show(server.ask("POST", APPROVALS, json=form))


def _list(asked: Namespace) -> None:
    with api(asked) as server:
        found = typed.pages(server, APPROVALS, "approvals")
        typed.show([one for one in found if asked.state in (None, one["state"])])


def _judge(asked: Namespace) -> None:
    with api(asked) as server:
        typed.show(server.ask("POST", f"{APPROVALS}/{typed.part(asked.id)}", json={"approve": asked.approve}))
