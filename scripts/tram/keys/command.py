"""`tram keys`: the fleet's key is made, looked at, backed up, taken back, changed, and signs on an offline laptop."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.tram.lang import pick

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help=pick(
        "Khóa của hệ thống: ai giữ nó quyết định hộp nhận mã cài đặt và phần mềm nào.",
        "The fleet's key: who holds it decides which set-up codes and firmware boxes take.",
    ),
)

KeyFile = Annotated[
    Path | None,
    typer.Argument(
        metavar=pick("KHÓA", "KEY"),
        help=pick("Tệp khóa; mặc định: fleet.pem trong thư mục của tram.", "The key; default: fleet.pem of tram."),
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help=pick(
            "Đọc mật khẩu từ dòng đầu của tệp này (“-”: đầu vào) thay vì hỏi.",
            "Take the passphrase from this file's first line (“-”: standard input) instead of asking.",
        )
    ),
]


@app.command(help=pick("Tạo khóa, một lần cho cả hệ thống.", "Make the key, once for the whole fleet."))
def make(
    key: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help=pick("Không đặt mật khẩu (hỏi lại).", "Without one (asks first)."))
    ] = False,
) -> None:
    from scripts.tram.keys.making import make_key

    make_key(key, passphrase_file, no_passphrase)


@app.command(help=pick("Xem khóa nào, và ghi phần công khai.", "Say which key it is, and write its public half."))
def show(
    key: KeyFile = None,
    public: Annotated[
        Path | None, typer.Option(help=pick("Ghi phần công khai vào tệp này.", "Write the public half into this."))
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.making import show_key

    show_key(key, public, passphrase_file)


@app.command(help=pick("Thử khóa và những gì đi cùng nó.", "Try the key, and what goes with it."))
def check(
    key: KeyFile = None,
    public: Annotated[
        Path | None, typer.Option(help=pick("Phần công khai cần so.", "The public half to compare."))
    ] = None,
    backup: Annotated[Path | None, typer.Option(help=pick("Bản sao lưu cần so.", "The backup to compare."))] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.making import check_key

    check_key(key, public, backup, passphrase_file)


@app.command(
    help=pick("Sao lưu: một tệp, và các tờ giấy mở được nó.", "Back it up: a file, and sheets of paper that open it.")
)
def backup(
    key: KeyFile = None,
    to: Annotated[Path, typer.Option("--out", help=pick("Thư mục mới để ghi vào.", "A new folder for it."))] = Path(
        "key-backup"
    ),
    need: Annotated[int, typer.Option(help=pick("Cần mấy tờ để mở.", "How many sheets open it."))] = 3,
    of: Annotated[int, typer.Option(help=pick("Tất cả mấy tờ.", "How many there are."))] = 5,
    passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.backing import back_up

    back_up(key, to, need, of, passphrase_file)


@app.command(help=pick("Lấy lại khóa từ bản sao lưu và các tờ giấy.", "Get the key back from a backup and sheets."))
def restore(
    saved: Annotated[
        Path,
        typer.Argument(
            metavar=pick("BẢN-SAO-LƯU", "BACKUP"),
            help=pick("fleet-backup.txt, hoặc ảnh của một tờ.", "fleet-backup.txt, or a picture of a sheet."),
        ),
    ],
    to: Annotated[Path | None, typer.Option("--out", help=pick("Ghi khóa vào tệp này.", "Where the key goes."))] = None,
    shares: Annotated[
        Path | None,
        typer.Option(
            help=pick("Các tờ, mỗi dòng một tờ (“-”: đầu vào).", "The sheets, one a line (“-”: standard input).")
        ),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help=pick("Chỉ thử, không ghi gì.", "Only try; write nothing."))
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.backing import restore_key

    restore_key(saved, to, shares, rehearse, passphrase_file)


@app.command(help=pick("Thay khóa: tạo khóa mới và nói việc cần làm.", "Change it: a new key, and what is to be done."))
def rotate(
    key: KeyFile = None,
    new: Annotated[
        Path | None, typer.Option("--new", help=pick("Tệp cho khóa mới.", "The file for the new key."))
    ] = None,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=3650, help=pick("Tệp chuyển khóa dùng được bao lâu.", "Boxes take it for.")),
    ] = 730,
    passphrase_file: PassphraseFile = None,
    new_passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.rotating import rotate_key

    rotate_key(key, new, days, passphrase_file, new_passphrase_file)


@app.command(
    help=pick(
        "Ký trên máy không nối mạng: tệp xin chữ ký vào, tệp chữ ký ra.",
        "Sign on a laptop without a network: a request goes in, signatures come out.",
    )
)
def sign(
    request: Annotated[
        Path, typer.Argument(metavar=pick("TỆP-XIN", "REQUEST"), help=pick("Tệp xin chữ ký.", "What is to be signed."))
    ],
    key: Annotated[Path | None, typer.Option(help=pick("Tệp khóa.", "The key."))] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--out", help=pick("Mặc định: cùng tên, đuôi .signed.", "Default: the same name, ending .signed.")
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    from scripts.tram.keys.signing import sign_request

    sign_request(request, key, to, passphrase_file)
