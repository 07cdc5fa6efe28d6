"""`tram provision`: set-up codes for a box, a gate, a whole place, and the attendants' control codes."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.tram.lang import pick

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help=pick(
        "Mã cài đặt: nói cho hộp biết nó thuộc trạm nào, cổng nào, Wi-Fi nào. Có chữ ký, có hạn, dùng một lần.",
        "Set-up codes: they tell a box its gateway, gate and Wi-Fi. Signed, good for a while, used once.",
    ),
)

Gateway = Annotated[
    str | None,
    typer.Option(help=pick("Trạm nào (tram box gateways list).", "Which gateway (tram box gateways list).")),
]
Host = Annotated[
    str | None, typer.Option(help=pick("Tên máy hoặc địa chỉ của trạm.", "The gateway's name or address."))
]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help=pick("Cổng MQTT (8883).", "Its MQTT port (8883)."))]
EnrolPort = Annotated[
    int | None, typer.Option(min=1, max=65535, help=pick("Cổng ghi danh (8884).", "Its enrolment port (8884)."))
]
Ca = Annotated[
    Path | None,
    typer.Option(help=pick("Chứng thư của trạm (ca.der), khi chưa làm quen trạm.", "Its ca.der, without a card.")),
]
Place = Annotated[str | None, typer.Option(help=pick("Địa điểm, ví dụ cho-moi.", "The place, say cho-moi."))]
Valid = Annotated[str, typer.Option(help=pick("Dùng được bao lâu: 30m, 12h, 7d.", "Good for: 30m, 12h, 7d."))]
Wifi = Annotated[
    bool,
    typer.Option("--wifi", help=pick("Lấy Wi-Fi mà máy này đang dùng (hỏi trước).", "This laptop's Wi-Fi (asks).")),
]
WifiAsk = Annotated[bool, typer.Option("--wifi-ask", help=pick("Gõ tên và mật khẩu Wi-Fi.", "Type the Wi-Fi in."))]
WifiFile = Annotated[
    Path | None,
    typer.Option(help=pick('Danh sách Wi-Fi: JSON [["tên", "mật khẩu"]].', 'Networks: JSON [["name", "password"]].')),
]
Key = Annotated[Path | None, typer.Option(help=pick("Khóa của hệ thống.", "The fleet's key."))]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help=pick("Mật khẩu của khóa: dòng đầu của tệp (“-”: đầu vào).", "The key's passphrase: a file, or -.")
    ),
]
Request = Annotated[
    Path | None,
    typer.Option(help=pick("Không ký: ghi tệp xin chữ ký.", "Do not sign: write a request for signatures.")),
]
FleetKey = Annotated[
    Path | None, typer.Option(help=pick("Phần công khai của khóa (fleet.key).", "The key's public half (fleet.key)."))
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help=pick("Ghi vào tệp .png, .svg, .pdf hoặc .txt.", "Into this .png, .svg, .pdf or .txt.")),
]


@app.command(help=pick("Một mã: lên màn hình, ra ảnh hoặc giấy.", "One code: on the screen, as a picture, on paper."))
def code(
    gate: Annotated[str, typer.Option(help=pick("Cổng, ví dụ cong-1.", "The gate, say cong-1."))],
    place: Place = None,
    direction: Annotated[str, typer.Option(help=pick("Chiều: in, out, both.", "in, out or both."))] = "in",
    box: Annotated[
        str | None,
        typer.Option(help=pick("Chỉ hộp này, kể cả khi đã cài đặt.", "Only this box, even if it has its place.")),
    ] = None,
    title: Annotated[str, typer.Option(help=pick("Chữ in trên tờ giấy.", "What stands on the paper."))] = "",
    gateway: Gateway = None,
    host: Host = None,
    port: Port = None,
    enrol_port: EnrolPort = None,
    ca: Ca = None,
    valid: Valid = "1d",
    wifi: Wifi = False,
    wifi_ask: WifiAsk = False,
    wifi_file: WifiFile = None,
    key: Key = None,
    passphrase_file: PassphraseFile = None,
    request: Request = None,
    fleet_key: FleetKey = None,
    to: Out = None,
) -> None:
    from scripts.tram.provision import drawing, networks, wishes
    from scripts.tram.provision.making import Signing, make

    drawing.checked(to)
    wishes.check_clock(key)
    seconds = wishes.span_s(valid)
    at = wishes.where(gateway, host, port, enrol_port, ca, place)
    one = wishes.wish(at, gate, place, direction, box, title)
    pairs = networks.chosen(wifi, wifi_ask, wifi_file)
    make(at, [one], pairs, seconds, Signing(key, passphrase_file, request, fleet_key), to)


@app.command(
    help=pick(
        "Nhiều mã từ một danh sách CSV (gate, place, direction, box, count, title), mỗi mã một trang.",
        "Many codes from a CSV list (gate, place, direction, box, count, title), a page each.",
    )
)
def sheet(
    rows: Annotated[Path, typer.Argument(metavar=pick("DANH-SÁCH", "LIST"), help=pick("Tệp CSV.", "A CSV file."))],
    place: Place = None,
    gateway: Gateway = None,
    host: Host = None,
    port: Port = None,
    enrol_port: EnrolPort = None,
    ca: Ca = None,
    valid: Valid = "7d",
    wifi: Wifi = False,
    wifi_ask: WifiAsk = False,
    wifi_file: WifiFile = None,
    key: Key = None,
    passphrase_file: PassphraseFile = None,
    request: Request = None,
    fleet_key: FleetKey = None,
    to: Out = Path("setup-codes.pdf"),
) -> None:
    from scripts.tram.provision import drawing, networks, wishes
    from scripts.tram.provision.making import Signing, listed, make

    drawing.checked(to)
    wishes.check_clock(key)
    seconds = wishes.span_s(valid)
    at = wishes.where(gateway, host, port, enrol_port, ca, place)
    wanted = listed(at, rows)
    pairs = networks.chosen(wifi, wifi_ask, wifi_file)
    make(at, wanted, pairs, seconds, Signing(key, passphrase_file, request, fleet_key), to)


@app.command(
    help=pick("Ghép chữ ký từ máy giữ khóa vào mã đã xin.", "Join signatures from the key's laptop to what was asked.")
)
def finish(
    request: Annotated[
        Path, typer.Argument(metavar=pick("TỆP-XIN", "REQUEST"), help=pick("Tệp đã xin.", "What was asked."))
    ],
    signed: Annotated[
        Path, typer.Argument(metavar=pick("CHỮ-KÝ", "SIGNED"), help=pick("Tệp chữ ký.", "The signatures."))
    ],
    fleet_key: FleetKey = None,
    to: Out = None,
) -> None:
    from scripts.tram.provision import drawing, making, wishes

    drawing.checked(to)
    wishes.check_clock()
    making.finish(request, signed, fleet_key, to)


@app.command(
    help=pick("Một mã cài đặt nói gì, còn dùng được không.", "What a set-up code says, and if it is still good.")
)
def read(
    source: Annotated[
        Path,
        typer.Argument(
            metavar=pick("TỆP", "FILE"), help=pick("Chữ hoặc ảnh của mã (“-”: đầu vào).", "Its text or picture (or -).")
        ),
    ],
    fleet_key: FleetKey = None,
) -> None:
    from scripts.tram.provision import reading

    reading.read(source, fleet_key)


@app.command(
    help=pick(
        "Thẻ của người trực: đổi chiều đếm một lúc.", "The attendant's card: turns a gate's direction for a while."
    )
)
def control(
    verb: Annotated[
        str,
        typer.Argument(
            metavar="in|out|default", help=pick("Vào, ra, hay như đã đặt.", "In, out, or back to what is set.")
        ),
    ],
    key: Annotated[
        Path, typer.Option("--control-key", help=pick("Tệp khóa điều khiển.", "The file with the control key."))
    ],
    new_key: Annotated[bool, typer.Option("--new-key", help=pick("Tạo khóa đó.", "Make that key."))] = False,
    to: Out = None,
) -> None:
    from scripts.tram.provision import reading

    reading.make_control(verb, key, new_key, to)
