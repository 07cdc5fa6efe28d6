"""`tram sim`: a reader, a box, a bare board or a whole place that are not there, to practise with."""

from typing import Annotated

import typer

from scripts.tram.lang import pick

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help=pick(
        "Đầu đọc, hộp, bo mạch, cả một địa điểm giả để tập: các lệnh tram khác tự tìm thấy chúng. Ctrl-C để dừng.",
        "A reader, a box, a board, a whole place, pretended: the other tram commands find them. Ctrl-C ends it.",
    ),
    epilog=pick(
        "Chương trình thật chạy trên bo mạch giả: phần mềm của hộp, MicroPython, trạm trung chuyển.",
        "What runs on them is real: the box's firmware, MicroPython, the gateway.",
    ),
)

Board = Annotated[
    str,
    typer.Option(
        help=pick(
            "Loại bo mạch: esp32, esp32s3, esp32c3, pico_w, pico2_w.", "esp32, esp32s3, esp32c3, pico_w, pico2_w."
        )
    ),
]


@app.command(help=pick("Một đầu đọc mã.", "A reader module."))
def reader(
    model: Annotated[
        str,
        typer.Option(
            help=pick(
                "Kiểu: gm65, gm861 (như mới: im lặng ở đây cho tới khi tram reader đánh thức), de2120 …",
                "gm65, gm861 (as new: silent here until tram reader wakes it), de2120 …",
            )
        ),
    ] = "gm65",
    baud: Annotated[int, typer.Option(help=pick("Tốc độ đang đặt; 0: như mới.", "Left at; 0: as new."))] = 0,
) -> None:
    from scripts.tram.sim import reader as readers

    readers.run(model, baud)


@app.command(help=pick("Một bo mạch trống, để tập tram flash.", "A bare board, for tram flash."))
def board(board: Board = "esp32s3") -> None:
    from scripts.tram.sim import boards

    boards.run(board, is_flashed=False)


@app.command(help=pick("Một hộp đã nạp phần mềm, chưa cài đặt.", "A box that is flashed and not set up yet."))
def box(board: Board = "esp32s3") -> None:
    from scripts.tram.sim import boards

    boards.run(board, is_flashed=True)


@app.command(
    help=pick(
        "Cả một địa điểm: trạm trung chuyển, Wi-Fi, một bo mạch trống; tập từ bo mạch đến lượt quét.",
        "A whole place: gateway, Wi-Fi, a bare board; from the board to the scan.",
    )
)
def place(board: Board = "esp32s3") -> None:
    from scripts.tram.sim import place as places

    places.run(board)
