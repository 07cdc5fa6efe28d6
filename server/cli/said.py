"""What a refusal is on the command line: a sentence in English with what exactly, and the sentence in Vietnamese.

1. The sentences of a code are those that the API says (`server.web.said`), and a few for what only happens here.
2. A code without sentences is told by its detail alone.
3. Where another process has the database the next step is named: stop it, or, where the word can, ask it.
"""

from server.cli.asking import SaidNo
from server.errors import TramError
from server.web.said import SAID

IN_USE = "store_in_use"
HERE: dict[str, tuple[str, str]] = {
    IN_USE: (
        "Another process works on this database: stop the server first.",
        "Cơ sở dữ liệu đang được một tiến trình khác sử dụng: hãy dừng máy chủ trước.",
    ),
    "no_answer": (
        "The server does not answer. Is it running, and is the address right?",
        "Máy chủ không trả lời. Máy chủ có đang chạy và địa chỉ có đúng không?",
    ),
    "ca": (
        "This file holds no certificate of an authority.",
        "Tệp này không chứa chứng chỉ của tổ chức cấp chứng chỉ.",
    ),
    "key_file": (
        "A file of a key or token cannot be used.",
        "Không dùng được tệp khóa hoặc tệp mã truy cập.",
    ),
    "settings": ("The settings are not right.", "Tệp cấu hình không đúng."),
    "not_done": ("It is not done yet.", "Việc này chưa xong."),
}
OR_ASK = (
    "Another process works on this database: stop the server first, or ask it with --url.",
    "Cơ sở dữ liệu đang được một tiến trình khác sử dụng: hãy dừng máy chủ trước, hoặc hỏi máy chủ bằng --url.",
)


def sentences(code: str, has_url: bool = False) -> tuple[str, str] | None:
    """(English, Vietnamese) of a code; None: there are none. `has_url`: the word can ask a running server."""
    if code == IN_USE and has_url:
        return OR_ASK
    if code in SAID:
        return SAID[code][1:]
    return HERE.get(code)


def lines(err: TramError, has_url: bool = False) -> str:
    """What stands on stderr."""
    found = sentences(err.code, has_url)
    if found is None:
        return f"server: {err if isinstance(err, SaidNo) else err.detail or err.code}"
    english, vietnamese = found
    return f"server: {english} ({err})\n{vietnamese}"
