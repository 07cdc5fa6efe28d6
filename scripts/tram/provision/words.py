"""What `tram provision` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        # Results
        "shown": (
            "Mã cài đặt cho {place}/{gate} (hộp: {box}), dùng được một lần, đến {expires}.",
            "Set-up code for {place}/{gate} (box: {box}), good once, until {expires}.",
        ),
        "any_box": ("bất kỳ", "any"),
        "saved": ("Đã ghi: {files}", "Written: {files}"),
        "secret": (
            "Mã chứa mật khẩu Wi-Fi: chỉ đưa cho hộp xem, rồi xóa tệp và hủy giấy.",
            "The code holds the Wi-Fi password: show it to the box alone, then delete the file and destroy the paper.",
        ),
        "secret_once": (
            "Ai có mã này trước thì cài được hộp của họ: chỉ đưa cho hộp xem, rồi xóa tệp và hủy giấy.",
            "Who has the code first can set a box up with it: show it to the box alone, then destroy it.",
        ),
        "how_large": (
            "Trên màn hình: cho mã rộng 6 đến 7 cm, cách đầu đọc một gang tay (15 đến 20 cm).",
            "On a screen: make the code 6 to 7 cm wide, and hold it 15 to 20 cm from the reader.",
        ),
        "how_far": (
            "Đầu đọc không nhận? Lùi ra 40 cm, hoặc thu nhỏ chữ của cửa sổ.",
            "The reader does not take it? Go back to 40 cm, or make the window's letters smaller.",
        ),
        "dense": (
            "Mã này dày ({modules} ô mỗi cạnh): đầu đọc rẻ có thể không đọc được. Bớt Wi-Fi, hoặc gõ qua USB.",
            "This code is dense ({modules} modules a side): cheap readers may fail. Give fewer networks, or use USB.",
        ),
        "no_wifi": (
            "Mã này không có Wi-Fi: chỉ dùng cho hộp cắm dây mạng hoặc hộp trên máy tính (thêm --wifi).",
            "No Wi-Fi is in this code: it suits boxes on a cable or on a computer (add --wifi).",
        ),
        "terminal_plain": (
            "Cửa sổ này không vẽ được mã (không dùng UTF-8): ghi ra tệp.",
            "This window cannot draw a code (it has no UTF-8): it goes into a file.",
        ),
        "terminal_small": (
            "Mã cần cửa sổ {columns} × {lines} ký tự, cửa sổ này có {have_columns} × {have_lines}: ghi ra tệp.",
            "The code takes a window of {columns} × {lines} characters, this one has {have_columns} × {have_lines}: "
            "it goes into a file.",
        ),
        "sheet_saved": ("{n} mã, mỗi mã một trang: {files}", "{n} codes, a page each: {files}"),
        "requested": (
            "Đã ghi yêu cầu ký {n} mã: {file}\nĐem sang máy giữ khóa, chạy: tram keys sign {name}\n"
            "rồi ở đây: tram provision finish {name} {answer}",
            "A request for {n} signatures: {file}\nTake it to the laptop with the key: tram keys sign {name}\n"
            "then here: tram provision finish {name} {answer}",
        ),
        "request_secret": (
            "Tệp đó có mật khẩu Wi-Fi: xóa ở cả hai máy sau khi dùng.",
            "The Wi-Fi password is in that file: delete it on both computers afterwards.",
        ),
        "control_saved": ("Mã điều khiển “{verb}”: {files}", "Control code “{verb}”: {files}"),
        "control_key_made": (
            "Đã tạo khóa điều khiển: {file}. Đặt chuỗi trong tệp đó vào cài đặt gate.control_key của hộp.",
            "The control key is made: {file}. Put what is in it into the box's setting gate.control_key.",
        ),
        "read": (
            "Mã cài đặt của trạm {gateway} ({host}:{port}), địa điểm {place}, cổng {gate}, chiều {direction}, "
            "hộp {box}, Wi-Fi {wifi}, tạo {issued}, hết hạn {expires}.",
            "A set-up code of gateway {gateway} ({host}:{port}), place {place}, gate {gate}, direction {direction}, "
            "box {box}, Wi-Fi {wifi}, issued {issued}, expires {expires}.",
        ),
        "read_signed": ("Chữ ký đúng là của hệ thống này.", "It is signed by this fleet."),
        "read_unknown": (
            "Chưa so được chữ ký: không có {file}.",
            "Who signed it cannot be told: there is no {file}.",
        ),
        # Wishes
        "wish_id": (
            "{option} {value!r}: cần 3 đến 32 ký tự a-z 0-9 -, không bắt đầu bằng dấu -.",
            "{option} {value!r}: it takes 3 to 32 characters of a-z 0-9 -, not with a - in front.",
        ),
        "wish_id.next": ("Xem mã: tram box list, tram box gateways list", "See: tram box list, tram box gateways list"),
        "wish_name": (
            "{option} {value!r}: cần 1 đến 32 ký tự a-z 0-9 -, không dấu.",
            "{option} {value!r}: it takes 1 to 32 characters of a-z 0-9 -, without marks.",
        ),
        "wish_name.next": ("Viết: {option} {instead}", "Write: {option} {instead}"),
        "wish_host": (
            "--host {value!r} không phải là tên máy hay địa chỉ mạng.",
            "--host {value!r} is no name or address of a machine.",
        ),
        "wish_host.next": ("Ví dụ: tram-cho-01.local hoặc 192.168.1.20", "Say: tram-cho-01.local, or 192.168.1.20"),
        "wish_missing": ("Chưa cho biết {option}.", "It was not said: {option}."),
        "wish_missing.next": (
            "Thêm {option}, hoặc làm quen trạm một lần: tram box gateways add",
            "Add {option}, or get to know the gateway once: tram box gateways add",
        ),
        "wish_direction": ("Chiều {value!r} không có.", "There is no direction {value!r}."),
        "wish_direction.next": ("Chọn: in (vào), out (ra), both (cả hai).", "Choose in, out or both."),
        "wish_refused": ("Hộp sẽ không nhận mã này: {what}.", "No box would take this code: {what}."),
        "code_long": ("Mã quá dài cho hộp.", "That is too much for one code."),
        "code_long.next": (
            "Bớt mạng Wi-Fi (một là đủ), hoặc dùng tên máy ngắn hơn.",
            "Give fewer networks (one will do), or a shorter host.",
        ),
        "valid_wrong": ("Thời hạn {value!r} không dùng được.", "{value!r} is no time that a code can be good for."),
        "valid_wrong.next": (
            "Từ 5 phút đến 90 ngày, ví dụ 30m, 12h, 7d.",
            "From 5 minutes to 90 days: 30m, 12h, 7d.",
        ),
        "ca_wrong": ("{file} không phải là chứng thư của trạm.", "{file} is no certificate of a gateway."),
        "ca_wrong.next": (
            "Lấy tệp certs/ca.der trong thư mục dữ liệu của trạm.",
            "Take certs/ca.der out of the gateway's data folder.",
        ),
        "out_needed": ("Với --json, mã không in ra màn hình.", "With --json no code is printed."),
        "out_needed.next": ("Thêm --out TỆP (.png, .svg, .pdf, .txt).", "Add --out FILE (.png, .svg, .pdf, .txt)."),
        "file_kind": ("Không biết ghi mã ra kiểu tệp {file}.", "{file} is no kind of file for a code."),
        "file_kind.next": ("Dùng đuôi .png, .svg, .pdf hoặc .txt.", "Let it end in .png, .svg, .pdf or .txt."),
        # The clock
        "clock_behind": (
            "Đồng hồ máy này sai: nó nói {now}, nhưng {file} có từ {known}.",
            "This computer's clock is wrong: it says {now}, and {file} is of {known}.",
        ),
        "clock_behind.next": (
            "Chỉnh ngày giờ rồi chạy lại: mã làm với giờ sai thì không hộp nào nhận. "
            "Nếu giờ máy đúng thì giờ của tệp đó sai.",
            "Set date and time and run it again: no box takes a code of a wrong time. "
            "If the clock is right, that file's time is wrong.",
        ),
        "clock_ahead": (
            "Đồng hồ máy này sai: nó nói {now}, nhiều năm sau mọi thứ trên máy ({known}).",
            "This computer's clock is wrong: it says {now}, years after everything on it ({known}).",
        ),
        "clock_ahead.next": ("Chỉnh ngày giờ rồi chạy lại.", "Set date and time and run it again."),
        "tram_itself": ("chính công cụ này", "this tool itself"),
        # Wi-Fi
        "wifi_ask": (
            "Đọc mật khẩu của mạng Wi-Fi “{ssid}” từ máy này và cho vào mã?",
            "Read the password of the Wi-Fi “{ssid}” from this computer and put it into the code?",
        ),
        "wifi_taken": ("Wi-Fi: {ssid}", "Wi-Fi: {ssid}"),
        "wifi_name": ("Tên mạng Wi-Fi: ", "Name of the Wi-Fi: "),
        "wifi_password": ("Mật khẩu của “{ssid}” (để trống: mạng mở): ", "Password of “{ssid}” (empty: open): "),
        "wifi_no": ("Đã dừng, chưa đọc gì.", "Stopped, nothing was read."),
        "wifi_no.next": ("Gõ tay được: --wifi-ask", "It can be typed in: --wifi-ask"),
        "wifi_no_tool": ("Máy này không có {tool} để hỏi Wi-Fi.", "This computer has no {tool} to ask about Wi-Fi."),
        "wifi_no_tool.next": ("Gõ tay: --wifi-ask", "Type it in: --wifi-ask"),
        "wifi_none": ("Máy này đang không nối Wi-Fi.", "This computer is on no Wi-Fi."),
        "wifi_none.next": ("Nối Wi-Fi của địa điểm, hoặc gõ tay: --wifi-ask", "Join the place's, or --wifi-ask"),
        "wifi_company": (
            "Mạng này đăng nhập bằng tài khoản hoặc kiểu cũ ({kind}): hộp không vào được.",
            "This network wants an account, or is of an old kind ({kind}): a box cannot join it.",
        ),
        "wifi_company.next": (
            "Xin người quản lý mạng một Wi-Fi có mật khẩu (WPA2) cho hộp, 2,4 GHz.",
            "Ask for a Wi-Fi with a password (WPA2) for boxes, 2.4 GHz.",
        ),
        "wifi_not_told": ("Hệ điều hành không cho biết mật khẩu Wi-Fi.", "The system does not tell the password."),
        "wifi_not_told.next": ("Gõ tay: --wifi-ask", "Type it in: --wifi-ask"),
        "wifi_5_ghz": (
            "Ở đây chỉ thấy mạng “{ssid}” ở 5 GHz; hộp chỉ dùng 2,4 GHz.",
            "Here “{ssid}” is seen on 5 GHz alone; boxes use 2.4 GHz.",
        ),
        "wifi_5_ghz.next": (
            "Bật 2,4 GHz trên bộ phát, hoặc gõ mạng khác: --wifi-ask",
            "Switch 2.4 GHz on at the access point, or type another one: --wifi-ask",
        ),
        "wifi_nobody": ("Không có ai để hỏi Wi-Fi.", "There is nobody to ask for the Wi-Fi."),
        "wifi_nobody.next": ("Dùng --wifi-file TỆP.", "Use --wifi-file FILE."),
        "wifi_file": (
            '{file} không phải là danh sách Wi-Fi: cần JSON [["tên", "mật khẩu"], …].',
            '{file} is no list of networks: it takes JSON [["name", "password"], …].',
        ),
        "wifi_file.next": ("Sửa tệp đó, hoặc gõ tay: --wifi-ask", "Mend it, or type it in: --wifi-ask"),
        "wifi_ssid": ("Tên Wi-Fi {ssid!r} không dùng được.", "{ssid!r} is no name of a Wi-Fi."),
        "wifi_ssid.next": ("Tên mạng dài 1 đến {most} byte.", "A name has 1 to {most} bytes."),
        "wifi_password_wrong": ("Mật khẩu của {ssid!r} không dùng được.", "The password of {ssid!r} cannot be one."),
        "wifi_password_wrong.next": ("Mật khẩu Wi-Fi có 8 đến {most} ký tự.", "It has 8 to {most} characters."),
        "wifi_many": ("Mã chứa nhiều nhất {most} mạng Wi-Fi.", "A code holds {most} networks at most."),
        "wifi_many.next": ("Bớt mạng đi.", "Give fewer."),
        # Lists
        "csv_wrong": ("Tệp {file} không dùng được: {why}.", "{file} cannot be used: {why}."),
        "csv_wrong.next": (
            "Cột gate là bắt buộc; có thể thêm place, direction, box, count, title. Từ Excel: “CSV UTF-8”.",
            "It takes a column gate; place, direction, box, count, title may follow. From Excel: “CSV UTF-8”.",
        ),
        "csv_row": ("{file}, dòng {row} ({gate}): {why}.", "{file}, row {row} ({gate}): {why}."),
        "csv_row.next": (
            "Sửa dòng đó (không kể dòng tiêu đề và dòng thiếu gate) rồi chạy lại; chưa mã nào được làm.",
            "Mend that row (headings and rows without a gate do not count), run it again; no code has been made.",
        ),
        "csv_no_column": ("thiếu cột {column}", "there is no column {column}"),
        "csv_twice": ("có hai cột {column}", "it has the column {column} twice"),
        "csv_text": ("không phải văn bản UTF-8", "it is not text in UTF-8"),
        "csv_empty": ("không có dòng nào", "it has no rows"),
        "csv_long": ("nhiều hơn {most} dòng", "it has more than {most} rows"),
        "csv_count": ("count {text!r} phải từ 1 đến {most}", "count {text!r} must be 1 to {most}"),
        "csv_box_count": ("mã ghi tên hộp {box} chỉ làm được một", "a code that names the box {box} is made once"),
        # Signatures from elsewhere
        "answer_wrong": ("{file} không dùng được: {why}.", "{file} cannot be used: {why}."),
        "answer_wrong.next": (
            "Cần đúng tệp yêu cầu và tệp chữ ký của nó: tram keys sign",
            "It takes the request and the signatures made from it: tram keys sign",
        ),
        "bad_form": ("không đúng kiểu tệp", "it is not such a file"),
        "bad_other_fleet": ("của khóa khác", "it is of another key"),
        "bad_signature": ("chữ ký sai", "a signature is wrong"),
        "bad_missing": ("thiếu chữ ký", "a signature is missing"),
        "bad_unknown": ("trong đó không chỉ có mã cài đặt", "there is something else than set-up codes in it"),
        # Reading a code
        "code_none": ("Không thấy mã cài đặt trong {file}.", "There is no set-up code in {file}."),
        "code_none.next": (
            "Cần dòng chữ bắt đầu bằng TRAM1:, ảnh rõ của mã, hoặc tệp PDF có mã.",
            "It takes a line that begins with TRAM1:, a sharp picture of the code, or a PDF with it.",
        ),
        "code_forged": (
            "Mã này KHÔNG do khóa của hệ thống này ký.",
            "This code is NOT signed by this fleet's key.",
        ),
        "code_forged.next": (
            "Đừng dùng; hỏi người đưa mã. Có thể nó được ký bằng khóa khác: so bằng --fleet-key.",
            "Do not use it; ask where it is from. It may be another key's: compare with --fleet-key.",
        ),
        "code_expired": ("Mã này đã hết hạn lúc {expires}.", "This code expired at {expires}."),
        "code_expired.next": ("Tạo mã mới: tram provision code", "Make a new one: tram provision code"),
        # Control codes
        "control_key_wrong": (
            "{file} không phải là khóa điều khiển: cần 32 chữ số hệ 16.",
            "{file} is no control key: it takes 32 hexadecimal digits.",
        ),
        "control_key_wrong.next": (
            "Tạo khóa mới bằng --new-key, rồi đặt vào gate.control_key của hộp.",
            "Make one with --new-key, and put it into the box's gate.control_key.",
        ),
        "control_key_exists": ("Đã có tệp {file}; không ghi đè lên khóa.", "{file} is there; it is not written over."),
        "control_key_exists.next": ("Bỏ --new-key để dùng khóa đó.", "Leave --new-key out to use it."),
        "control_verb": ("Không có mã điều khiển {verb!r}.", "There is no control code {verb!r}."),
        "control_verb.next": (
            "Chọn: in (vào), out (ra), default (như đã đặt).",
            "Choose in, out, or default (back at once).",
        ),
    }
)
