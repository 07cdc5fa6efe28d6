"""The command line: which commands there are, and what every one of them has in common.

`main` takes --lang, --json and --yes out of the line before anything else is loaded. Each command is loaded when it is
asked for; `tram --help` loads none of them.
"""

import errno
import importlib
import os
import sys
from typing import Any

from scripts.tram import exits, lang, out
from scripts.tram.lang import Words, pick
from scripts.tram.trouble import Trouble

COMMANDS = {
    # name: (tiếng Việt, English), in the order in which a technician needs them
    "flash": ("Nạp phần mềm vào bo mạch mới", "Put our firmware onto a new board"),
    "provision": ("Làm mã cài đặt cho hộp, cổng, địa điểm", "Make set-up codes for a box, a gate, a place"),
    "doctor": ("Tìm xem hộp hỏng ở đâu và phải làm gì", "Find out what is wrong with a box, and what to do"),
    "reader": ("Nói chuyện với đầu đọc mã", "Talk to a reader module"),
    "box": ("Hộp ở địa điểm: xem, nhấp nháy, nhật ký, cập nhật", "Boxes at the place: list, blink, logs, updates"),
    "label": ("In nhãn dán hộp", "Print labels for boxes"),
    "poster": ("In áp phích ở cổng", "Print posters for gates"),
    "keys": ("Khóa của hệ thống: tạo, sao lưu, thay", "The fleet's key: make, back up, rotate"),
    "sim": ("Hộp và đầu đọc giả để tập", "A pretended box and reader, to practise with"),
}
WORDS = Words(
    {
        "usage": ("Lệnh chưa đúng: {text}", "This is no command: {text}"),
        "usage.next": ("Xem hướng dẫn: {command} --help", "Look it up: {command} --help"),
        "stopped": ("Đã dừng theo yêu cầu.", "Stopped, as asked."),
        "disk_full": ("Ổ đĩa đầy: không ghi được {file}.", "The disk is full: {file} could not be written."),
        "disk_full.next": ("Xóa bớt tệp rồi chạy lại lệnh.", "Make room, then run the command again."),
        "not_there": ("Không có tệp {file}.", "There is no file {file}."),
        "not_there.next": ("Kiểm tra lại đường dẫn.", "Check the path."),
        "not_allowed": ("Không có quyền với {file}.", "No permission for {file}."),
        "not_allowed.next": (
            "Kiểm tra quyền của tệp hoặc thư mục đó.",
            "Look at the permissions of that file or folder.",
        ),
        "not_a_file": (
            "{file} không phải là tệp (hoặc nằm trong thứ không phải thư mục).",
            "{file} is no file (or lies in what is no folder).",
        ),
        "not_a_file.next": ("Kiểm tra lại đường dẫn.", "Check the path."),
        "system.next": (
            "Thử lại; nếu vẫn vậy, gửi dòng trên cho đội kỹ thuật.",
            "Try again; if it stays so, send the line above to the technical team.",
        ),
        "system": ("Hệ điều hành từ chối: {text}", "The system refuses: {text}"),
        "fault": ("Lỗi của chính tram: {text}", "A mistake in tram itself: {text}"),
        "fault.next": (
            "Gửi tệp {file} cho đội kỹ thuật, kèm lệnh vừa chạy.",
            "Send {file} to the technical team, with the command that you gave.",
        ),
    }
)


_TYPER_STOPPED = 130  # what typer makes of Ctrl-C


def build() -> Any:
    """The typer command of it all. The language must be settled by now."""
    import typer
    from typer.core import TyperCommand, TyperGroup

    class Lazy(TyperGroup):
        """Lists every command without loading any; loads the one that is asked for."""

        def list_commands(self, ctx: Any) -> list[str]:
            return list(COMMANDS)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in COMMANDS:
                return None
            return TyperCommand(cmd_name, help=pick(*COMMANDS[cmd_name]))

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, found, rest = super().resolve_command(ctx, args)
            return (name, load(name), rest) if found is not None and name is not None else (name, found, rest)

    app = typer.Typer(
        cls=Lazy,
        name="tram",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
        help=pick(
            "Công cụ của kỹ thuật viên Trạm: từ bo mạch trần đến hộp quét treo tường, và khi hộp hỏng.",
            "The technicians' tool of Trạm: from a bare board to a box on the wall, and when it fails.",
        ),
        epilog=pick(
            "Mọi lệnh đều nhận: --lang vi|en, --json (cho máy đọc), --yes (không hỏi lại).",
            "Every command takes: --lang vi|en, --json (for programs), --yes (ask nothing).",
        ),
    )

    @app.callback()
    def tram() -> None:
        pass

    return lang.translate(typer.main.get_command(app))


def load(name: str) -> Any:
    """The typer command of one of COMMANDS, under that name."""
    import typer

    command = typer.main.get_command(importlib.import_module(f"scripts.tram.{name}.command").app)
    command.name = name
    return lang.translate(command)


def run(argv: list[str]) -> int:
    """Do what a command line says. -> the exit code."""
    try:
        argv = _language(out.setup(argv))
        code = build().main(args=argv, prog_name="tram", standalone_mode=False)
        if code == _TYPER_STOPPED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else exits.OK
    except Trouble as trouble:
        return out.failed(trouble)
    except KeyboardInterrupt:
        return out.failed(Trouble("stopped", exits.CUT, WORDS))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK
    except OSError as bad:
        return out.failed(_of_system(bad))
    except Exception as bad:
        return _end_of(bad)


def _language(argv: list[str]) -> list[str]:
    given, rest = "", []
    words = iter(argv)
    for word in words:
        if word == "--lang":
            given = next(words, "?")
        elif word.startswith("--lang="):
            given = word[7:]
        else:
            rest.append(word)
    lang.settle(given)
    if given and given not in lang.LANGS:
        raise Trouble("usage", exits.USAGE, WORDS, text=f"--lang {given}", command="tram")
    return rest


def _of_system(bad: OSError) -> Trouble:
    file = bad.filename or "?"
    if bad.errno in (errno.ENOSPC, errno.EDQUOT):
        return Trouble("disk_full", exits.NO_ROOM, WORDS, file=file)
    if isinstance(bad, FileNotFoundError):
        return Trouble("not_there", exits.REFUSED, WORDS, file=file)
    if isinstance(bad, (IsADirectoryError, NotADirectoryError)):
        return Trouble("not_a_file", exits.REFUSED, WORDS, file=file)
    if isinstance(bad, PermissionError):
        return Trouble("not_allowed", exits.NO_RIGHT, WORDS, file=file)
    return Trouble("system", exits.REFUSED, WORDS, text=str(bad))


def _end_of(bad: Exception) -> int:
    """typer's own ends, and mistakes of ours: those are kept in a file."""
    kinds = {kind.__name__ for kind in type(bad).__mro__}
    if "Exit" in kinds:
        return int(getattr(bad, "exit_code", exits.OK))
    if "Abort" in kinds:
        return out.failed(Trouble("stopped", exits.CUT, WORDS))
    if "NoArgsIsHelpError" in kinds:
        print(getattr(bad, "message", ""), file=sys.stderr)
        return exits.USAGE
    if "ClickException" in kinds:
        context = getattr(bad, "ctx", None)
        command = context.command_path if context else "tram"
        text = bad.format_message() if hasattr(bad, "format_message") else str(bad)
        return out.failed(Trouble("usage", exits.USAGE, WORDS, text=lang.mistake(text), command=command))
    return out.failed(Trouble("fault", exits.FAULT, WORDS, text=f"{type(bad).__name__}: {bad}", file=_kept(bad)))


def _kept(bad: Exception) -> str:
    import traceback

    from scripts.tram.home import home, write_whole

    file = home() / "fault.txt"
    write_whole(file, "".join(traceback.format_exception(bad)).encode(), 0o600)
    return str(file)


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
