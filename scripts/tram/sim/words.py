"""What `tram sim` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "not_here": (
            "Đồ giả chỉ chạy trên Linux: máy này là {system}.",
            "What is pretended runs on Linux only: this is {system}.",
        ),
        "not_here.next": (
            "Trên Windows: chạy trong WSL, các lệnh tram khác cũng trong WSL. Trên Mac: trong một máy ảo Linux.",
            "On Windows: inside WSL, the other tram commands there too. On a Mac: inside a virtual Linux machine.",
        ),
        "no_tree": (
            "Máy này thiếu phần để tập: {what}.",
            "This computer lacks what practising needs: {what}.",
        ),
        "no_tree.next": (
            "Tập trong thư mục mã nguồn của Trạm, sau khi chạy scripts/install.",
            "Practise in the folder with Trạm's sources, after scripts/install.",
        ),
        "board_unknown": ("Không có loại bo mạch {name}.", "There is no board {name}."),
        "board_unknown.next": ("Chọn một trong: {names}.", "Choose one of: {names}."),
        "model_unknown": ("Không có đầu đọc kiểu {name}.", "There is no reader model {name}."),
        "model_unknown.next": ("Chọn một trong: {names}.", "Choose one of: {names}."),
        "does_not_start": ("Không khởi động được: {what}.", "It does not start: {what}."),
        "does_not_start.next": ("Xem tệp {log}.", "Look into {log}."),
        "order_unknown": ("Không hiểu “{order}”. Gõ /help.", "“{order}” is no order. Type /help."),
        "order_failed": ("Không làm được: {why}", "That did not work: {why}"),
        "reader_off": (
            "Đầu đọc chưa chạy: bo mạch chưa có phần mềm hộp quét.",
            "Its reader is off: the board does not run the box's firmware.",
        ),
        "shown": ("Đầu đọc đã gửi mã ({length} byte).", "The reader has sent the code ({length} bytes)."),
        "not_read": ("Đầu đọc không gửi mã: {why}.", "The reader did not send it: {why}."),
        "mode.off": ("[bo mạch] đã rút cáp", "[board] unplugged"),
        "mode.blank": ("[bo mạch] trống, chưa có phần mềm", "[board] blank: no program in its flash"),
        "mode.rom": ("[bo mạch] chế độ nạp (ROM)", "[board] download mode (ROM)"),
        "mode.stub": ("[bo mạch] đang nạp", "[board] download mode (being written)"),
        "mode.drive": ("[bo mạch] là ổ đĩa UF2: {device}", "[board] is a UF2 drive: {device}"),
        "mode.app": ("[bo mạch] đang chạy phần mềm hộp quét", "[board] runs the box's firmware"),
        "mode.repl": ("[bo mạch] chỉ có MicroPython (REPL)", "[board] runs MicroPython alone (REPL)"),
        "mode.held": ("[bo mạch] đang giữ nút reset", "[board] is held in reset"),
        "face": ("[hộp] {face}", "[box] {face}"),
        "ended": ("Đã dừng, cổng giả không còn.", "Ended; the pretended ports are gone."),
        "help": (
            "Gõ một dòng chữ: đưa mã đó trước đầu đọc.  @TỆP: đưa mã trong tệp (mã cài đặt).\n"
            "/unplug rút cáp   /plug cắm lại   /plug elsewhere cắm lại, cổng tên khác\n"
            "/reset nút reset   /boot nút boot và reset   /quit dừng\n"
            "/fault cut 100000: rút cáp sau 100000 byte   /fault protected   /fault flip 2097408 4\n"
            "/fault late_ms 200   /fault garbage   /fault mute",
            "Type a line: that code is held before the reader.  @FILE: the code in a file (a set-up code).\n"
            "/unplug   /plug   /plug elsewhere (its port has another name then)\n"
            "/reset: its reset button   /boot: boot and reset   /quit\n"
            "/fault cut 100000: the cable is pulled after 100000 bytes   /fault protected   /fault flip 2097408 4\n"
            "/fault late_ms 200   /fault garbage   /fault mute",
        ),
        "help_reader": (
            "Gõ một dòng chữ: đưa mã đó trước đầu đọc.  @TỆP: đưa mã trong tệp.  /quit dừng\n"
            "/fault TÊN: {faults}   /power off   /power on   /swap KIỂU",
            "Type a line: that code is held before the reader.  @FILE: the code in a file.  /quit\n"
            "/fault NAME: {faults}   /power off   /power on   /swap MODEL",
        ),
        "home": (
            "Mở cửa sổ lệnh thứ hai và gõ trước tiên:\n  {line}\n"
            "Từ đó mọi lệnh tram ở cửa sổ ấy dùng khóa và thư mục để tập, không đụng đến đồ thật.",
            "Open a second terminal, and type this first:\n  {line}\n"
            "From then on every tram command there uses keys and a folder for practising, and none of the real ones.",
        ),
        "practise_reader": (
            "Đầu đọc giả {model} ở cổng {device}. Tập:\n"
            "  tram reader identify\n  tram reader show\n  tram reader measure --for 10\n"
            "  tram reader backup doc.toml",
            "A pretended {model} is at {device}. Practise:\n"
            "  tram reader identify\n  tram reader show\n  tram reader measure --for 10\n"
            "  tram reader backup reader.toml",
        ),
        "practise_board": (
            "Bo mạch giả {board} ở {device}: trống, như mới mua. Tập:\n"
            "  tram flash --list\n  tram flash\n  tram doctor\n"
            "Rồi thử lúc hỏng: /fault cut 100000 ở đây, chạy lại tram flash ở kia, rồi /plug.",
            "A pretended {board} is at {device}: bare, as bought. Practise:\n"
            "  tram flash --list\n  tram flash\n  tram doctor\n"
            "Then try what goes wrong: /fault cut 100000 here, tram flash there again, then /plug.",
        ),
        "practise_box": (
            "Hộp quét giả ({board}) ở cổng {device}: đã nạp phần mềm, chưa cài đặt. Tập:\n"
            "  tram box list\n  tram doctor\n  tram box identify HỘP\n"
            "Muốn cài đặt và quét thật: tram sim place.",
            "A pretended box ({board}) is at {device}: flashed, not set up yet. Practise:\n"
            "  tram box list\n  tram doctor\n  tram box identify BOX\n"
            "To set it up and scan for real: tram sim place.",
        ),
        "practise_place": (
            "Một địa điểm giả: trạm trung chuyển ở {url}, và một bo mạch trống ở {device}. Tập từ đầu đến cuối:\n"
            "  tram box gateways add {url}       (dán mã truy cập dưới đây)\n"
            "  tram flash\n"
            "  tram provision code --gate cong-1 --wifi-file {wifi} --out ma.txt\n"
            "  rồi gõ @ma.txt ở cửa sổ này: đưa mã cài đặt cho hộp\n"
            "  gõ một dòng chữ bất kỳ ở đây: đưa mã cho hộp quét\n"
            "  tram box list\n  tram doctor\n"
            "Mã truy cập:\n{access}",
            "A pretended place: a gateway at {url}, and a bare board at {device}. Practise it all:\n"
            "  tram box gateways add {url}       (paste the access code below)\n"
            "  tram flash\n"
            "  tram provision code --gate cong-1 --wifi-file {wifi} --out code.txt\n"
            "  then type @code.txt in this window: the box is shown its set-up code\n"
            "  type any line here: the box scans it as a code\n"
            "  tram box list\n  tram doctor\n"
            "Access code:\n{access}",
        ),
        "limits": (
            "Đồ giả không cho thấy: dây nối, điện áp, sóng Wi-Fi, ánh sáng, tốc độ thật.",
            "What is pretended does not show wiring, voltages, radio, light, nor real speed.",
        ),
        "preparing": ("Chuẩn bị đồ để tập", "Preparing what is practised with"),
        "starting_place": ("Khởi động trạm trung chuyển", "Starting the gateway"),
    }
)
