"""Who may come in with a laptop: adds a technician and shows the access code, once; takes one out; lists them."""

import socket
from argparse import Namespace
from datetime import UTC, datetime

from gateway import certs
from gateway.admission import Admission
from gateway.cli import texts
from gateway.cli.show import EXIT_NO, EXIT_OK, EXIT_WRONG, note, say, say_json, table
from gateway.config import Config
from gateway.tech import access, technicians
from gateway.tech.technicians import TechniciansError

_TEXTS = {
    # key: (tiếng Việt, English)
    "no_panel": (
        "trạm chưa có trang của địa điểm, nên không ai vào được: đặt panel.password_file trước",
        "this gateway has no page, so nobody can come in: set panel.password_file first",
    ),
    "loopback": (
        "trang chỉ mở trên chính máy này: đặt panel.listen để máy tính khác vào được",
        "the page is open to this machine alone: set panel.listen to let laptops in",
    ),
    "once": (
        "mã truy cập của {name}, dùng được đến hết {ends}. Chỉ hiện một lần: chép vào máy tính bằng lệnh"
        " `tram box gateways add {host}`, đừng gửi qua Zalo hay thư",
        "{name}'s access code, good until the end of {ends}. It is shown once: give it to"
        " `tram box gateways add {host}` on the laptop, and send it to nobody",
    ),
    "name": (
        "tên gồm 1 đến 32 ký tự a-z 0-9 . _ - và bắt đầu bằng chữ hoặc số",
        "a name has 1 to 32 of a-z 0-9 . _ - and begins with a letter or a digit",
    ),
    "days": ("số ngày từ 1 đến {most}", "1 to {most} days"),
    "known": (
        "{name} đã có; muốn mã mới: technician remove {name}, rồi add lại",
        "{name} is in already; for another code: technician remove {name}, then add again",
    ),
    "many": ("đã có quá nhiều kỹ thuật viên; xóa bớt", "too many are in already; remove some"),
    "unknown": ("không có {name}", "{name} is not in"),
    "out": ("{name} không vào được nữa", "{name} is out"),
    "nobody": ("chưa có kỹ thuật viên nào", "no technician is in"),
    "clock": (
        "đồng hồ máy này ở năm {year}: chưa thể nói mã hết hạn ngày nào; đợi có giờ đúng",
        "this machine's clock is in the year {year}: nobody can say when the code would end; wait until it is right",
    ),
}
_FIRST_YEAR = 2026


def add(settings: Config, options: Namespace) -> int:
    """Standard output has the access code and nothing else."""
    if not settings.panel.password_file:
        note(_text("no_panel"))
        return EXIT_WRONG
    today = datetime.now(UTC).date()
    if today.year < _FIRST_YEAR:
        note(_text("clock", year=today.year))
        return EXIT_WRONG
    papers = certs.ensure(Admission(settings).certs_folder, settings.gateway_id)
    try:
        token, ends = technicians.add(settings.technicians_file, options.name, options.days, today)
    except TechniciansError as error:
        return _wrong(error, options.name)
    say(access.write(settings.gateway_id, papers.fingerprint, token))
    note(_text("once", name=options.name, ends=ends.isoformat(), host=_host()))
    if all(one.startswith("127.") or one == "::1" for one in settings.panel.listen):
        note(_text("loopback"))
    return EXIT_OK


def remove(settings: Config, options: Namespace) -> int:
    try:
        technicians.remove(settings.technicians_file, options.name)
    except TechniciansError as error:
        return EXIT_NO if _wrong(error, options.name) and error.code == "unknown" else EXIT_WRONG
    note(_text("out", name=options.name))
    return EXIT_OK


def show(settings: Config, options: Namespace) -> int:
    try:
        known = technicians.read(settings.technicians_file)
    except TechniciansError as error:
        return _wrong(error, "")
    today = datetime.now(UTC).date()
    if options.json:
        say_json([{"name": one.name, "ends": one.ends.isoformat(), "ended": one.ends < today} for one in known])
        return EXIT_OK
    if not known:
        note(_text("nobody"))
        return EXIT_NO
    table(["name", "ends", ""], [[one.name, one.ends.isoformat(), "-" if one.ends < today else "✓"] for one in known])
    return EXIT_OK


def _wrong(error: TechniciansError, name: str) -> int:
    known = error.code in _TEXTS
    note("gateway: " + (_text(error.code, name=name, most=technicians.MOST_DAYS) if known else str(error)))
    return EXIT_WRONG


def _host() -> str:
    return f"{socket.gethostname().partition('.')[0].lower()}.local"


def _text(key: str, **values: object) -> str:
    return _TEXTS[key][texts.language() == "en"].format(**values)
