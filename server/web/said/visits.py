"""What is said of errors of `server/visits`: code -> HTTP status, English, Vietnamese."""

SAID: dict[str, tuple[int, str, str]] = {
    "range_order": (
        400,
        "The time asked for ends before it begins.",
        "Khoảng thời gian yêu cầu kết thúc trước khi bắt đầu.",
    ),
    "range_long": (
        400,
        "The time asked for is too long for one answer.",
        "Khoảng thời gian yêu cầu quá dài cho một lần trả lời.",
    ),
    "cursor": (
        400,
        "This is not where a page ended.",
        "Đây không phải là vị trí kết thúc của một trang.",
    ),
    "other_area": (
        403,
        "This place does not lie in the area of the case.",
        "Địa điểm này không thuộc địa bàn của vụ việc.",
    ),
}
