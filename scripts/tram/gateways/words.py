"""What is said of gateways, in both languages. `no_…` words are answers of the gateway's API, by its codes."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        # cards
        "no_gateway": ("Máy này chưa biết trạm nào.", "This computer knows no gateway yet."),
        "no_gateway.next": (
            "Thêm trạm: tram box gateways add ĐỊA-CHỈ",
            "Add one: tram box gateways add ADDRESS",
        ),
        "two_gateways": (
            "Máy này biết nhiều trạm: {names}.",
            "This computer knows more than one gateway: {names}.",
        ),
        "two_gateways.next": ("Chọn một trạm: --gateway TÊN", "Choose one: --gateway NAME"),
        "gateway_unknown": ("Máy này không biết trạm {name}.", "There is no card of the gateway {name}."),
        "gateway_unknown.next": (
            "Xem các trạm đã biết: tram box gateways list",
            "See which are known: tram box gateways list",
        ),
        "card_broken": ("Thẻ trạm {file} bị hỏng: {what}.", "The gateway's card {file} is broken: {what}."),
        "card_broken.next": (
            "Xóa tệp đó rồi thêm lại trạm: tram box gateways add ĐỊA-CHỈ",
            "Delete that file and add the gateway again: tram box gateways add ADDRESS",
        ),
        "no_token": (
            "Chưa có mã truy cập cho trạm {gateway}.",
            "There is no access code for the gateway {gateway} here.",
        ),
        "no_token.next": (
            "Tại trạm chạy: sudo tram-gateway technician add TÊN; rồi: tram box gateways add ĐỊA-CHỈ",
            "At the gateway: sudo tram-gateway technician add NAME; then: tram box gateways add ADDRESS",
        ),
        # the line to it
        "gateway_silent": (
            "Trạm {gateway} không trả lời ở {url} ({text}).",
            "The gateway {gateway} does not answer at {url} ({text}).",
        ),
        "gateway_silent.next": (
            "Máy tính có cùng mạng với trạm không? Trạm có điện không? Thử: tram box gateways find",
            "Is this computer in the gateway's network, and has the gateway power? Try: tram box gateways find",
        ),
        "gateway_other": (
            "Máy ở {url} không phải trạm {gateway}: nó không có CA mà thẻ trạm ghi.",
            "What answers at {url} is not the gateway {gateway}: it has not the authority that the card names.",
        ),
        "gateway_other.next": (
            "Đừng gửi gì. So dấu vân tay CA tại trạm (sudo tram-gateway ca); nếu trạm đã đổi CA: thêm lại trạm.",
            "Send nothing. Compare at the gateway (sudo tram-gateway ca); if its authority was changed, add it again.",
        ),
        "laptop_clock": (
            "Đồng hồ máy tính này sai ({date}): không kiểm tra được chứng chỉ của trạm {gateway}.",
            "This computer's clock is wrong ({date}): the certificate of {gateway} cannot be checked.",
        ),
        "laptop_clock.next": ("Đặt lại ngày giờ rồi thử lại.", "Set date and time, then try again."),
        "not_secure": (
            "Địa chỉ {url} không được mã hóa: không gửi mã truy cập qua đó.",
            "The address {url} is not protected: an access code is not sent over it.",
        ),
        "not_secure.next": ("Dùng https://…", "Use https://…"),
        "url_wrong": ("{url} không phải địa chỉ của trạm.", "{url} is not the address of a gateway."),
        "url_wrong.next": (
            "Ví dụ: tram-cho-01.local, 192.168.1.20 hoặc https://192.168.1.20:8443",
            "For example: tram-cho-01.local, 192.168.1.20 or https://192.168.1.20:8443",
        ),
        "not_a_gateway": (
            "Máy ở {url} trả lời, nhưng không như một trạm (hoặc trạm quá cũ).",
            "What answers at {url} does not speak as a gateway (or it is too old).",
        ),
        "not_a_gateway.next": (
            "Kiểm tra địa chỉ và cổng; trạm cần bản phần mềm mới: gateway-install upgrade.",
            "Check address and port; an old gateway needs: gateway-install upgrade.",
        ),
        # its answers
        "no_right": ("Trạm {gateway} không nhận mã truy cập.", "The gateway {gateway} does not take this access code."),
        "no_right.next": (
            "Mã đã bị xóa hoặc hết hạn. Tại trạm: sudo tram-gateway technician add TÊN",
            "It was removed or has ended. At the gateway: sudo tram-gateway technician add NAME",
        ),
        "no_more_tries": (
            "Trạm {gateway} tạm chặn máy này vì nhiều lần sai mã; đợi {wait_s} giây.",
            "The gateway {gateway} holds this computer off after wrong access codes: wait {wait_s} s.",
        ),
        "no_more_tries.next": ("Đợi rồi thử lại một lần, với mã đúng.", "Wait, then try once, with the right one."),
        "no_technicians": (
            "Trạm {gateway} chưa cho kỹ thuật viên nào vào.",
            "The gateway {gateway} lets no technician in yet.",
        ),
        "no_technicians.next": (
            "Tại trạm: sudo tram-gateway technician add TÊN",
            "At the gateway: sudo tram-gateway technician add NAME",
        ),
        "no_box": ("Trạm {gateway} không biết hộp {box}.", "The gateway {gateway} does not know the box {box}."),
        "no_box.next": ("Xem tên hộp: tram box list", "See the boxes' names: tram box list"),
        "no_command": ("Trạm không có lệnh {what}.", "There is no such command: {what}."),
        "no_command.next": (
            "Kỹ thuật viên được dùng: identify, reboot, self_test, reader_reinit, fetch_log, drop_wifi.",
            "A technician may give: identify, reboot, self_test, reader_reinit, fetch_log, drop_wifi.",
        ),
        "no_argument": ("Tham số của lệnh không đúng: {what}.", "The command's argument is wrong: {what}."),
        "no_argument.next": ("Xem --help của lệnh.", "See the command's --help."),
        "no_result": (
            "Trạm không có (hoặc không còn) lệnh này.",
            "The gateway has no such command (any more).",
        ),
        "no_result.next": ("Gửi lại lệnh.", "Give the command again."),
        "no_turn": (
            "Đã có quá nhiều lệnh đang chờ hộp trả lời.",
            "Too many commands wait for the box's answer already.",
        ),
        "no_turn.next": ("Đợi hộp trả lời hoặc lệnh hết hạn.", "Wait until it has answered, or they have expired."),
        "no_settings": ("Trạm không nhận cài đặt này: {what}.", "The gateway does not take these settings: {what}."),
        "no_settings.next": (
            "Sửa tệp cài đặt rồi gửi lại; xem docs/examples/box.json.",
            "Mend the file and send it again; see docs/examples/box.json.",
        ),
        "no_settings_there": (
            "Trạm chưa có cài đặt nào cho hộp này.",
            "No settings are wished for this box at the gateway.",
        ),
        "no_version": (
            "Trạm không có bản phần mềm đó: {what}.",
            "The gateway has not got that firmware: {what}.",
        ),
        "no_version.next": ("Nạp tệp trước: tram box update TỆP", "Bring the file first: tram box update FILE"),
        "no_bundle": ("Trạm không nhận gói phần mềm: {what}.", "The gateway does not take this bundle: {what}."),
        "no_bundle.next": (
            "Lấy lại tệp từ người phát hành; nó hỏng, không do hệ thống này ký, hoặc không phải gói phần mềm.",
            "Get the file again: it is damaged, not signed by this fleet's key, or no bundle at all.",
        ),
        "no_rescue": (
            "Trạm không nhận các lượt quét cứu được: {what}.",
            "The gateway does not take the rescued scans: {what}.",
        ),
        "no_rescue.next": (
            "Giữ tệp đã lưu, gửi mã lỗi này cho đội điều hành.",
            "Keep the file that was saved, and tell ops this code.",
        ),
        "no_room": ("Đĩa của trạm {gateway} đầy hoặc lỗi.", "The disk of the gateway {gateway} is full or failing."),
        "no_room.next": ("Xem: tram doctor --gateway {gateway}", "Look: tram doctor --gateway {gateway}"),
        "no_answer": (
            "Trạm {gateway} đang bận hoặc gặp lỗi ({what}).",
            "The gateway {gateway} is busy or has failed ({what}).",
        ),
        "no_answer.next": ("Thử lại sau một phút.", "Try again in a minute."),
        "no_request": ("Trạm không hiểu yêu cầu: {what}.", "The gateway does not understand: {what}."),
        "no_request.next": (
            "Phiên bản tram và trạm có thể khác nhau: cập nhật cả hai.",
            "tram and the gateway may be of different versions: bring both up to date.",
        ),
    }
)
