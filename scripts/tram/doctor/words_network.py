"""Sentences of Wi-Fi, gateway, TLS and enrolment."""

NETWORK = {
    "wifi_up": (
        "Wi-Fi “{ssid}”: {rssi} dBm, kênh {channel}, địa chỉ {address}.",
        "Wi-Fi “{ssid}”: {rssi} dBm, channel {channel}, address {address}.",
    ),
    "wifi_up_unscanned": (
        "Wi-Fi “{ssid}”: {rssi} dBm, địa chỉ {address}. Không biết kênh: hộp đang bận, chưa dò sóng được.",
        "Wi-Fi “{ssid}”: {rssi} dBm, address {address}. Its channel is not known: the box was too busy to look around.",
    ),
    "wifi_weak_unscanned": (
        "Sóng Wi-Fi “{ssid}” yếu: {rssi} dBm. Không biết kênh: hộp đang bận, chưa dò sóng được.",
        "“{ssid}” is weak: {rssi} dBm. Its channel is not known: the box was too busy to look around.",
    ),
    "wifi_weak_unscanned.next": (
        "Đặt điểm phát gần hơn, hoặc đổi chỗ treo hộp; nên tốt hơn −70 dBm.",
        "Bring the access point nearer, or hang the box elsewhere; better than −70 dBm is wanted.",
    ),
    "lan_weak": (
        "Sóng Wi-Fi của hộp {box} yếu: {rssi} dBm.",
        "The Wi-Fi of the box {box} is weak: {rssi} dBm.",
    ),
    "lan_weak.next": (
        "Đặt điểm phát gần hơn, hoặc đổi chỗ treo hộp; nên tốt hơn −70 dBm.",
        "Bring the access point nearer, or hang the box elsewhere; better than −70 dBm is wanted.",
    ),
    "wifi_weak": (
        "Sóng Wi-Fi “{ssid}” yếu: {rssi} dBm, kênh {channel}.",
        "Wi-Fi “{ssid}” is weak: {rssi} dBm, channel {channel}.",
    ),
    "wifi_weak.next": (
        "Đặt điểm phát gần hơn, hoặc đổi chỗ treo hộp; nên tốt hơn −70 dBm.",
        "Bring the access point nearer, or hang the box elsewhere; better than −70 dBm is wanted.",
    ),
    "wifi_joining": ("Hộp đang vào Wi-Fi “{ssid}”.", "The box is joining “{ssid}”."),
    "wifi_joining.next": ("Đợi nửa phút rồi chạy lại.", "Wait half a minute, then run it again."),
    "wifi_wrong_password": ("Sai mật khẩu Wi-Fi “{ssid}”.", "The password of the Wi-Fi “{ssid}” is wrong."),
    "wifi_wrong_password.next": (
        "Hỏi lại mật khẩu, làm mã cài đặt mới và đưa cho hộp: tram provision code --wifi",
        "Ask for the password again, make a new set-up code and show it: tram provision code --wifi",
    ),
    "wifi_password_or_weak": (
        "Không vào được Wi-Fi “{ssid}”: sai mật khẩu, hoặc sóng quá yếu ({rssi} dBm).",
        "“{ssid}” does not let it in: a wrong password, or too weak a signal ({rssi} dBm).",
    ),
    "wifi_password_or_weak.next": (
        "Mang hộp lại gần điểm phát và thử lại. Gần mà vẫn lỗi: mật khẩu sai, làm mã cài đặt mới.",
        "Try it near the access point. If it fails there too, the password is wrong: make a new set-up code.",
    ),
    "wifi_no_network": ("Không thấy mạng Wi-Fi “{ssid}”.", "The Wi-Fi “{ssid}” is not in the air."),
    "wifi_no_network.next": (
        "Điểm phát có bật không? Có phát 2,4 GHz không (hộp không dùng được 5 GHz)? Tên trong mã có đúng không?",
        "Is the access point on? Does it send at 2.4 GHz (a box has no 5 GHz)? Is the name in the code right?",
    ),
    "wifi_other_spelling": (
        "Không có mạng “{ssid}”, nhưng có “{like}”.",
        "There is no Wi-Fi “{ssid}”, but there is “{like}”.",
    ),
    "wifi_other_spelling.next": (
        "Tên mạng phân biệt chữ hoa, dấu và dấu cách: làm mã cài đặt mới với tên “{like}”.",
        "Capitals, marks and blanks count: make a new set-up code with the name “{like}”.",
    ),
    "wifi_nothing_heard": ("Hộp không nghe thấy mạng Wi-Fi nào.", "The box hears no Wi-Fi at all."),
    "wifi_nothing_heard.next": (
        "Xem ăng-ten (dây, cổng cắm, vỏ kim loại che). Điện thoại cạnh hộp có thấy mạng 2,4 GHz không?",
        "Look at the antenna (its wire, its plug, metal around it). Does a phone beside it see a 2.4 GHz network?",
    ),
    "wifi_comes_and_goes": (
        "Mạng “{ssid}” lúc có lúc không ({rssi} dBm).",
        "“{ssid}” comes and goes ({rssi} dBm).",
    ),
    "wifi_comes_and_goes.next": (
        "Điểm phát vừa khởi động lại, hoặc sóng chập chờn: xem điểm phát.",
        "The access point has just restarted, or is unsteady: look at it.",
    ),
    "wifi_enterprise": (
        "Mạng “{ssid}” cần tên đăng nhập (WPA-Enterprise); hộp không dùng được.",
        "“{ssid}” wants a user name (WPA-Enterprise), which a box does not have.",
    ),
    "wifi_enterprise.next": (
        "Dùng một mạng chỉ cần mật khẩu (WPA2-Personal).",
        "Use a network with a password alone (WPA2-Personal).",
    ),
    "wifi_no_address": (
        "Wi-Fi “{ssid}” nhận hộp nhưng không cấp địa chỉ (DHCP).",
        "“{ssid}” takes the box and gives it no address (DHCP).",
    ),
    "wifi_no_address.next": (
        "Khởi động lại điểm phát; xem bộ định tuyến có hết địa chỉ hoặc lọc MAC không.",
        "Restart the access point; see whether its router is out of addresses, or filters MACs.",
    ),
    "wifi_refused": ("Điểm phát “{ssid}” từ chối hộp.", "The access point “{ssid}” refuses the box."),
    "wifi_refused.next": (
        "Xem bộ định tuyến: giới hạn số máy, lọc MAC, chỉ dùng WPA3.",
        "Look at the router: a limit of devices, a MAC filter, WPA3 alone.",
    ),
    "wifi_timeout": ("Wi-Fi “{ssid}” không trả lời.", "“{ssid}” does not answer."),
    "wifi_timeout.next": (
        "Khởi động lại điểm phát; nếu chỉ hộp này không vào được, khởi động lại hộp.",
        "Restart the access point; if this box alone cannot join, restart the box.",
    ),
    "wifi_driver": ("Phần Wi-Fi của chip báo lỗi với “{ssid}”.", "The chip's Wi-Fi fails with “{ssid}”."),
    "wifi_driver.next": (
        "Rút điện hộp 10 giây. Nếu vẫn vậy: thử bo mạch khác.",
        "Take the box's power away for 10 seconds. If it stays so: try another board.",
    ),
    "wifi_lost": ("Đã mất Wi-Fi “{ssid}”.", "“{ssid}” was lost."),
    "wifi_lost.next": ("Xem điểm phát có tắt hoặc khởi động lại không.", "See whether the access point went off."),
    "wifi_unreached": (
        "Wi-Fi “{ssid}” không dẫn tới trạm.",
        "“{ssid}” does not lead to the gateway.",
    ),
    "wifi_unreached.next": (
        "Trạm phải ở cùng mạng; mạng khách thường chặn máy với nhau.",
        "The gateway has to be on the same network; guest networks keep devices apart.",
    ),
    "gateway_up": ("Đã nối trạm {gateway} ({host}:{port}, {tls}).", "Connected to {gateway} ({host}:{port}, {tls})."),
    "gateway_full": ("Trạm {gateway} hết chỗ lưu.", "The gateway {gateway} has no room left."),
    "gateway_full.next": (
        "Xem trên trạm: sudo tram-gateway doctor --lang vi. Hộp vẫn giữ lượt quét.",
        "Look on the gateway: sudo tram-gateway doctor. The box keeps its scans.",
    ),
    "gateway_waits": (
        "Chưa thử nối trạm {gateway}: hộp chưa có mạng.",
        "The gateway {gateway} was not tried: the box has no network yet.",
    ),
    "gateway_waits.next": ("Sửa Wi-Fi trước.", "Mend the Wi-Fi first."),
    "gateway_connecting": ("Hộp đang nối tới trạm {gateway}.", "The box is connecting to {gateway}."),
    "gateway_connecting.next": ("Đợi nửa phút rồi chạy lại.", "Wait half a minute, then run it again."),
    "gateway_name": (
        "Không tìm ra địa chỉ của trạm {host} ({reason}).",
        "The gateway's name {host} leads to no address ({reason}).",
    ),
    "gateway_name.next": (
        "Trạm có bật và cùng mạng với hộp không? Nếu tên .local không tìm được, làm mã cài đặt với địa chỉ IP.",
        "Is the gateway on, and on the same network? If a .local name is not found, make the set-up code with its IP "
        "address.",
    ),
    "gateway_unreachable": (
        "Không nối được tới {host}:{port} ({reason}).",
        "{host}:{port} cannot be reached ({reason}).",
    ),
    "gateway_unreachable.next": (
        "Xem trạm có bật, cùng mạng, và tường lửa có mở cổng {port} không.",
        "See that the gateway is on, on the same network, and that no firewall closes port {port}.",
    ),
    "gateway_other_ca": (
        "Máy ở {host} không phải trạm của hộp này (nơi cấp chứng chỉ khác).",
        "What answers at {host} is not this box's gateway (another authority).",
    ),
    "gateway_other_ca.next": (
        "Trạm đã được cài lại? Đưa cho hộp mã cài đặt mới của trạm đó, có --box.",
        "Was the gateway installed anew? Show the box a new set-up code of that gateway, made with --box.",
    ),
    "gateway_other_name": (
        "Ở {host} là một trạm khác, không phải {gateway}.",
        "At {host} there is another gateway than {gateway}.",
    ),
    "gateway_other_name.next": (
        "Kiểm tra địa chỉ; nếu hộp phải sang trạm đó, làm mã cài đặt mới.",
        "Check the address; if the box is to move there, make a new set-up code.",
    ),
    "gateway_certificate_time": (
        "Chứng chỉ của trạm {gateway} không đúng ngày ({reason}).",
        "The certificate of {gateway} is not of today ({reason}).",
    ),
    "gateway_certificate_time.next": (
        "Xem giờ trên trạm: timedatectl, rồi sudo tram-gateway doctor --lang vi",
        "Look at the gateway's clock: timedatectl, then sudo tram-gateway doctor",
    ),
    "gateway_tls_memory": ("Hộp thiếu bộ nhớ cho TLS.", "The box has too little memory for TLS."),
    "gateway_tls_memory.next": (
        "Khởi động lại hộp. Nếu lặp lại, lưu hồ sơ (--save): bo mạch này cần phần mềm đóng cứng (frozen).",
        "Restart it. If it comes again, save the file (--save): this board needs the frozen firmware.",
    ),
    "gateway_tls": (
        "Kết nối bảo mật tới {host}:{port} không thành ({reason}).",
        "No secure connection to {host}:{port} ({reason}).",
    ),
    "gateway_tls.next": (
        "Cổng {port} có đúng là cổng TLS của trạm không? Xem trên trạm: sudo tram-gateway doctor --lang vi",
        "Is {port} the gateway's TLS port? Look on the gateway: sudo tram-gateway doctor",
    ),
    "gateway_login": (
        "Trạm {gateway} không cho hộp đăng nhập ({reason}).",
        "{gateway} does not let the box in ({reason}).",
    ),
    "gateway_login.next": (
        "Hộp bị thu hồi hoặc trạm đã mất danh sách hộp: ghi danh lại bằng mã cài đặt có --box.",
        "The box was revoked, or the gateway has lost its list: enrol it again with a set-up code made with --box.",
    ),
    "gateway_drops": (
        "Kết nối tới trạm {gateway} bị đứt ({reason}).",
        "The connection to {gateway} breaks ({reason}).",
    ),
    "gateway_drops.next": (
        "Xem sóng Wi-Fi và trạm; hai hộp trùng tên cũng gây ra lỗi này.",
        "Look at the Wi-Fi and the gateway; two boxes of the same name do this too.",
    ),
    "enrolled": ("Đã ghi danh: địa điểm {place}, cổng {gate}.", "Enrolled: place {place}, gate {gate}."),
    "enrol_form": ("Trạm không đọc được mã cài đặt.", "The gateway could not read the set-up code."),
    "enrol_form.next": ("Làm mã mới: tram provision code", "Make a new one: tram provision code"),
    "enrol_signature": (
        "Mã cài đặt không được ký bằng khóa mà trạm {gateway} tin.",
        "The set-up code is not signed with the key that {gateway} trusts.",
    ),
    "enrol_signature.next": (
        "Dùng đúng khóa của hệ thống: tram keys check; trạm và hộp phải cùng một khóa.",
        "Use the fleet's key: tram keys check; gateway and box have to trust the same one.",
    ),
    "enrol_expired": ("Mã cài đặt đã hết hạn.", "The set-up code has expired."),
    "enrol_expired.next": (
        "Xem giờ của máy này và của trạm, rồi làm mã mới: tram provision code",
        "Look at the clocks of this computer and of the gateway, then make a new one: tram provision code",
    ),
    "enrol_other_gateway": (
        "Mã cài đặt là của trạm khác, không phải trạm ở {host}.",
        "The set-up code is for another gateway than the one at {host}.",
    ),
    "enrol_other_gateway.next": ("Làm mã cho đúng trạm.", "Make a code for the right gateway."),
    "enrol_other_box": ("Mã cài đặt là của hộp khác.", "The set-up code is for another box."),
    "enrol_other_box.next": (
        "Làm mã cho hộp này (--box), hoặc mã chung.",
        "Make one for this box (--box), or for any.",
    ),
    "enrol_token_spent": ("Mã cài đặt đã được hộp khác dùng.", "Another box has used this set-up code."),
    "enrol_token_spent.next": (
        "Mỗi hộp một mã: làm mã mới, hoặc một tờ nhiều mã: tram provision sheet",
        "One code for each box: make a new one, or a sheet of them: tram provision sheet",
    ),
    "enrol_unknown_box": ("Trạm {gateway} không biết hộp này.", "{gateway} does not know this box."),
    "enrol_unknown_box.next": ("Ghi danh lại bằng mã cài đặt mới.", "Enrol it again with a new set-up code."),
    "enrol_password": (
        "Trạm {gateway} không nhận mật khẩu của hộp.",
        "{gateway} does not take the box's password.",
    ),
    "enrol_password.next": (
        "Ghi danh lại bằng mã cài đặt có --box.",
        "Enrol it again with a set-up code made with --box.",
    ),
    "enrol_other_ca": (
        "Máy ở {host}:{port} không phải trạm ghi trong mã (dấu vân tay chứng chỉ khác).",
        "What answers at {host}:{port} is not the gateway of the code (another fingerprint).",
    ),
    "enrol_other_ca.next": (
        "Lấy lại thẻ của trạm (tram box gateways add) và làm mã mới. Nếu không ai cài lại trạm: có kẻ giả mạo.",
        "Fetch the gateway's card anew (tram box gateways add) and make a new code. If nobody installed it anew, "
        "somebody pretends to be it.",
    ),
    "enrol_busy": (
        "Trạm {gateway} bận, hoặc chưa biết giờ; hộp thử lại.",
        "{gateway} is busy, or does not know the time; the box tries again.",
    ),
    "enrol_busy.next": ("Đợi vài phút; xem giờ của trạm.", "Wait some minutes; look at the gateway's clock."),
    "enrol_unreachable": (
        "Chưa ghi danh được: trạm ở {host}:{port} không trả lời ({reason}).",
        "Not enrolled yet: the gateway at {host}:{port} does not answer ({reason}).",
    ),
    "enrol_unreachable.next": (
        "Trạm có bật, cùng mạng và mở cổng {port} không? Địa chỉ trong mã có đúng không?",
        "Is the gateway on, on the same network, with port {port} open? Is the address in the code right?",
    ),
}
