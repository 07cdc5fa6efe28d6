"""What `tram reader` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        # Which is being asked
        "asking_gm65": ("Hỏi xem có phải họ GM65 …", "Asking whether it is of the GM65 family …"),
        "asking_de2120": ("Hỏi xem có phải DE2120 …", "Asking whether it is a DE2120 …"),
        "asking_m5qr": ("Hỏi xem có phải M5Stack QRCode …", "Asking whether it is an M5Stack QRCode …"),
        "asking_gm67": ("Hỏi xem có phải GM67 …", "Asking whether it is a GM67 …"),
        "asking_gm65_seldom": ("Thử các tốc độ ít gặp …", "Trying seldom speeds …"),
        "asking_gm65_wake": (
            "Thử đánh thức, và bảo nó trả lời qua UART (chỉ đến khi tắt nguồn) …",
            "Trying to wake it, and telling it to answer on its UART (lost with the power) …",
        ),
        # Who answers, or does not
        "silent": (
            "Không đầu đọc nào trả lời: không nhận được byte nào.",
            "No reader answers: not a single byte came.",
        ),
        "silent.next": (
            "Kiểm tra: nguồn đúng điện áp, GND chung, dây TX–RX bắt chéo (TX đầu đọc vào RX bên này). GM861 mới đặt ở "
            "chế độ USB, DE2120 mới phải quét mã POR232. trong sổ tay của hãng.",
            "Check the supply voltage, the common ground, and that TX and RX are crossed (its TX to the RX here). A "
            "new "
            "GM861 is set to USB; a new DE2120 has to scan the code POR232. of its maker's manual.",
        ),
        "garbled": (
            "Có tín hiệu ({bytes} byte) nhưng không câu trả lời nào đọc được.",
            "Something comes ({bytes} bytes), and nothing of it is an answer that can be read.",
        ),
        "garbled.next": (
            "Kiểm tra dây và GND; thử --baud. Nếu đầu đọc chỉ biết gửi mã, dùng: tram reader listen --model text "
            "--baud 9600",
            "Check the wires and the ground; try --baud. If it can only send codes: "
            "tram reader listen --model text --baud 9600",
        ),
        "a_board": ("Đây là bo mạch, không phải đầu đọc.", "This is a board, and no reader."),
        "a_board.next": (
            "Cắm đầu đọc qua bộ chuyển USB–UART; với bo mạch, dùng tram doctor hoặc tram flash.",
            "Connect the reader through a USB-to-serial adapter; for the board use tram doctor or tram flash.",
        ),
        "gone": ("Cổng biến mất giữa chừng.", "The port vanished in the middle of it."),
        "gone.next": (
            "Cắm lại cáp, rồi chạy lại lệnh. Cài đặt nào chưa lưu trong đầu đọc thì mất theo nguồn.",
            "Plug it in again, and run the command again. What was not saved in the module went with its power.",
        ),
        "unanswered": ("Đầu đọc ngừng trả lời giữa chừng.", "The reader stopped answering in the middle of it."),
        "unanswered.next": (
            "Tắt nguồn rồi bật lại, chạy lại lệnh: nó đọc lại tất cả trước khi ghi.",
            "Switch it off and on, and run the command again: it reads everything before it writes.",
        ),
        "half_answered": (
            "Đầu đọc có gửi dữ liệu, nhưng câu trả lời đến bị hỏng: sai CRC, cụt, lẫn byte lạ hoặc quá chậm.",
            "The reader speaks, but its answers arrive damaged: wrong CRC, cut short, among other bytes, or too late.",
        ),
        "half_answered.next": (
            "Dây quá dài, TX chạm RX, GND kém hoặc nguồn yếu; hoặc có mã đang được quét. Che đầu đọc, thay dây, rồi "
            "thử lại; tốc độ 9600 chịu nhiễu tốt hơn.",
            "The wire is too long, TX touches RX, the ground is bad or the supply is weak; or codes are being read. "
            "Cover the reader, change the wire and try again; 9600 stands more.",
        ),
        # What cannot be done
        "model_unknown": ("Không có kiểu máy {text}. Có: {names}.", "There is no model {text}. There are: {names}."),
        "model_other": (
            "Đầu đọc này tự xưng là {ours} (byte {byte}), không phải {theirs}.",
            "This reader says that it is a {ours} (byte {byte}), and no {theirs}.",
        ),
        "model_other.next": ("Chạy lại mà không có --model.", "Run it again without --model."),
        "not_with": (
            "{title} không làm được việc này: {why}.",
            "{title} cannot do this: {why}.",
        ),
        "not_with.next": (
            "Xem các cài đặt của nó: tram reader show",
            "See what it can be set to: tram reader show",
        ),
        "why_no_zones": ("các cài đặt của nó không đọc lại được", "its settings cannot be read back"),
        "why_no_save": ("nó không có lệnh lưu", "it has no command to save"),
        "why_no_defaults": (
            "lệnh về mặc định của kiểu máy này không được công bố",
            "the command that brings this model's defaults back is not public",
        ),
        "why_no_settings": ("các cài đặt của nó không được công bố", "its settings are not public"),
        "model_unknown.next": (
            "Bỏ --model để tự dò, hoặc chọn một tên ở trên.",
            "Leave --model out and it is found, or take one of these names.",
        ),
        "setting_form": ("«{text}» không có dạng TÊN=GIÁ-TRỊ.", "«{text}» has not the form NAME=VALUE."),
        "setting_form.next": (
            "Ví dụ: tram reader set sound=off same_code_ms=2000, hoặc theo ô: 0013=94",
            "For example: tram reader set sound=off same_code_ms=2000, or by zone: 0013=94",
        ),
        "setting_unknown": (
            "{title} không có cài đặt {name}. Có: {names}.",
            "{title} has no setting {name}. There are: {names}.",
        ),
        "value_bad": (
            "{name} không nhận giá trị {text}. Nhận: {choices}.",
            "{name} cannot be {text}. It may be: {choices}.",
        ),
        "setting_unknown.next": (
            "Xem tên và giá trị hiện tại: tram reader show",
            "See the names and what they are now: tram reader show",
        ),
        "value_bad.next": ("Chọn một trong các giá trị đó.", "Take one of these."),
        "zone_unknown": (
            "Ô {zone} không có trong tài liệu của {title}: không ghi.",
            "Zone {zone} is not in what is known of {title}: it is not written.",
        ),
        "zone_unknown.next": (
            "Xem những ô đã biết: tram reader show. Ghi bừa vào ô lạ có thể làm hỏng máy.",
            "See the zones that are known: tram reader show. Writing to others may ruin a module.",
        ),
        "zone_fixed": ("Ô {zone} không phải để ghi.", "Zone {zone} is not for writing."),
        "zone_fixed.next": (
            "Về mặc định: tram reader defaults. Đọc một mã: tram reader trigger.",
            "For defaults: tram reader defaults. To read a code: tram reader trigger.",
        ),
        "ignored": (
            "Đầu đọc báo «được» nhưng không giữ: {names}.",
            "The reader says yes, and does not keep: {names}.",
        ),
        "ignored.next": (
            "Phiên bản này không có cài đặt đó. Những gì khác đã đặt xong.",
            "This version has no such setting. The rest has been set.",
        ),
        "ignored_usb": (
            "Đầu đọc giữ nguyên nơi gửi mã: {names}.",
            "The reader still sends its codes where it did: {names}.",
        ),
        "ignored_usb.next": (
            "Đang nối qua cổng USB của chính đầu đọc: không đổi nơi gửi mã, kẻo nó im lặng ở đây. Nối qua UART để đổi.",
            "This is the module's own USB socket: where codes go is not changed here, or it would fall silent. "
            "Connect its UART to change it.",
        ),
        "not_saved": ("Đầu đọc không xác nhận đã lưu.", "The reader did not acknowledge the save."),
        "not_saved.next": (
            "Cài đặt đang chạy nhưng mất khi tắt nguồn. Chạy: tram reader save",
            "What is set works, and is lost with the power. Run: tram reader save",
        ),
        "refused_by_it": ("Đầu đọc từ chối {name}={text}.", "The reader refuses {name}={text}."),
        "refused_by_it.next": (
            "Phiên bản này có thể không có cài đặt đó.",
            "This version may not have that setting.",
        ),
        # Copies
        "copy_form": (
            "{file} không phải bản sao cài đặt đầu đọc: {why}.",
            "{file} is no copy of a reader's settings: {why}.",
        ),
        "copy_form.next": (
            "Chọn tệp do tram reader backup ghi ra.",
            "Choose a file that tram reader backup has written.",
        ),
        "copy_changed": ("{file} bị hỏng hoặc đã bị sửa.", "{file} is damaged, or was edited."),
        "copy_changed.next": (
            "Nếu chính bạn đã sửa, chạy lại với --edited; nếu không, đừng dùng tệp này.",
            "If you edited it yourself, run it again with --edited; if not, do not use it.",
        ),
        "copy_other": (
            "Bản sao là của {theirs}, đầu đọc này là {ours}.",
            "The copy is of {theirs}; this reader is {ours}.",
        ),
        "copy_other.next": (
            "Cùng một ô có thể mang nghĩa khác ở máy khác. Dùng tram reader apply để đặt theo ý hộp.",
            "The same zone may mean something else there. Use tram reader apply for what the box wants.",
        ),
        "ask_restore": (
            "Ghi {n} ô từ {file} vào {title} rồi lưu?",
            "Write {n} zones from {file} to {title}, and save?",
        ),
        "ask_defaults": (
            "Đưa {title} về mặc định của hãng? Mọi cài đặt của nó mất. (Sao lưu trước: tram reader backup TỆP)",
            "Set {title} back to its maker's defaults? All its settings are lost. (Copy first: tram reader backup "
            "FILE)",
        ),
        "declined": ("Không làm gì cả.", "Nothing was done."),
        # Measuring
        "nothing_read": ("Không mã nào được đọc trong {seconds} giây.", "No code was read in {seconds} seconds."),
        "nothing_read.next": (
            "Giữ mã cách 5–30 cm, sáng vừa. Nếu đầu đọc ở chế độ theo lệnh, chạy lại với --free.",
            "Hold the code 5–30 cm away, in fair light. If the module reads on command, run it again with --free.",
        ),
        # What is shown
        "found": ("{title} ở {port}, {baud} baud", "{title} on {port}, {baud} baud"),
        "version_gm65": (
            "Phiên bản: mã máy {model}, phần cứng {hardware}, phần mềm {software}, ngày {date}",
            "Version: model byte {model}, hardware {hardware}, software {software}, date {date}",
        ),
        "version_text": ("Phiên bản: {text}", "Version: {text}"),
        "supply": ("Nguồn: {text}", "Supply: {text}"),
        "note": ("Lưu ý: {text}", "Note: {text}"),
        "to_uart": (
            "Nó được chuyển sang trả lời qua UART, chỉ đến khi tắt nguồn. Để giữ: tram reader apply",
            "It was switched to answer on its UART, until its power goes. To keep that: tram reader apply",
        ),
        "differs": ("≠ hộp muốn: {text}", "≠ the box wants: {text}"),
        "all_wanted": ("Mọi cài đặt đúng như hộp muốn.", "Everything is set as the box wants it."),
        "some_differ": (
            "Khác với điều hộp muốn: {names}. Đặt lại: tram reader apply",
            "Other than the box wants: {names}. To set it: tram reader apply",
        ),
        "no_read_back": (
            "Máy này không cho đọc lại cài đặt. Có thể đặt:",
            "This module does not let its settings be read back. It can be set to:",
        ),
        "wanted_is": ("hộp muốn: {text}", "the box wants: {text}"),
        "set_to": ("{name} = {text}", "{name} = {text}"),
        "set_and_read": ("Đã đặt và đọc lại đúng.", "Set, and read back as it should be."),
        "set_unread": (
            "Đầu đọc nhận lệnh; kiểu máy này không cho đọc lại.",
            "The reader took it; this model does not let it be read back.",
        ),
        "till_power": (
            "Chưa lưu: mất khi tắt nguồn. Để giữ: tram reader save",
            "Not saved: lost with the power. To keep it: tram reader save",
        ),
        "nothing_to_set": ("Đã sẵn như vậy; không ghi gì.", "It is like that already; nothing was written."),
        "saved": ("Đã lưu vào bộ nhớ của đầu đọc.", "Saved in the reader's own memory."),
        "keeps_itself": ("Kiểu máy này tự giữ cài đặt.", "This model keeps what it is set to by itself."),
        "loses": (
            "Kiểu máy này mất cài đặt khi tắt nguồn; hộp sẽ đặt lại mỗi lần.",
            "This model loses what it is set to with its power; the box sets it anew each time.",
        ),
        "applied": (
            "Đầu đọc đã đúng như hộp muốn, ở {baud} baud.",
            "The reader is as the box wants it, at {baud} baud.",
        ),
        "applied_but": (
            "Hộp dùng được, nhưng đầu đọc không nhận: {names}.",
            "The box can use it, but it does not take: {names}.",
        ),
        "without": (
            "Kiểu máy này không có: {names}. Hộp vẫn dùng được.",
            "This model has no: {names}. The box does without.",
        ),
        "changed": ("Số chỗ đã đổi: {n}", "Settings changed: {n}"),
        "copied": (
            "Đã chép 256 ô vào {file}.",
            "Its 256 zones are in {file}.",
        ),
        "restored": ("Đã ghi {n} ô, đọc lại đúng, và lưu.", "{n} zones written, read back, and saved."),
        "left": (
            "Không ghi (không rõ nghĩa, hoặc không phải để ghi): {names}",
            "Not written (nobody knows what they are, or not for writing): {names}",
        ),
        "other_version": (
            "Bản sao từ phiên bản {theirs}, máy này là {ours}.",
            "The copy is from version {theirs}; this one is {ours}.",
        ),
        "is_default": ("Đã về mặc định. Giờ nó ở {baud} baud.", "It has its defaults again, at {baud} baud."),
        "triggered": ("Đã ra lệnh đọc.", "It was told to read."),
        "trigger_refused": ("Đầu đọc không nhận lệnh đọc.", "The reader did not take the command to read."),
        "trigger_refused.next": (
            "Ở chế độ liên tục không cần lệnh này.",
            "In continuous reading this is not needed.",
        ),
        "hold": (
            "Đưa mã ra trước đầu đọc. Đo {what}.",
            "Hold the code before the reader. Measuring {what}.",
        ),
        "for_seconds": ("{n} giây", "for {n} seconds"),
        "for_codes": ("{n} mã", "{n} codes"),
        "bound": (
            "Cài đặt giới hạn: nghỉ {interval} giữa hai lần, cùng một mã sau {same}. Bỏ giới hạn khi đo: --free",
            "Its settings bound it: {interval} between reads, the same code after {same}. To measure without: --free",
        ),
        "measured": (
            "{codes} mã trong {seconds:.1f} giây: {rate:.2f} mã/giây",
            "{codes} codes in {seconds:.1f} seconds: {rate:.2f} codes/s",
        ),
        "gaps": (
            "Khoảng giữa hai mã: ngắn nhất {least} ms, giữa {middle} ms, 95% {most95} ms, dài nhất {most} ms",
            "Between two codes: shortest {least} ms, median {middle} ms, 95% {most95} ms, longest {most} ms",
        ),
        "misreads": ("Đọc sai: {n}", "Misread: {n}"),
        "refused": ("Bị loại vì hỏng khung: {text}", "Refused, because damaged on the line: {text}"),
        "none_wrong": ("Không mã nào đọc sai hay hỏng.", "None was misread or damaged."),
        "listening": (
            "Đang nghe ở {baud} baud. Dừng: Ctrl-C.",
            "Listening at {baud} baud. Stop with Ctrl-C.",
        ),
        "code_is": ("{n}. {kind}, {length} byte, CRC {crc}", "{n}. {kind}, {length} bytes, CRC {crc}"),
        "refused_is": ("bị loại: {reason}, {length} byte", "refused: {reason}, {length} bytes"),
        "heard": ("Đã nghe {n} mã.", "{n} codes heard."),
        "sheet_saved": ("Đã ghi {files}", "Written: {files}"),
        "sheet_none": (
            "Nội dung mã cài đặt của {title} không được công bố: tờ này ghi lệnh nối tiếp thay cho mã.",
            "What is in the set-up codes of {title} is not public: the sheet has serial commands instead.",
        ),
        "sheet_codes": ("Mã cài đặt", "Set-up codes"),
        "sheet_no_codes": (
            "Nội dung các mã cài đặt trong sổ tay của hãng không được công bố, nên không in ở đây. Dùng sổ tay của "
            "hãng, "
            "hoặc các lệnh dưới đây.",
            "What the set-up codes in the maker's manual say is not public, so none is printed here. Use that "
            "manual, or "
            "the commands below.",
        ),
        "sheet_no_codes_but": (
            "Nội dung các mã cài đặt trong sổ tay của hãng không được công bố, nên không in ở đây. Máy mới phải "
            "quét mã "
            "«POR232.» trong sổ tay ấy một lần (chuyển sang TTL/RS232); sau đó dùng các lệnh dưới đây.",
            "What the set-up codes in the maker's manual say is not public, so none is printed here. A new module "
            "has to "
            "scan the code “POR232.” of that manual once (to TTL/RS232); then use the commands below.",
        ),
        "sheet_source": ("Nguồn: {text}", "Source: {text}"),
        "sheet_commands": ("Lệnh nối tiếp", "Serial commands"),
        "sheet_how_hex": (
            "Số hệ 16, gửi liền một mạch (8N1). Dễ hơn: tram reader apply làm tất cả và đọc lại.",
            "Hexadecimal, each sent in one go (8N1). Easier: tram reader apply does it all, and reads it back.",
        ),
        "sheet_how_text": (
            "Chữ thường (ASCII, 8N1), gửi đúng như in; trả lời có 06 là được, 15 là không. Dễ hơn: tram reader apply.",
            "Plain text (ASCII, 8N1), sent as printed; an answer with 06 means yes, 15 no. Easier: tram reader apply.",
        ),
        "sheet_test": ("Mã để đo", "Codes to measure with"),
        "sheet_test_how": (
            "tram reader measure --code {code}. Bề rộng là của một ô đen trắng: đầu đọc tốt đọc được 0,2 mm. "
            "Đừng đưa mã này trước hộp đang làm việc: hộp sẽ tính là một lượt quét.",
            "tram reader measure --code {code}. The widths are those of one black or white square: a good reader "
            "resolves "
            "0.2 mm. Do not show them to a box at work: it would count a scan.",
        ),
        "point": (",", "."),
        # Kinds of code
        "kind_card": ("thẻ căn cước", "citizen card"),
        "kind_personal": ("giấy tờ cá nhân", "personal paper"),
        "kind_insurance": ("thẻ bảo hiểm y tế", "health insurance card"),
        "kind_health": ("chứng nhận y tế", "health certificate"),
        "kind_place": ("mã địa điểm", "place code"),
        "kind_pay": ("mã thanh toán", "payment code"),
        "kind_ours": ("mã của Trạm", "a code of Trạm's"),
        "kind_other": ("mã khác", "other code"),
    }
)
KIND_WORDS = {
    "citizen_card_2021": "kind_card",
    "citizen_card_2024": "kind_card",
    "personal_1405": "kind_personal",
    "health_insurance_new": "kind_insurance",
    "health_insurance_old": "kind_insurance",
    "hc1": "kind_health",
    "shc": "kind_health",
    "place": "kind_place",
    "vietqr": "kind_pay",
    "control": "kind_ours",
    "provision": "kind_ours",
}
