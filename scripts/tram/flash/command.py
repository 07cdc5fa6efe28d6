"""`tram flash`: MicroPython, our firmware and an identity onto a board, checked, tested and labelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from scripts.tram import exits, out
from scripts.tram.flash.words import WORDS
from scripts.tram.lang import pick
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.flash.options import Outcome, Wish

_MOST_CODE_BYTES = 4096

app = typer.Typer(add_completion=False)


PortOption = Annotated[
    str | None, typer.Option(help=pick("Cổng, ví dụ /dev/ttyUSB0 hay COM5.", "The port: /dev/ttyUSB0, COM5."))
]
ReleaseOption = Annotated[Path | None, typer.Option(help=pick("Thư mục bản phát hành.", "The folder of the release."))]
BoardOption = Annotated[
    str | None,
    typer.Option(help=pick("Loại bo mạch, nếu chip chưa nói đủ.", "Which board, if the chip cannot tell.")),
]
CodeOption = Annotated[
    Path | None,
    typer.Option(
        allow_dash=True,
        help=pick("Tệp có mã cài đặt cho hộp; - là đầu vào chuẩn.", "A file with the box's set-up code; - is stdin."),
    ),
]
LabelDirOption = Annotated[
    Path | None, typer.Option(help=pick("Nơi ghi nhãn; mặc định: thư mục của tram.", "Where labels go."))
]
LabelSizeOption = Annotated[
    str, typer.Option(help=pick("Cỡ nhãn; xem: tram label --sizes.", "The label's size; see: tram label --sizes."))
]
BatchOption = Annotated[
    bool, typer.Option("--batch", help=pick("Nạp lần lượt từng bo mạch.", "One board after another."))
]
CsvOption = Annotated[
    Path, typer.Option(help=pick("Danh sách của --batch, ghi nối tiếp.", "The list of --batch, added to."))
]
CountOption = Annotated[
    int, typer.Option(min=0, help=pick("--batch dừng sau số bo mạch này.", "--batch ends after so many boards."))
]
VerifyOnlyOption = Annotated[
    bool,
    typer.Option("--verify-only", help=pick("Chỉ đọc lại và so sánh, không ghi.", "Only read back and compare.")),
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help=pick("Không hỏi khi ghi đè bo mạch.", "Write over what is on a board, unasked.")),
]
EraseScansOption = Annotated[
    bool,
    typer.Option("--erase-scans", help=pick("Xóa cả lượt quét còn trên bo mạch.", "Erase the scans on it, too.")),
]
NoStartOption = Annotated[
    bool,
    typer.Option("--no-start", help=pick("Chỉ ghi, không tự kiểm tra.", "Write only; no self-test.")),
]
NoReaderOption = Annotated[
    bool,
    typer.Option("--no-reader", help=pick("Chưa gắn đầu đọc.", "No reader is connected yet.")),
]
BaudOption = Annotated[int, typer.Option(min=9600, max=3_000_000, help=pick("Tốc độ ghi.", "Speed of writing."))]
ListOption = Annotated[
    bool, typer.Option("--list", help=pick("Chỉ xem có cổng nào, là gì.", "Only list ports, and what they are."))
]


@app.command(
    help=pick(
        "Nạp MicroPython và phần mềm hộp quét vào bo mạch, đọc lại để so sánh, tự kiểm tra, làm nhãn. Cáp bị rút giữa "
        "chừng: chạy lại đúng lệnh đó.",
        "Put MicroPython and the box's firmware onto a board, read it back, let it test itself, make its label. If the "
        "cable is pulled in the middle: give the same command again.",
    )
)
def flash(
    port: PortOption = None,
    release: ReleaseOption = None,
    board: BoardOption = None,
    code: CodeOption = None,
    label_dir: LabelDirOption = None,
    label_size: LabelSizeOption = "",
    batch: BatchOption = False,
    csv: CsvOption = Path("boxes.csv"),
    count: CountOption = 0,
    verify_only: VerifyOnlyOption = False,
    overwrite: OverwriteOption = False,
    erase_scans: EraseScansOption = False,
    no_start: NoStartOption = False,
    no_reader: NoReaderOption = False,
    baud: BaudOption = 460_800,
    list_: ListOption = False,
) -> None:
    if list_:
        _list()
        return
    if batch and (port or code or verify_only):
        raise Trouble("not_with_batch", exits.USAGE, WORDS)
    wish = _wish(release)
    wish.board, wish.baud, wish.overwrite, wish.erase_scans = board, baud, overwrite, erase_scans
    wish.only_verify, wish.start, wish.reader = verify_only, not no_start, not no_reader
    wish.code = _code(code)
    wish.labels, wish.label_size = None if no_start else _labels(label_dir), _label_size(label_size)
    if batch:
        _many(wish, csv, count)
    _one(wish, port)


def _many(wish: "Wish", csv: Path, count: int) -> NoReturn:
    from scripts.tram.flash import batch as batches
    from scripts.tram.flash.story import flash as flash_one

    tally = batches.run(wish, csv, count, flash_one)
    out.result({**tally.facts(), "csv": str(csv)}, tally.line(), WORDS("csv_kept", file=str(csv)))
    raise typer.Exit(exits.FOUND if tally.failed else exits.OK)


def _one(wish: "Wish", port: str | None) -> None:
    from scripts.tram.flash.story import flash as flash_one
    from scripts.tram.ports import BOARD_KINDS, choose

    chosen = choose(port, BOARD_KINDS)
    try:
        outcome = flash_one(chosen, wish)
    except KeyboardInterrupt:
        raise Trouble("stopped_midway", exits.CUT, WORDS, port=chosen.device) from None
    _end(outcome, wish, port)


def _end(outcome: "Outcome", wish: "Wish", port: str | None) -> None:
    if wish.only_verify:
        line = WORDS("verified", mac=outcome.chip_id, version=outcome.version)
    else:
        line = WORDS("done", box=outcome.box, board=outcome.board, version=outcome.version)
    if outcome.wrong:
        wrong = ", ".join(outcome.wrong)
        raise Trouble(
            "test_wrong", exits.FOUND, WORDS, box=outcome.box, wrong=wrong, port=port or "…", **_told(outcome)
        )
    out.result(outcome.facts(), line)


def _told(outcome: "Outcome") -> dict[str, object]:
    return {key: value for key, value in outcome.facts().items() if key not in ("box", "wrong")}


def _wish(folder: Path | None) -> "Wish":
    from scripts.tram.flash.journal import release_id
    from scripts.tram.flash.options import Wish
    from scripts.tram.release import found
    from scripts.tram.release.find import FACTS

    where, release = found(folder)
    return Wish(where, release, release_id((where / FACTS).read_bytes()))


def _code(file: Path | None) -> bytes:
    """The set-up code: a secret, and so never on the command line."""
    import sys

    from firmware.wire import provisioning

    if file is None:
        return b""
    if str(file) == "-":
        data = sys.stdin.buffer.read(_MOST_CODE_BYTES)
    else:
        with file.open("rb") as source:
            data = source.read(_MOST_CODE_BYTES)
    if not provisioning.looks_like(data.strip()):
        raise Trouble("no_code", exits.REFUSED, WORDS, file=str(file))
    return data.strip()


def _labels(folder: Path | None) -> Path:
    from scripts.tram.home import home

    return folder or home() / "labels"


def _label_size(name: str) -> str:
    from scripts.tram.label.sizes import SIZES

    if name and name not in SIZES:
        raise Trouble("label_size", exits.USAGE, WORDS, name=name, names=", ".join(SIZES))
    return name


def _list() -> None:
    from scripts.tram.ports import listed

    ports = listed()
    lines = [
        f"{port.device:<24} {WORDS(f'kind.{port.kind}'):<36} {port.ids:<10} {port.title}".rstrip() for port in ports
    ]
    facts = [{**port._asdict(), "ids": port.ids} for port in ports]
    out.result({"ports": facts}, *(lines or [WORDS("no_ports")]))
