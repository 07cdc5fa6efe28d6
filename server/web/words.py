"""Every word on the page, in Vietnamese and English. Vietnamese comes first wherever nothing else is asked for."""

from server.web import page_words, reasons, request_words, user_words

LANGS = ("vi", "en")

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Trạm · Sổ đối soát", "Trạm · Ledger"),
    "tagline": ("Không mất một lượt quét nào", "Never loses a scan"),
    "log_in": ("Đăng nhập", "Sign in"),
    "log_out": ("Thoát", "Sign out"),
    "login_name": ("Tên đăng nhập", "User name"),
    "password": ("Mật khẩu", "Password"),
    "code": ("Mã xác thực", "Authenticator code"),
    "code_help": (
        "Sáu chữ số trong ứng dụng xác thực, hoặc một mã dự phòng. Chưa thiết lập thì để trống.",
        "Six digits from your authenticator app, or a recovery code. Leave it empty if you have none.",
    ),
    "with_token": ("Đăng nhập bằng mã truy cập", "Sign in with an access token"),
    "token": ("Mã truy cập", "Access token"),
    "token_help": ("Người quản trị cấp mã này cho bạn.", "Your administrator gives you this token."),
    "wait": ("Thử lại sau {n} giây.", "Try again in {n} s."),
    "signed_in": ("Bạn đang đăng nhập với tên {name}.", "You are signed in as {name}."),
    "no_page": (
        "Vai trò của bạn không có mục nào trên trang này.",
        "There is nothing for your role on this page.",
    ),
    "change_password": ("Đổi mật khẩu", "Change the password"),
    "old_password": ("Mật khẩu được cấp", "The password you were given"),
    "new_password": ("Mật khẩu mới", "New password"),
    "new_again": ("Nhập lại mật khẩu mới", "The new password once more"),
    "new_help": ("Ít nhất 12 ký tự.", "12 characters at least."),
    "changed_now": ("Đã đổi mật khẩu. Hãy đăng nhập lại.", "The password is changed. Please sign in again."),
    "go_on": ("Tiếp tục", "Continue"),
    "reset_password": (
        "{name} đã đặt lại mật khẩu của bạn lúc {time}.",
        "Your password was reset by {name} at {time}.",
    ),
    "reset_second_factor": (
        "{name} đã thay đổi xác thực hai bước của bạn lúc {time}.",
        "Your second factor was changed by {name} at {time}.",
    ),
    "reset_both": (
        "{name} đã đặt lại mật khẩu và xác thực hai bước của bạn lúc {time}.",
        "Your password and your second factor were reset by {name} at {time}.",
    ),
    "reset_lone": ("Không có người thứ hai phê duyệt.", "No second person approved it."),
    "reset_told": (
        "Nếu bạn không yêu cầu việc này, hãy báo ngay cho một quản trị viên khác.",
        "If you did not ask for this, tell another administrator at once.",
    ),
    "wrong_token": ("Mã truy cập không đúng.", "That token is not right."),
    "other_site": ("Yêu cầu đến từ một trang khác.", "The request came from another site."),
    "session_ended": ("Phiên đã hết. Vui lòng đăng nhập lại.", "The session has ended. Please sign in again."),
    "language": ("English", "Tiếng Việt"),
    "skip": ("Đến nội dung chính", "Skip to content"),
    "live": ("Trực tiếp", "Live"),
    "connecting": ("Đang kết nối…", "Connecting…"),
    "offline": ("Mất kết nối, đang thử lại…", "Connection lost, trying again…"),
    "all_complete": ("Đủ, không thiếu lượt quét nào", "Complete, nothing is missing"),
    "all_complete_more": (
        "Mọi lượt quét mà máy chủ biết đến đều có trong sổ.",
        "Every scan that the server knows of is in the ledger.",
    ),
    "all_waiting": ("Còn {n} lượt quét đang chờ tại hộp", "{n} scans are waiting at the boxes"),
    "all_waiting_more": ("Hộp vẫn giữ và sẽ gửi lên.", "The boxes hold them and will send them."),
    "all_on_way": ("{n} lượt quét đang trên đường đến", "{n} scans are on their way"),
    "all_on_way_more": (
        "Hộp đã giao cho trạm trung chuyển, máy chủ sắp nhận.",
        "The boxes handed them to a gateway; the server will have them in a moment.",
    ),
    "all_missing": ("Thiếu {n} lượt quét", "{n} scans are missing"),
    "all_missing_more": (
        "Hộp đã giao cho trạm trung chuyển hơn một phút trước, máy chủ vẫn chưa nhận được.",
        "The boxes handed them to a gateway more than a minute ago; the server still has not got them.",
    ),
    "nothing_yet": ("Chưa có lượt quét nào", "No scans yet"),
    "nothing_yet_more": (
        "Khi một hộp quét được mã đầu tiên, nó sẽ hiện ra ở đây ngay, không cần tải lại trang.",
        "As soon as a box reads its first code it appears here, without reloading.",
    ),
    "boxes": ("Hộp quét", "Boxes"),
    "stored": ("Đã lưu", "Stored"),
    "waiting": ("Chờ tại hộp", "Waiting at box"),
    "missing": ("Thiếu", "Missing"),
    "on_way": ("Đang gửi", "On the way"),
    "declared_lost": ("Khai mất", "Declared lost"),
    "quarantined": ("Cách ly", "Quarantined"),
    "accepted": ("Đã nhận", "Accepted"),
    "state_complete": ("Đủ", "Complete"),
    "state_waiting": ("Chờ {n}", "Waiting {n}"),
    "state_on_way": ("Đang gửi {n}", "On the way {n}"),
    "state_missing": ("Thiếu {n}", "Missing {n}"),
    "state_lost": ("Mất {n}", "Lost {n}"),
    "state_lost_unknown": ("Mất, không rõ bao nhiêu", "Lost, number unknown"),
    "complete_to": ("Đủ đến số", "Complete to"),
    "of": ("trên", "of"),
    "epoch": ("Đợt", "Epoch"),
    "holes": ("Còn trống", "Holes"),
    "no_holes": ("Không còn số trống", "No holes"),
    "and_more": ("và {n} khoảng nữa", "and {n} more ranges"),
    "gateway": ("Trạm trung chuyển", "Gateway"),
    "tip": ("Hộp giữ từ số {first} đến {last}", "The box holds {first} to {last}"),
    "tip_none": ("Hộp không giữ gì", "The box holds nothing"),
    "details": ("Chi tiết", "Details"),
    "changed": ("Cập nhật", "Updated"),
    "scans": ("Lượt quét mới nhất", "Latest scans"),
    "scans_note": (
        "Nội dung mã được che: đó là dữ liệu cá nhân.",
        "What stands in the codes is hidden: it is personal data.",
    ),
    "find": ("Tìm hộp", "Find a box"),
    "find_button": ("Tìm", "Find"),
    "find_none": ("Không có hộp nào khớp.", "No box matches."),
    "clear": ("Xóa", "Clear"),
    "page": ("Trang {page} / {pages}", "Page {page} of {pages}"),
    "previous": ("Trước", "Previous"),
    "next": ("Sau", "Next"),
    "bytes": ("byte", "bytes"),
    "time_unknown": ("chưa rõ giờ", "time unknown"),
    "more_changed": ("Có thay đổi ở các hộp khác", "Other boxes changed too"),
    "reload": ("Tải lại", "Reload"),
    "news": ("{n} lượt quét mới", "{n} new scans"),
    "kind_citizen_card_2021": ("Thẻ căn cước công dân", "Citizen card of 2021"),
    "kind_citizen_card_2024": ("Thẻ căn cước", "Citizen card of 2024"),
    "kind_personal_1405": ("Mã QR cá nhân", "Personal code"),
    "kind_health_insurance_new": ("Thẻ bảo hiểm y tế", "Health insurance card"),
    "kind_health_insurance_old": ("Thẻ bảo hiểm y tế mẫu cũ", "Health insurance card, older form"),
    "kind_hc1": ("Chứng nhận y tế (HC1)", "Health certificate (HC1)"),
    "kind_shc": ("Thẻ sức khỏe (SHC)", "Health card (SHC)"),
    "kind_place": ("Mã địa điểm", "Place code"),
    "kind_vietqr": ("Mã thanh toán", "Payment code"),
    "kind_control": ("Mã điều khiển hộp quét", "Control code of a box"),
    "kind_provision": ("Mã cài đặt hộp quét", "Set-up code of a box"),
    "kind_other": ("Mã khác", "Other code"),
    "counted_only": ("Chỉ đếm", "Counted only"),
    "no_code": ("không lưu mã", "no code kept"),
    "gateways": ("Trạm trung chuyển", "Gateways"),
    "gateways_well": ("Tất cả đang hoạt động", "All are working"),
    "gateways_troubled": ("{n} trạm cần xem ngay", "{n} need somebody"),
    "gateways_never": ("{n} trạm chưa từng kết nối", "{n} were never heard"),
    "gateway_ok": ("Hoạt động", "Working"),
    "gateway_trouble": ("Có trục trặc", "Trouble"),
    "gateway_silent": ("Mất liên lạc", "Silent"),
    "gateway_never": ("Chưa từng kết nối", "Never heard"),
    "gateway_silent_more": (
        "Trạm không báo về nữa: mất điện, mất mạng, hoặc hỏng. Chưa rõ các hộp ở đó ra sao; hộp vẫn giữ mọi lượt quét.",
        "Nothing is heard of it: no power, no network, or broken. How its boxes are is unknown; they keep every scan.",
    ),
    "since": ("từ {time}", "since {time}"),
    "boxes_well": ("tốt", "well"),
    "boxes_away": ("vắng", "away"),
    "boxes_unknown": ("chưa rõ", "unknown"),
    "to_send": ("Chờ gửi", "To be sent"),
    "to_send_last": ("Chờ gửi (lần báo cuối)", "To be sent (when last heard)"),
    "oldest": ("cũ nhất", "oldest"),
    "seconds": ("{n} giây", "{n} s"),
    "minutes": ("{n} phút", "{n} min"),
    "hours": ("{n} giờ", "{n} h"),
    "days": ("{n} ngày", "{n} days"),
    "software": ("Phần mềm", "Software"),
    "and_more_gateways": ("và {n} trạm nữa, đều ít cần xem hơn", "and {n} more, less in need"),
    "and_more_boxes": ("và {n} hộp nữa", "and {n} more boxes"),
    "and_more_findings": ("và {n} việc khác cần xem", "and {n} more to look at"),
    "finding_box_elsewhere": (
        "vừa ghi danh tại {gateway} nhưng đang thuộc trạm khác. Dữ liệu của hộp này bị giữ lại cho đến khi bạn chọn.",
        "has enrolled at {gateway} but is another gateway's. What it sends is set aside until somebody decides.",
    ),
    "finding_box_not_taken": (
        "đã ghi danh tại {gateway}, trạm này không tự nhận hộp mới. Hãy gán hộp cho trạm.",
        "has enrolled at {gateway}, which takes no new boxes by itself. Give it to a gateway.",
    ),
    "finding_events_missing": (
        "có những thông báo không bao giờ đến: máy chủ hoặc trạm đã mất chúng.",
        "told things that never came: the server or the gateway has lost them.",
    ),
    "finding_damage": (
        "{gateway} mất những lượt quét này vì hỏng bộ nhớ; đang hỏi lại hộp.",
        "{gateway} lost these scans to a damaged disk; the box is being asked for them again.",
    ),
    "part_broker": ("Kết nối với hộp", "Broker"),
    "part_keeping": ("Lưu trữ", "Keeping"),
    "part_storage": ("Thẻ nhớ", "Storage"),
    "part_certificate": ("Chứng chỉ", "Certificate"),
    "part_panel": ("Trang tại chỗ", "Page of the place"),
    "part_readers": ("Đầu đọc cắm vào trạm", "Readers plugged in"),
    "part_program": ("Máy tính của trạm", "The machine"),
    "part_sending": ("Gửi về máy chủ", "Sending"),
    "part_clock": ("Đồng hồ", "Clock"),
    "part_boxes": ("Hộp quét", "Boxes"),
    "part_wishes": ("Yêu cầu từ xa", "Wishes"),
    "part_enrolled": ("Ghi danh", "Enrolment"),
    "is_down": ("ngừng", "down"),
    "is_stopped": ("dừng", "stopped"),
    "is_stuck": ("kẹt", "stuck"),
    "is_late": ("chậm", "late"),
    "is_waiting": ("đang chờ", "waiting"),
    "is_gone": ("vắng", "gone"),
    "is_away": ("vắng", "away"),
    "is_refused": ("bị từ chối", "refused"),
    "is_damaged": ("hỏng", "damaged"),
    "is_unknown": ("chưa rõ", "unknown"),
    "is_not_delivering": ("nghẽn", "stuck"),
    "is_finished_file": ("ghi lỗi", "failing"),
    "is_falling_behind": ("chậm", "falling behind"),
    "is_expiring": ("sắp hết hạn", "ending soon"),
    "is_expired": ("hết hạn", "ended"),
    "is_contradiction": ("sai giờ", "wrong"),
    "is_unsynchronised": ("chưa đồng bộ", "not synchronised"),
    "is_stepped": ("vừa chỉnh", "just set"),
    "is_slow": ("quá tải", "slow"),
    "is_silent": ("không trả lời", "silent"),
    "is_holding": ("gửi chậm", "late"),
    "is_reader": ("lỗi đầu đọc", "reader fault"),
    "is_mute": ("lỗi đầu đọc", "reader fault"),
    "is_flooding": ("lỗi đầu đọc", "reader fault"),
    "is_full": ("đầy", "full"),
    "is_spool": ("lỗi bộ nhớ", "memory fault"),
    "is_restarting": ("tự khởi động lại", "restarting"),
    "is_worn": ("sắp mòn", "worn"),
    "is_absent": ("chưa cắm", "not there"),
    "is_no_permission": ("không được phép", "not allowed"),
    "is_in_use": ("đang bị dùng", "in use"),
    "is_no_device": ("sai thiết bị", "wrong device"),
    "is_not_a_reader": ("sai thiết bị", "wrong device"),
    "is_fault": ("lỗi", "fault"),
    "is_not_kept": ("tạm dừng", "paused"),
    "is_disk_full": ("đầy bộ nhớ", "disk full"),
    "footer": ("Giờ Việt Nam (UTC+7)", "Vietnam time (UTC+7)"),
    **page_words.WORDS,
    **request_words.WORDS,
    **user_words.WORDS,
}


def choose(asked: str, accept_language: str) -> str:
    """`vi` or `en`: what is asked for, or what the browser prefers of the two, or Vietnamese."""
    if asked in LANGS:
        return asked
    wanted = []
    for position, part in enumerate(accept_language.split(",")):
        name, _, quality = part.strip().partition(";q=")
        lang = name.strip().lower().split("-")[0]
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        if lang in LANGS and weight > 0:
            wanted.append((-weight, position, lang))
    return min(wanted)[2] if wanted else LANGS[0]


class Phrases:
    """The words of one language: `say.stored`, `say("all_missing", n=3)`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._at = LANGS.index(lang)

    def __call__(self, key: str, **facts: object) -> str:
        text = WORDS[key][self._at]
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in facts.items()}
        return text.format(**shown) if facts else text

    def known(self, key: str, otherwise: str) -> str:
        """The word for something that another program named; its own word where there is none."""
        return self(key) if key in WORDS else otherwise

    def reason(self, reason: str) -> str:
        """What a gateway gives as the reason; in its own words where this server knows no others."""
        return reasons.sentence(reason, self.lang)

    def number(self, value: int) -> str:
        """1.024 in Vietnamese, 1,024 in English."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.lang == "vi" else text
