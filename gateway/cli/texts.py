"""What the command line says to people, in both languages; what other programs read is the same in each.

use(language)          # "vi" or "en"; once, at the start
text("broker_told")    # in that language; `text("n_boxes", n=3)` fills in
"""

from typing import Literal

Language = Literal["vi", "en"]

_TEXTS: dict[str, tuple[str, str]] = {
    # key: (tiếng Việt, English)
    "out": ("đã thu hồi", "out"),
    "out_already": ("đã bị thu hồi từ trước", "was out already"),
    "out_unknown": (" (trạm này chưa biết hộp đó)", " (it was not known here)"),
    "known_boxes": ("hộp trạm này biết: {boxes}", "boxes that are known here: {boxes}"),
    "broker_told": ("broker đã biết", "the broker knows"),
    "broker_silent": (
        "broker không chạy; lần khởi động sau nó sẽ biết",
        "no broker runs; the next one that is started will know",
    ),
    "status_stays": (
        "trạng thái cuối của hộp vẫn còn trên broker; hãy chạy lại lệnh này",
        "what the box said last is still at the broker; give this command again",
    ),
    "not_a_box": ("không phải mã hộp: {box}", "not a box id: {box}"),
    "never_heard": ("{box}: trạm chưa từng nghe thấy hộp này", "{box} was never heard of here"),
    "no_box": ("chưa từng nghe thấy hộp nào", "no box was ever heard of"),
    "no_firmware": ("chưa có phần mềm nào ở đây", "there is no firmware here"),
    "see_result": ("xem kết quả: python -m gateway result {id}", "see what came of it: python -m gateway result {id}"),
    "no_answer": (
        "không có trả lời, và không ai nhận ra đã hết giờ: trạm có đang chạy không?",
        "no answer, and nobody has noticed that the time is over: does the gateway run?",
    ),
    "not_a_command": ("không phải mã lệnh: {id}", "not the id of a command: {id}"),
    "not_answered": ("chưa có trả lời", "not answered yet"),
    "no_command": ("không có (hoặc không còn) lệnh này", "there is no such command (any more)"),
    "cert_in_use": ("đã dùng chứng chỉ mới", "another certificate is in use"),
    "cert_later": (
        "chứng chỉ mới sẽ được dùng khi broker khởi động lại",
        "another certificate is there for the broker's next start",
    ),
    "keep_ca": (
        "chứng chỉ: {file}; hãy giữ một bản sao ở nơi an toàn: python -m gateway ca export FILE",
        "certificate: {file}; keep a copy in a safe place: python -m gateway ca export FILE",
    ),
    "ca_settled": ("mọi hộp tin một CA duy nhất", "there is one authority, and no other is coming"),
    "ca_spreading": (
        "CA mới {mark} đang được báo cho các hộp; sẽ được dùng khi mọi hộp còn hoạt động đã tin nó",
        "the next authority {mark} is being made known; it is used when every box that is alive trusts it",
    ),
    "ca_closing": (
        "CA mới {mark} đang được dùng; các hộp đang được báo bỏ CA cũ",
        "the next authority {mark} is in use; boxes are told to trust the old one no longer",
    ),
    "ca_switched": (
        "đã chuyển sang CA mới; mã cài đặt mới phải mang dấu {fingerprint}",
        "the next authority is in use; new set-up codes name {fingerprint}",
    ),
    "ca_finished": ("CA cũ đã được bỏ", "the old authority is forgotten"),
    "ca_cancelled": ("đã bỏ CA sắp dùng", "the next authority is given up"),
    "ca_left": (
        "{n} hộp chưa tin CA mới, phải cài đặt lại tại chỗ nếu chuyển bây giờ: {boxes}",
        "{n} boxes do not trust the next authority; to switch now means to set them up again: {boxes}",
    ),
    "ca_kept": (
        "đã ghi; tệp này chứa khóa bí mật: cất nơi an toàn, không gửi qua mạng",
        "written; this file holds secret keys: keep it in a safe place, and send it to nobody",
    ),
    "ca_back": ("đã khôi phục CA", "the authority is back"),
    "bundle": (
        "đã ghi {file}: không có bí mật hay dữ liệu cá nhân; gửi cho điều hành",
        "written: {file}, without secrets and without personal data; send it to ops",
    ),
    "file_exists": ("{file} đã có sẵn; không ghi đè", "{file} is there already; it is not written over"),
    "none_aside": (
        "chưa có tin nào phải để riêng (hoặc trạm chưa từng chạy)",
        "nothing was ever set aside (or the gateway has not run yet)",
    ),
    "aside": ("để riêng: {n} ({reasons})", "set aside: {n} ({reasons})"),
    "aside_latest": ("chỉ hiện {n} tin mới nhất", "only the latest {n} are shown"),
    "adopted": (
        "bộ đệm này từ nay thuộc về máy này; đừng cắm thẻ cũ vào máy khác nữa",
        "this machine's buffer it is from now on; do not start the other one again",
    ),
}

_language: list[Language] = ["en"]


def use(language: Language) -> None:
    _language[0] = language


def language() -> Language:
    return _language[0]


def text(key: str, **values: object) -> str:
    """The text of that key; a key that is not there is a KeyError."""
    return _TEXTS[key][_language[0] == "en"].format(**values)


def language_of(environment_lang: str) -> Language:
    """From LANG: Vietnamese where it says so."""
    return "vi" if environment_lang.lower().startswith("vi") else "en"
