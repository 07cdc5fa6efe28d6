"""The words for parts of the gateway and for boxes, and how grave it is when they are not well.

`part_<part>` names a part; `<part>_<state>` says in a sentence what is the matter, or `<key>` where a reason has that
key; `box_<state>` and `why_<state>` are of boxes, for where there is no reason. What has no sentence here is shown with
its reason (gateway/reasons.py), or with the words in which it was reported: no trouble stays unseen.
"""

ALARM, WARNING = "alarm", "warning"

TROUBLE: dict[str, tuple[str, str]] = {
    "alarms": ("Cần xử lý", "Needs attention"),
    "no_alarms": ("Mọi thứ hoạt động tốt", "Everything works"),
    "sign_alarm": ("Báo động", "Alarm"),
    "sign_warning": ("Lưu ý", "Note"),
    "more_alarms": ("và {n} việc khác", "and {n} more"),
    "state_ok": ("Tốt", "Well"),
    "state_not_delivering": ("Bị nghẽn", "Stuck"),
    "state_falling_behind": ("Chậm", "Late"),
    "state_finished_file": ("Ghi lỗi", "Failing"),
    "state_expired": ("Hết hạn", "Ended"),
    "state_expiring": ("Sắp hết hạn", "Ending soon"),
    "state_stepped": ("Vừa chỉnh", "Just set"),
    "state_unsynchronised": ("Chưa đồng bộ", "Not synchronised"),
    "state_contradiction": ("Sai giờ", "Wrong"),
    "state_slow": ("Quá tải", "Slow"),
    "state_absent": ("Chưa cắm", "Not there"),
    "state_away": ("Bị rút ra", "Unplugged"),
    "state_no_permission": ("Không được phép", "Not allowed"),
    "state_in_use": ("Đang bị dùng", "In use"),
    "state_no_device": ("Sai thiết bị", "Wrong device"),
    "state_not_a_reader": ("Sai thiết bị", "Wrong device"),
    "state_fault": ("Lỗi", "Fault"),
    "state_waiting": ("Đang chờ", "Waiting"),
    "state_late": ("Chậm", "Late"),
    "state_gone": ("Mất liên lạc", "Gone"),
    "state_down": ("Mất nối", "Down"),
    "state_stopped": ("Đã dừng", "Stopped"),
    "state_stuck": ("Bị nghẽn", "Stuck"),
    "state_unknown": ("Chưa rõ", "Not known"),
    "state_damaged": ("Bị hỏng", "Damaged"),
    "state_refused": ("Bị từ chối", "Refused"),
    "state_off": ("Tắt", "Off"),
    "state_failed": ("Lỗi", "Failed"),
    "unsaid": ("{part}: {reason}", "{part}: {reason}"),
    # --- parts
    "part_broker": ("Nhận tin từ hộp quét", "Line to the boxes"),
    "part_keeping": ("Ghi lượt quét", "Keeping scans"),
    "part_storage": ("Thẻ nhớ", "Storage"),
    "part_sending": ("Gửi về máy chủ", "Sending to the server"),
    "part_certificate": ("Chứng chỉ", "Certificate"),
    "part_clock": ("Đồng hồ", "Clock"),
    "part_boxes": ("Các hộp quét", "Boxes"),
    "part_wishes": ("Yêu cầu từ xa", "Wishes from afar"),
    "part_enrolled": ("Danh sách hộp quét", "List of boxes"),
    "part_panel": ("Trang này", "This page"),
    "part_readers": ("Đầu đọc cắm vào trạm", "Readers plugged in"),
    "part_program": ("Máy tính của trạm", "The machine"),
    "broker_down": (
        "Trạm không nhận được tin từ hộp quét. Các hộp vẫn tự giữ lượt quét, không mất.",
        "The gateway hears nothing from the boxes. They keep their scans, nothing is lost.",
    ),
    "broker_not_delivering": (
        "Tin từ hộp quét bị nghẽn, trạm đang nối lại. Các hộp vẫn tự giữ lượt quét, không mất.",
        "Messages from the boxes are stuck, the gateway connects again. The boxes keep their scans, nothing is lost.",
    ),
    "broker_in_use": ("Một trạm khác dùng cùng tài khoản broker.", "Another gateway comes in under this one's name."),
    "broker_shared": (
        "Có trạm khác dùng cùng tài khoản broker, hai bên ngắt nhau. Lượt quét không mất. Hãy gọi kỹ thuật.",
        "Another gateway comes in under this one's name, each cuts the other off. No scan is lost. Call a technician.",
    ),
    "keeping_stopped": (
        "Trạm không ghi thêm được. Các hộp vẫn tự giữ lượt quét, không mất.",
        "The gateway cannot keep anything just now. The boxes keep their scans, nothing is lost.",
    ),
    "keeping_disk_full": (
        "Thẻ nhớ đã đầy: trạm tạm ngừng nhận, các hộp tự giữ lượt quét. Hãy nối mạng để gửi bớt, hoặc gọi kỹ thuật.",
        "The disk is full: nothing more is taken, boxes keep their scans. Connect the internet, or call a technician.",
    ),
    "keeping_io": (
        "Thẻ nhớ ghi lỗi, có thể sắp hỏng. Các hộp tự giữ lượt quét. Hãy gọi kỹ thuật thay thẻ.",
        "Writing to the disk fails; it may be dying. The boxes keep their scans. Call a technician to replace it.",
    ),
    "keeping_stuck": (
        "Trạm ghi vào thẻ nhớ quá chậm. Các hộp vẫn tự giữ lượt quét, không mất.",
        "Writing to the disk takes too long. The boxes keep their scans, nothing is lost.",
    ),
    "storage_finished_file": (
        "Thẻ nhớ từng ghi lỗi, có thể sắp hỏng. Hãy gọi kỹ thuật sao lưu và thay thẻ.",
        "Writing to the disk has failed; it may be dying. Call a technician to copy and replace it.",
    ),
    "storage_slow": (
        "Thẻ nhớ ghi rất chậm. Không mất lượt quét nào, nhưng nên gọi kỹ thuật kiểm tra thẻ.",
        "The disk writes very slowly. No scan is lost, but have a technician look at the card.",
    ),
    "storage_damaged": (
        "Một phần dữ liệu trên thẻ nhớ bị hỏng, trạm đã cứu phần còn lại. Hãy gọi kỹ thuật.",
        "Data on the disk was damaged; what was intact has been saved. Call a technician.",
    ),
    "sending_waiting": (
        "Chưa gửi được về máy chủ. Lượt quét nằm an toàn trong trạm và sẽ tự gửi khi có mạng.",
        "The server cannot be reached. Scans are safe in the gateway and go up when there is a network.",
    ),
    "sending_unreachable": (
        "Không có mạng, hoặc máy chủ không trả lời. Lượt quét nằm an toàn trong trạm và sẽ tự gửi.",
        "No network, or the server does not answer. Scans are safe in the gateway and go up by themselves.",
    ),
    "sending_name": (
        "Không tìm thấy máy chủ: chưa có mạng, hoặc sai địa chỉ. Lượt quét nằm an toàn trong trạm.",
        "The server is not found: no network, or a wrong address. Scans are safe in the gateway.",
    ),
    "sending_cut": (
        "Đường mạng chập chờn, gửi bị ngắt giữa chừng. Lượt quét nằm an toàn trong trạm và sẽ tự gửi lại.",
        "The line is bad and breaks while sending. Scans are safe in the gateway and go up again by themselves.",
    ),
    "sending_busy": (
        "Máy chủ đang bận. Lượt quét nằm an toàn trong trạm và sẽ tự gửi.",
        "The server is busy. Scans are safe in the gateway and go up by themselves.",
    ),
    "sending_slow_down": (
        "Máy chủ yêu cầu gửi chậm lại. Lượt quét nằm an toàn trong trạm và sẽ tự gửi.",
        "The server asks to wait. Scans are safe in the gateway and go up by themselves.",
    ),
    "sending_failed": (
        "Máy chủ đang bị lỗi. Lượt quét nằm an toàn trong trạm và sẽ tự gửi.",
        "The server has a fault. Scans are safe in the gateway and go up by themselves.",
    ),
    "sending_denied": (
        "Máy chủ từ chối trạm này. Lượt quét nằm an toàn trong trạm. Hãy gọi kỹ thuật.",
        "The server turns this gateway away. Scans are safe in the gateway. Call a technician.",
    ),
    "sending_misplaced": (
        "Địa chỉ máy chủ không đúng. Lượt quét nằm an toàn trong trạm. Hãy gọi kỹ thuật.",
        "The server's address is not right. Scans are safe in the gateway. Call a technician.",
    ),
    "sending_certificate": (
        "Trạm không tin được chứng chỉ của máy chủ. Lượt quét nằm an toàn trong trạm. Hãy gọi kỹ thuật.",
        "The server's certificate is not trusted. Scans are safe in the gateway. Call a technician.",
    ),
    "sending_expired": (
        "Chứng chỉ của máy chủ đã hết hạn. Lượt quét nằm an toàn trong trạm. Hãy gọi kỹ thuật.",
        "The server's certificate has ended. Scans are safe in the gateway. Call a technician.",
    ),
    "sending_clock": (
        "Đồng hồ của trạm sai nên không nối được máy chủ. Lượt quét nằm an toàn trong trạm. Hãy gọi kỹ thuật.",
        "The gateway's clock is wrong, so the server is not trusted. Scans are safe. Call a technician.",
    ),
    "sending_late": (
        "Máy chủ có trả lời, nhưng còn nhiều lượt quét đang chờ gửi.",
        "The server answers, but there is a backlog.",
    ),
    "sending_falling_behind": (
        "Lượt quét gửi đi chậm hơn lượt mới đến: đường mạng yếu hoặc máy chủ chậm.",
        "Scans come faster than they go up: the line is weak or the server slow.",
    ),
    "certificate_expired": (
        "Chứng chỉ của trạm đã hết hạn. Hãy gọi kỹ thuật.",
        "The gateway's certificate has ended. Call a technician.",
    ),
    "certificate_expiring": ("Chứng chỉ của trạm sắp hết hạn.", "The gateway's certificate is about to end."),
    "certificate_soon": (
        "Chứng chỉ của trạm còn {n} ngày là hết hạn.",
        "Days until the gateway's certificate ends: {n}.",
    ),
    "clock_unknown": (
        "Trạm chưa biết giờ: chưa chia được theo giờ cho đến khi có mạng.",
        "The gateway does not know the time: nothing can be told by the hour until there is a network.",
    ),
    "clock_stepped": ("Đồng hồ của trạm vừa được chỉnh lại.", "The gateway's clock has just been set."),
    "clock_unsynchronised": (
        "Trạm chỉ biết giờ qua máy chủ, chưa có máy chủ giờ.",
        "The gateway knows the time through the server only.",
    ),
    "clock_contradiction": (
        "Đồng hồ của trạm khác với giờ của máy chủ. Hãy gọi kỹ thuật.",
        "The gateway's clock and the server's do not agree. Call a technician.",
    ),
    "boxes_gone": ("Có hộp quét mất liên lạc.", "Boxes cannot be reached."),
    "wishes_stopped": ("Không đọc được yêu cầu từ xa.", "Wishes cannot be read."),
    "wishes_damaged": ("Tệp yêu cầu từ xa bị hỏng.", "Files of wishes are damaged."),
    "wishes_refused": (
        "Có hộp quét không nhận cài đặt hoặc phần mềm mới.",
        "Boxes refuse new settings or firmware.",
    ),
    "enrolled_stopped": (
        "Hộp quét mới chưa ghi danh được. Các hộp đang dùng vẫn chạy bình thường.",
        "New boxes cannot enrol. Those in use go on as before.",
    ),
    "enrolled_unheard": (
        "Broker chưa biết hộp vừa ghi danh: hộp đó chưa vào được, các hộp khác vẫn chạy. Hãy khởi động lại trạm.",
        "The broker does not know of boxes that have just enrolled; those in use go on. Restart the gateway's machine.",
    ),
    "enrolled_damaged": (
        "Danh sách hộp quét bị hỏng một phần: có hộp phải ghi danh lại.",
        "The list of boxes is damaged: some have to enrol again.",
    ),
    "readers_absent": ("Đầu đọc cắm vào trạm chưa được tìm thấy.", "A reader that should be plugged in is not found."),
    "readers_no_permission": (
        "Trạm chưa được phép mở đầu đọc cắm vào máy. Hãy gọi kỹ thuật.",
        "The gateway may not open a reader that is plugged in. Call a technician.",
    ),
    "readers_in_use": (
        "Đầu đọc cắm vào trạm đang bị chương trình khác dùng. Hãy gọi kỹ thuật.",
        "Another program uses a reader that is plugged in. Call a technician.",
    ),
    "readers_no_device": (
        "Thiết bị khai trong cài đặt không phải là đầu đọc.",
        "What the settings name as a reader is none.",
    ),
    "readers_not_a_reader": (
        "Thiết bị cắm vào trạm không phải là đầu đọc mã.",
        "What is plugged in as a reader is something else.",
    ),
    "readers_fault": ("Không mở được đầu đọc cắm vào trạm.", "A reader that is plugged in cannot be opened."),
    "readers_away": ("Đầu đọc cắm vào trạm đã bị rút ra.", "A reader has been unplugged."),
    "program_slow": ("Máy tính của trạm đang quá tải.", "The machine has too much to do."),
    "panel_down": ("Trang này đang gặp lỗi.", "This page has a fault."),
    "panel_no_password_file": ("Tệp mật khẩu không đọc được.", "The password file cannot be read."),
    "panel_port_in_use": ("Cổng mạng của trang này đã bị dùng.", "The port of this page is in use."),
    "panel_no_token_file": (
        "Tệp mã cho /metrics không đọc được.",
        "The file of the token for /metrics cannot be read.",
    ),
    "panel_certificate": (
        "Trang này không mở được ra mạng vì thiếu chứng chỉ.",
        "This page is not open to the network: it has no certificate.",
    ),
    "place_full": ("Đã đủ người: {best} trên {capacity}.", "The place is full: {best} of {capacity}."),
    "place_near": ("Gần đủ người: {best} trên {capacity}.", "The place is nearly full: {best} of {capacity}."),
    "place_maybe_full": (
        "Có thể đã đủ {capacity} người: con số chưa chắc chắn.",
        "The place may be full ({capacity} people): the number is not certain.",
    ),
    # --- boxes, and readers on a wire; why_<state>: what that means
    "box_ok": ("Tốt", "Well"),
    "box_online": ("Tốt", "Well"),
    "box_away": ("Mất liên lạc", "Gone"),
    "box_gone": ("Mất liên lạc", "Gone"),
    "box_offline": ("Mất liên lạc", "Gone"),
    "box_silent": ("Không trả lời", "Silent"),
    "box_holding": ("Gửi chậm", "Late"),
    "box_late": ("Gửi chậm", "Late"),
    "box_reader": ("Lỗi đầu đọc", "Reader fault"),
    "box_mute": ("Lỗi đầu đọc", "Reader fault"),
    "box_flooding": ("Lỗi đầu đọc", "Reader fault"),
    "box_full": ("Đầy", "Full"),
    "box_disk_full": ("Đầy", "Full"),
    "box_not_kept": ("Tạm dừng", "Paused"),
    "box_spool": ("Lỗi bộ nhớ", "Memory fault"),
    "box_restarting": ("Tự khởi động lại", "Restarting"),
    "box_worn": ("Sắp mòn", "Worn"),
    "box_absent": ("Chưa cắm", "Not there"),
    "box_no_permission": ("Không được phép", "Not allowed"),
    "box_in_use": ("Đang bị dùng", "In use"),
    "box_no_device": ("Sai thiết bị", "Wrong device"),
    "box_not_a_reader": ("Sai thiết bị", "Wrong device"),
    "box_fault": ("Lỗi", "Fault"),
    "box_revoked": ("Đã thu hồi", "Revoked"),
    "box_unknown": ("Chưa rõ", "Not known"),
    "why_away": ("hộp mất điện hoặc mất Wi-Fi", "it has lost its power or its Wi-Fi"),
    "why_gone": ("hộp mất điện hoặc mất Wi-Fi", "it has lost its power or its Wi-Fi"),
    "why_offline": ("hộp mất điện hoặc mất Wi-Fi", "it has lost its power or its Wi-Fi"),
    "why_silent": ("hộp còn nối mạng nhưng không trả lời", "it is connected, but does not answer"),
    "why_holding": ("còn lượt quét chưa gửi hết", "not all its scans have come"),
    "why_late": ("còn lượt quét chưa gửi hết", "not all its scans have come"),
    "why_reader": ("đầu đọc mã không trả lời, hãy xem lại dây", "its reader does not answer: look at the cable"),
    "why_mute": ("đầu đọc mã không trả lời, hãy xem lại dây", "the reader does not answer: look at the cable"),
    "why_full": ("bộ nhớ của hộp đã đầy, hộp ngừng nhận", "its memory is full, it takes nothing more"),
    "why_disk_full": ("thẻ nhớ của trạm đã đầy", "the gateway's disk is full"),
    "why_not_kept": ("trạm không ghi thêm được", "the gateway cannot keep anything"),
    "why_spool": ("bộ nhớ của hộp bị lỗi, hãy thay hộp", "its memory has a fault: replace it"),
    "why_restarting": (
        "khởi động lại nhiều lần trong một giờ: xem nguồn điện",
        "many restarts within the hour: look at its power",
    ),
    "why_worn": ("bộ nhớ của hộp sắp mòn, nên thay hộp", "its memory is nearly worn out: replace it"),
    "why_flooding": (
        "đầu đọc gửi tín hiệu lạ không ngừng, hãy thay đầu đọc",
        "the reader sends waste without end: replace it",
    ),
    "why_absent": ("chưa thấy cắm vào trạm", "it is not plugged in"),
    "why_revoked": ("không còn được phép gửi", "it may not send any more"),
}

WARNINGS = frozenset(
    {f"sending_{code}" for code in ("unreachable", "name", "cut", "busy", "slow_down", "failed")}
    | {"sending_waiting", "sending_late", "sending_falling_behind", "certificate_expiring", "certificate_soon"}
    | {"clock_unknown", "clock_stepped", "clock_unsynchronised", "boxes_gone", "readers_absent", "readers_away"}
    | {"readers_no_permission", "readers_in_use", "readers_no_device", "readers_not_a_reader", "readers_fault"}
    | {"wishes_refused", "wishes_stopped", "wishes_damaged", "place_near", "place_maybe_full", "program_slow"}
)
SAYS_ALL = frozenset({"clock_unknown", "keeping_stuck", "program_slow"})
"""Whose reason adds nothing to the sentence."""


def grade(key: str) -> str:
    """How grave `<part>_<state>` is; what is not named is grave."""
    return WARNING if key in WARNINGS else ALARM
