"""What is said of errors of `server/access`: code -> HTTP status, English, Vietnamese."""

SAID: dict[str, tuple[int, str, str]] = {
    # who asks
    "token_expired": (401, "This token has ended.", "Mã truy cập này đã hết hạn."),
    "wrong_password": (
        401,
        "The name, the password or the code is wrong.",
        "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng.",
    ),
    "locked": (
        429,
        "Too many log-ins failed. Wait, then try again.",
        "Đăng nhập sai quá nhiều lần. Hãy chờ rồi thử lại.",
    ),
    "too_many_logins": (
        503,
        "Too many people log in at once. Try again soon.",
        "Quá nhiều người đang đăng nhập cùng lúc. Hãy thử lại sau ít phút.",
    ),
    "forbidden_role": (403, "Your role does not allow this.", "Vai trò của bạn không được làm việc này."),
    "forbidden_area": (
        403,
        "This place or area is not among those that you may see.",
        "Địa điểm hoặc khu vực này không thuộc phạm vi bạn được xem.",
    ),
    "totp_needed": (
        403,
        "This needs the six digits of your authenticator app.",
        "Việc này cần mã sáu chữ số từ ứng dụng xác thực của bạn.",
    ),
    "totp_set": (
        409,
        "A second factor is set up already.",
        "Tài khoản này đã thiết lập xác thực hai bước.",
    ),
    "totp_wrong": (
        400,
        "This code is not right. Type the six digits that the app shows now.",
        "Mã xác thực không đúng. Hãy gõ sáu chữ số ứng dụng đang hiện.",
    ),
    "totp_other": (
        409,
        "It was begun anew somewhere else. Please begin once more.",
        "Việc thiết lập đã được bắt đầu lại ở nơi khác. Hãy bắt đầu lại.",
    ),
    "password_change_needed": (
        403,
        "Change your password first: others know it.",
        "Hãy đổi mật khẩu trước: mật khẩu hiện tại do người khác cấp.",
    ),
    "access_key": (
        503,
        "The server's key file does not open this second factor.",
        "Tệp khóa của máy chủ không mở được xác thực hai bước này.",
    ),
    # passwords and names
    "password_short": (400, "A password has at least 12 characters.", "Mật khẩu phải có ít nhất 12 ký tự."),
    "password_long": (400, "A password has at most 256 characters.", "Mật khẩu có nhiều nhất 256 ký tự."),
    "password_common": (400, "This password is too easily guessed.", "Mật khẩu này quá dễ đoán."),
    "password_differs": (400, "The two passwords are not the same.", "Hai mật khẩu không giống nhau."),
    "user_name": (
        400,
        "A log-in name is 3 to 32 of a-z 0-9 . _ -.",
        "Tên đăng nhập gồm 3 đến 32 ký tự a-z 0-9 . _ -.",
    ),
    "text": (
        400,
        "This text is empty, too long, or has invisible characters.",
        "Nội dung trống, quá dài hoặc có ký tự ẩn.",
    ),
    "areas_needed": (
        400,
        "This role is bounded by areas: name them, or say that it reaches everywhere.",
        "Vai trò này giới hạn theo địa bàn: hãy ghi địa bàn, hoặc nói rõ là toàn quốc.",
    ),
    "role_unknown": (400, "There is no such role.", "Không có vai trò này."),
    "name_taken": (409, "There is a user of that name.", "Tên đăng nhập này đã có người dùng."),
    "last_administrator": (
        409,
        "There has to be an administrator who can log in.",
        "Phải còn ít nhất một quản trị viên đăng nhập được.",
    ),
    "token_end": (
        400,
        "A token ends after now, and within a year.",
        "Mã truy cập phải có hạn trong tương lai và không quá một năm.",
    ),
    "token_nowhere": (
        400,
        "This token would reach nothing: the user has none of these areas or places.",
        "Mã truy cập này sẽ không xem được gì: người dùng không có địa bàn hoặc địa điểm nào trong số đó.",
    ),
    "not_confirmed": (
        409,
        "This was not confirmed.",
        "Việc này chưa được xác nhận.",
    ),
    # two persons
    "approval_needed": (
        403,
        "Another person has to approve this first.",
        "Việc này phải được một người khác phê duyệt trước.",
    ),
    "approval_asked": (
        403,
        "This takes two administrators: the other one was asked.",
        "Việc này cần hai quản trị viên: đã gửi đề nghị cho người kia.",
    ),
    "request_own": (
        403,
        "Another person has to answer this request before you open it.",
        "Người khác phải trả lời yêu cầu này trước, rồi bạn mới được mở.",
    ),
    "approval_own": (403, "Another person has to approve it.", "Người đề nghị không được tự phê duyệt."),
    "approval_state": (
        409,
        "This approval was judged or used already.",
        "Đề nghị này đã được xử lý hoặc đã sử dụng.",
    ),
    "approval_over": (409, "This approval has ended.", "Đề nghị này đã hết hạn."),
    "approval_other": (
        403,
        "This approval was given to another, for another question, or for fewer people.",
        "Phê duyệt này dành cho người khác, cho câu hỏi khác hoặc cho ít người hơn.",
    ),
    "approval_end": (400, "An approval is good for 24 hours at most.", "Phê duyệt có hiệu lực tối đa 24 giờ."),
    # requests of people
    "request_kind": (400, "There is no such kind of request.", "Không có loại yêu cầu này."),
    "request_reference": (
        400,
        "The number of the paper has letters without marks, digits and . _ : / - only; no number of a person.",
        "Số phiếu chỉ gồm chữ không dấu, chữ số và . _ : / - ; không ghi số giấy tờ hay số điện thoại của người.",
    ),
    "request_day": (400, "A request came today or before.", "Ngày nhận phải là hôm nay hoặc trước đó."),
    "request_step": (409, "This step does not follow here.", "Không thể thực hiện bước này ở trạng thái hiện tại."),
    "request_ground": (400, "A refusal names its ground.", "Từ chối phải nêu căn cứ."),
    "request_late": (
        409,
        "It is extended once, and before its last day is over.",
        "Chỉ được gia hạn một lần và trước khi hết hạn.",
    ),
}
