"""Sentences of what a box says of itself: program, firmware, reader, spool, how it lives."""

BOX = {
    "program_box": (
        "Hộp {box} đang chạy: bo mạch {board}, phần mềm {firmware}, MicroPython {micropython}.",
        "The box {box} runs: board {board}, firmware {firmware}, MicroPython {micropython}.",
    ),
    "program_runs": (
        "Hộp {box} đang chạy phần mềm {firmware}.",
        "The box {box} runs the firmware {firmware}.",
    ),
    "program_newcomer": (
        "Hộp {box} chưa có địa điểm, đang chờ mã cài đặt (bo mạch {board}, phần mềm {firmware}).",
        "The box {box} has no place yet and waits for its set-up code (board {board}, firmware {firmware}).",
    ),
    "program_newcomer.next": (
        "Tạo mã và đưa trước đầu đọc: tram provision code",
        "Make a code and show it to the reader: tram provision code",
    ),
    "program_enrolling": (
        "Hộp {box} đã nhận mã cài đặt và đang ghi danh với trạm.",
        "The box {box} has taken a set-up code and is being enrolled with its gateway.",
    ),
    "program_enrolling.next": (
        "Đợi một phút. Nếu vẫn vậy, xem các dòng về Wi-Fi và trạm.",
        "Wait a minute. If it stays so, look at what is said of Wi-Fi and gateway.",
    ),
    "program_wipe": (
        "Hộp {box} đang xóa về ban đầu mà chưa xóa xong: bộ nhớ lượt quét không mở được. Mọi thứ khác đã xóa.",
        "The box {box} was being wiped, and that is not finished: the memory of its scans does not open. "
        "All else is erased.",
    ),
    "program_wipe.next": (
        "Tắt bật nguồn một lần: nó tự làm tiếp. Vẫn thế: giữ hộp, báo đội điều hành; lượt quét còn nằm trong đó.",
        "Power off and on, once: it goes on by itself. If not, keep the box and tell ops: scans are still in it.",
    ),
    "program_safe": (
        "Hộp {box} ở chế độ an toàn, không quét mã: phần mềm không chạy được ({code} {detail}).",
        "The box {box} is in safe mode and scans nothing: its firmware did not run ({code} {detail}).",
    ),
    "program_safe.next": (
        "Gửi lại phần mềm từ trạm (tram box update), hoặc nạp lại qua cáp: tram flash. Lượt quét đã lưu vẫn còn.",
        "Send it firmware from the gateway (tram box update), or write it anew over the cable: tram flash. Scans that "
        "are stored stay.",
    ),
    "program_safe_unsaid": (
        "Hộp {box} ở chế độ an toàn, không quét mã: phần mềm không chạy được.",
        "The box {box} is in safe mode and scans nothing: its firmware did not run.",
    ),
    "program_safe_unsaid.next": (
        "Gửi lại phần mềm từ trạm (tram box update), hoặc nạp lại qua cáp: tram flash. Lượt quét đã lưu vẫn còn.",
        "Send it firmware from the gateway (tram box update), or write it anew over the cable: tram flash. Scans that "
        "are stored stay.",
    ),
    "slot_left": (
        "Phần mềm bản {version} ở ngăn {slot} đã bị bỏ: {code} {detail}",
        "Firmware version {version} in slot {slot} was given up: {code} {detail}",
    ),
    "slot_left.next": (
        "Hộp chạy bản trước đó. Lưu hồ sơ (--save) và gửi cho điều hành trước khi gửi lại bản này.",
        "The box runs the one before. Save the file (--save) and send it to ops before this version is tried again.",
    ),
    "slot_trial": (
        "Phần mềm mới đang chạy thử, chưa được xác nhận.",
        "New firmware is on trial and not confirmed yet.",
    ),
    "slot_trial.next": (
        "Đừng ngắt điện; đợi vài phút rồi xem lại.",
        "Leave the power on; look again in some minutes.",
    ),
    "slot_fails": ("Phần mềm đã hỏng lúc khởi động {fails} lần liền.", "The firmware failed {fails} boots in a row."),
    "slot_fails.next": (
        "Xem nhật ký; lần thứ ba hộp sẽ tự chuyển sang ngăn kia.",
        "Look at the log; at the third one the box turns to its other slot by itself.",
    ),
    "slot_no_safe": ("Hộp không có chế độ an toàn.", "This box has no safe mode."),
    "slot_no_safe.next": ("Nạp lại phần mềm qua cáp: tram flash", "Write its firmware anew over the cable: tram flash"),
    "firmware_refused": (
        "Hộp từ chối phần mềm bản {version}: {code}.",
        "The box refuses firmware version {version}: {code}.",
    ),
    "firmware_refused.next": (
        "Xem mã lỗi trong firmware/README.md, phần Updates; gửi bản khác hoặc rút lại bản này.",
        "Look the code up in firmware/README.md, Updates; send another version, or take this one back.",
    ),
    "settings_refused": (
        "Hộp từ chối cài đặt bản {version}: {code} ({setting}).",
        "The box refuses settings version {version}: {code} ({setting}).",
    ),
    "settings_refused.next": (
        "Sửa mục {setting} rồi gửi lại: tram box settings set",
        "Mend {setting} and send them again: tram box settings set",
    ),
    "reader_ready": ("Đầu đọc {model} tốt, {baud} baud.", "The reader {model} is well, at {baud} baud."),
    "reader_well": ("Đầu đọc {model} tốt.", "The reader {model} is well."),
    "reader_unanswered": (
        "Đầu đọc {model} vẫn đọc mã nhưng không trả lời câu hỏi.",
        "The reader {model} gives codes and does not answer questions.",
    ),
    "reader_unanswered.next": (
        "Kiểm tra dây TX của hộp sang RX của đầu đọc.",
        "Check the wire from the box's TX to the reader's RX.",
    ),
    "reader_settings": (
        "Đầu đọc {model} đọc được, nhưng không giữ cài đặt: {detail}.",
        "The reader {model} reads, and does not keep these settings: {detail}.",
    ),
    "reader_settings.next": (
        "Cắm đầu đọc vào máy tính và đặt lại: tram reader apply. Có loại đầu đọc không có cài đặt đó.",
        "Plug the reader into the laptop and set it: tram reader apply. Some models have no such setting.",
    ),
    "reader_listening": (
        "Đầu đọc không trả lời; hộp chỉ nghe mã nó tự gửi.",
        "The reader does not answer; the box only listens to the codes that it sends by itself.",
    ),
    "reader_listening.next": (
        "Kiểm tra dây TX của hộp sang RX của đầu đọc. Nếu là loại đầu đọc khác, cứ để vậy.",
        "Check the wire from the box's TX to the reader's RX. If it is another kind of reader, leave it so.",
    ),
    "reader_mute": ("Không thấy đầu đọc: nó không trả lời, không gửi gì.", "No reader: it neither answers nor sends."),
    "reader_mute.next": (
        "Đo nguồn của đầu đọc (GM65: 4,2–6 V; GM65-S, GM861S: 3,3 V), xem TX/RX có bị đảo, GND có nối chung.",
        "Measure the reader's supply (GM65: 4.2–6 V; GM65-S, GM861S: 3.3 V); see that TX and RX are crossed and that "
        "ground is shared.",
    ),
    "reader_dead": ("Cổng của đầu đọc biến mất.", "The reader's port is gone."),
    "reader_dead.next": ("Cắm lại cáp của đầu đọc.", "Plug the reader's cable in again."),
    "reader_flooding": ("Đầu đọc gửi rác liên tục.", "The reader sends garbage without end."),
    "reader_flooding.next": (
        "Sai tốc độ hoặc nhiễu: kiểm tra GND và dây ngắn lại, rồi đặt lại đầu đọc: tram reader apply",
        "A wrong speed or noise: check ground, shorten the wires, then set the reader: tram reader apply",
    ),
    "reader_starting": ("Hộp đang tìm đầu đọc.", "The box is looking for its reader."),
    "reader_starting.next": ("Đợi nửa phút rồi chạy lại.", "Wait half a minute, then run it again."),
    "spool_ok": ("Hàng đợi tốt, {waiting} lượt chưa gửi.", "The queue is well, {waiting} scans are waiting."),
    "spool_waits": (
        "{waiting} lượt quét chờ gửi đã {hours} giờ.",
        "{waiting} scans have been waiting for {hours} hours.",
    ),
    "spool_waits.next": (
        "Không mất gì cả. Sửa đường tới trạm (xem các dòng về Wi-Fi và trạm), hộp sẽ tự gửi.",
        "Nothing is lost. Mend the way to the gateway (see Wi-Fi and gateway); the box sends them by itself.",
    ),
    "spool_closed": (
        "Trong hộp còn {waiting} lượt quét của địa điểm cũ, chưa gửi.",
        "{waiting} scans of its place before are still in this box.",
    ),
    "spool_closed.next": (
        "Đừng xóa hộp: ghi danh lại đúng trạm cũ thì hộp tự gửi, hoặc cứu ra bằng tram box reset (lưu trước, xóa sau).",
        "Do not wipe it: enrolled with its old gateway it sends them by itself; or save them with tram box reset, "
        "which saves first and wipes then.",
    ),
    "spool_unreadable": (
        "Hàng đợi trong hộp không đọc chắc chắn được.",
        "The queue in this box cannot be read with certainty.",
    ),
    "spool_unreadable.next": (
        "Giữ nguyên hộp và báo điều hành: lượt quét có thể còn cứu được. Đừng xóa, đừng nạp lại.",
        "Keep the box as it is and tell ops: scans may still be saved. Do not wipe or flash it.",
    ),
    "spool_full": (
        "Hàng đợi đầy, {waiting} lượt chưa gửi: hộp không nhận thêm.",
        "The queue is full, {waiting} scans are waiting: the box takes no more.",
    ),
    "spool_full.next": (
        "Sửa đường tới trạm; hộp tự gửi rồi tự quét lại. Không xóa gì cả.",
        "Mend the way to the gateway; the box sends them and goes on by itself. Delete nothing.",
    ),
    "spool_fault": ("Hộp không ghi được vào bộ nhớ.", "The box cannot write to its flash."),
    "spool_fault.next": (
        "Khởi động lại một lần. Nếu vẫn vậy: thay hộp và giữ hộp cũ, lượt quét nằm trong đó.",
        "Restart it once. If it stays so: replace the box and keep the old one, the scans are in it.",
    ),
    "spool_rescue": (
        "Hộp đang cứu {waiting} lượt quét từ bộ nhớ bị hỏng.",
        "The box is saving {waiting} scans from a damaged flash.",
    ),
    "spool_rescue.next": (
        "Để hộp nối được tới trạm cho đến khi xong; đừng tắt điện lâu, đừng xóa.",
        "Let it reach its gateway until that is done; do not wipe it.",
    ),
    "spool_damaged": (
        "Một số lượt quét không đọc lại được và đã được khai báo.",
        "Some scans could not be read back, and are declared.",
    ),
    "spool_damaged.next": (
        "Trạm nhận khai báo thì hết báo. Nếu lặp lại: thay hộp.",
        "It is over when the gateway has taken the declaration. If it comes again: replace the box.",
    ),
    "clock_ok": ("Giờ đúng trong ±{seconds} giây.", "The time is right within ±{seconds} s."),
    "clock_vague": ("Giờ chỉ chắc trong ±{seconds} giây.", "The time is sure only within ±{seconds} s."),
    "clock_vague.next": (
        "Xem giờ của trạm: trang của trạm, mục đồng hồ.",
        "Look at the gateway's own time: the place's page, clock.",
    ),
    "clock_unknown": ("Hộp chưa biết giờ.", "The box does not know the time."),
    "clock_unknown.next": (
        "Lượt quét vẫn được lưu. Giờ đến từ trạm: xem dòng về trạm, và giờ của chính trạm.",
        "Scans are kept all the same. The time comes from the gateway: see the gateway, and its own clock.",
    ),
    "flash_fails": ("Bộ nhớ hệ thống không ghi được.", "The system volume cannot be written."),
    "flash_fails.next": ("Lưu hồ sơ (--save), rồi thay hộp.", "Save the file (--save), then replace the box."),
    "flash_worn": ("Bộ nhớ flash chỉ còn khoảng {years} năm.", "The flash is good for about {years} years more."),
    "flash_worn.next": ("Lên kế hoạch thay hộp.", "Plan to replace the box."),
    "flash_life": ("Bộ nhớ flash còn khoảng {years} năm.", "The flash is good for about {years} years more."),
    "memory_ok": ("Còn {free} KiB RAM.", "{free} KiB of memory are free."),
    "memory_low": ("Chỉ còn {free} KiB RAM.", "Only {free} KiB of memory are free."),
    "memory_low.next": (
        "Khởi động lại hộp. Nếu vẫn thiếu, lưu hồ sơ (--save) và gửi cho điều hành.",
        "Restart the box. If it stays low, save the file (--save) and send it to ops.",
    ),
    "hot": ("Chip nóng {heat} °C.", "The chip is at {heat} °C."),
    "hot.next": ("Che nắng cho hộp, mở khe thoáng.", "Shade the box, and keep its vents open."),
    "reset_watchdog": (
        "Lần khởi động này do bộ canh giữ (watchdog); tổng cộng {resets} lần; chậm: {late}.",
        "The watchdog started it this time; {resets} times in all; late was: {late}.",
    ),
    "reset_watchdog.next": (
        "Một lần thì bỏ qua. Lặp lại: kiểm tra nguồn điện, lưu hồ sơ (--save) và gửi cho điều hành.",
        "Once is nothing. If it comes again: check the power supply, save the file (--save), send it to ops.",
    ),
    "resets_before": (
        "Trước đây watchdog đã khởi động lại hộp {resets} lần.",
        "Earlier the watchdog restarted it {resets} times.",
    ),
    "crash": ("Lần chạy trước kết thúc vì lỗi: {text}", "The run before ended with an error: {text}"),
    "crash.next": (
        "Lưu hồ sơ (--save) và gửi cho điều hành.",
        "Save the file (--save) and send it to ops.",
    ),
    "log_damaged": ("{lines} dòng nhật ký bị hỏng.", "{lines} lines of the log are damaged."),
    "log_damaged.next": (
        "Thường do mất điện lúc đang ghi. Nếu nhiều: bộ nhớ sắp hỏng, thay hộp.",
        "Mostly power cuts while it was written. If there are many: the flash is failing, replace the box.",
    ),
}
