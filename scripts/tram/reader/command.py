"""`tram reader`: a reader module, straight from the laptop."""

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.tram.lang import pick

if TYPE_CHECKING:
    from scripts.tram.reader.session import Target

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help=pick(
        "Nói chuyện thẳng với đầu đọc mã qua cổng nối tiếp: xem, đặt, sao lưu, đo.",
        "Talk to a reader module over a serial port: look, set, copy, measure.",
    ),
)

Port = Annotated[
    str | None, typer.Option("--port", "-p", help=pick("Cổng nối tiếp của đầu đọc.", "The reader's serial port."))
]
Baud = Annotated[
    int | None,
    typer.Option(
        "--baud", min=300, max=921600, help=pick("Tốc độ, nếu biết; nếu không thì dò.", "Its speed, if it is known.")
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help=pick(
            "Kiểu máy, nếu biết: gm65, gm60, gm861, de2120, m5qr, gm67.",
            "Its model, if it is known: gm65, gm60, gm861, de2120, m5qr, gm67.",
        ),
    ),
]
Wishes = Annotated[
    list[str],
    typer.Argument(
        metavar=pick("TÊN=GIÁ-TRỊ…", "NAME=VALUE…"),
        help=pick(
            "Cài đặt nào, đặt thành gì; tên có trong tram reader show.",
            "Which settings, and what to; their names are in tram reader show.",
        ),
    ),
]
CopyFile = Annotated[
    Path,
    typer.Argument(metavar=pick("TỆP", "FILE"), help=pick("Tệp bản sao (.toml).", "The file of the copy (.toml).")),
]


@app.command(help=pick("Đầu đọc nào, phiên bản nào, tốc độ nào.", "Which reader it is, which version, at which speed."))
def identify(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import looking

    return _run(looking.identify(_target(port, baud, model)))


@app.command(
    help=pick(
        "Mọi cài đặt bằng lời, và chỗ nào khác ý hộp.", "All its settings in words, and what the box wants otherwise."
    )
)
def show(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import looking

    return _run(looking.show(_target(port, baud, model)))


@app.command(help=pick("256 ô nhớ của đầu đọc họ GM65, dạng số.", "The 256 zones of a GM65's kin, as numbers."))
def zones(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import looking

    return _run(looking.zones(_target(port, baud, model)))


@app.command(
    "set",
    help=pick(
        "Đặt cài đặt theo tên (sound=off) hoặc theo ô (0013=94), rồi đọc lại.",
        "Set settings by name (sound=off) or by zone (0013=94), and read them back.",
    ),
)
def change(
    wishes: Wishes,
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
    save: Annotated[bool, typer.Option("--save", help=pick("Lưu luôn.", "Save at once."))] = False,
) -> int:
    from scripts.tram.reader import changing

    return _run(changing.change(_target(port, baud, model), wishes, save))


@app.command(
    help=pick(
        "Đặt đúng như hộp muốn, và lưu. Có thể đổi ý hộp: reading=sensing baud=keep.",
        "Set it as the box wants it, and save. The box's wishes can be changed: reading=sensing baud=keep.",
    )
)
def apply(
    wishes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=pick("TÊN=GIÁ-TRỊ…", "NAME=VALUE…"),
            help=pick("Chỗ nào muốn khác ý hộp.", "What is wanted otherwise than the box wants it."),
        ),
    ] = None,
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
) -> int:
    from scripts.tram.reader import changing

    return _run(changing.apply(_target(port, baud, model), wishes or []))


@app.command(help=pick("Lưu cài đặt đang dùng vào đầu đọc.", "Save what it is set to in the reader."))
def save(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import changing

    return _run(changing.save(_target(port, baud, model)))


@app.command(help=pick("Chép mọi ô của đầu đọc ra tệp.", "Copy all its zones into a file."))
def backup(
    file: CopyFile,
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
) -> int:
    from scripts.tram.reader import copies

    return _run(copies.backup(_target(port, baud, model), file))


@app.command(
    help=pick("Ghi bản sao trở lại, đọc lại từng ô, rồi lưu.", "Write a copy back, read each zone back, and save.")
)
def restore(
    file: CopyFile,
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
    edited: Annotated[
        bool, typer.Option("--edited", help=pick("Tôi đã tự sửa tệp này.", "I have edited this file myself."))
    ] = False,
) -> int:
    from scripts.tram.reader import copies

    return _run(copies.restore(_target(port, baud, model), file, edited))


@app.command(help=pick("Đưa về mặc định của hãng (hỏi trước).", "Set it back to its maker's defaults (asks first)."))
def defaults(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import changing

    return _run(changing.defaults(_target(port, baud, model)))


@app.command(help=pick("Ra lệnh đọc một mã.", "Tell it to read one code."))
def trigger(port: Port = None, baud: Baud = None, model: Model = None) -> int:
    from scripts.tram.reader import changing

    return _run(changing.trigger(_target(port, baud, model)))


@app.command(
    help=pick(
        "Đo: bao nhiêu mã mỗi giây, đọc sai bao nhiêu, cách nhau bao lâu.",
        "Measure: how many codes a second, how many misread, how far apart.",
    )
)
def measure(
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
    seconds: Annotated[
        float,
        typer.Option("--for", "--seconds", min=0.1, max=3600, help=pick("Đo bao nhiêu giây.", "For how many seconds.")),
    ] = 20,
    count: Annotated[
        int | None,
        typer.Option("--count", min=2, max=100000, help=pick("Dừng sau bấy nhiêu mã.", "Stop after so many codes.")),
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            help=pick("Nội dung của mã đang đưa; nếu không: mã gặp nhiều nhất.", "What the shown code says."),
        ),
    ] = None,
    free: Annotated[
        bool,
        typer.Option(
            "--free",
            help=pick(
                "Tạm bỏ các giới hạn của nó khi đo, xong trả lại.", "Without its own limits while it is measured."
            ),
        ),
    ] = False,
    wait: Annotated[
        float,
        typer.Option("--wait", min=0.1, max=600, help=pick("Chờ mã đầu tiên bao lâu.", "Wait for the first code.")),
    ] = 30,
) -> int:
    from scripts.tram.reader import measuring

    known = code.encode() if code is not None else None
    return _run(measuring.measure(_target(port, baud, model), seconds, count, known, free, wait))


@app.command(help=pick("Nghe các mã đọc được.", "Listen to the codes that it reads."))
def listen(
    port: Port = None,
    baud: Baud = None,
    model: Model = None,
    seconds: Annotated[
        float | None,
        typer.Option("--for", "--seconds", min=0.1, help=pick("Nghe bao nhiêu giây.", "For how many seconds.")),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help=pick("Dừng sau bấy nhiêu mã.", "Stop after so many codes."))
    ] = None,
    shown: Annotated[
        bool,
        typer.Option(
            "--show",
            help=pick("In cả nội dung (có thể là dữ liệu riêng tư).", "Print what they say: it may be private."),
        ),
    ] = False,
) -> int:
    from scripts.tram.reader import listening

    return _run(listening.listen(_target(port, baud, model), seconds, count, shown))


@app.command(
    help=pick(
        "Một tờ A4 cho đầu đọc: mã cài đặt đã được công bố, lệnh nối tiếp, mã để đo.",
        "A sheet of A4 for a reader: set-up codes that are public, serial commands, a code to measure with.",
    )
)
def sheet(
    model: Annotated[
        str,
        typer.Argument(
            metavar=pick("KIỂU-MÁY", "MODEL"),
            help=pick("Kiểu máy: gm65, gm60, gm861, de2120, m5qr.", "gm65, gm60, gm861, de2120 or m5qr."),
        ),
    ],
    to: Annotated[
        Path, typer.Option("--out", help=pick("Ghi vào tệp .pdf hoặc .png này.", "Into this .pdf or .png."))
    ] = Path("reader.pdf"),
) -> int:
    from scripts.tram.reader import sheet as sheets

    return sheets.sheet(model, to)


def _target(port: str | None, baud: int | None, model: str | None) -> "Target":
    from scripts.tram.reader.session import Target

    return Target(port, baud, model)


def _run(what: Coroutine[Any, Any, int]) -> int:
    import asyncio

    return asyncio.run(what)
