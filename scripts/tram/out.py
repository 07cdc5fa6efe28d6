"""What `tram` prints: for people, or with --json for programs.

With --json standard output has one JSON object a line: `{"event": …}` while something goes on, and at the end exactly
one `{"ok": true, …}` or `{"ok": false, "error": {"code", "message", "next", …}}`. For people, results go to standard
output, and progress, questions and troubles to standard error.
"""

import codecs
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scripts.tram import exits
from scripts.tram.lang import Words
from scripts.tram.trouble import Trouble

WORDS = Words(
    {
        "needs_yes": ("Cần xác nhận: {question}", "This has to be confirmed: {question}"),
        "needs_yes.next": ("Chạy lại với --yes nếu chắc chắn.", "Run it again with --yes if you are sure."),
        "next": ("Việc cần làm: {text}", "What to do: {text}"),
        "yes_no": (" [c/K] ", " [y/N] "),
    }
)

is_json = False
is_sure = False
"""--yes: every question is answered with yes."""


_WIDE = 60
_READABLE = "tram-readable"
_SIGNS = {"✓": "+", "✗": "x", "→": "->", "…": "...", "“": '"', "”": '"', "·": "-", "–": "-", "≠": "!=", "±": "+-"}


def _readable(bad: UnicodeError) -> tuple[str, int]:
    """What a terminal without UTF-8 gets: Vietnamese without its marks, and the signs in other letters."""
    if not isinstance(bad, UnicodeEncodeError):
        raise bad
    text = (
        "".join(_SIGNS.get(sign, sign) for sign in bad.object[bad.start : bad.end]).replace("đ", "d").replace("Đ", "D")
    )
    return "".join(
        sign if sign.isascii() else "" if unicodedata.combining(sign) else "?"
        for sign in unicodedata.normalize("NFD", text)
    ), bad.end


codecs.register_error(_READABLE, _readable)


def setup(argv: list[str]) -> list[str]:
    """Take `--json` and `--yes` out of the command line, wherever they stand before a `--`. -> the rest."""
    global is_json, is_sure
    end = argv.index("--") if "--" in argv else len(argv)
    is_json = "--json" in argv[:end]
    is_sure = "--yes" in argv[:end]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_READABLE)
            if os.name == "nt":
                stream.reconfigure(encoding="utf-8")
    return [word for word in argv[:end] if word not in ("--json", "--yes")] + argv[end:]


def result(facts: dict[str, object], *lines: str) -> None:
    """The end of a command that worked: `facts` for programs, `lines` for people."""
    if is_json:
        _object({"ok": True, **facts})
    else:
        for line in lines:
            print(line)


def event(name: str, line: str = "", /, **facts: object) -> None:
    """Something has happened on the way: for programs an object, for people the line, if there is one."""
    if is_json:
        _object({"event": name, **facts})
    elif line:
        print(line, file=sys.stderr, flush=True)


def failed(trouble: Trouble) -> int:
    """Print what went wrong. -> the exit code."""
    if is_json:
        error = {"code": trouble.code, "message": trouble.sentence, "next": trouble.next, **trouble.facts}
        _object({"ok": False, "error": error})
    else:
        print(f"tram: {trouble.sentence}", file=sys.stderr)
        if trouble.next:
            print(WORDS("next", text=trouble.next), file=sys.stderr)
    return trouble.exit_code


def confirm(question: str) -> bool:
    """Ask a person; No is what Enter means. Raises Trouble where there is nobody to ask and no --yes."""
    if is_sure:
        return True
    if is_json or not sys.stdin.isatty():
        raise Trouble("needs_yes", exits.USAGE, WORDS, question=question)
    print(question + WORDS("yes_no"), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "c", "có", "co")


Bar = Callable[[int, int], None]
"""A step's progress: so much done, of so much, in whatever unit."""


@contextmanager
def step(name: str, title: str) -> Iterator[Bar]:
    """A step that takes a while: a bar on a terminal, a line elsewhere, events with --json."""
    if is_json:
        _object({"event": "step", "step": name, "done": 0, "of": 1})
        yield _telling(name)
    elif not sys.stderr.isatty():
        print(f"{title} …", file=sys.stderr, flush=True)
        yield lambda done, of: None
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), TaskProgressColumn())
        if console.width >= _WIDE:
            columns = (columns[0], BarColumn(), columns[1], TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, of: progress.update(task, completed=done, total=of)


def _telling(name: str) -> Bar:
    told = [-1]

    def tell(done: int, of: int) -> None:
        percent = 100 * done // of if of else 100
        if percent != told[0]:
            told[0] = percent
            _object({"event": "step", "step": name, "done": done, "of": of})

    return tell


def _is_plain() -> bool:
    encoding = getattr(sys.stdout, "encoding", None)
    return encoding is not None and not encoding.lower().startswith("utf")


def _object(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts, ensure_ascii=_is_plain(), default=str) + "\n")  # at once: threads may tell too
    sys.stdout.flush()
