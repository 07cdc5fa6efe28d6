"""Who may look at the place's own page: makes the line of a person for its password file, lists who stands in it."""

import getpass
import sys
from argparse import Namespace

from gateway.cli import texts
from gateway.cli.show import EXIT_NO, EXIT_OK, EXIT_WRONG, note, say
from gateway.config import Config
from gateway.panel import people

_TEXTS = {
    # key: (tiếng Việt, English)
    "ask": ("Mật khẩu cho {name}: ", "Password for {name}: "),
    "again": ("Nhập lại: ", "Again: "),
    "bad_name": (
        "tên gồm 1 đến 32 ký tự a-z 0-9 . _ - và bắt đầu bằng chữ hoặc số",
        "a name has 1 to 32 of a-z 0-9 . _ - and begins with a letter or a digit",
    ),
    "weak": (
        "mật khẩu phải dài từ {least} ký tự, không chứa tên người dùng",
        "a password has {least} characters or more, and the name is not in it",
    ),
    "differ": ("hai lần nhập không giống nhau", "the two are not the same"),
    "where": ("thêm dòng này vào tệp {file} (quyền 0600)", "add this line to the file {file} (mode 0600)"),
    "where_unset": (
        "thêm dòng này vào một tệp (quyền 0600) và ghi tên tệp vào cài đặt panel.password_file",
        "add this line to a file (mode 0600) and name it in the setting panel.password_file",
    ),
    "no_file": (
        "chưa có trang nào: cài đặt panel.password_file còn trống",
        "there is no page: the setting panel.password_file is empty",
    ),
}


def password(settings: Config, options: Namespace) -> int:
    """Standard output has the line and nothing else, so that `>> FILE` works."""
    name = people.name_of(options.name)
    if name is None:
        note(_text("bad_name"))
        return EXIT_WRONG
    typed = _ask(_text("ask", name=name))
    if not people.is_strong(name, typed):
        note(_text("weak", least=people.LEAST_CHARACTERS))
        return EXIT_WRONG
    if _ask(_text("again")) != typed:
        note(_text("differ"))
        return EXIT_WRONG
    say(f"{name} {people.hash_of(typed).line()}")
    file = settings.panel.password_file
    note(_text("where", file=settings.path(file)) if file else _text("where_unset"))
    return EXIT_OK


def show(settings: Config, _options: Namespace) -> int:
    """Who may log in, a line each; nothing of their passwords."""
    if not settings.panel.password_file:
        note(_text("no_file"))
        return EXIT_NO
    try:
        known = people.read(settings.path(settings.panel.password_file))
    except people.PeopleError as error:
        note(str(error))
        return EXIT_WRONG
    for name in known.names:
        say(name)
    return EXIT_OK


def _ask(question: str) -> str:
    """From the terminal; from standard input, a line each, where there is none."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline().rstrip("\r\n")


def _text(key: str, **values: object) -> str:
    return _TEXTS[key][texts.language() == "en"].format(**values)
