"""What is said of releases."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "trust": (
            "Máy này chưa biết khóa của hệ thống. Bản phát hành ghi khóa: {digits}. Đọc các ký tự này cho đội điều "
            "hành nghe; có đúng khóa của họ không?",
            "This computer does not know the fleet's key yet. The release names this key: {digits}. Read these digits "
            "to ops; is it theirs?",
        ),
        "not_trusted": ("Khóa của bản phát hành này chưa được xác nhận.", "The key of this release is not trusted."),
        "not_trusted.next": (
            "Hỏi đội điều hành khóa đúng, rồi chạy lại.",
            "Ask ops which key is the right one, then run it again.",
        ),
        "trust_needs_a_person": (
            "Máy này chưa biết khóa của hệ thống ({digits}), và --yes không trả lời thay được.",
            "This computer does not know the fleet's key yet ({digits}), and --yes cannot answer for that.",
        ),
        "trust_needs_a_person.next": (
            "Chạy một lần không có --yes để so khóa, hoặc chép fleet.key của đội điều hành vào {file}.",
            "Run it once without --yes and compare the digits, or copy the fleet.key that ops give you to {file}.",
        ),
        "release_missing": ("Không thấy bản phát hành trong {folder}.", "There is no release in {folder}."),
        "release_missing.next": (
            "Chép thư mục bản phát hành do đội điều hành gửi vào đó, hoặc chỉ rõ bằng --release.",
            "Copy the release's folder that ops have sent to there, or name it with --release.",
        ),
        "release_broken": (
            "Bản phát hành hỏng: {file} ({why}: {detail}).",
            "The release is damaged: {file} ({why}: {detail}).",
        ),
        "release_broken.next": (
            "Chép lại bản phát hành từ nguồn của đội điều hành.",
            "Copy the release again from where ops keep it.",
        ),
        "release_not_ours": (
            "Bản phát hành này của hệ thống khác: khóa của nó là {theirs}, máy này tin {ours}.",
            "This release is of another fleet: its key is {theirs}, this computer trusts {ours}.",
        ),
        "release_not_ours.next": (
            "Hỏi đội điều hành. Nếu hệ thống đã đổi khóa, xóa tệp {file} rồi chạy lại.",
            "Ask ops. If the fleet has a new key, delete {file} and run it again.",
        ),
        "release_signature": (
            "Chữ ký của bản phát hành không đúng: {file} đã bị sửa sau khi ký.",
            "The release's signature is wrong: {file} was changed after it was signed.",
        ),
        "release_signature.next": (
            "Đừng dùng bản này. Chép lại từ nguồn của đội điều hành.",
            "Do not use it. Copy the release again from where ops keep it.",
        ),
        "clock_wrong": (
            "Đồng hồ máy tính sai: máy nói hôm nay là {day}, nhưng bản phát hành được làm ngày {least}.",
            "This computer's clock is wrong: it says that today is {day}, but the release was made on {least}.",
        ),
        "clock_wrong.next": ("Chỉnh lại ngày giờ của máy, rồi chạy lại.", "Set date and time, then run it again."),
        "file_missing": ("Bản phát hành thiếu tệp {file}.", "The release lacks the file {file}."),
        "file_missing.next": (
            "Chép lại cả thư mục bản phát hành.",
            "Copy the whole folder of the release again.",
        ),
        "micropython_missing": (
            "Thiếu tệp MicroPython {file} (phiên bản {version}).",
            "The MicroPython file {file} (version {version}) is missing.",
        ),
        "micropython_missing.next": (
            "Lấy tệp ở: {where} và đặt vào {place}. Tram không tự tải về. SHA-256 phải là {sha256}.",
            "Get it from: {where} and put it into {place}. Tram fetches nothing by itself. Its SHA-256 has to be "
            "{sha256}.",
        ),
        "micropython_missing_own": (
            "Thiếu tệp MicroPython {file} (phiên bản {version}), do đội điều hành tự dựng.",
            "The MicroPython file {file} (version {version}) is missing, which ops build themselves.",
        ),
        "micropython_missing_own.next": (
            "Xin đội điều hành tệp đó và đặt vào {place}. Bản MicroPython tải trên mạng không dùng được cho bo mạch "
            "này. SHA-256 phải là {sha256}.",
            "Ask ops for it and put it into {place}. A MicroPython from the net will not do for this board. Its "
            "SHA-256 has to be {sha256}.",
        ),
        "file_differs": (
            "Tệp {file} hỏng hoặc không đúng: nội dung khác với bản phát hành đã ký.",
            "The file {file} is damaged or another one: it is not what the signed release says.",
        ),
        "file_differs.next": ("Xóa tệp đó và chép lại.", "Delete it and copy it again."),
        "image_wrong": (
            "Bản phát hành không dùng được cho bo mạch {board}: {part}: {detail}.",
            "The release cannot be used for the board {board}: {part}: {detail}.",
        ),
        "image_wrong.next": (
            "Báo đội điều hành: bản phát hành phải làm lại.",
            "Tell ops: the release has to be made anew.",
        ),
    }
)
