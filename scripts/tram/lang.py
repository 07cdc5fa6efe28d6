"""In which language `tram` speaks, and how a command keeps its words.

    SAY = Words({"done": ("Xong: {n} bo mạch", "Done: {n} boards")})
    SAY("done", n=3)

The language is `--lang`, else TRAM_LANG, else the system's; Vietnamese where that is neither.
`settle` comes before typer is imported: typer asks gettext for its own words at import.
"""

import gettext
import locale
import os
import re
from collections.abc import Mapping
from typing import Any

LANGS = ("vi", "en")
_TYPER = {  # what typer asks gettext for
    "Arguments": "Tham số",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Error": "Lỗi",
    "(deprecated) ": "(sẽ bỏ) ",
    "[default: {}]": "[mặc định: {}]",
    "[required]": "[bắt buộc]",
    "(dynamic)": "(tự tính)",
    "Missing command.": "Thiếu tên lệnh.",
    "No such command {name!r}.": "Không có lệnh {name!r}.",
}
_MISTAKES = (  # and what it says in English only
    (r"Got unexpected extra argument\(s\) \((.*)\)", r"Thừa tham số (\1)"),
    (r"Invalid value for (.*?): (.*)", r"Giá trị của \1 chưa đúng: \2"),
    (r"Invalid value: (.*)", r"Giá trị chưa đúng: \1"),
    (r"Missing argument (.*?)\.(.*)", r"Thiếu tham số \1.\2"),
    (r"Missing option (.*?)\.(.*)", r"Thiếu tùy chọn \1.\2"),
    (r"Missing parameter: (.*)", r"Thiếu tham số: \1"),
    (r"No such option: (\S+?)\.? ?(\(?Did you mean (.*?)\)?)", r"Không có tùy chọn \1. \2"),
    (r"No such option: (.*)", r"Không có tùy chọn \1"),
    (r"Option (.*) requires an argument\.", r"Tùy chọn \1 cần một giá trị."),
    (r"(.*) Did you mean (.*)\?", r"\1 Có phải là \2?"),
    (r"(.*): '(.*)' is not a valid (integer|float|int)( range)?\.", r"\1: '\2' không phải là số."),
    (r"(.*): '(.*)' is not one of (.*)\.", r"\1: '\2' không nằm trong \3."),
    (r"(.*): (?:File|Path|Directory|file|path|directory) (.*) does not exist\.", r"\1: không có \2."),
)

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


def mistake(text: str) -> str:
    """What typer says of a command line, in the language that is spoken."""
    if _lang == "vi":
        for english, vietnamese in _MISTAKES:
            text = re.sub(f"^{english}$", vietnamese, text, flags=re.DOTALL)
    return text


def translate(command: Any) -> Any:
    """A typer command and all below it, with the words of its help that typer has in English only. -> the command.

    Help is plain text: what rich draws around it costs a quarter of the start, and breaks on narrow terminals.
    """
    command.rich_markup_mode = None
    if _lang == "vi":
        _put_in_vietnamese(command)
    for one in getattr(command, "commands", {}).values():
        translate(one)
    return command


def _put_in_vietnamese(command: Any) -> None:
    help_option = command.get_help_option
    command.options_metavar = "[TÙY CHỌN]"
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = "LỆNH [THAM SỐ]..."

    def in_vietnamese(ctx: Any) -> Any:
        option = help_option(ctx)
        if option is not None:
            option.help = "In hướng dẫn này rồi thôi."
        return option

    def usage(ctx: Any, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix="Cách dùng: ")

    command.format_usage = usage
    command.get_help_option = in_vietnamese
    for param in command.params:
        param.help = {
            "install_completion": "Cài tự hoàn thành lệnh cho cửa sổ lệnh này.",
            "show_completion": "In phần tự hoàn thành lệnh, để chép hoặc sửa.",
        }.get(param.name, getattr(param, "help", None))


class Words:
    """A command's words: key -> (Vietnamese, English), with {names} to be filled in."""

    def __init__(self, words: Mapping[str, tuple[str, str]]) -> None:
        self.words = words

    def __call__(self, key: str, /, **facts: object) -> str:
        return pick(*self.words[key]).format(**facts)

    def __contains__(self, key: str) -> bool:
        return key in self.words
