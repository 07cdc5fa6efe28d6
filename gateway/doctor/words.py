"""What each finding means and what to do about it, in Vietnamese and English. `{…}` is filled in from its values."""

from typing import NamedTuple


class Words(NamedTuple):
    vi: str
    en: str
    do_vi: str = ""
    do_en: str = ""


WORDS: dict[str, Words] = {
    "gateway_up": Words("Trạm đang chạy", "The gateway runs"),
    "gateway_down": Words(
        "Trạm không chạy",
        "The gateway does not run",
        "Chạy: sudo systemctl restart tram-gateway. Nếu vẫn không được: journalctl -u tram-gateway -n 50",
        "Give: sudo systemctl restart tram-gateway. If that does not help: journalctl -u tram-gateway -n 50",
    ),
    "part_unwell": Words(
        "Bộ phận `{part}` không tiến triển",
        "The part `{part}` does not get on",
        "Xem lý do: journalctl -u tram-gateway -n 50",
        "For its reason: journalctl -u tram-gateway -n 50",
    ),
    "sending": Words("Còn {waiting} lượt quét chờ gửi", "{waiting} scans wait to be sent"),
    "backlog": Words(
        "{waiting} lượt quét chờ gửi, lượt cũ nhất đã {hours} giờ",
        "{waiting} scans wait to be sent, the oldest for {hours} h",
        "Không mất gì: trạm giữ được nhiều ngày. Kiểm tra Internet (xem mục máy chủ bên dưới).",
        "Nothing is lost: the gateway keeps them for days. Look at the internet (see the server below).",
    ),
    "broker": Words("Broker trả lời ở {where}", "The broker answers at {where}"),
    "broker_down": Words(
        "Broker không trả lời ở {where}: {reason}",
        "The broker does not answer at {where}: {reason}",
        "Chạy: sudo systemctl restart tram-broker; rồi: journalctl -u tram-broker -n 20",
        "Give: sudo systemctl restart tram-broker; then: journalctl -u tram-broker -n 20",
    ),
    "broker_strange": Words(
        "Ở {where} có một chương trình khác, không phải broker của trạm",
        "At {where} there is something else, and not our broker",
        "Tắt chương trình đó (thường là: sudo systemctl disable --now mosquitto), hoặc đổi `broker.port`.",
        "Stop it (mostly: sudo systemctl disable --now mosquitto), or change `broker.port`.",
    ),
    "broker_tls": Words("Hộp quét kết nối được qua TLS ở {where}", "Boxes can come in over TLS at {where}"),
    "broker_tls_down": Words(
        "Hộp quét không vào được ở {where}: {reason}",
        "Boxes cannot come in at {where}: {reason}",
        "Chạy: sudo systemctl restart tram-broker",
        "Give: sudo systemctl restart tram-broker",
    ),
    "broker_tls_wrong": Words(
        "Chứng chỉ ở {where} không phải của trạm này: {reason}",
        "The certificate at {where} is not this gateway's: {reason}",
        "Chạy: sudo tram-gateway ca --renew && sudo systemctl restart tram-broker",
        "Give: sudo tram-gateway ca --renew && sudo systemctl restart tram-broker",
    ),
    "port_taken": Words(
        "Cổng {port} bị tiến trình {pid} chiếm",
        "Port {port} is taken by process {pid}",
        "Xem là gì: ps -p {pid} -o args=; tắt nó, rồi: sudo systemctl restart tram-broker",
        "See what it is: ps -p {pid} -o args=; stop it, then: sudo systemctl restart tram-broker",
    ),
    "server": Words("Máy chủ {host} trả lời và nhận mã của trạm", "The server {host} answers, and takes our token"),
    "server_name": Words(
        "Không tìm thấy tên máy chủ {host}",
        "The name of the server {host} is not found",
        "Thường là mất Internet: kiểm tra 4G/cáp mạng. Không mất lượt quét nào.",
        "Mostly there is no internet: look at the 4G stick or the cable. No scan is lost.",
    ),
    "server_down": Words(
        "Không nối được máy chủ {host}: {reason}",
        "The server {host} cannot be reached: {reason}",
        "Kiểm tra Internet; nếu mạng tốt, báo điều hành. Không mất lượt quét nào.",
        "Look at the internet; if it is well, tell ops. No scan is lost.",
    ),
    "server_certificate": Words(
        "Không tin được chứng chỉ của máy chủ {host}: {reason}",
        "The certificate of the server {host} is not to be trusted: {reason}",
        "Kiểm tra giờ của máy trước (mục đồng hồ); nếu giờ đúng, xin điều hành tệp kết nối mới.",
        "Look at this machine's clock first; if it is right, ask ops for a new join file.",
    ),
    "server_token": Words(
        "Máy chủ {host} không nhận mã của trạm (401)",
        "The server {host} does not know our token (401)",
        "Xin điều hành tệp kết nối mới, rồi: sudo scripts/gateway-install TỆP --replace-settings",
        "Ask ops for a new join file, then: sudo scripts/gateway-install FILE --replace-settings",
    ),
    "server_forbidden": Words(
        "Máy chủ {host} biết mã nhưng không cho trạm này gửi (403)",
        "The server {host} knows the token and does not let this gateway in (403)",
        "Báo điều hành: trạm đã bị khoá, hoặc mã là của trạm khác.",
        "Tell ops: this gateway is barred, or the token is another gateway's.",
    ),
    "server_strange": Words(
        "Máy chủ {host} trả lời lạ: {status}",
        "The server {host} answers strangely: {status}",
        "Có thể địa chỉ sai, hoặc mạng đòi đăng nhập trước. Mở địa chỉ đó bằng điện thoại cùng mạng để xem.",
        "The address may be wrong, or the network wants a log-in. Open it with a phone on the same network.",
    ),
    "server_clock": Words(
        "Giờ máy này lệch {seconds} giây so với máy chủ {host}",
        "This machine's clock is {seconds} s off the server's ({host})",
        "Nối Internet vài phút để máy tự chỉnh giờ; xem: timedatectl",
        "Give it the internet for some minutes, so that it sets its clock; see: timedatectl",
    ),
    "box": Words("Hộp {box}: tốt, nghe cách đây {minutes} phút", "Box {box}: well, heard {minutes} min ago"),
    "box_never": Words(
        "Hộp {box}: chưa từng nghe thấy",
        "Box {box}: was never heard of",
        "Cắm điện cho hộp, đưa lại gần Wi-Fi; đèn của hộp nói gì: docs/faces.md",
        "Give it power, and bring it near the Wi-Fi; what its light says: docs/faces.md",
    ),
    "box_gone": Words(
        "Hộp {box}: mất kết nối {minutes} phút",
        "Box {box}: gone for {minutes} min",
        "Kiểm tra điện và Wi-Fi của hộp. Lượt quét vẫn nằm an toàn trong hộp.",
        "Look at its power and its Wi-Fi. Its scans are safe in it.",
    ),
    "box_weak": Words(
        "Hộp {box}: Wi-Fi yếu ({dbm} dBm)",
        "Box {box}: weak Wi-Fi ({dbm} dBm)",
        "Dời bộ phát Wi-Fi lại gần, hoặc gắn ăng-ten ngoài.",
        "Bring the access point nearer, or give it an aerial outside.",
    ),
    "box_waiting": Words(
        "Hộp {box}: còn giữ {waiting} lượt quét",
        "Box {box}: still keeps {waiting} scans",
        "Đang gửi dần thì không sao; nếu số này tăng mãi, kiểm tra đĩa của trạm và Wi-Fi.",
        "No harm while it sends them; if it keeps growing, look at the gateway's disk and the Wi-Fi.",
    ),
    "box_reader": Words(
        "Hộp {box}: đầu đọc mã báo `{reader}`",
        "Box {box}: its reader says `{reader}`",
        "Kiểm tra dây đầu đọc; tắt rồi bật lại điện của hộp.",
        "Look at the reader's cable; take the box's power away and give it back.",
    ),
    "box_file": Words(
        "Tệp ghi danh {file} bị hỏng",
        "The enrolment file {file} is damaged",
        "Cho hộp đó quét mã cài đặt mới.",
        "Show that box a new set-up code.",
    ),
    "no_boxes": Words("Chưa có hộp nào ghi danh", "No box has enrolled yet"),
    "disk_room": Words("Đĩa còn {free_mb} MB", "{free_mb} MB are free on the disk", "Dọn bớt đĩa.", "Make room."),
    "disk_full": Words(
        "Đĩa gần đầy: còn {free_mb} MB, cần {needed_mb} MB; trạm đã ngừng nhận, hộp giữ lượt quét",
        "The disk is nearly full: {free_mb} MB of {needed_mb} MB needed; the gateway takes nothing, the boxes keep it",
        "Xoá bớt tệp không phải của trạm, hoặc thay thẻ lớn hơn. Sau đó trạm tự chạy tiếp.",
        "Delete what is not the gateway's, or take a bigger card. It then goes on by itself.",
    ),
    "disk_read_only": Words(
        "Đĩa chỉ đọc được",
        "The disk can only be read",
        "Thường là thẻ hỏng. Khởi động lại; nếu vẫn vậy, thay thẻ và giữ thẻ cũ để lấy dữ liệu.",
        "Mostly the card is worn out. Restart; if that does not help take another, and keep the old one for its data.",
    ),
    "disk_fails": Words(
        "Không ghi được đĩa: {reason}",
        "The disk does not take anything: {reason}",
        "Thay thẻ; giữ thẻ cũ để lấy dữ liệu.",
        "Take another card; keep the old one for its data.",
    ),
    "disk_speed": Words(
        "Đĩa {device} ghi chắc chắn trong {middle_ms} ms (lâu nhất {worst_ms} ms)",
        "The disk {device} makes things safe within {middle_ms} ms (at worst {worst_ms} ms)",
    ),
    "disk_slow": Words(
        "Đĩa {device} chậm: {middle_ms} ms mỗi lần ghi",
        "The disk {device} is slow: {middle_ms} ms for each write",
        "Nên dùng thẻ A2 hoặc ổ SSD qua USB.",
        "A card of class A2, or an SSD on USB, is better.",
    ),
    "disk_stalls": Words(
        "Đĩa {device} có lúc đứng {worst_ms} ms",
        "The disk {device} stands still at times: {worst_ms} ms",
        "Thẻ sắp hỏng hoặc kém: nên thay.",
        "The card is bad or near its end: take another.",
    ),
    "disk_lies": Words(
        "Đĩa {device} nói dối: báo ghi xong sau {middle_ms} ms, không thẻ nào nhanh như vậy",
        "The disk {device} lies: it says that it has written after {middle_ms} ms, and no card is that fast",
        "Mất điện có thể làm mất lượt quét đã xác nhận. Thay thẻ hiệu khác ngay.",
        "A power cut may lose scans that were acknowledged. Take a card of another make, now.",
    ),
    "disk_unjudged": Words(
        "Đĩa {device} là đĩa ảo: không xét được nó có thật thà không",
        "The disk {device} is a virtual one: nobody can tell whether it is honest",
    ),
    "disk_cache": Words("Bộ nhớ đệm ghi của {device}: {cache}", "The write cache of {device}: {cache}"),
    "disk_wear": Words(
        "Thẻ {device} đã mòn {percent} %",
        "The card {device} is {percent} % worn",
        "Chuẩn bị thẻ mới.",
        "Have another card ready.",
    ),
    "disk_written": Words("Đã ghi {gb} GB lên {device}", "{gb} GB have been written to {device}"),
    "buffer_shared": Words(
        "Nhiều chương trình cùng mở bộ đệm: tiến trình {pids}",
        "Several programs have the buffer open: processes {pids}",
        "Chỉ được chạy một trạm. Tắt chương trình kia (ps -p {pids} -o args=).",
        "Only one gateway may run. Stop the other one (ps -p {pids} -o args=).",
    ),
    "clock": Words("Giờ đúng, sai tối đa ±{bound_ms} ms ({now})", "The clock is right within ±{bound_ms} ms ({now})"),
    "clock_unsynced": Words(
        "Giờ chưa được đồng bộ ({now})",
        "The clock is not synchronised ({now})",
        "Nối Internet vài phút; xem: timedatectl. Lượt quét vẫn được giữ, giờ được tính lại sau.",
        "Give it the internet for some minutes; see: timedatectl. Scans are kept, and their times worked out later.",
    ),
    "clock_unset": Words(
        "Máy chưa biết ngày giờ ({now})",
        "The machine does not know the date ({now})",
        "Nối Internet vài phút để máy tự chỉnh giờ.",
        "Give it the internet for some minutes.",
    ),
    "clock_rtc": Words("Có đồng hồ chạy pin", "There is a clock with a battery"),
    "clock_no_rtc": Words(
        "Không có đồng hồ chạy pin (bình thường trên Raspberry Pi)",
        "There is no clock with a battery (as usual on a Raspberry Pi)",
    ),
    "power": Words("Nguồn điện tốt", "The power supply is well"),
    "power_low": Words(
        "ĐANG thiếu điện áp",
        "The voltage is too low NOW",
        "Thay bộ nguồn chính hãng và dây ngắn, to.",
        "Take the maker's own supply, and a short thick cable.",
    ),
    "power_was_low": Words(
        "Đã có lúc thiếu điện áp từ khi bật máy",
        "The voltage was too low since it was switched on",
        "Thay bộ nguồn chính hãng và dây ngắn, to.",
        "Take the maker's own supply, and a short thick cable.",
    ),
    "heat": Words("Nhiệt độ {degrees} °C", "Temperature {degrees} °C"),
    "hot": Words(
        "Nóng: {degrees} °C",
        "Hot: {degrees} °C",
        "Mở tủ cho thoáng, gắn tản nhiệt.",
        "Let air into the cupboard, and give it a heat sink.",
    ),
    "swap": Words("Không có swap trên đĩa", "No swap on a disk"),
    "swap_on_disk": Words(
        "Có swap trên đĩa: {where}",
        "There is swap on a disk: {where}",
        "Dịch vụ của trạm không dùng swap, nhưng nên tắt: sudo systemctl disable --now dphys-swapfile",
        "The gateway uses none, but better: sudo systemctl disable --now dphys-swapfile",
    ),
    "core_dumps_off": Words("Không ghi core dump", "No core dumps"),
    "core_dumps": Words(
        "Trong cửa sổ lệnh này cho phép core dump; dịch vụ thì không",
        "Core dumps are allowed in this terminal; not in the service",
    ),
    "sqlite": Words("SQLite {version}", "SQLite {version}"),
    "sqlite_race": Words(
        "SQLite {version} có lỗi khi hai chương trình cùng mở; trạm chỉ mở một, nên an toàn",
        "SQLite {version} has a race where two programs open one file; the gateway opens one, so all is well",
        "Đừng mở tệp bộ đệm bằng công cụ khác khi trạm đang chạy.",
        "Do not open the buffer's files with other tools while the gateway runs.",
    ),
    "certificate": Words("Chứng chỉ còn {days} ngày", "The certificate is good for {days} days"),
    "certificate_ends": Words(
        "Chứng chỉ chỉ còn {days} ngày",
        "The certificate ends in {days} days",
        "Chạy: sudo tram-gateway ca --renew",
        "Give: sudo tram-gateway ca --renew",
    ),
    "certificate_none": Words(
        "Chưa có chứng chỉ",
        "There is no certificate",
        "Chạy: sudo tram-gateway ca; nếu báo hỏng: khôi phục bản sao (sudo tram-gateway ca import TỆP)",
        "Give: sudo tram-gateway ca; if it is damaged: put your copy back (sudo tram-gateway ca import FILE)",
    ),
    "files": Words("Quyền của các tệp đúng", "The files' rights are as they should be"),
    "file_missing": Words(
        "Thiếu tệp {file}",
        "The file {file} is missing",
        "Chạy lại: sudo scripts/gateway-install TỆP --replace-settings",
        "Give again: sudo scripts/gateway-install FILE --replace-settings",
    ),
    "file_open": Words(
        "Người khác đọc được {file}",
        "Others can read {file}",
        "Chạy: sudo chmod go= cho tệp đó (trong /etc/tram hoặc /var/lib/tram)",
        "Give: sudo chmod go= for it (in /etc/tram or /var/lib/tram)",
    ),
    "file_closed": Words(
        "Trạm không đọc được {file}",
        "The gateway cannot read {file}",
        "Chạy: sudo chown tram: cho tệp đó",
        "Give: sudo chown tram: for it",
    ),
    "settings": Words("Cấu hình không có gì lạ", "Nothing strange in the settings"),
    "setting_plain_http": Words(
        "Gửi lên máy chủ không mã hoá (http)",
        "What goes to the server is not encrypted (http)",
        "Xin điều hành địa chỉ https.",
        "Ask ops for an https address.",
    ),
    "setting_no_tls": Words(
        "Hộp quét không vào được từ ngoài máy này: thiếu `broker.tls_listen`",
        "No box can come in from elsewhere: `broker.tls_listen` is missing",
        'Thêm vào /etc/tram/gateway.toml, mục [broker]: tls_listen = ["0.0.0.0"]',
        'Put into /etc/tram/gateway.toml, section [broker]: tls_listen = ["0.0.0.0"]',
    ),
    "setting_no_fleet_key": Words(
        "Hộp mới không ghi danh được: thiếu `enrol.fleet_key_file`",
        "New boxes cannot enrol: `enrol.fleet_key_file` is missing",
    ),
    "setting_trusts_clock": Words(
        "`time.trust = always`: tin giờ máy dù chưa đồng bộ",
        "`time.trust = always`: the clock is believed even where nobody set it",
        "Chỉ dùng khi máy có đồng hồ chạy pin; nếu không, đổi thành kernel.",
        "Only for machines with a clock of their own; else make it kernel.",
    ),
    "check_failed": Words(
        "Không kiểm tra được `{check}`: {reason}",
        "`{check}` could not be looked at: {reason}",
        "Thử lại với sudo.",
        "Try again with sudo.",
    ),
}
