"""`python -m server trace WORD`: cases and questions, of a running server or on a stopped server's store.

1. With `--url` and `--token-file` it asks a running server; with `--config FILE` it works on the store of one that is
   stopped. What is answered is JSON on stdout, an export a file. How sure contacts are, and what that means, is said on
   stderr besides.
2. The documents of a person are read from stdin, a line each: `citizen 001099000001`. They are never on the command
   line: others see that.
3. Whatever is asked is in the record of looks: as the token's user, or as `cli:` and the name that the system has for
   who typed it. On a stopped store an export has pseudonyms only: identities need a second person, and a server.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec
from rich.console import Console

from server import app, logs
from server.cli.asking import Api, SaidNo, api, options
from server.cli.place import actor
from server.cli.settings import settings
from server.errors import Refused, Unusable
from server.places.forms import instant_ms
from server.store.shelf import Shelf
from server.tracing import classes
from server.tracing.kept import DONE, WORKING
from server.tracing.types import DAY_MS
from server.web import trace_export
from server.web.trace_documents import DocumentForm
from server.web.trace_export import Taken
from server.web.trace_forms import QuestionForm, case_view, facts, question_view, rule_set_view, wanted
from server.web.trace_work import LONGEST_S, Tracer, Work

Add = Callable[..., Any]
T = TypeVar("T")
CASES = "/api/v1/cases"
PAGE = 500
LOOK_S = 10
CASE: tuple[str, dict[str, Any]] = ("case", {"metavar": "CASE", "help": "a case's id"})


class Here(NamedTuple):
    """A stopped server's store, and whoever works on it."""

    shelf: Shelf
    work: Work
    who: Tracer

    async def record(self, action: str, *about: str) -> None:
        """In the record of looks, before anything is told."""
        await self.shelf.access.record(self.who.id, action, about, {})


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "cases, and who met whom"
    inner = words.add_parser("trace", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()

    def word(name: str, act: Callable[[Namespace], int | None], help_: str) -> ArgumentParser:
        made: ArgumentParser = add_word(inner, name, act, help_, with_config, where)
        return made

    made = word("open", _open, "open a case")
    made.add_argument("title", metavar="TITLE")
    made.add_argument("--basis", required=True, metavar="TEXT", help="the legal basis")
    made.add_argument("--area", default="", metavar="CODE", help="default: everywhere")
    made.add_argument("--days", type=int, default=30, metavar="N", help="how long it is open (30)")
    word("cases", _cases, "every case")
    word("close", _close, "close a case; the contacts of its answers are destroyed").add_argument(CASE[0], **CASE[1])
    made = word("ask", _ask, "ask for contacts: documents on stdin, or a place and its window")
    made.add_argument(CASE[0], **CASE[1])
    made.add_argument("--place", default="", metavar="PLACE")
    made.add_argument("--gate", default="", metavar="GATE")
    made.add_argument("--zone", default="", metavar="ZONE")
    made.add_argument("--from", default="", dest="since", metavar="TIME", help="2026-01-31T08:00, local time")
    made.add_argument("--to", default="", dest="until", metavar="TIME")
    made.add_argument("--degree", type=int, default=1, choices=(1, 2))
    made.add_argument("--rules", type=int, metavar="VERSION", help="default: in force at the instant of each contact")
    made = word("export", _export, "an answer as a sheet: FILE ends with .csv or .xlsx")
    made.add_argument(CASE[0], **CASE[1])
    made.add_argument("question", metavar="QUESTION")
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--identities", action="store_true", help="with who the contacts are (running server only)")
    made.add_argument("--approval", default="", metavar="ID", help="a second person's approval, for many identities")
    word("rules", _rules, "every version of the rule set")


def _open(asked: Namespace) -> None:
    ends_ms = app.utc_ms() + asked.days * DAY_MS
    form = {"title": asked.title, "legal_basis": asked.basis, "area": asked.area, "ends_ms": ends_ms}
    if _is_remote(asked):
        with api(asked) as server:
            _show(server.ask("POST", CASES, json=form))
        return

    async def work(here: Here) -> Any:
        case = await here.work.open_case(here.who, asked.title, asked.basis, asked.area, ends_ms)
        await here.record("case_opened", f"case:{case.id}")
        return case_view(case, app.utc_ms())

    _show(_on_the_store(asked, work))


def _cases(asked: Namespace) -> None:
    if _is_remote(asked):
        with api(asked) as server:
            _show(list(_pages(server, CASES, "cases")))
        return

    async def work(here: Here) -> Any:
        found, after = [], ""
        while True:
            page, next_ = await here.work.cases(here.who, after, PAGE)
            found += [case_view(one, app.utc_ms()) for one in page]
            if next_ is None:
                return found
            after = next_

    _show(_on_the_store(asked, work))


def _close(asked: Namespace) -> None:
    if _is_remote(asked):
        with api(asked) as server:
            version = server.get(f"{CASES}/{asked.case}")["version"]
            _show(server.ask("POST", f"{CASES}/{asked.case}/close", headers={"If-Match": f'"{version}"'}))
        return

    async def work(here: Here) -> Any:
        before = await here.work.case(here.who, asked.case)
        case = await here.shelf.tracing.close_case(asked.case, before.version, here.who.id)
        await here.record("case_closed", f"case:{case.id}")
        return case_view(case, app.utc_ms())

    _show(_on_the_store(asked, work))


def _ask(asked: Namespace) -> int:
    form = QuestionForm(
        [] if asked.place else _documents(sys.stdin.read()),
        asked.place,
        asked.gate,
        asked.zone,
        instant_ms(asked.since) if asked.since else None,
        instant_ms(asked.until) if asked.until else None,
        asked.degree,
        asked.rules,
    )
    found = (
        _asked_there(asked, form) if _is_remote(asked) else _on_the_store(asked, lambda here: _asked(here, asked, form))
    )
    _show(found)
    for note in found["notes"]:
        print(f"{note['vi']}\n{note['en']}", file=sys.stderr)
    for one in classes.told(found if found["by_certainty"] else None):
        print(f"{one.code} ({one.vi}): {one.lines[0]}\n  {one.lines[1]}", file=sys.stderr)
    return 0 if found["state"] == DONE else 1


def _asked_there(asked: Namespace, form: QuestionForm) -> Any:
    with api(asked) as server, Console(stderr=True).status("looking …") as status:
        question = server.ask("POST", f"{CASES}/{asked.case}/questions", json=msgspec.to_builtins(form))
        while question["state"] == WORKING:
            found = server.get(f"{CASES}/{asked.case}/questions/{question['id']}", limit=1, wait_s=LOOK_S)
            question = found["question"]
            status.update(f"looking … {found['looked_at']:,} stays")
    return question


async def _asked(here: Here, asked: Namespace, form: QuestionForm) -> Any:
    made = await here.work.ask(here.who, asked.case, wanted(form))
    person = made.body["person"]
    await here.record("trace_asked", f"case:{asked.case}", f"question:{made.id}", *([person] if person else []))
    with Console(stderr=True).status("looking …"):
        await here.work.wait(made.id, LONGEST_S)
    return msgspec.to_builtins(question_view(await here.shelf.tracing.question(made.id)))


def _export(asked: Namespace) -> None:
    form = asked.file.suffix.lower().removeprefix(".")
    if form not in ("csv", "xlsx"):
        raise Refused("field", "FILE ends with .csv or .xlsx")
    if _is_remote(asked):
        _fetch(asked, form)
        return
    if asked.identities:
        raise Refused("approval_needed", "identities are taken out of a running server only")
    _on_the_store(asked, lambda here: _exported(here, asked, form))


def _fetch(asked: Namespace, form: str) -> None:
    path = f"{CASES}/{asked.case}/questions/{asked.question}/export.{form}"
    params = {"identities": asked.identities, "approval": asked.approval}
    with api(asked) as server, _fresh(asked.file) as file:
        try:
            with server.stream(path, **params) as answer:
                if not answer.is_success:
                    said = json.loads(answer.read() or b"{}")
                    raise SaidNo(str(said.get("code", answer.status_code)), str(said.get("detail", "")))
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        except httpx.HTTPError as err:
            raise Unusable("no_answer", str(err) or type(err).__name__) from err


async def _exported(here: Here, asked: Namespace, form: str) -> None:
    _, question = await here.work.answered(here.who, asked.case, asked.question)
    await here.record("trace_exported", f"case:{asked.case}", f"question:{asked.question}")
    taken = Taken(question.id, facts(question), (question.summary or {}).get("holes", []), False)
    write = trace_export.as_csv if form == "csv" else trace_export.as_xlsx
    with _fresh(asked.file) as file:
        async for chunk in write(here.shelf.tracing, here.work, taken):
            file.write(chunk)


def _rules(asked: Namespace) -> None:
    if _is_remote(asked):
        with api(asked) as server:
            _show(server.get("/api/v1/rule-sets")["rule_sets"])
        return

    async def work(here: Here) -> Any:
        return [rule_set_view(one) for one in await here.shelf.tracing.rule_sets()]

    _show(_on_the_store(asked, work))


def _on_the_store(asked: Namespace, work: Callable[[Here], Awaitable[T]]) -> T:
    config = settings(asked)
    logs.set_up("warning", config.log.form)  # stdout is for the answer
    shelf = Shelf(app.place_of(config), app.utc_ms, config.store.busy_timeout_ms)
    shelf.access.vault, shelf.access.node = app.read_vault(config), "cli"
    shelf.start(False)

    async def run() -> T:
        holder = app.make_holder(config, app.read_keys(config))
        here = Here(shelf, Work(shelf.tracing, holder, app.utc_ms), Tracer(actor()))
        try:
            return await work(here)
        finally:
            await here.work.close()
            await holder.close()

    try:
        return asyncio.run(run())
    finally:
        shelf.close()


def _documents(text: str) -> list[DocumentForm]:
    found = []
    for line in text.splitlines():
        type_, _, value = line.strip().partition(" ")
        if type_:
            found.append(DocumentForm(type_, value.strip()))
    return found


@contextmanager
def _fresh(path: Path) -> Iterator[Any]:
    """A new file of its owner's alone; half of one is taken away. Raises `Unusable`: `file`."""
    try:
        path.touch(0o600, exist_ok=False)
        file = path.open("wb")
    except OSError as err:
        raise Unusable("file", f"{path}: {err.strerror}") from err
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _pages(server: Api, path: str, key: str) -> Iterator[Any]:
    after: str | None = ""
    while after is not None:
        found = server.get(path, after=after, limit=PAGE)
        yield from found[key]
        after = found["next"]


def _is_remote(asked: Namespace) -> bool:
    return bool(getattr(asked, "url", None))


def _show(found: Any) -> None:
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))
