"""In which language `tram` speaks, and how a command keeps its words.

    SAY = Words({"done": ("Xong: {n} bo mạch", "Done: {n} boards")})
    SAY("done", n=3)

The language is `--lang`, else TRAM_LANG, else the system's; Vietnamese where that is neither.
`settle` comes before typer is imported: typer asks gettext for its own words at import.
"""

import gettext
import locale
import os
from collections.abc import Mapping

LANGS = ("vi", "en")
_TYPER = {
    "Usage: ": "Cách dùng: ",
    "Arguments": "Tham số",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Error": "Lỗi",
    "Aborted.": "Đã dừng.",
    "Aborted!": "Đã dừng!",
    "(deprecated) ": "(sẽ bỏ) ",
    "[default: {}]": "[mặc định: {}]",
    "default: {default}": "mặc định: {default}",
    "[required]": "[bắt buộc]",
    "required": "bắt buộc",
    "Show this message and exit.": "In hướng dẫn này.",
    "Try [blue]'{command_path} {help_option}'[/] for help.": "Xem hướng dẫn: [blue]{command_path} {help_option}[/]",
    "Missing command.": "Thiếu tên lệnh.",
    "No such command {name!r}.": "Không có lệnh {name!r}.",
    "Missing argument": "Thiếu tham số",
    "Missing option": "Thiếu tùy chọn",
    "Missing parameter": "Thiếu tham số",
    "No such option: {name}": "Không có tùy chọn {name}",
    "Invalid value: {message}": "Giá trị chưa đúng: {message}",
    "Invalid value for {param_hint}: {message}": "Giá trị của {param_hint} chưa đúng: {message}",
    "{value!r} is not a valid {number_type}.": "{value!r} không phải là {number_type}.",
    "Option {name!r} requires an argument.": "Tùy chọn {name!r} cần một giá trị.",
    "Got unexpected extra argument ({args})": "Thừa tham số ({args})",
    "Got unexpected extra arguments ({args})": "Thừa tham số ({args})",
    "{name} {filename!r} does not exist.": "{name} {filename!r} không có.",
    "File": "Tệp",
    "Directory": "Thư mục",
    "Path": "Đường dẫn",
}

_lang = "vi"


def settle(given: str = "") -> str:
    """Choose, once, at the start. -> "vi" or "en"."""
    global _lang
    wanted = [given, os.environ.get("TRAM_LANG", ""), *(os.environ.get(name, "") for name in ("LC_ALL", "LANG"))]
    if os.name == "nt":
        wanted.append(locale.getlocale()[0] or "")
    found = [word[:2].lower() for word in wanted]
    _lang = next((word for word in found if word in LANGS), "vi")
    if _lang == "vi":
        english = gettext.gettext
        gettext.gettext = lambda message: _TYPER.get(message) or english(message)
    return _lang


def lang() -> str:
    """ "vi" or "en"."""
    return _lang


def pick(vi: str, en: str) -> str:
    """The one of two that is spoken now: for `help=` and other single words."""
    return vi if _lang == "vi" else en


class Words:
    """A command's words: key -> (Vietnamese, English), with {names} to be filled in."""

    def __init__(self, words: Mapping[str, tuple[str, str]]) -> None:
        self.words = words

    def __call__(self, key: str, **facts: object) -> str:
        return pick(*self.words[key]).format(**facts)

    def __contains__(self, key: str) -> bool:
        return key in self.words
