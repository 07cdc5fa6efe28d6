"""What is said of errors that are no one room's: code -> HTTP status, English, Vietnamese.

A code of the wire (SPEC §10) says what is wrong with what was sent: 400.
"""

_FORM = "What was sent is not in its form."
_FORM_VI = "Dữ liệu gửi lên sai định dạng."

SAID: dict[str, tuple[int, str, str]] = {
    # who is there
    "no_token": (401, "Log in, or send a token.", "Hãy đăng nhập hoặc gửi kèm mã truy cập."),
    "wrong_token": (401, "Nobody has this token.", "Mã truy cập không đúng."),
    "no_certificate": (401, "This gateway has to show its certificate.", "Trạm trung chuyển này phải trình chứng chỉ."),
    "other_certificate": (
        403,
        "The certificate names another gateway than the token does.",
        "Chứng chỉ không phải của trạm trung chuyển giữ mã truy cập này.",
    ),
    "gateway_mismatch": (
        403,
        "The batch names another gateway than the token does.",
        "Lô dữ liệu không phải của trạm trung chuyển giữ mã truy cập này.",
    ),
    "other_site": (403, "A change has to come from our own page.", "Thay đổi phải được gửi từ chính trang này."),
    # what is asked
    "not_found": (404, "There is no such thing.", "Không tìm thấy."),
    "method": (405, "This cannot be done here.", "Không thực hiện được thao tác này ở đây."),
    "request": (400, "The question is not in its form.", "Yêu cầu sai định dạng."),
    "field": (400, "A field is not in its form.", "Có trường dữ liệu sai định dạng."),
    "range": (416, "This part of the file is not there.", "Phần tệp được yêu cầu không tồn tại."),
    "changed_meanwhile": (
        412,
        "Somebody has changed this meanwhile. Load it again, then change it.",
        "Mục này vừa được người khác sửa. Hãy tải lại rồi sửa tiếp.",
    ),
    "if_match_needed": (
        428,
        "Say which version you are changing (If-Match).",
        "Cần cho biết đang sửa phiên bản nào (If-Match).",
    ),
    # bodies
    "body_timeout": (408, "What was sent did not come in time.", "Dữ liệu gửi lên quá chậm."),
    "batch_too_large": (413, "What was sent is too large.", "Dữ liệu gửi lên quá lớn."),
    "too_long": (413, "What was sent is too long.", "Dữ liệu gửi lên quá dài."),
    "content_type": (415, "This kind of content is not taken.", "Không nhận loại nội dung này."),
    "encoding": (415, "This content encoding is not known.", "Không hỗ trợ kiểu nén này."),
    "encoding_broken": (400, "What was packed cannot be unpacked.", "Không giải nén được dữ liệu."),
    "crc": (400, "A checksum does not match.", "Sai mã kiểm tra."),
    "header": (400, _FORM, _FORM_VI),
    "length": (400, _FORM, _FORM_VI),
    "topic": (400, _FORM, _FORM_VI),
    "word": (400, _FORM, _FORM_VI),
    "json": (400, "This is not the JSON that is expected.", "Nội dung JSON không đúng."),
    "version": (400, "This version is not known.", "Phiên bản không được hỗ trợ."),
    # the fleet
    "bundle": (400, "The bundle of firmware is not whole.", "Gói phần mềm không nguyên vẹn."),
    "manifest": (400, "The bundle's manifest is not in its form.", "Bản kê của gói phần mềm sai định dạng."),
    "signature": (400, "The bundle is not signed by the fleet's key.", "Gói phần mềm không có chữ ký hợp lệ."),
    "no_private_key": (
        400,
        "Nobody could open what is sealed to this key: the server has not its private half.",
        "Máy chủ không có nửa riêng của khóa này nên không ai mở được dữ liệu đã niêm phong.",
    ),
    "box_not_assigned": (409, "This box is not of this gateway.", "Hộp quét không thuộc trạm trung chuyển này."),
    "box_fixed": (
        409,
        "The settings of the server give this box to a gateway; it cannot be changed here.",
        "Hộp quét đã được gán trong cấu hình máy chủ, không đổi được ở đây.",
    ),
    "command_taken": (409, "A command with this id was given already.", "Lệnh có mã này đã được gửi."),
    "version_taken": (
        409,
        "This version is there already, with other content.",
        "Phiên bản này đã có với nội dung khác.",
    ),
    "too_many": (409, "There are as many as there may be.", "Đã đạt số lượng tối đa."),
    # for the moment
    "too_many_readers": (
        503,
        "Too many pages look at once. Try again soon.",
        "Quá nhiều trang đang xem. Hãy thử lại sau.",
    ),
    "too_often": (429, "Too often. Wait a little, then try again.", "Yêu cầu quá dày. Hãy chờ một lát rồi thử lại."),
    "store_busy": (
        503,
        "The database is busy. Nothing was kept; try again.",
        "Cơ sở dữ liệu đang bận, chưa lưu gì. Hãy thử lại.",
    ),
    "store_full": (503, "The disk is full. Nothing was kept.", "Đĩa đã đầy, chưa lưu gì."),
    "store_failed": (
        503,
        "The database cannot be used now. Nothing was kept.",
        "Chưa dùng được cơ sở dữ liệu, chưa lưu gì.",
    ),
    "store_damaged": (503, "The database is damaged. Nothing was kept.", "Cơ sở dữ liệu bị hỏng, chưa lưu gì."),
    "holder_keys": (
        503,
        "Keys of days that are kept are missing: put the holder's folder back.",
        "Thiếu khóa của những ngày còn lưu: hãy khôi phục thư mục khóa.",
    ),
    "internal": (500, "A mistake of ours. It is in the log.", "Lỗi của hệ thống, đã được ghi nhật ký."),
}
