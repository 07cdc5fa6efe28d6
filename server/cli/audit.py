"""`python -m server audit WORD`: the record of looks: whether it is whole, what is in it, who looked at whom.

1. On a stopped server's store (or on PostgreSQL beside the server) with --config; of a running one with --url, page by
   page. Each page that is read there is a line of the record itself.
2. `verify` names every line that is changed, removed, forged or out of its place, and exits with 1. What was cut off at
   the end is seen with `--head NO:HASH` (from the log line `audit_head`, or an export); `--file` checks an export.
3. `who-looked` says on stderr since when it can tell (`told_since_ms`), where pseudonyms were changed.
4. `export` writes a line of JSON for each entry, first one with the head and the public key: with it anybody can check.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import app
from server.access import working_days
from server.access.chain import BEGINNING, Checker, Entry, Fault, Head, Told, is_subject
from server.access.vault import Keys
from server.cli.asking import Api, api, options
from server.cli.settings import settings
from server.cli.typed import actor
from server.cli.user import on_the_store
from server.errors import Refused, Unusable
from server.store.access_shelf import AccessShelf
from server.web.access_views import entry_view

Add = Callable[..., Any]
PAGE = 500
CHECKED_AT_ONCE = 2000
NOT_WHOLE = 1


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "the record of every look: whether it is whole, what is in it"
    inner = words.add_parser("audit", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    made = add_word(inner, "verify", _verify, "check every line, or those of an export", with_config, options())
    made.add_argument("--head", action="append", default=[], metavar="NO:HASH", help="a head that was known")
    made.add_argument("--after", type=int, default=0, metavar="NO", help="only what comes after this line")
    made.add_argument("--file", type=Path, metavar="FILE", help="an export, instead of the store")
    made.add_argument("--key", action="append", default=[], metavar="HEX", help="another public key to believe")
    made = add_word(inner, "show", _show, "lines of the record, in their order", with_config, options())
    made.add_argument("--after", type=int, default=0, metavar="NO")
    made.add_argument("--limit", type=int, default=100, metavar="N")
    made.add_argument("--actor", metavar="ID")
    made.add_argument("--action", metavar="WORD")
    what = "all of it, a line of JSON each, for keeping elsewhere"
    made = add_word(inner, "export", _export, what, with_config, options())
    made.add_argument("file", type=Path, metavar="FILE")
    made = add_word(inner, "who-looked", _looks, "who looked at a person, for telling them", with_config, options())
    made.add_argument("subject", nargs="+", metavar="PSEUDONYM", help="each that the person had")


def _verify(asked: Namespace) -> int | None:
    heads = [_head(text) for text in asked.head]
    keys = [_key(text) for text in asked.key]
    if asked.file is not None:
        return _said(*_verify_file(asked.file, keys, heads))
    if getattr(asked, "url", None):
        return _said(*_verify_there(asked, keys, heads))
    config = settings(asked)
    vault = app.read_vault(config)
    with _bar() as progress:

        async def work(access: AccessShelf) -> tuple[Head, list[Fault]]:
            checker = Checker(Keys(vault.public_key, *keys), await access.head_at(asked.after), heads)
            bar = progress.add_task("checking", total=await access.entries_left(asked.after))
            faults: list[Fault] = []
            while True:
                lines, found = await access.check(checker, CHECKED_AT_ONCE)
                faults += found
                progress.advance(bar, lines)
                if not lines:
                    return checker.head, [*faults, *checker.end()]

        head, faults = on_the_store(config, work)
    return _said(head, faults)


def _verify_there(asked: Namespace, keys: list[bytes], heads: list[Head]) -> tuple[Head, list[Fault]]:
    with api(asked) as server, _bar() as progress:
        last = server.get("/api/v1/audit/head")
        known = Head(last["no"], bytes.fromhex(last["hash"]))
        before = list(_entries_there(server, asked.after - 1, asked.after)) if asked.after else []
        begin = Head(asked.after, before[0].hash) if before else BEGINNING
        believed = Keys(*(keys or [bytes.fromhex(last["public_key"])]))
        checker = Checker(believed, begin, [known, *heads])
        lines = _entries_there(server, begin.no, known.no)
        bar = progress.add_task("checking", total=known.no - begin.no)
        faults = list(checker.feed(progress.track(lines, task_id=bar)))
    return checker.head, [*faults, *checker.end()]


def _entries_there(server: Api, after: int, until: int) -> Iterator[Entry]:
    """Those of a running server: `after` < number <= `until`. What has come since is left out."""
    while after < until:
        page = server.get("/api/v1/audit", after=after, limit=min(PAGE, until - after))["entries"]
        if not page:
            return
        yield from (_entry(one) for one in page if one["no"] <= until)
        after = page[-1]["no"]


def _verify_file(path: Path, keys: list[bytes], heads: list[Head]) -> tuple[Head, list[Fault]]:
    try:
        with path.open("rb") as lines:
            first = msgspec.json.decode(lines.readline())
            head = Head(int(first["no"]), bytes.fromhex(first["hash"]))
            believed = keys or [bytes.fromhex(first["public_key"])]
            checker = Checker(Keys(*believed), heads=[head, *heads])
            faults = list(checker.feed(_entry(msgspec.json.decode(line)) for line in lines))
    except (OSError, ValueError, KeyError, TypeError, msgspec.DecodeError) as err:
        raise Unusable("audit", f"{path}: not an export of the record ({type(err).__name__})") from err
    return checker.head, [*faults, *checker.end()]


def _show(asked: Namespace) -> None:
    if getattr(asked, "url", None):
        asks = {"after": asked.after, "limit": asked.limit, "actor": asked.actor, "action": asked.action}
        with api(asked) as server:
            found = server.get("/api/v1/audit", **{name: value for name, value in asks.items() if value is not None})
        _print(found["entries"])
        return

    async def work(access: AccessShelf) -> list[Entry]:
        found = await access.entries(asked.after, asked.limit, asked.actor, asked.action)
        await access.record(actor(), "audit_read", [], {"after": asked.after, "lines": len(found)})
        return found

    _print([_view(one) for one in on_the_store(settings(asked), work)])


def _looks(asked: Namespace) -> None:
    if not all(is_subject(one) for one in asked.subject):
        raise Refused("field", "a subject is a pseudonym or an id (u-…, case:…, place:…), never a name or a number")
    if getattr(asked, "url", None):
        found: list[Any] = []
        after: int | None = 0
        page: dict[str, Any] = {}
        with api(asked) as server:
            while after is not None:
                page = server.get("/api/v1/audit/looks", subject=asked.subject, after=after, limit=PAGE)
                found, after = found + page["entries"], page["next"]
        _since(page["told_since_ms"])
        _print(found)
        return

    async def work(access: AccessShelf) -> list[Entry]:
        _since(await access.told_since_ms())
        made: list[Entry] = []
        while page := await access.looks(asked.subject, made[-1].no if made else 0, PAGE):
            made += page
        await access.record(actor(), "looks_read", asked.subject, {"lines": len(made)})
        return made

    _print([_view(one) for one in on_the_store(settings(asked), work)])


def _since(since_ms: int | None) -> None:
    """Since when looks can be told by the pseudonyms of now."""
    if since_ms is not None:
        at = working_days.local_text(since_ms)
        print(
            f"server: told_since_ms {since_ms}: pseudonyms were changed at {at}; looks before cannot be told by them.\n"
            f"Bí danh đã đổi lúc {at}; những lần xem trước đó không cho biết được theo bí danh.",
            file=sys.stderr,
        )


def _export(asked: Namespace) -> None:
    if getattr(asked, "url", None):
        with api(asked) as server:
            facts = server.get("/api/v1/audit/head")
            with _fresh(asked.file) as out:
                out.write(msgspec.json.encode(facts) + b"\n")
                out.writelines(_lines(_entries_there(server, 0, facts["no"])))
        _print({"file": str(asked.file), "lines": facts["no"]})
        return
    config = settings(asked)
    with _bar() as progress:

        async def work(access: AccessShelf) -> int:
            await access.record(*Told(actor(), "audit_exported"))
            head, vault, after = await access.head(), access.vault, 0
            bar = progress.add_task("exporting", total=head.no)
            with _fresh(asked.file) as out:
                signature = vault.sign(head.hash).hex()
                facts = {"no": head.no, "hash": head.hash.hex(), "key": vault.key_id, "signature": signature}
                out.write(msgspec.json.encode({**facts, "public_key": vault.public_key.hex()}) + b"\n")
                while page := await access.entries(after, CHECKED_AT_ONCE, None, None):
                    out.writelines(_lines(page))
                    after = page[-1].no
                    progress.advance(bar, len(page))
            return after

        lines = on_the_store(config, work)
    _print({"file": str(asked.file), "lines": lines})


def _lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    return (msgspec.json.encode(entry_view(one)) + b"\n" for one in entries)


@contextmanager
def _fresh(path: Path) -> Iterator[Any]:
    """A new file; half of one is taken away. Raises `Unusable`: `audit`."""
    try:
        out = path.open("xb")
    except OSError as err:
        raise Unusable("audit", f"{path}: {err.strerror}") from err
    try:
        with out:
            yield out
    except OSError as err:
        path.unlink(missing_ok=True)
        raise Unusable("audit", f"{path}: {err.strerror}") from err
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _entry(said: dict[str, Any]) -> Entry:
    found = {name: said[name] for name in Entry._fields}
    found |= {name: bytes.fromhex(said[name]) for name in ("prev", "hash", "signature")}
    found["subjects"] = " ".join(said["subjects"])
    found["detail"] = msgspec.json.encode(said["detail"], order="sorted")
    return Entry(**found)


def _said(head: Head, faults: list[Fault]) -> int | None:
    found = [fault._asdict() for fault in faults[:1000]]
    _print({"lines": head.no, "head": head.hash.hex(), "is_whole": not faults, "faults": found})
    return NOT_WHOLE if faults else None


def _head(text: str) -> Head:
    no, _, digits = text.partition(":")
    try:
        return Head(int(no), bytes.fromhex(digits))
    except ValueError as err:
        raise Unusable("audit", "--head is NO:HASH") from err


def _key(text: str) -> bytes:
    try:
        made = bytes.fromhex(text)
    except ValueError:
        made = b""
    if len(made) != 32:
        raise Unusable("audit", "--key is 64 hexadecimal digits")
    return made


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)


def _view(entry: Entry) -> Any:
    return json.loads(msgspec.json.encode(entry_view(entry)))


def _print(found: object) -> None:
    print(json.dumps(found, ensure_ascii=False, indent=2))
