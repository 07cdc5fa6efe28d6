"""`tram box`: boxes at the place, through their gateway or on a cable."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.tram.lang import pick

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=pick(
        "Hộp ở địa điểm: xem, nhấp nháy, nhật ký, cài đặt, cập nhật, xóa về ban đầu.",
        "Boxes at the place: list, blink, logs, settings, updates, factory reset.",
    ),
)
gateways = typer.Typer(
    no_args_is_help=True, help=pick("Các trạm mà máy này biết.", "The gateways that this computer knows.")
)
settings = typer.Typer(no_args_is_help=True, help=pick("Cài đặt của hộp.", "A box's settings."))
app.add_typer(gateways, name="gateways")
app.add_typer(settings, name="settings")

_PORT = pick("Cổng USB của hộp.", "The box's USB port.")
_GATEWAY = pick("Trạm nào, nếu biết nhiều trạm.", "Which gateway, where more than one is known.")
_BOX = pick("Tên hộp; bỏ trống nếu hộp đang cắm cáp.", "The box's name; none where it is on a cable.")
PortOption = Annotated[str | None, typer.Option("--port", help=_PORT)]
GatewayOption = Annotated[str | None, typer.Option("--gateway", help=_GATEWAY)]
BoxArgument = Annotated[str | None, typer.Argument(help=_BOX, metavar=pick("HỘP", "BOX"), show_default=False)]


@gateways.command("add", help=pick("Thêm một trạm bằng mã truy cập.", "Add a gateway with its access code."))
def add(
    address: Annotated[
        str | None,
        typer.Argument(
            help=pick("Tên hoặc địa chỉ; bỏ trống: tìm trên mạng.", "Its name or address; none: looked for."),
            show_default=False,
        ),
    ] = None,
) -> None:
    from scripts.tram.box import access

    access.add(address)


@gateways.command("list", help=pick("Các trạm đã biết.", "Those that are known."))
def list_gateways() -> None:
    from scripts.tram.box import access

    access.show()


@gateways.command("find", help=pick("Tìm trạm trên mạng này.", "Look for gateways on this network."))
def find(
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.5, max=60, help=pick("Tìm trong bao lâu.", "For how long."))
    ] = 3.0,
) -> None:
    from scripts.tram.box import access

    access.find(seconds)


@gateways.command("remove", help=pick("Quên một trạm.", "Forget one."))
def remove(
    name: Annotated[str, typer.Argument(metavar=pick("TRẠM", "GATEWAY"), help=pick("Tên trạm.", "Its id."))],
) -> None:
    from scripts.tram.box import access

    access.remove(name)


@app.command(
    "list", help=pick("Mọi hộp: của các trạm đã biết, và trên cáp.", "Every box: of known gateways, on cables.")
)
def list_boxes(
    gateway: GatewayOption = None,
    usb: Annotated[
        bool, typer.Option("--usb/--no-usb", help=pick("Cũng hỏi các cổng USB.", "Ask the USB ports too."))
    ] = True,
) -> int:
    from scripts.tram.box import listing

    return listing.show(gateway, usb)


@app.command(help=pick("Cho hộp nhấp nháy và kêu để nhận ra.", "Have a box blink and beep, to see which it is."))
def identify(
    box: BoxArgument = None,
    port: PortOption = None,
    gateway: GatewayOption = None,
    seconds: Annotated[int, typer.Option(min=1, max=110, help=pick("Bao lâu.", "For how long."))] = 10,
) -> None:
    from scripts.tram.box import telling

    telling.identify(box, port, gateway, seconds)


@app.command(help=pick("Nhật ký của hộp.", "A box's log."))
def logs(
    box: BoxArgument = None,
    port: PortOption = None,
    gateway: GatewayOption = None,
    lines: Annotated[int, typer.Option(min=1, max=2000, help=pick("Bao nhiêu dòng.", "How many lines."))] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help=pick("Theo dõi tiếp.", "Go on with what comes."))
    ] = False,
) -> None:
    from scripts.tram.box import telling

    telling.logs(box, port, gateway, lines, follow)


@settings.command("get", help=pick("Xem cài đặt; bí mật hiện là ***.", "Show them; secrets are ***."))
def get_settings(box: BoxArgument = None, port: PortOption = None, gateway: GatewayOption = None) -> int:
    from scripts.tram.box import wishing

    return wishing.show(box, port, gateway)


@settings.command(
    "set",
    help=pick(
        "Đổi cài đặt qua trạm: KHÓA=GIÁ-TRỊ …, một tệp JSON, hoặc - (đọc từ đầu vào).",
        "Change them through the gateway: KEY=VALUE …, a JSON file, or - for standard input.",
    ),
)
def set_settings(
    box: Annotated[str, typer.Argument(metavar=pick("HỘP", "BOX"), help=pick("Tên hộp.", "The box's name."))],
    given: Annotated[
        list[str],
        typer.Argument(
            metavar=pick("MỤC=GIÁ-TRỊ|TỆP", "KEY=VALUE|FILE"),
            help=pick(
                "Ví dụ face.sound=false; hoặc một tệp JSON; - là đọc từ bàn phím.",
                "face.sound=false, say; or a file of JSON; - reads what is typed.",
            ),
        ),
    ],
    gateway: GatewayOption = None,
) -> None:
    from scripts.tram.box import wishing

    wishing.change(box, given, gateway)


@app.command(help=pick("Cập nhật phần mềm từ một tệp.", "Update firmware from a file."))
def update(
    file: Annotated[
        Path, typer.Argument(metavar=pick("TỆP", "FILE"), help=pick("Tệp .tar hoặc thư mục.", "A .tar or a folder."))
    ],
    box: Annotated[
        list[str] | None,
        typer.Option("--box", help=pick("Cho hộp này; lặp lại được.", "For this box; again for more.")),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help=pick("Cho mọi hộp của trạm.", "For every box of the gateway."))
    ] = False,
    gateway: GatewayOption = None,
    watch: Annotated[
        int, typer.Option("--watch", min=0, max=3600, help=pick("Đợi hộp làm xong, giây.", "Wait until it is done, s."))
    ] = 0,
) -> int:
    from scripts.tram.box import updating

    return updating.update(file, box or [], every, gateway, watch)


@app.command(
    "follow-key",
    help=pick(
        "Đưa hộp sang khóa mới của hệ thống, bằng tệp mà tram keys rotate ghi ra.",
        "Bring boxes to the fleet's new key, with the file that tram keys rotate wrote.",
    ),
)
def follow_key(
    file: Annotated[
        Path, typer.Argument(metavar=pick("TỆP", "FILE"), help=pick("Tệp .succession.", "A .succession file."))
    ],
    box: Annotated[
        list[str] | None,
        typer.Option("--box", help=pick("Hộp này; lặp lại được.", "This box; again for more.")),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=pick("Mọi hộp của trạm.", "Every box of the gateway."))] = False,
    gateway: GatewayOption = None,
    watch: Annotated[
        int, typer.Option("--watch", min=0, max=3600, help=pick("Đợi trả lời, giây.", "Wait for answers, s."))
    ] = 60,
) -> int:
    from scripts.tram.box import following

    return following.follow(file, box or [], every, gateway, watch)


@app.command(
    help=pick(
        "Xóa hộp về ban đầu, qua cáp; lượt chưa gửi được cho xem và lưu lại trước.",
        "Make it a new box, over the cable; what is unsent is shown and saved first.",
    )
)
def reset(
    box: BoxArgument = None,
    port: PortOption = None,
    gateway: GatewayOption = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", help=pick("Tệp mã hóa cho lượt chưa gửi.", "The encrypted file for what is unsent.")),
    ] = None,
    lose: Annotated[
        bool, typer.Option("--lose", help=pick("Bỏ các lượt chưa gửi (mất hẳn).", "Give up what is unsent, for good."))
    ] = False,
) -> int:
    from scripts.tram.box import resetting

    return resetting.reset(port, box, gateway, save, lose)


@app.command(help=pick("Giao cho trạm các lượt đã lưu trong tệp.", "Hand a saved file of scans to the gateway."))
def deliver(
    file: Annotated[
        Path, typer.Argument(metavar=pick("TỆP", "FILE"), help=pick("Tệp .tramsafe.", "A .tramsafe file."))
    ],
    gateway: GatewayOption = None,
) -> int:
    from scripts.tram.box import resetting

    return resetting.deliver_file(file, gateway)
