"""What the installer says, in Vietnamese and in English."""

_TEXTS: dict[str, tuple[str, str]] = {
    "packages": ("Cài gói hệ thống: {names}", "System packages: {names}"),
    "user": ("Tạo người dùng riêng `tram`", "A user of its own: `tram`"),
    "folders": ("Tạo thư mục và quyền", "Folders and rights"),
    "program": ("Chép chương trình vào {path}", "The program, into {path}"),
    "python": (
        "Cài thư viện Python (lâu nhất: 1–5 phút trên Pi)",
        "Python packages (the longest: 1 to 5 minutes on a Pi)",
    ),
    "settings": ("Ghi cấu hình {path}", "Settings: {path}"),
    "check": (
        "Thử cấu hình, tạo CA và tệp của broker",
        "A check of the settings; the authority and the broker's files",
    ),
    "units": ("Ghi dịch vụ systemd", "systemd's units"),
    "start": ("Khởi động và đợi chạy tốt", "Start, and wait until it is well"),
    "done": (
        "XONG. Trạm đang chạy. Xem: sudo tram-gateway doctor --lang vi",
        "DONE. The gateway runs. To look at it: sudo tram-gateway doctor",
    ),
    "staged": (
        "XONG trong {root}; chưa khởi động gì vì không có systemd ở đó.",
        "DONE in {root}; nothing was started, for no systemd runs there.",
    ),
    "fingerprint": (
        "Dấu vân tay CA cho mã cài đặt hộp: {mark}",
        "The authority's fingerprint, for set-up codes: {mark}",
    ),
    "panel": (
        "Trang của địa điểm: https://{host}.local:8443 (tên: {name}, mật khẩu: {password}; ghi lại ngay)",
        "The place's page: https://{host}.local:8443 (name: {name}, password: {password}; note it, it is shown once)",
    ),
    "root": ("Cần quyền root: thêm sudo ở đầu lệnh.", "This needs root rights: put sudo before it."),
    "failed": ("HỎNG ở bước: {step}", "FAILED at: {step}"),
    "again": (
        "Sửa lỗi trên rồi chạy lại cùng lệnh này; những gì đã làm sẽ không bị làm lại.",
        "Mend that and give the same command again; what is done is not done twice.",
    ),
    "not_installed": ("Chưa cài trạm trên máy này.", "There is no gateway on this machine."),
    "join_bad": ("Tệp kết nối sai: {detail}", "The join file is wrong: {detail}"),
    "ask": (
        "Chưa có tệp kết nối; hỏi người quản lý máy chủ, hoặc nhập tay bên dưới.",
        "There is no join file: ask whoever looks after the server, or type it in.",
    ),
    "keep_settings": (
        "Đã có cấu hình {path}: giữ nguyên (muốn thay: --replace-settings)",
        "There are settings already, {path}: they stay (to replace them: --replace-settings)",
    ),
    "upgrade_same": ("Đã là bản này rồi.", "This version it is already."),
    "upgrade_bad": (
        "Bản mới không chạy tốt trong {seconds} giây; đã quay về bản cũ. Dữ liệu không mất.",
        "The new version was not well within {seconds} s; the old one runs again. No data is lost.",
    ),
    "upgrade_worse": (
        "Bản cũ cũng không chạy tốt: sudo tram-gateway doctor",
        "The old one is not well either: sudo tram-gateway doctor",
    ),
    "unsent": (
        "CHÚ Ý: còn {n} lượt quét chưa gửi lên máy chủ. Chúng vẫn nằm trong {path}.",
        "MIND: {n} scans have not been sent to the server. They stay in {path}.",
    ),
    "unsent_unknown": (
        "CHÚ Ý: không biết còn bao nhiêu lượt quét chưa gửi. Dữ liệu vẫn nằm trong {path}.",
        "MIND: nobody knows how many scans have not been sent. The data stays in {path}.",
    ),
    "unsent_refused": (
        "Không xóa dữ liệu chưa gửi. Nếu chắc chắn: thêm --even-unsent",
        "What has not been sent is not deleted. If you are sure: --even-unsent",
    ),
    "removed": ("Đã gỡ chương trình. Dữ liệu và cấu hình vẫn còn: {paths}", "Removed. Data and settings stay: {paths}"),
    "purged": ("Đã gỡ chương trình và xóa hết dữ liệu.", "Removed, and all data deleted."),
}
_language = ["en"]


def use(language: str) -> None:
    _language[0] = "vi" if language.lower().startswith("vi") else "en"


def text(key: str, **values: object) -> str:
    return _TEXTS[key][_language[0] == "en"].format(**values)
