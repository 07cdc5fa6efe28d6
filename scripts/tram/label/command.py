"""`tram label`: labels for boxes, on the common rolls and on A4."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.tram import exits, out
from scripts.tram.label.sizes import DEFAULT, SIZES, Size
from scripts.tram.label.words import WORDS
from scripts.tram.lang import pick
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.label.draw import Label

_MOST_BOARD, _MOST_DATE, _MOST_PLACE = 24, 24, 120

app = typer.Typer(add_completion=False)


@app.command(
    help=pick(
        "In nhãn dán hộp: mã hộp đọc được bằng mắt và bằng đầu đọc, loại bo mạch, ngày, địa điểm.",
        "Labels for boxes: the id to read and to scan, the board, the date, the place.",
    )
)
def label(
    box: Annotated[
        list[str] | None, typer.Argument(metavar=pick("MÃ-HỘP", "BOX"), help=pick("Mã của hộp.", "Ids of boxes."))
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            help=pick("Danh sách hộp, như `flash --batch` ghi.", "A list of boxes, as `flash --batch` has it.")
        ),
    ] = None,
    size: Annotated[str, typer.Option(help=pick("Cỡ nhãn; xem --sizes.", "The label's size; see --sizes."))] = DEFAULT,
    to: Annotated[
        Path, typer.Option("--out", help=pick("Ghi vào tệp .pdf hoặc .png này.", "Into this .pdf or .png."))
    ] = Path("label.pdf"),
    board: Annotated[str, typer.Option(help=pick("Loại bo mạch.", "Which board it is."))] = "",
    date: Annotated[str, typer.Option(help=pick("Ngày; mặc định: hôm nay.", "The date; default: today."))] = "",
    place: Annotated[str, typer.Option(help=pick("Nơi treo hộp.", "Where the box hangs."))] = "",
    skip: Annotated[
        int,
        typer.Option(min=0, max=500, help=pick("Số nhãn đã dùng trên tờ A4.", "Labels of the A4 sheet that are gone.")),
    ] = 0,
    sizes: Annotated[bool, typer.Option("--sizes", help=pick("Liệt kê các cỡ nhãn.", "List the sizes."))] = False,
) -> None:
    if sizes:
        facts = [
            {"name": one.name, "title": one.title, "width_mm": one.width, "height_mm": one.height}
            for one in all_sizes()
        ]
        out.result({"sizes": facts, "default": DEFAULT}, *(f"{one.name:<15} {one.title}" for one in all_sizes()))
        return
    chosen = _size(size)
    from scripts.tram.paper.saving import checked, saved

    checked(to)
    labels = _labels(box or [], csv, (board, date or _today(), place))
    from scripts.tram.label.draw import drawn

    files = [str(file) for file in saved(drawn(labels, chosen, skip), to, chosen.dpi or 600)]
    facts_of = {"labels": len(labels), "boxes": [one.box_id for one in labels], "size": chosen.name, "files": files}
    out.result(facts_of, WORDS("saved", n=len(labels), files=", ".join(files)), WORDS("print_so"))


def all_sizes() -> Sequence[Size]:
    """In the order in which they are listed."""
    return list(SIZES.values())


def _today() -> str:
    """Nothing, where this computer's clock cannot be right."""
    from scripts.provisioning import clock

    return "" if clock.judged() else datetime.date.today().isoformat()


def _size(name: str) -> Size:
    if name not in SIZES:
        raise Trouble("size_unknown", exits.USAGE, WORDS, text=name, names=", ".join(SIZES))
    return SIZES[name]


def _labels(boxes: Sequence[str], csv: Path | None, rest: tuple[str, str, str]) -> list["Label"]:
    from scripts.tram.label.draw import Label

    board, date, place = rest
    wanted = [(one, board, date, place) for one in boxes]
    if csv is not None:
        for row in _rows(csv):
            values = (row.get("board") or board, row.get("date") or date, row.get("place") or place)
            wanted.append((row["box"], *values))
    if not wanted:
        raise Trouble("no_box", exits.USAGE, WORDS)
    return [
        Label(_box_id(one), board[:_MOST_BOARD], date[:_MOST_DATE], place[:_MOST_PLACE])
        for one, board, date, place in wanted
    ]


def _rows(file: Path) -> list[dict[str, str]]:
    from scripts.tram.paper.rows import MOST_ROWS, BadList, rows_of

    try:
        return rows_of(file, "box", ("box_id",))
    except BadList as bad:
        why = WORDS(f"csv_{bad.code}", column=bad.column, most=MOST_ROWS)
        raise Trouble("csv_wrong", exits.REFUSED, WORDS, file=str(file), why=why) from None


def _box_id(text: str) -> str:
    from firmware.wire import fields
    from firmware.wire.errors import WireError

    try:
        return fields.box_id(text.encode())
    except WireError:
        raise Trouble("box_id_wrong", exits.REFUSED, WORDS, text=text[:60]) from None
