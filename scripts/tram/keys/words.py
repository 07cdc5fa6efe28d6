"""What `tram keys` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        # What was done
        "made": (
            "Đã tạo khóa của hệ thống: {file}\nPhần công khai: {public}\nDấu vân tay: {fleet}",
            "The fleet's key is made: {file}\nIts public half: {public}\nFingerprint: {fleet}",
        ),
        "made.then": (
            "Ai có tệp này là làm chủ mọi hộp quét. Sao lưu ngay: tram keys backup {file}",
            "Who has this file has every box. Back it up now: tram keys backup {file}",
        ),
        "shown": (
            "Dấu vân tay: {fleet}\nTệp: {file} ({kind})",
            "Fingerprint: {fleet}\nFile: {file} ({kind})",
        ),
        "kind_locked": ("khóa bí mật, có mật khẩu", "private key, with a passphrase"),
        "kind_open": ("khóa bí mật, KHÔNG có mật khẩu", "private key, WITHOUT a passphrase"),
        "kind_public": ("phần công khai", "the public half"),
        "public_saved": ("Đã ghi phần công khai: {file}", "The public half is written: {file}"),
        "backed_up": (
            "Đã sao lưu: {file} (không bí mật) và {of} tờ: {sheets}\n"
            "Cần {need} tờ bất kỳ để lấy lại khóa; ít hơn thì không biết được gì.",
            "Backed up: {file} (no secret) and {of} sheets: {sheets}\n"
            "Any {need} of them give the key back; fewer tell nothing.",
        ),
        "backed_up.then": (
            "In từng tờ, giao cho {of} người ở nơi khác nhau, rồi xóa các tệp PDF đó. "
            "Tập lại một lần: tram keys restore {file} --rehearse",
            "Print each sheet, give them to {of} people in different places, then delete those PDF files. "
            "Rehearse it once: tram keys restore {file} --rehearse",
        ),
        "restored": ("Đã lấy lại khóa: {file}\nDấu vân tay: {fleet}", "The key is back: {file}\nFingerprint: {fleet}"),
        "rehearsed": (
            "Các tờ này mở được bản sao lưu (dấu vân tay {fleet}). Không ghi gì ra đĩa.",
            "These sheets open the backup (fingerprint {fleet}). Nothing was written.",
        ),
        "share_ask": ("Còn cần {n} tờ. Gõ 20 chữ của một tờ: ", "{n} more sheets. Type the 20 words of one: "),
        "share_taken": ("Tờ số {n}: đúng.", "Sheet {n}: right."),
        "signed": ("Đã ký {n} mục: {file}", "{n} items signed: {file}"),
        "sign_ask": ("Ký {n} mục trên?", "Sign these {n} items?"),
        "sign_item": ("{number}. {what}", "{number}. {what}"),
        "sign_code": (
            "mã cài đặt {name}: trạm {gateway} ({host}), địa điểm {place}, cổng {gate}, hộp {box}, hết hạn {expires}",
            "set-up code {name}: gateway {gateway} ({host}), place {place}, gate {gate}, box {box}, until {expires}",
        ),
        "sign_firmware": (
            "phần mềm {name}: bản {version}, sàn {floor}, bo mạch {boards}, {files} tệp",
            "firmware {name}: version {version}, floor {floor}, boards {boards}, {files} files",
        ),
        "sign_release": (
            "bản phát hành {name}: bản {version}, sàn {floor}, bo mạch {boards}, làm lúc {built}",
            "release {name}: version {version}, floor {floor}, boards {boards}, built {built}",
        ),
        "any_box": ("bất kỳ", "any"),
        # Passphrases
        "ask_passphrase": ("Mật khẩu của {file}: ", "Passphrase of {file}: "),
        "ask_new": (
            "Mật khẩu mới cho {file} (ít nhất {least} ký tự; Enter: tram tự chọn): ",
            "A new passphrase for {file} ({least} characters at least; Enter: tram draws one): ",
        ),
        "ask_again": ("Gõ lại: ", "Once more: "),
        "drawn": (
            "Chép mật khẩu này ra giấy, rồi gõ lại:\n    {words}",
            "Write this passphrase down on paper, then type it:\n    {words}",
        ),
        "passphrase_needed": (
            "{file} có mật khẩu, mà ở đây không có ai để hỏi.",
            "{file} has a passphrase, and there is nobody here to ask.",
        ),
        "passphrase_needed.next": (
            "Chạy trong cửa sổ dòng lệnh, hoặc --passphrase-file TỆP (“-”: đọc từ đầu vào).",
            "Run it in a terminal, or give --passphrase-file FILE (“-”: standard input).",
        ),
        "passphrase_wrong": ("Sai mật khẩu của {file}.", "That is not the passphrase of {file}."),
        "passphrase_wrong.next": (
            "Thử lại: phím Caps Lock, bộ gõ tiếng Việt. Quên hẳn thì lấy lại từ bản sao lưu: tram keys restore",
            "Try again: Caps Lock, the Vietnamese input method. If it is lost: tram keys restore, from the backup.",
        ),
        "passphrase_short": (
            "Mật khẩu quá ngắn: cần ít nhất {least} ký tự.",
            "The passphrase is too short: it takes {least} characters at least.",
        ),
        "passphrase_short.next": (
            "Nghĩ ra một câu dài dễ nhớ, hoặc nhấn Enter để tram chọn.",
            "Think of a long sentence, or press Enter and let tram draw one.",
        ),
        "passphrase_differs": ("Hai lần gõ không giống nhau.", "The two are not the same."),
        "passphrase_differs.next": ("Chạy lại lệnh.", "Run the command again."),
        "passphrase_file": (
            "Tệp mật khẩu {file} không dùng được: cần một dòng chữ UTF-8.",
            "The passphrase file {file} cannot be used: it takes one line of UTF-8 text.",
        ),
        "passphrase_file.next": ("Xem lại tệp đó.", "Look at that file."),
        "no_passphrase_ask": (
            "Khóa sẽ nằm trên đĩa KHÔNG có mật khẩu: ai chép được tệp là làm chủ mọi hộp. Vẫn làm?",
            "The key will lie on the disk WITHOUT a passphrase: who copies the file has every box. Go on?",
        ),
        # Keys
        "key_exists": (
            "Đã có tệp {file}; không ghi đè lên khóa.",
            "{file} is there already; a key is not written over.",
        ),
        "key_exists.next": ("Chọn tên tệp khác.", "Choose another name."),
        "key_wrong": ("{file} không phải là khóa của hệ thống.", "{file} is no fleet's key."),
        "key_wrong.next": (
            "Cần tệp do `tram keys make` ghi (RSA 2048). Nếu tệp hỏng: tram keys restore, từ bản sao lưu.",
            "It takes a file that `tram keys make` wrote (RSA 2048). If it is damaged: tram keys restore.",
        ),
        "key_not_there": ("Không có khóa {file}.", "There is no key {file}."),
        "key_not_there.next": (
            "Cắm USB có khóa và nói nó ở đâu, hoặc tạo khóa một lần cho cả hệ thống: tram keys make",
            "Plug in the stick with the key and say where it is, or make it, once for the fleet: tram keys make",
        ),
        "key_open_to_others": (
            "Người dùng khác trên máy này đọc được {file}.",
            "Other users of this computer can read {file}.",
        ),
        "key_open_to_others.next": ("Chạy: chmod 600 {file}", "Run: chmod 600 {file}"),
        "public_wrong": ("{file} không phải là phần công khai của khóa.", "{file} is not the public half of a key."),
        "public_wrong.next": (
            "Cần tệp fleet.key: 512 chữ số hệ 16. Ghi lại bằng: tram keys show KHÓA --public fleet.key",
            "It takes a fleet.key: 512 hexadecimal digits. Write it with: tram keys show KEY --public fleet.key",
        ),
        "stopped": ("Đã dừng, chưa ký gì.", "Stopped, nothing is signed."),
        # Backups
        "numbers_wrong": (
            "Không chia được: cần {need} trong {of} tờ.",
            "It cannot be split so: {need} of {of} sheets.",
        ),
        "numbers_wrong.next": (
            "Ít nhất 2 tờ để mở, nhiều nhất 16 tờ; ví dụ --need 3 --of 5.",
            "At least 2 to open it, at most 16 sheets; say --need 3 --of 5.",
        ),
        "folder_used": ("Thư mục {file} không trống.", "The folder {file} is not empty."),
        "folder_used.next": ("Chọn thư mục mới.", "Choose a new one."),
        "backup_form": ("{file} không phải là bản sao lưu khóa.", "{file} is no backup of a key."),
        "backup_form.next": (
            "Cần tệp fleet-backup.txt, hoặc ảnh chụp rõ mã vuông trên một tờ.",
            "It takes fleet-backup.txt, or a sharp picture of the square code on a sheet.",
        ),
        "backup_damaged": (
            "Các tờ đều đúng nhưng bản sao lưu {file} không mở được: tệp đã bị sửa hoặc hỏng.",
            "The sheets are right, and the backup {file} does not open: it was changed or damaged.",
        ),
        "backup_damaged.next": (
            "Dùng bản chép khác của fleet-backup.txt, hoặc ảnh mã vuông trên một tờ.",
            "Use another copy of fleet-backup.txt, or a picture of the code on a sheet.",
        ),
        "share_word": (
            "Chữ thứ {at}, {text!r}, không có trong bảng chữ (gần giống: {near}).",
            "Word {at}, {text!r}, is not in the list (like it: {near}).",
        ),
        "share_word_hidden": ("Chữ thứ {at} không có trong bảng chữ.", "Word {at} is not in the list."),
        "share_length": ("Có {at} chữ; mỗi tờ có 20.", "There are {at} words; a sheet has 20."),
        "share_checksum": (
            "Chữ nào cũng có trong bảng chữ nhưng không khớp nhau: nhầm chữ hoặc sai thứ tự.",
            "The words exist, and do not fit together: one is wrong, or out of order.",
        ),
        "share_other_set": (
            "Tờ này thuộc bản sao lưu khác (cần bộ số {set}).",
            "That sheet is of another backup (it takes set {set}).",
        ),
        "share_twice": ("Tờ số {at} đã gõ rồi.", "Sheet {at} was typed already."),
        "share_refused": ("Tờ thứ {n} không dùng được. {why}", "Sheet {n} cannot be used. {why}"),
        "share_refused.next": ("Gõ lại theo tờ giấy.", "Type it again from the paper."),
        "shares_few": ("Chưa đủ tờ: còn thiếu {n}.", "Not enough sheets: {n} are missing."),
        "shares_few.next": (
            "Cần {need} tờ khác nhau của bộ số {set}.",
            "It takes {need} different sheets of set {set}.",
        ),
        # Signing
        "request_form": ("{file} không phải là tệp xin chữ ký.", "{file} is no request for signatures."),
        "request_form.next": (
            "Cần tệp do `tram provision … --request` ghi.",
            "It takes a file that `tram provision … --request` wrote.",
        ),
        "request_other_fleet": (
            "{file} xin chữ ký của khóa khác ({fleet}…).",
            "{file} asks for the signature of another key ({fleet}…).",
        ),
        "request_other_fleet.next": ("Dùng đúng khóa: tram keys show", "Use that key: tram keys show"),
        "request_unknown": (
            "Mục {name!r} không phải là mã cài đặt, phần mềm hay bản phát hành: không ký gì cả.",
            "{name!r} is no set-up code, no firmware and no release: nothing is signed.",
        ),
        "request_unknown.next": (
            "Hỏi người gửi tệp này. Khóa chỉ ký những gì nó hiểu.",
            "Ask who sent this file. The key signs only what it can read.",
        ),
        # Checking
        "check_opens": ("Khóa mở được và ký đúng như hộp kiểm tra.", "The key opens, and signs as boxes check it."),
        "check_open_file": (
            "Khóa không có mật khẩu: tạo bản có mật khẩu và xóa bản này.",
            "The key has no passphrase: make a copy with one, and delete this.",
        ),
        "check_public_same": ("{file} là phần công khai của khóa này.", "{file} is the public half of this key."),
        "check_public_other": (
            "{file} là của khóa KHÁC: hộp nạp với nó không nhận chữ ký của khóa này.",
            "{file} is of ANOTHER key: boxes that were flashed with it do not take what this key signs.",
        ),
        "check_public_none": ("Không có {file} bên cạnh.", "There is no {file} beside it."),
        "check_backup_same": (
            "{file} là bản sao lưu của khóa này ({need} trong {of} tờ, ngày {made}).",
            "{file} is a backup of this key ({need} of {of} sheets, {made}).",
        ),
        "check_backup_other": ("{file} là bản sao lưu của khóa KHÁC.", "{file} is the backup of ANOTHER key."),
        "check_no_backup": (
            "Chưa biết bản sao lưu nào: tram keys backup, hoặc chỉ ra bằng --backup.",
            "No backup is known: tram keys backup, or name it with --backup.",
        ),
        # Rotating
        "rotate_same": ("{file} đã là khóa mới rồi: hai khóa giống nhau.", "Both are the same key: {file}."),
        "rotate_same.next": ("Khóa mới cần tên tệp mới.", "The new key takes a new file."),
        "rotate_plan": (
            """Đã có khóa mới {new} ({new_fleet}…) và tệp chuyển khóa {succession}.
Khóa cũ {old} ({old_fleet}…) vẫn cần cho đến khi xong.

Điều cần biết:
- Tệp chuyển khóa do cả hai khóa ký, không chứa bí mật. Hộp đang tin khóa cũ nhận nó qua mạng, kiểm tra, rồi chỉ tin
  khóa mới: không phải đến từng hộp. Tệp dùng được {days} ngày. Chuyển rồi, nó không nhận gì khóa cũ ký: bản cập nhật
  đang tải bị bỏ, mã cài đặt đã in không dùng được.
- Hộp còn khóa cũ vẫn quét, vẫn gửi, vẫn nhận cài đặt và lệnh. Nó chỉ từ chối mã cài đặt và phần mềm ký bằng khóa mới.
- Một trạm chỉ dùng một khóa: cho mã cài đặt và phần mềm. Tệp chuyển khóa thì trạm nào cũng đưa được.

Việc cần làm:
1. Sao lưu khóa mới: tram keys backup {new}
2. Ở mỗi trạm: tram box follow-key {succession} --all
   (hoặc từ máy chủ: lệnh `succession`, xem docs/ops.md). Không có --all: chỉ xem hộp nào đã chuyển.
   Hộp trả lời unknown_command: cập nhật phần mềm ký bằng khóa cũ trước.
3. Khi các hộp của một trạm đã chuyển: tại trạm đổi tệp `enrol.fleet_key_file` thành {public}, khởi động lại dịch vụ.
   Ở máy chủ cũng vậy (`fleet_key_file`). Trên máy kỹ thuật viên: {public} thay cho fleet.key trong thư mục của tram.
   Làm bản phát hành số mới ký bằng khóa mới: scripts/build-firmware --key {new}
4. Hộp vắng mặt: làm lại bước 2 khi nó có mặt. Chỉ hộp vắng quá {days} ngày mới phải nạp lại.
5. Khi không còn hộp nào mang khóa cũ: cất hoặc hủy {old}.
Nếu khóa cũ bị LỘ (không phải chỉ mất): làm bước 3 trước, rồi bước 2 ngay. Người có nó có thể đưa mã cài đặt giả trước
một hộp chưa chuyển và kéo hộp sang trạm của họ.""",
            """The new key is {new} ({new_fleet}…), and {succession} is the document that hands over to it.
The old key, {old} ({old_fleet}…), is needed until all is done.

What is so:
- Both keys have signed the document, and nothing in it is secret. A box that trusts the old key takes it over the air,
  checks it, and trusts the new key alone: no box has to be visited. It is good for {days} days. From then on that box
  takes nothing that the old key signed: an update under way is dropped, set-up codes on paper are void.
- Boxes with the old key go on scanning and delivering, and take settings and commands.
  They only refuse set-up codes and firmware that the new key has signed.
- A gateway uses one key for set-up codes and firmware. The document can be handed out by any gateway.

What to do:
1. Back up the new key: tram keys backup {new}
2. At each gateway: tram box follow-key {succession} --all
   (or from the server: the command `succession`, see docs/ops.md). Without --all it only says who has moved.
   A box that answers unknown_command takes a firmware first, signed by the old key.
3. When a gateway's boxes have moved: on the gateway put {public} where `enrol.fleet_key_file` says, and restart the
   service. So at the server (`fleet_key_file`). On the technicians' laptops {public} takes the place of fleet.key in
   tram's folder. Build a release of a new number with the new key: scripts/build-firmware --key {new}
4. A box that was away: step 2 again when it is there. Only who was away for more than {days} days is flashed anew.
5. When no box has the old key any more: lock {old} away, or destroy it.
If the old key was STOLEN, not only lost: step 3 first, then step 2 at once. Who has it can show a forged set-up code
to a box that has not moved, and take it to a gateway of theirs.""",
        ),
    }
)
