"""What is said of ports."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "none": ("không có gì", "nothing"),
        "no_port": (
            "Không thấy cổng của thiết bị cần tìm. Hiện có: {names}.",
            "There is no port of the device that is wanted. There are: {names}.",
        ),
        "no_port.next": (
            "Cắm thiết bị bằng cáp USB có dây dữ liệu (không phải cáp chỉ sạc), đợi vài giây rồi chạy lại. Nếu nó là "
            "một trong các cổng trên, chỉ rõ bằng --port. Trên Windows và macOS, chip CP210x hay CH340 cần có trình "
            "điều khiển.",
            "Plug the device in with a USB cable that carries data (not one that only charges), wait some seconds, run "
            "it again. If it is one of these ports, name it with --port. On Windows and macOS, CP210x and CH340 chips "
            "need a driver.",
        ),
        "two_ports": (
            "Có nhiều cổng có thể là thiết bị cần tìm: {names}.",
            "More than one port could be the device that is wanted: {names}.",
        ),
        "two_ports.next": (
            "Rút bớt, chỉ để lại một thiết bị, hoặc chỉ rõ bằng --port.",
            "Unplug all but one, or name the one that you mean with --port.",
        ),
        "port_unknown": ("Không có cổng {port}. Hiện có: {names}.", "There is no port {port}. There are: {names}."),
        "port_unknown.next": (
            "Xem danh sách bằng: tram flash --list",
            "Look at the list: tram flash --list",
        ),
        "port_no_right": (
            "Chưa có quyền mở cổng {port}: cổng thuộc nhóm {group}.",
            "You may not open the port {port}: it belongs to the group {group}.",
        ),
        "port_no_right.next": (
            "Chạy: sudo usermod -aG {group} $USER, đăng xuất, đăng nhập lại, rồi thử lại.",
            "Run: sudo usermod -aG {group} $USER, log out and in again, then try again.",
        ),
        "port_denied": ("Hệ điều hành không cho mở cổng {port}.", "The system does not let you open the port {port}."),
        "port_denied.next": (
            "Nhờ người quản trị máy cho phép dùng cổng này.",
            "Ask whoever administers this computer for the right to use this port.",
        ),
        "port_busy": ("Cổng {port} đang có chương trình khác dùng.", "Another program is using the port {port}."),
        "port_busy.next": (
            "Đóng chương trình đó (Thonny, Arduino, một cửa sổ tram khác…) rồi thử lại.",
            "Close that program (Thonny, Arduino, another window with tram, …) and try again.",
        ),
        "port_gone": ("Cổng {port} không còn nữa.", "The port {port} is gone."),
        "port_gone.next": (
            "Kiểm tra cáp, cắm lại, rồi chạy lại lệnh.",
            "Look at the cable, plug it in again, and run the command again.",
        ),
        "port_fails": ("Không mở được cổng {port}: {text}", "The port {port} cannot be opened: {text}"),
        "port_fails.next": (
            "Rút ra, cắm lại, hoặc thử cổng USB khác.",
            "Unplug it and plug it in again, or try another USB socket.",
        ),
        "ports_file": (
            "Tệp khai báo cổng giả lập {file} không đọc được.",
            "The file of pretended ports, {file}, cannot be read.",
        ),
        "ports_file.next": (
            "Xóa tệp đó, hoặc bỏ biến môi trường TRAM_PORTS.",
            "Delete that file, or unset TRAM_PORTS.",
        ),
    }
)
