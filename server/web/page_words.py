"""The words of the pages around a person: what is theirs, the second factor. Key -> Vietnamese, English."""

WORDS: dict[str, tuple[str, str]] = {
    "menu": ("Các trang", "Pages"),
    "menu_ledger": ("Sổ đối soát", "Ledger"),
    "menu_requests": ("Yêu cầu của người dân", "People's requests"),
    "menu_users": ("Người dùng", "Users"),
    "menu_factor": ("Xác thực hai bước", "Second factor"),
    "home": ("Các trang của bạn", "Your pages"),
    "home_operator": (
        "Số đếm của địa điểm bạn nằm trên trang của chính địa điểm (địa chỉ của trạm trung chuyển tại chỗ).",
        "Counts and findings of your place are on the place's own page (the address of the gateway there).",
    ),
    "home_technician": (
        "Hộp quét và trạm: dùng công cụ tram trên máy của bạn.",
        "For boxes and gateways use the tool tram on your computer.",
    ),
    "home_tracer": (
        "Truy vết làm bằng lệnh: python -m server trace --help. Hướng dẫn trong docs/tracer.md.",
        "Tracing is done by command: python -m server trace --help. The guide is docs/tracer.md.",
    ),
    "home_ops": ("Sổ đối soát và trạm nằm ở trang chính.", "Ledger and gateways are on the main page."),
    "home_supervisor": (
        "Số đếm và phát hiện theo địa bàn lấy qua API: docs/api.md.",
        "Counts and findings of areas come over the API: docs/api.md.",
    ),
    "home_administrator": (
        "Danh mục và sao lưu làm bằng lệnh: docs/administrator.md.",
        "The register and backups are done by command: docs/administrator.md.",
    ),
    "change_why": (
        "Mật khẩu này do người khác cấp cho bạn. Hãy đặt mật khẩu chỉ mình bạn biết.",
        "Somebody else gave you this password. Choose one that only you know.",
    ),
    "factor_first": (
        "Vai trò của bạn phải có xác thực hai bước. Chưa thiết lập thì chưa mở được gì khác.",
        "Your role needs a second factor. Until it is set up nothing else opens.",
    ),
    "factor_what": (
        "Sau mật khẩu, máy chủ hỏi thêm sáu chữ số từ ứng dụng xác thực trên điện thoại của bạn."
        " Ai biết mật khẩu mà không có điện thoại thì không vào được.",
        "After the password the server asks for six digits from the authenticator app on your telephone."
        " Who knows the password and has not the telephone does not get in.",
    ),
    "factor_password_help": (
        "Gõ lại mật khẩu của bạn. Sau đó một mã QR hiện ra, chỉ lần này.",
        "Your password once more. Then a QR code is shown, this once.",
    ),
    "factor_password_wrong": ("Mật khẩu không đúng.", "The password is wrong."),
    "factor_begin": ("Thiết lập xác thực hai bước", "Set up the second factor"),
    "factor_title": ("Thiết lập xác thực hai bước", "Set up the second factor"),
    "factor_scan": (
        "Mở ứng dụng xác thực trên điện thoại (Google Authenticator, Aegis, Microsoft Authenticator…) và quét mã này:",
        "Open an authenticator app on your telephone (Google Authenticator, Aegis, Microsoft Authenticator…) and scan:",
    ),
    "factor_qr": ("Mã QR để thêm vào ứng dụng xác thực", "QR code to be added to an authenticator app"),
    "factor_type": ("Không quét được? Gõ khóa này vào ứng dụng:", "Cannot scan it? Type this key into the app:"),
    "factor_open": (
        "Đang dùng chính điện thoại đó? Mở trong ứng dụng",
        "Reading this on that telephone? Open it in the app",
    ),
    "factor_code": ("Sáu chữ số ứng dụng đang hiện", "The six digits that the app shows now"),
    "factor_confirm": ("Xác nhận", "Confirm"),
    "factor_is_set": ("Đã có xác thực hai bước.", "The second factor is set up."),
    "factor_left": ("Còn {n} mã dự phòng chưa dùng.", "{n} recovery codes are unused."),
    "factor_lost": (
        "Đổi hoặc mất điện thoại: nhờ một quản trị viên đặt lại xác thực hai bước, rồi thiết lập lại tại đây."
        " Mất điện thoại mà còn mã dự phòng: gõ một mã dự phòng thay cho sáu chữ số khi đăng nhập.",
        "Another telephone, or none any more: ask an administrator to reset the second factor, then set it up here"
        " again. With a recovery code you get in meanwhile: type it in the place of the six digits.",
    ),
    "factor_codes": ("Mã dự phòng", "Recovery codes"),
    "factor_keep": (
        "Đây là mười mã dự phòng, mỗi mã dùng một lần thay cho sáu chữ số khi mất điện thoại. Chỉ hiện lần này:"
        " hãy chép ra giấy và cất nơi khác với điện thoại.",
        "These are ten recovery codes, each good once in the place of the six digits when the telephone is gone."
        " They are shown this once: write them down and keep them away from the telephone.",
    ),
    "factor_kept": ("Đã cất mã dự phòng, tiếp tục", "I have put them away, continue"),
}
