"""Sentences of boards whose firmware does not answer, of gateways, and of the command itself."""

BOARD = {
    "loader_drive": (
        "Bo mạch {board} đang ở chế độ nạp (BOOTSEL): hiện ra như một ổ đĩa, không chạy phần mềm.",
        "The board {board} is in its loader (BOOTSEL): it shows as a drive and runs nothing.",
    ),
    "loader_drive.next": (
        "Nạp phần mềm: tram flash. Nếu không định nạp: rút cáp, cắm lại mà không giữ nút BOOTSEL.",
        "Put the firmware onto it: tram flash. If that was not meant: plug it in again without holding BOOTSEL.",
    ),
    "repl_bare": (
        "Bo mạch chỉ có MicroPython {version} ({machine}), chưa có phần mềm của hộp.",
        "The board has MicroPython {version} alone ({machine}), and no firmware of a box.",
    ),
    "repl_bare.next": ("Nạp phần mềm: tram flash", "Put the firmware onto it: tram flash"),
    "repl_stopped": (
        "Phần mềm của hộp {box} có trên bo mạch nhưng không chạy (MicroPython {version}, {machine}).",
        "The firmware of the box {box} is on the board and does not run (MicroPython {version}, {machine}).",
    ),
    "repl_stopped.next": (
        "Khởi động lại (RESET hoặc rút điện), chạy lại tram doctor. Vẫn vậy: lưu hồ sơ (--save), rồi tram flash.",
        "Restart it (RESET, or its power) and run tram doctor again. If it stays so: save the file (--save), then tram "
        "flash.",
    ),
    "repl_missing": ("Thiếu tệp trên bo mạch: {files}.", "Files are missing on the board: {files}."),
    "repl_missing.next": ("Nạp lại: tram flash", "Write it anew: tram flash"),
    "repl_frozen": (
        "Phần mềm phiên bản {version} cho {board} nằm ngay trong MicroPython.",
        "Firmware version {version} for {board} is inside MicroPython.",
    ),
    "repl_frozen_boot": (
        "Trên bo mạch có tệp boot.py không được có: nó chạy thay phần mềm trong MicroPython.",
        "There is a file boot.py that must not be: it runs in the place of the firmware inside MicroPython.",
    ),
    "repl_frozen_boot.next": ("Nạp lại: tram flash", "Write it anew: tram flash"),
    "repl_slots": ("Ngăn phần mềm: {slots}.", "Firmware slots: {slots}."),
    "repl_no_slot": ("Không ngăn phần mềm nào nguyên vẹn.", "No firmware slot is whole."),
    "repl_no_slot.next": ("Nạp lại: tram flash", "Write it anew: tram flash"),
    "repl_full": ("Bộ nhớ hệ thống gần đầy: còn {free} KiB.", "The system volume is nearly full: {free} KiB are left."),
    "repl_full.next": (
        "Lưu hồ sơ (--save) và gửi cho điều hành.",
        "Save the file (--save) and send it to ops.",
    ),
    "repl_identity": ("Hộp có danh tính (đã ghi danh).", "The box has an identity (it was enrolled)."),
    "repl_no_identity": ("Hộp chưa có danh tính.", "The box has no identity yet."),
    "repl_no_fleet_key": (
        "Không có khóa của hệ thống trên bo mạch: hộp sẽ không nhận mã cài đặt nào.",
        "The fleet's key is not on the board: it would take no set-up code.",
    ),
    "repl_no_fleet_key.next": ("Nạp lại: tram flash", "Write it anew: tram flash"),
    "rom_empty": (
        "Chip {chip} còn sống (MAC {mac}, flash {mib} MiB), nhưng bộ nhớ trống.",
        "The chip {chip} is alive (MAC {mac}, {mib} MiB of flash), and its flash is empty.",
    ),
    "rom_empty.next": ("Nạp phần mềm: tram flash", "Put the firmware onto it: tram flash"),
    "rom_half": (
        "Chip {chip} còn sống (MAC {mac}, flash {mib} MiB), nhưng phần mềm mới được ghi một phần: lần nạp bị ngắt.",
        "The chip {chip} is alive (MAC {mac}, {mib} MiB of flash), and only part of the firmware is on it: its "
        "flashing was cut off.",
    ),
    "rom_half.next": ("Nạp tiếp: tram flash", "Go on: tram flash"),
    "rom_no_system": (
        "Chip {chip} còn sống (MAC {mac}, flash {mib} MiB) và có MicroPython, nhưng phần chứa phần mềm của hộp trống.",
        "The chip {chip} is alive (MAC {mac}, {mib} MiB of flash) and has MicroPython, and where a box's firmware lies "
        "there is nothing.",
    ),
    "rom_no_system.next": ("Nạp phần mềm: tram flash", "Put the firmware onto it: tram flash"),
    "rom_alive": (
        "Chip {chip} còn sống (MAC {mac}, flash {mib} MiB), nhưng phần mềm trong đó không chạy.",
        "The chip {chip} is alive (MAC {mac}, {mib} MiB of flash), and what is on it does not run.",
    ),
    "rom_alive.next": (
        "Xem có nguyên vẹn không: tram flash --verify-only. Nạp lại: tram flash. Lượt quét chưa gửi nằm ở phần "
        "khác của bộ nhớ, tram flash giữ nguyên.",
        "See whether it is whole: tram flash --verify-only. Write it anew: tram flash. Scans that wait lie in another "
        "part of the flash, which tram flash leaves alone.",
    ),
    "rom_locked": (
        "Chip bị khóa: không nạp được phần mềm của chúng ta.",
        "The chip is locked: our firmware cannot go on.",
    ),
    "rom_locked.next": ("Dùng bo mạch khác.", "Use another board."),
    "nobody": (
        "Cổng {port} mở được, nhưng không gì ở đó trả lời.",
        "The port {port} opens, and nothing there answers.",
    ),
    "nobody.next": (
        "Đúng cổng chưa? Thử cáp khác, cổng USB khác; giữ nút BOOT, bấm RESET, rồi chạy lại. Đầu đọc thì dùng: tram "
        "reader.",
        "Is it the right port? Try another cable and another USB socket; hold BOOT, press RESET, run it again. A "
        "reader module is for tram reader.",
    ),
    "lan_well": ("Trạm {gateway} thấy hộp {box}: bình thường.", "The gateway {gateway} sees the box {box}: well."),
    "lan_state": ("Trạm {gateway} nói về hộp {box}: {why}", "The gateway {gateway} says of the box {box}: {why}"),
    "lan_state.next": (
        "Nếu hộp không trả lời qua mạng, cắm cáp USB và chạy: tram doctor",
        "If it does not answer over the network, plug in a USB cable and run: tram doctor",
    ),
    "lan_no_answer": (
        "Hộp {box} không trả lời trạm {gateway} trong {seconds} giây.",
        "The box {box} did not answer the gateway {gateway} within {seconds} s.",
    ),
    "lan_no_answer.next": (
        "Xem điện và Wi-Fi ở chỗ treo hộp; hoặc cắm cáp USB và chạy: tram doctor",
        "Look at its power and Wi-Fi where it hangs; or plug in a USB cable and run: tram doctor",
    ),
    "not_asked": ("Hộp không trả lời được phần: {words}.", "The box could not answer: {words}."),
    "not_asked.next": (
        "Phần mềm cũ hoặc chế độ hiện tại không có phần này. Cập nhật: tram box update",
        "Old firmware, or a mode without it. Update: tram box update",
    ),
    # the command
    "box_needs_one": (
        "--port là hỏi qua cáp USB, --box và --gateway là hỏi qua trạm: không dùng chung được.",
        "--port asks over a USB cable, --box and --gateway ask through a gateway: they do not go together.",
    ),
    "box_needs_one.next": (
        "Hộp đang cắm cáp: bỏ --box và --gateway. Hộp ở xa: bỏ --port.",
        "A box on a cable: leave out --box and --gateway. One that is elsewhere: leave out --port.",
    ),
    "saved": ("Đã lưu hồ sơ: {file}", "Saved: {file}"),
    "all_well": ("Mọi thứ bình thường.", "All is well."),
    "some_wrong": ("{bad} lỗi, {warn} lưu ý.", "{bad} wrong, {warn} to look at."),
    "step_meet": ("Hỏi xem ai ở đầu dây", "Asking who is there"),
    "step_ask": ("Hỏi hộp", "Asking the box"),
    "step_repl": ("Đọc qua MicroPython", "Reading through MicroPython"),
    "step_rom": ("Hỏi chip", "Asking the chip"),
    "step_lan": ("Hỏi trạm", "Asking the gateway"),
}
