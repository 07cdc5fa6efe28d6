"""What is said of errors of `server/persons` and `server/holder`: code -> HTTP status, English, Vietnamese."""

SAID: dict[str, tuple[int, str, str]] = {
    "holder_away": (
        503,
        "The process that holds the keys does not answer. Nothing was kept; try again.",
        "Tiến trình giữ khóa không trả lời. Chưa có gì được lưu; hãy thử lại.",
    ),
    "holder_failed": (
        503,
        "The keys cannot be used now. Nothing was kept; try again.",
        "Hiện không dùng được khóa. Chưa có gì được lưu; hãy thử lại.",
    ),
    "class_unknown": (
        400,
        "There is no such class of data.",
        "Không có loại dữ liệu này.",
    ),
}
