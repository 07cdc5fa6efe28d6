"""What is said of errors of `server/tracing`: code -> HTTP status, English, Vietnamese."""

SAID: dict[str, tuple[int, str, str]] = {
    "case_needed": (
        403,
        "Tracing needs an open case: open one, and ask under it.",
        "Truy vết phải thuộc một vụ việc đang mở: hãy mở vụ việc rồi hỏi trong đó.",
    ),
    "case_closed": (
        409,
        "This case is closed, or its time is over.",
        "Vụ việc này đã đóng hoặc đã hết hạn.",
    ),
    "no_such_case": (404, "There is no such case.", "Không có vụ việc này."),
    "case_end": (
        400,
        "A case ends in the future, within a year.",
        "Hạn của vụ việc phải ở tương lai và không quá một năm.",
    ),
    "no_such_question": (404, "There is no such question in this case.", "Không có câu hỏi này trong vụ việc."),
    "no_such_contact": (404, "Nobody in this answer has this code.", "Không có người mang mã này trong kết quả."),
    "not_answered": (409, "This question has no answer yet.", "Câu hỏi này chưa có kết quả."),
    "no_such_rule_set": (404, "There is no such version of the rule set.", "Không có phiên bản quy tắc này."),
    "rule_field": (
        400,
        "A parameter of the rule set is not known, or not within its limits.",
        "Tham số của bộ quy tắc không đúng hoặc vượt giới hạn.",
    ),
    "rule_since": (
        400,
        "A rule set cannot be in force since before 2020, or from later than a year ahead.",
        "Bộ quy tắc không thể có hiệu lực từ trước năm 2020 hoặc sau hơn một năm nữa.",
    ),
    "window_order": (400, "The window ends before it begins.", "Khoảng thời gian kết thúc trước khi bắt đầu."),
    "window_future": (
        400,
        "The window lies in the future.",
        "Khoảng thời gian nằm ở tương lai.",
    ),
    "window_long": (
        400,
        "The window is longer than the rule set looks back.",
        "Khoảng thời gian dài hơn số ngày mà bộ quy tắc cho phép truy ngược.",
    ),
    "window_needed": (
        400,
        "A question about a place needs the beginning of its window.",
        "Câu hỏi về địa điểm phải có thời điểm bắt đầu.",
    ),
    "degree": (400, "The degree is 1 or 2.", "Bậc tiếp xúc là 1 hoặc 2."),
    "ask_for": (
        400,
        "Ask for a person's documents, or for a place: one of the two.",
        "Hỏi theo giấy tờ của một người, hoặc theo một địa điểm: chỉ một trong hai.",
    ),
    "zone_unknown": (409, "This place has no such zone.", "Địa điểm này không có khu đó."),
    "pseudonym_gone": (
        409,
        "This answer was made before the keys were changed, or what was kept of this person is destroyed: ask again.",
        "Kết quả này có từ trước khi đổi khóa, hoặc dữ liệu về người này đã hủy: hãy hỏi lại.",
    ),
    "documents_differ": (
        409,
        "These documents are of different persons.",
        "Các giấy tờ này là của những người khác nhau.",
    ),
    "document_form": (
        400,
        "A document is not in its form; which one, and what is expected, is said beside this.",
        "Một giấy tờ không đúng dạng; giấy tờ nào và dạng đúng được ghi kèm theo.",
    ),
    "too_many_questions": (
        429,
        "Too many questions are being worked on. Ask again soon.",
        "Đang có quá nhiều câu hỏi được xử lý. Hãy hỏi lại sau ít phút.",
    ),
    "too_long_a_question": (
        503,
        "Looking took too long. Ask for less.",
        "Truy vết mất quá nhiều thời gian. Hãy hỏi hẹp hơn.",
    ),
    "ended": (
        503,
        "The server stopped while it looked. Ask again.",
        "Máy chủ đã dừng khi đang truy vết. Hãy hỏi lại.",
    ),
}
