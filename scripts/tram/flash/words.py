"""What `tram flash` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        # steps
        "step.connect": ("{port}: hỏi chip", "{port}: asking the chip"),
        "step.write": ("{mac}: ghi MicroPython và phần mềm", "{mac}: writing MicroPython and our firmware"),
        "step.compare": ("{mac}: đọc lại và so sánh", "{mac}: reading back and comparing"),
        "step.start": ("{mac}: khởi động", "{mac}: starting"),
        "step.test": ("{box}: tự kiểm tra", "{box}: self-test"),
        "step.code": ("{box}: nạp mã cài đặt", "{box}: giving it its set-up code"),
        "step.drive": ("{port}: chép vào ổ của bo mạch", "{port}: copying onto the board's drive"),
        # what is told
        "found": ("{port}: {title}, chip {chip}, {mac}", "{port}: {title}, chip {chip}, {mac}"),
        "resumed": (
            "Bo mạch này đã nạp dở đến {percent} %: làm tiếp.",
            "This board was cut off at {percent} % before: going on.",
        ),
        "written": ("Đã ghi {bytes} byte; phần còn lại đã có sẵn.", "{bytes} bytes written; the rest was there."),
        "spool_kept": (
            "Vùng lưu lượt quét có dữ liệu từ trước: giữ nguyên.",
            "The part for scans holds something from before: it is kept.",
        ),
        "code_taken": ("Hộp đã nhận mã cài đặt.", "The box has taken its set-up code."),
        "label_made": ("Nhãn: {file}", "Label: {file}"),
        "done": ("Xong: {box} ({board}, phiên bản {version}).", "Done: {box} ({board}, version {version})."),
        "verified": (
            "{mac}: đúng như bản phát hành {version}.",
            "{mac}: is what release {version} says.",
        ),
        "no_ports": ("Không có cổng nào.", "There are no ports."),
        "kind.esp": ("bo mạch ESP32 (USB của chip)", "an ESP32 board (the chip's own USB)"),
        "kind.bridge": ("chip USB nối tiếp: bo mạch hoặc đầu đọc", "a USB bridge: a board or a reader"),
        "kind.pico": ("Pico đang chạy MicroPython", "a Pico with MicroPython"),
        "kind.uf2": ("Pico ở chế độ nạp (BOOTSEL)", "a Pico in its loader (BOOTSEL)"),
        "kind.reader": ("đầu đọc mã", "a reader module"),
        "kind.other": ("không rõ: tram không mở", "unknown: tram does not open it"),
        # questions
        "ask.other": (
            "Bo mạch {mac} ở {port} đang chứa chương trình khác. Ghi đè?",
            "The board {mac} at {port} holds another program. Write over it?",
        ),
        "ask.ours": (
            "Bo mạch {mac} đã là hộp quét: danh tính và cài đặt của nó sẽ mất, lượt quét chưa gửi vẫn được giữ lại. "
            "Nạp lại?",
            "The board {mac} is a box already: its identity and settings will be lost, scans not sent yet are kept. "
            "Flash it again?",
        ),
        "ask.drive": (
            "Bo mạch ở {port} đang ở chế độ nạp, không hỏi được nó chứa gì. Ghi đè?",
            "The board at {port} is in its loader and cannot be asked what it holds. Write over it?",
        ),
        "ask.erase": (
            "Xóa vùng lưu lượt quét của {mac}? Lượt quét chưa gửi sẽ mất hẳn.",
            "Erase the scans on {mac}? What was not sent yet is lost for good.",
        ),
        # batch
        "batch.waiting": (
            "Cắm từng bo mạch vào. Ctrl-C để kết thúc.",
            "Plug in one board after another. Ctrl-C ends it.",
        ),
        "batch.unplug": ("Rút bo mạch ở {port} ra.", "Unplug the board at {port}."),
        "batch.tally": (
            "Đã xong {done}, hỏng {failed}, tổng {all}.",
            "{done} done, {failed} failed, {all} in all.",
        ),
        "batch.failed": ("Hỏng: {port}: {sentence}", "Failed: {port}: {sentence}"),
        "batch.left_alone": (
            "{port}: không có bo mạch nào của ta trả lời, bỏ qua. Nếu đúng là bo mạch: {text}",
            "{port}: no board of ours answers, left alone. If it is one: {text}",
        ),
        # troubles
        "no_loader": (
            "Ở cổng {port} không có chip ESP32 nào trả lời.",
            "No ESP32 chip answers at {port}.",
        ),
        "no_loader.next": (
            "Giữ nút BOOT, nhấn rồi thả RESET, thả BOOT, rồi chạy lại. Vẫn vậy: thử cáp khác, hoặc đây không phải bo "
            "mạch ESP32.",
            "Hold BOOT, press and release RESET, release BOOT, and run it again. If that does not help: another cable, "
            "or it is no ESP32 board.",
        ),
        "chip_locked": (
            "Chip {chip} ở {port} đã khóa (mã hóa flash hoặc secure boot): tram không nạp được.",
            "The chip {chip} at {port} is locked (flash encryption or secure boot): tram cannot write it.",
        ),
        "chip_locked.next": ("Dùng bo mạch khác.", "Take another board."),
        "wrong_chip": (
            "Bo mạch ở {port} có chip {chip}; bản phát hành này dành cho {wanted}.",
            "The board at {port} has the chip {chip}; this release is for {wanted}.",
        ),
        "wrong_chip.next": (
            "Cắm đúng bo mạch, hoặc lấy bản phát hành có bo mạch đó.",
            "Plug in the right board, or get a release that has this one.",
        ),
        "which_board": (
            "Chip {chip} có trong nhiều loại bo mạch: {boards}.",
            "The chip {chip} is on more than one kind of board: {boards}.",
        ),
        "which_board.next": ("Chỉ rõ bằng --board.", "Say which with --board."),
        "board_unknown": (
            "Bản phát hành không có bo mạch {board}. Có: {boards}.",
            "The release has no board {board}. It has: {boards}.",
        ),
        "board_unknown.next": ("Chọn một trong các loại đó.", "Take one of these."),
        "flash_small": (
            "Bộ nhớ flash của bo mạch chỉ có {has} MiB; loại {board} cần {needs} MiB.",
            "The board's flash has only {has} MiB; a {board} needs {needs} MiB.",
        ),
        "flash_small.next": ("Dùng bo mạch có bộ nhớ lớn hơn.", "Take a board with more flash."),
        "not_overwritten": (
            "Không ghi gì lên {mac}: chưa được đồng ý.",
            "Nothing was written to {mac}: nobody agreed to it.",
        ),
        "not_overwritten.next": (
            "Nếu đúng là bo mạch cần nạp, chạy lại và trả lời có, hoặc thêm --overwrite.",
            "If it is the right board, run it again and say yes, or add --overwrite.",
        ),
        "stopped_midway": (
            "Đã dừng giữa chừng theo yêu cầu: bo mạch ở {port} chưa xong.",
            "Stopped in the middle, as asked: the board at {port} is not done.",
        ),
        "stopped_midway.next": (
            "Chạy lại đúng lệnh đó: tram làm tiếp.",
            "Give the same command again: tram goes on.",
        ),
        "cable_pulled": (
            "Mất kết nối với bo mạch ở {port} khi được {percent} %. Bo mạch chưa dùng được.",
            "The connection to the board at {port} was lost at {percent} %. The board cannot be used yet.",
        ),
        "cable_pulled.next": (
            "Cắm lại cáp rồi chạy lại đúng lệnh đó: tram làm tiếp từ chỗ đứt.",
            "Plug the cable in again and give the same command: tram goes on where it was cut.",
        ),
        "loader_refuses": (
            "Chip ở {port} từ chối: {text}",
            "The chip at {port} refuses: {text}",
        ),
        "loader_refuses.next": (
            "Rút ra, cắm lại, chạy lại. Vẫn vậy thì bo mạch hỏng.",
            "Unplug it, plug it in, run it again. If it stays so, the board is broken.",
        ),
        "write_differs": (
            "Flash của {mac} không giữ được dữ liệu ở {address}: ghi hai lần vẫn sai.",
            "The flash of {mac} does not keep what is written at {address}: wrong twice.",
        ),
        "write_differs.next": (
            "Bo mạch hỏng hoặc bị khóa ghi. Để riêng, đừng treo lên tường.",
            "The board is broken or write-protected. Put it aside, do not hang it up.",
        ),
        "readback_differs": (
            "Đọc lại {part} của {mac} thấy khác từ {address}.",
            "What is read back of {part} on {mac} differs from {address} on.",
        ),
        "readback_differs.next": (
            "Chạy lại lệnh để ghi lại chỗ đó. Vẫn vậy thì bo mạch hỏng.",
            "Run it again: that place is written anew. If it stays so, the board is broken.",
        ),
        "file_on_box_differs": (
            "Trên {mac}, tệp {path} khác với bản phát hành.",
            "On {mac} the file {path} is not what the release says.",
        ),
        "file_on_box_differs.next": (
            "Nếu hộp đã tự cập nhật, dùng đúng bản phát hành đó; nếu không, nạp lại.",
            "If the box has been updated since, take the release of that version; else flash it again.",
        ),
        "not_started": (
            "Đã ghi và đối chiếu xong {mac}, nhưng hộp không trả lời sau khi khởi động ({why}).",
            "{mac} is written and compared, but the box does not answer after its start ({why}).",
        ),
        "not_started.next": (
            "Nhấn RESET trên bo mạch rồi chạy: tram doctor --port {port}",
            "Press RESET on the board, then run: tram doctor --port {port}",
        ),
        "not_started_frozen": (
            "Đã ghi và đối chiếu xong {mac}, nhưng hộp không trả lời sau khi khởi động ({why}). Đã nạp: MicroPython "
            "{file} có sẵn phần mềm phiên bản {version} bên trong, và vùng hệ thống chỉ có khóa.",
            "{mac} is written and compared, but the box does not answer after its start ({why}). Put in were: the "
            "MicroPython {file} with our firmware {version} inside it, and a system volume with the key alone.",
        ),
        "not_started_frozen.next": (
            "Nhấn RESET trên bo mạch rồi chạy: tram doctor --port {port}. Vẫn vậy trên bo mạch khác: gửi tên tệp và "
            "kết quả cho đội điều hành, MicroPython đó có thể được dựng sai.",
            "Press RESET on the board, then run: tram doctor --port {port}. If another board does the same, tell ops "
            "the file's name and what doctor says: that MicroPython may have been built wrongly.",
        ),
        "file_too_many": (
            "Trên {mac} có tệp {path} không được có: nó chạy trước phần mềm nằm trong MicroPython.",
            "On {mac} there is a file {path} that must not be: it runs before the firmware inside MicroPython.",
        ),
        "file_too_many.next": ("Nạp lại bo mạch.", "Flash it again."),
        "other_box": (
            "Hộp tự xưng là {says}, nhưng chip là {chip}.",
            "The box calls itself {says}, but its chip is {chip}.",
        ),
        "other_box.next": (
            "Rút các bo mạch khác ra rồi chạy lại.",
            "Unplug all other boards and run it again.",
        ),
        "no_code": ("{file} không chứa mã cài đặt.", "There is no set-up code in {file}."),
        "no_code.next": (
            "Làm mã bằng: tram provision",
            "Make one with: tram provision",
        ),
        "label_size": ("Không có cỡ nhãn {name}. Có: {names}.", "There is no label size {name}. There are: {names}."),
        "label_size.next": ("Chọn một trong các cỡ đó.", "Take one of these."),
        "not_with_batch": (
            "--batch không đi cùng --port, --code, --verify-only: mã cài đặt là của riêng từng hộp.",
            "--batch does not go with --port, --code, --verify-only: a set-up code is for one box.",
        ),
        "not_with_batch.next": ("Bỏ một trong hai.", "Leave one of them out."),
        "micropython_differs": (
            "Bo mạch {mac} chạy MicroPython {version}, bản phát hành có {wanted}.",
            "The board {mac} runs MicroPython {version}, the release has {wanted}.",
        ),
        "micropython_differs.next": ("Nạp lại bo mạch.", "Flash it again."),
        "code_refused": (
            "Hộp {box} không nhận mã cài đặt: {verdict}.",
            "The box {box} does not take the set-up code: {verdict}.",
        ),
        "code_refused.next": (
            "Làm mã mới bằng tram provision, rồi chạy lại với --code.",
            "Make a new one with tram provision, then run it again with --code.",
        ),
        "test_wrong": (
            "Hộp {box} tự kiểm tra thấy chưa đúng: {wrong}.",
            "The self-test of {box} finds what is not as it should be: {wrong}.",
        ),
        "test_wrong.next": (
            "Chạy: tram doctor --port {port}. Nếu là scans: vùng lưu lượt quét hỏng, hoặc của chương trình khác; nạp "
            "lại với --erase-scans nếu trong đó không có gì cần giữ.",
            "Run: tram doctor --port {port}. If it is scans: the part for scans is damaged, or another program's; "
            "flash it again with --erase-scans if nothing in it has to be kept.",
        ),
        "no_drive": (
            "Bo mạch không hiện thành ổ đĩa.",
            "The board does not show up as a drive.",
        ),
        "no_drive.next": (
            "Rút ra, giữ BOOTSEL, cắm lại, đợi ổ đĩa hiện ra, rồi chạy lại.",
            "Unplug it, hold BOOTSEL, plug it in again, wait for the drive, and run it again.",
        ),
        "drive_full": (
            "Không chép được vào ổ {drive}: {text}",
            "The drive {drive} does not take the file: {text}",
        ),
        "drive_full.next": (
            "Rút ra, giữ BOOTSEL, cắm lại, rồi chạy lại.",
            "Unplug it, hold BOOTSEL, plug it in again, and run it again.",
        ),
        "drive_stays": (
            "Bo mạch ở {drive} không nhận tệp: ổ vẫn còn đó.",
            "The board at {drive} has not taken the file: its drive is still there.",
        ),
        "drive_stays.next": (
            "Rút ra, giữ BOOTSEL, cắm lại, rồi chạy lại.",
            "Unplug it, hold BOOTSEL, plug it in again, and run it again.",
        ),
        "not_back": (
            "Đã chép xong, nhưng bo mạch không hiện lại thành cổng.",
            "The file was copied, but the board did not come back as a port.",
        ),
        "not_back.next": (
            "Rút ra, cắm lại (không giữ BOOTSEL), rồi chạy: tram flash --verify-only",
            "Unplug it and plug it in (without BOOTSEL), then run: tram flash --verify-only",
        ),
        "no_repl": (
            "MicroPython ở {port} không trả lời.",
            "MicroPython at {port} does not answer.",
        ),
        "no_repl.next": (
            "Rút ra, giữ BOOTSEL, cắm lại: bo mạch hiện thành một ổ đĩa; rồi chạy lại.",
            "Unplug it, hold BOOTSEL, plug it in again: the board shows up as a drive; then run it again.",
        ),
        "csv_kept": ("Danh sách: {file}", "List: {file}"),
    }
)
