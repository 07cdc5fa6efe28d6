"""What `tram box` says, in both languages."""

from scripts.tram.lang import Words

SAY = Words(
    {
        # gateways
        "ask_access": ("Mã truy cập (tram1.…, không hiện ra khi dán): ", "Access code (tram1.…, not shown): "),
        "added": (
            "Đã thêm trạm {gateway} tại {url}; mã truy cập dùng đến hết {ends}.",
            "Added: gateway {gateway} at {url}; the access code is good until the end of {ends}.",
        ),
        "removed": ("Đã quên trạm {gateway}.", "Forgotten: gateway {gateway}."),
        "none_known": (
            "Chưa biết trạm nào. Thêm: tram box gateways add",
            "No gateway is known. Add one: tram box gateways add",
        ),
        "none_found": (
            "Không thấy trạm nào trên mạng này.",
            "No gateway announces itself on this network.",
        ),
        "searching": ("Tìm trạm trên mạng", "Looking for gateways on the network"),
        "access_wrong": (
            "Đó không phải mã truy cập.",
            "This is not an access code.",
        ),
        "access_wrong.next": (
            "Chép cả dòng tram1.… mà lệnh `tram-gateway technician add` in ra, không thiếu ký tự nào.",
            "Copy the whole line tram1.… that `tram-gateway technician add` printed.",
        ),
        "access_shown": (
            "Mã truy cập là bí mật: không gõ vào dòng lệnh, vì lịch sử lệnh giữ lại và người khác xem được.",
            "An access code is a secret and does not belong on the command line: its history keeps it, others see it.",
        ),
        "access_shown.next": (
            "Chạy tram box gateways add mà không kèm mã, rồi dán mã khi được hỏi. Mã vừa lộ: nhờ điều hành hủy và cấp "
            "mã khác (tram-gateway technician remove, add).",
            "Run tram box gateways add without it, and paste it when asked. The one that was shown: have ops remove it "
            "and give you another (tram-gateway technician remove, add).",
        ),
        "not_found": (
            "Không thấy trạm {gateway} trên mạng này.",
            "The gateway {gateway} does not announce itself on this network.",
        ),
        "not_found.next": (
            "Cho biết địa chỉ: tram box gateways add ĐỊA-CHỈ",
            "Say where it is: tram box gateways add ADDRESS",
        ),
        # boxes
        "no_boxes": ("Chưa có hộp nào.", "There is no box."),
        "head": ("HỘP|NƠI|TRẠNG THÁI|CHƯA GỬI|PHẦN MỀM|WI-FI", "BOX|WHERE|STATE|UNSENT|FIRMWARE|WI-FI"),
        "usb": ("cáp {port}", "cable {port}"),
        "state_ok": ("tốt", "well"),
        "state_away": ("mất liên lạc", "away"),
        "state_silent": ("im lặng", "silent"),
        "state_holding": ("có lượt chưa gửi được", "scans do not come"),
        "state_reader": ("đầu đọc mã hỏng", "reader trouble"),
        "state_full": ("bộ nhớ đầy", "flash full"),
        "state_spool": ("hàng đợi lỗi", "queue trouble"),
        "state_restarting": ("khởi động liên tục", "restarts again and again"),
        "state_worn": ("bộ nhớ sắp mòn", "flash nearly worn out"),
        "state_revoked": ("đã thu hồi", "revoked"),
        "state_never_heard": ("chưa từng liên lạc", "never heard of"),
        "state_box": ("đang chạy", "running"),
        "state_newcomer": ("chưa cài đặt", "not set up"),
        "state_safe": ("chế độ an toàn", "safe mode"),
        "gateway_left_out": ("(không hỏi được trạm {gateway}: {text})", "(gateway {gateway} left out: {text})"),
        "port_left_out": ("(không hỏi được cổng {port}: {text})", "(port {port} left out: {text})"),
        "box_unnamed": ("Chưa cho biết hộp nào.", "No box was named."),
        "box_unnamed.next": (
            "Thêm tên hộp (xem: tram box list), hoặc --port nếu hộp đang cắm cáp.",
            "Add its name (see: tram box list), or --port where it is on a cable.",
        ),
        "box_nowhere": ("Không trạm nào biết hộp {box}.", "No gateway knows the box {box}."),
        "box_nowhere.next": (
            "Xem tên hộp: tram box list; hoặc cắm cáp và dùng --port.",
            "See the names: tram box list; or plug it in and use --port.",
        ),
        "other_box": (
            "Hộp cắm ở {port} là {there}, không phải {box}.",
            "The box at {port} is {there}, and not {box}.",
        ),
        "other_box.next": ("Kiểm tra nhãn trên hộp và cáp.", "Look at the box's label and at the cable."),
        "told": ("{box}: đang nhấp nháy trong {seconds} giây.", "{box}: it blinks for {seconds} seconds."),
        "no_reply": (
            "Hộp {box} không trả lời trong {seconds} giây.",
            "The box {box} does not answer within {seconds} s.",
        ),
        "no_reply.next": (
            "Hộp có điện và Wi-Fi không? Xem: tram box list, tram doctor --box {box}",
            "Has it power and Wi-Fi? Look: tram box list, tram doctor --box {box}",
        ),
        "refused": ("Hộp {box} từ chối: {reason}.", "The box {box} refuses: {reason}."),
        "refused.next": ("Xem: tram doctor --box {box}", "Look: tram doctor --box {box}"),
        # logs
        "following": ("Đang theo dõi {box}; Ctrl-C để dừng.", "Following {box}; Ctrl-C ends it."),
        "ended": ("Trạm đã kết thúc việc theo dõi.", "The gateway has ended it."),
        # settings
        "none_wished": (
            "Trạm chưa gửi cài đặt nào cho {box}: hộp dùng mặc định và mã cài đặt của nó.",
            "Nothing is wished for {box}: it uses its defaults and its set-up code.",
        ),
        "wished": (
            "{box}: cài đặt số {version}; hộp đang dùng số {in_use}.",
            "{box}: settings {version}; in use: {in_use}.",
        ),
        "settings_refused": (
            "Hộp không nhận cài đặt số {version}: {code} {setting}",
            "The box refuses settings {version}: {code} {setting}",
        ),
        "set": (
            "{box}: đã gửi cài đặt số {version}; hộp chạy thử, không tốt sẽ tự quay về.",
            "{box}: settings {version} are on their way; the box tries them, and goes back by itself.",
        ),
        "settings_wrong": ("Cài đặt không đúng: {what}.", "These are no settings: {what}."),
        "settings_wrong.next": (
            "Viết KHÓA=GIÁ-TRỊ (ví dụ face.sound=false) hoặc cho một tệp JSON; khóa có trong docs/examples/box.json.",
            "Write KEY=VALUE (such as face.sound=false), or give a JSON file; the keys are in docs/examples/box.json.",
        ),
        "secret_in_line": (
            "{setting} chứa bí mật: không được gõ trên dòng lệnh, ai xem lịch sử cũng thấy.",
            "{setting} holds a secret: it may not stand in the command line, where others can see it.",
        ),
        "secret_in_line.next": (
            "Ghi vào tệp JSON, hoặc đưa qua: tram box settings set HỘP -",
            "Put it into a JSON file, or give it by: tram box settings set BOX -",
        ),
        # update
        "sending": ("Gửi gói phần mềm lên trạm {gateway}", "The bundle goes to the gateway {gateway}"),
        "bundle_wrong": ("{file} không phải gói phần mềm: {what}.", "{file} is no bundle of firmware: {what}."),
        "bundle_wrong.next": (
            "Cần tệp .tar hoặc thư mục có `manifest` do scripts/build-firmware làm ra.",
            "It takes a .tar or a folder with a `manifest`, as scripts/build-firmware makes it.",
        ),
        "taken_in": (
            "Trạm {gateway} đã có phần mềm {version} ({release}) cho {boards}.",
            "The gateway {gateway} has firmware {version} ({release}) for {boards}.",
        ),
        "nobody_wanted": (
            "Chưa hộp nào được yêu cầu dùng: thêm --box HỘP hoặc --all.",
            "No box is told to take it yet: add --box BOX or --all.",
        ),
        "wanted": ("Đã yêu cầu phần mềm {version}: {boxes}", "Firmware {version} is wanted: {boxes}"),
        "every_box": ("mọi hộp", "every box"),
        "sure_all": (
            "Yêu cầu MỌI hộp của trạm {gateway} dùng phần mềm {version}?",
            "Have EVERY box of the gateway {gateway} take firmware {version}?",
        ),
        # follow-key
        "succession_wrong": (
            "{file} không phải tệp chuyển khóa của hệ thống.",
            "{file} is no document by which a fleet's key hands over.",
        ),
        "succession_wrong.next": (
            "Cần tệp .succession mà tram keys rotate ghi ra.",
            "It takes the .succession file that tram keys rotate wrote.",
        ),
        "sure_follow": (
            "Đưa {count} hộp của trạm {gateway} sang khóa {fleet}…? Hộp sẽ không tin khóa cũ nữa.",
            "Bring {count} boxes of the gateway {gateway} to the key {fleet}…? They trust the old one no longer.",
        ),
        "follow_moved": ("{box}: tin khóa mới {fleet}", "{box}: trusts the new key {fleet}"),
        "follow_before": ("{box}: còn tin khóa cũ", "{box}: trusts the old key still"),
        "follow_other": (
            "{box}: tin một khóa khác, tệp này không đổi được",
            "{box}: trusts another key, which this file does not change",
        ),
        "follow_unknown": (
            "{box}: không nói tin khóa nào (phần mềm cũ)",
            "{box}: does not say which key it trusts (older firmware)",
        ),
        "follow_told": (
            "{box}: chưa trả lời; làm lại khi hộp có mặt",
            "{box}: no answer yet; run it again when the box is there",
        ),
        "follow_refused": ("{box}: không nhận ({code})", "{box}: refuses it ({code})"),
        "updated": ("{box}: đang chạy {version}", "{box}: runs {version}"),
        "update_refused": ("{box}: không nhận {version} ({code})", "{box}: refuses {version} ({code})"),
        "update_waiting": ("{box}: đang chạy {now}, chưa có {version}", "{box}: runs {now}, not {version} yet"),
    }
)
RESET = Words(
    {
        "reading": ("Đọc các lượt quét chưa gửi", "Reading what is still unsent"),
        "delivering": ("Giao cho trạm {gateway}", "Handing it to the gateway {gateway}"),
        "nothing": ("Hộp {box} không còn lượt quét nào chưa gửi.", "The box {box} holds nothing that is unsent."),
        "holds": (
            "Hộp {box} còn {n} lượt quét chưa gửi, cũ nhất từ {age} trước.",
            "The box {box} holds {n} scans that were not sent, the oldest {age} old.",
        ),
        "holds_undated": ("Hộp {box} còn {n} lượt quét chưa gửi.", "The box {box} holds {n} scans that were not sent."),
        "kinds": ("  {kind}: {n}", "  {kind}: {n}"),
        "losses": ("  khai báo mất: {n}", "  declared lost: {n}"),
        "delivered": (
            "Trạm {gateway} đã nhận và ghi lại: {stored} mới, {duplicates} đã có.",
            "The gateway {gateway} has kept them: {stored} new, {duplicates} known.",
        ),
        "not_deliverable": (
            "Không giao được cho trạm ({text}): lưu vào tệp mã hóa.",
            "They cannot be handed to the gateway ({text}): they go into an encrypted file.",
        ),
        "kept": (
            "Đã lưu {n} bản ghi vào {file}. Khi gặp trạm: tram box deliver {file}",
            "{n} records are in {file}. When the gateway can be reached: tram box deliver {file}",
        ),
        "ask_passphrase": (
            "Mật khẩu cho tệp (từ {least} ký tự): ",
            "Passphrase for the file ({least} characters or more): ",
        ),
        "ask_again": ("Nhập lại: ", "Again: "),
        "ask_open": ("Mật khẩu của {file}: ", "Passphrase of {file}: "),
        "passphrase_short": (
            "Mật khẩu quá ngắn: cần từ {least} ký tự.",
            "The passphrase is too short: {least} characters or more.",
        ),
        "passphrase_short.next": ("Dùng một câu dễ nhớ gồm nhiều từ.", "Take a sentence of several words."),
        "passphrase_differs": ("Hai lần nhập không giống nhau.", "The two are not the same."),
        "passphrase_differs.next": ("Chạy lại lệnh; hộp chưa bị xóa.", "Run it again; nothing was wiped."),
        "passphrase_wrong": (
            "Sai mật khẩu, hoặc tệp {file} đã bị hỏng.",
            "The passphrase is wrong, or the file {file} was damaged.",
        ),
        "passphrase_wrong.next": (
            "Thử lại; kiểm tra phím Caps Lock và bộ gõ tiếng Việt.",
            "Try again; look at Caps Lock and the keyboard's language.",
        ),
        "safe_wrong": ("{file} không phải tệp lượt quét đã lưu.", "{file} is no file of rescued scans."),
        "safe_wrong.next": (
            "Cần tệp .tramsafe do `tram box reset` tạo ra.",
            "It takes a .tramsafe file, as `tram box reset` makes it.",
        ),
        "safe_there": ("Đã có tệp {file}; không ghi đè.", "There is a file {file}; it is not written over."),
        "safe_there.next": ("Chọn tên khác: --save TỆP", "Choose another name: --save FILE"),
        "unreadable": (
            "Không đọc được hàng đợi của hộp {box}: không biết còn bao nhiêu lượt chưa gửi.",
            "The queue of the box {box} cannot be read: nobody knows how many scans are still in it.",
        ),
        "unreadable.next": (
            "Gửi hộp cho đội kỹ thuật; nếu chấp nhận mất: thêm --lose.",
            "Send it to the technical team; if they may be lost: add --lose.",
        ),
        "not_in_safe_mode": (
            "Hộp {box} đang ở chế độ an toàn: không đọc được hàng đợi, nên không xóa.",
            "The box {box} is in safe mode: its queue cannot be read, so it is not wiped.",
        ),
        "not_in_safe_mode.next": (
            "Nạp lại phần mềm (tram flash), rồi chạy lại lệnh này: hàng đợi vẫn còn nguyên.",
            "Put its firmware back (tram flash), then give this command again: the queue stays as it is.",
        ),
        "needs_cable": (
            "Xóa hộp chỉ làm được qua cáp.",
            "A box is only wiped over the cable.",
        ),
        "sure": (
            "Xóa hộp {box}: danh tính, cài đặt, nhật ký, hàng đợi ({n} bản ghi đã được lưu). Chắc chắn?",
            "Wipe the box {box}: identity, settings, log and queue ({n} records are safe elsewhere)?",
        ),
        "sure_lose": (
            "Xóa hộp {box} và MẤT {n} lượt quét chưa gửi. Chắc chắn?",
            "Wipe the box {box} and LOSE {n} scans that were not sent?",
        ),
        "partly_unreadable": (
            "Hộp {box} báo còn {n} lượt quét nhưng không đọc ra được.",
            "The box {box} counts {n} scans that cannot be read out.",
        ),
        "partly_unreadable.next": (
            "Chạy lại; vẫn vậy thì gửi hộp cho đội kỹ thuật, hoặc chấp nhận mất: --lose.",
            "Run it again; if it stays so send the box to the technical team, or give them up: --lose.",
        ),
        "not_known": ("không biết bao nhiêu", "nobody knows how many"),
        "not_wiped": ("Không xóa gì.", "Nothing was wiped."),
        "wiped": (
            "Hộp {box} đã được xóa và đang khởi động như mới.",
            "The box {box} is wiped, and starts as a new one.",
        ),
        "still_scanning": (
            "Hộp {box} vẫn đang nhận lượt quét mới.",
            "The box {box} takes new scans all the time.",
        ),
        "still_scanning.next": (
            "Che đầu đọc hoặc tháo đầu đọc, rồi chạy lại.",
            "Cover its reader or unplug it, then run it again.",
        ),
        "safe_of": (
            "Tệp này là của hộp {box}: {n} bản ghi, lưu ngày {date}.",
            "This file is of the box {box}: {n} records, saved on {date}.",
        ),
        "done_with": (
            "Có thể xóa tệp {file}: trạm đã giữ tất cả.",
            "The file {file} may be deleted: the gateway has it all.",
        ),
        "not_all": (
            "Trạm chưa nhận hết: {n} bản ghi còn lại.",
            "The gateway has not taken all of it: {n} records are left.",
        ),
        "not_all.next": ("Giữ tệp đó và báo cho đội điều hành.", "Keep the file, and tell ops."),
    }
)
