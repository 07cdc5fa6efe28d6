"""The words of the page of requests. Key -> Vietnamese, English."""

WORDS: dict[str, tuple[str, str]] = {
    "requests_what": (
        "Người dân có quyền biết, đính chính, xóa dữ liệu của mình. Mỗi yêu cầu có hạn trả lời và hạn làm xong.",
        "People may ask what is known of them, and that it is put right or deleted. Each request has its last days.",
    ),
    "requests_none": (
        "Không có yêu cầu nào đang mở. Khi có người gửi yêu cầu, hãy tiếp nhận ở dưới trong ngày.",
        "No request is open. When somebody asks, take it in below on the same day.",
    ),
    "requests_none_ended": ("Chưa có yêu cầu nào.", "There is no request yet."),
    "requests_late": ("{n} yêu cầu đã quá hạn", "{n} requests are overdue"),
    "requests_more": ("Chỉ hiện một phần; phần còn lại lấy bằng lệnh request list.", "Not all are shown here."),
    "requests_ended": ("Xem cả yêu cầu đã kết thúc", "Show those that have ended too"),
    "requests_open": ("Chỉ xem yêu cầu đang mở", "Show those that are open alone"),
    "asking_new": ("Tiếp nhận yêu cầu mới", "Take in a new request"),
    "asking_take": ("Tiếp nhận", "Take it in"),
    "asking_kind": ("Người ấy yêu cầu gì", "What is asked for"),
    "asking_reference": ("Số phiếu hoặc số văn bản", "Number of the paper"),
    "asking_reference_help": (
        "Ví dụ YC-2026/15. Không ghi tên, số căn cước, số điện thoại: những thứ đó ở lại trên giấy.",
        "Such as YC-2026/15. No name, no number of a card or telephone: those stay on the paper.",
    ),
    "asking_received": ("Ngày nhận", "Received on"),
    "asking_today": ("Hôm nay là {day}. Hạn tính từ ngày nhận.", "Today is {day}. The days count from this one."),
    "asking_processors": (
        "Phải nhờ bên xử lý hoặc bên thứ ba (hạn 20 ngày)",
        "Processors or third parties have to act too (20 days)",
    ),
    "asking_none_said": ("không có số phiếu", "no number of a paper"),
    "asking_back": ("Mọi yêu cầu", "All requests"),
    "asked_access": ("Xin biết dữ liệu của mình", "Access to one's data"),
    "asked_correction": ("Đính chính", "Correction"),
    "asked_deletion": ("Xóa dữ liệu", "Deletion"),
    "asked_restriction": ("Hạn chế xử lý", "Restriction"),
    "asked_objection": ("Phản đối xử lý", "Objection"),
    "asked_withdrawal": ("Rút lại đồng ý", "Withdrawal of consent"),
    "state_of_received": ("Mới nhận, chưa trả lời", "Received, not answered"),
    "state_of_answered": ("Đã trả lời, đang làm", "Answered, under way"),
    "state_of_done": ("Đã xong", "Done"),
    "state_of_refused": ("Đã từ chối", "Refused"),
    "due_answer": ("trả lời", "to be answered"),
    "due_done": ("làm xong", "to be done"),
    "due_over": ("Quá hạn {what} {n} ngày", "Overdue by {n} days ({what})"),
    "due_today": ("Hạn {what}: hôm nay", "Today is the last day ({what})"),
    "due_in": ("Còn {n} ngày để {what}", "{n} days left ({what})"),
    "due_answer_by": ("Trả lời chậm nhất", "To be answered by"),
    "due_done_by": ("Làm xong chậm nhất", "To be done by"),
    "due_extended": ("đã gia hạn 15 ngày", "extended by 15 days"),
    "due_unsure": (
        "Lịch nghỉ lễ của năm này chưa đủ: hạn trên không muộn hơn hạn thật.",
        "Not every holiday of this year is known: the days above are not later than the true ones.",
    ),
    "fact_state": ("Tình trạng", "State"),
    "fact_received": ("Ngày nhận", "Received"),
    "fact_answered": ("Đã trả lời lúc", "Answered"),
    "fact_ended": ("Kết thúc lúc", "Ended"),
    "fact_by": ("Người làm bước cuối", "Last step by"),
    "fact_ground": ("Căn cứ từ chối", "Ground of the refusal"),
    "fact_reference": ("Số phiếu", "Paper"),
    "what_here": ("Ở đây làm được gì", "What can be done here"),
    "can_access": (
        "Cho người ấy biết: đã được ghi nhận ở đâu, lúc nào, bằng loại giấy tờ nào, và ai đã xem dữ liệu của họ."
        " Sau khi trả lời, một quản trị viên khác mở bằng giấy tờ của chính người ấy.",
        "They are told where and when they were recorded, by what kind of document, and who looked them up."
        " Once it is answered, another administrator opens it by that person's own documents.",
    ),
    "can_correction": (
        "Máy chủ giữ điều mà giấy tờ nói vào lúc được quét, đã niêm phong: họ tên, năm sinh, số giấy tờ trong đó"
        " không sửa được, ở đây cũng như bằng lệnh. Giấy tờ sai thì sửa tại nơi cấp; lần quét sau sẽ đúng."
        " Sửa được một điều: nơi chốn. Nếu hộp quét ghi sai địa điểm, cổng hay chiều, quản trị viên sửa danh mục"
        " (từ ngày nào) rồi dựng lại, và lượt ghé được tính lại. Ngoài ra chỉ còn cách xóa: tiếp nhận thêm"
        " một yêu cầu xóa. Không làm được thì hãy trả lời đúng như vậy.",
        "The server keeps, sealed, what a document said when it was scanned: name, year of birth and numbers in it"
        " cannot be changed, neither here nor by command. A wrong document is put right by who issued it; the next"
        " scan will be right. One thing can be corrected: where. If a box was recorded at the wrong place, gate or"
        " direction, an administrator corrects the register (since which day) and rebuilds; visits are made anew."
        " Beyond that there is only deletion: take in a request for it. What cannot be done, say so in the answer.",
    ),
    "can_deletion": (
        "Xóa mọi thứ đã biết về người ấy: lượt quét, lượt ghé, bí danh; có biên bản. Nhật ký ai đã xem thì còn."
        " Bản sao lưu cũ tự hết đọc được khi khóa của ngày bị hủy. Sau khi trả lời, một quản trị viên khác xóa"
        " bằng giấy tờ của chính người ấy, rồi mới kết thúc yêu cầu.",
        "All that is known of them goes: scans, visits, pseudonyms, with a certificate. The record of who looked stays."
        " Older backups end with the keys of their days. Once it is answered, another administrator deletes by that"
        " person's own documents; the request is ended after that.",
    ),
    "can_restriction": (
        "Máy chủ không có cách dừng xử lý riêng một người. Làm được: xóa những gì đã giữ (tiếp nhận thêm một yêu cầu"
        " xóa), hoặc chuyển cả địa điểm sang chỉ đếm. Ghi vào văn bản trả lời điều đã làm và điều không làm được.",
        "The server cannot stop processing for one person alone. What can be done: delete what is kept (take in a"
        " request for that), or let the whole place count only. Say in the answer what was done, and what was not.",
    ),
    "step_answer": ("Trả lời: nhận làm", "Answer: it is taken on"),
    "step_done": ("Kết thúc: đã làm xong", "End it: done"),
    "step_extend": ("Gia hạn một lần, 15 ngày", "Extend once, by 15 days"),
    "step_refuse": ("Từ chối", "Refuse"),
    "step_ground": ("Căn cứ để từ chối", "Ground of a refusal"),
    "step_choose": ("Chọn căn cứ", "Choose a ground"),
    "steps": ("Bước tiếp theo", "Next step"),
    "steps_none": ("Yêu cầu này đã kết thúc, không còn bước nào.", "This request has ended."),
    "ground_not_the_person": ("không phải chính người ấy", "it is not that person"),
    "ground_no_data": ("không giữ dữ liệu nào của người ấy", "nothing of that person is kept"),
    "ground_law_requires_keeping": ("luật buộc phải giữ", "the law requires keeping it"),
    "ground_epidemic_duty": ("nghĩa vụ phòng, chống dịch", "a duty against an epidemic"),
    "ground_others_rights": ("ảnh hưởng quyền của người khác", "rights of others"),
    "ground_excessive": ("yêu cầu quá mức", "the request is excessive"),
    "open_title": ("Mở bằng giấy tờ của người ấy", "Open by that person's documents"),
    "open_help": (
        "Xem giấy tờ gốc trước khi gõ. Số không được lưu và không vào nhật ký; việc bạn mở thì có.",
        "See the original first. The number is not kept and is in no record; that you opened it is.",
    ),
    "open_own": (
        "Bạn đã trả lời yêu cầu này, nên một quản trị viên khác phải mở nó.",
        "You have answered this request, so another administrator has to open it.",
    ),
    "open_first": (
        "Trả lời trước; sau đó một quản trị viên khác mở bằng giấy tờ của người ấy.",
        "It is answered first; then another administrator opens it by that person's documents.",
    ),
    "open_document": ("Giấy tờ {n}", "Document {n}"),
    "open_number": ("Số của giấy tờ {n}", "Number of document {n}"),
    "open_if_any": ("nếu có", "if there is one"),
    "open_wrong": ("Số này không đúng dạng: {what}.", "This number is not in its form: {what}."),
    "open_show": ("Xem những gì đã biết", "Show what is known"),
    "open_forget": ("Xóa mọi thứ đã biết", "Delete all that is known"),
    "open_sure": ("Tôi đã kiểm tra giấy tờ. Xóa rồi không lấy lại được.", "I have seen the documents. It is for ever."),
    "document_citizen": ("Số căn cước (12 số)", "Citizen number (12 digits)"),
    "document_old_citizen": ("Số chứng minh nhân dân cũ", "Old identity number"),
    "document_insurance": ("Mã số bảo hiểm xã hội", "Social insurance number"),
    "document_passport": ("Hộ chiếu", "Passport"),
    "document_personal_qr": ("Mã QR cá nhân", "Personal code"),
    "document_phone": ("Số điện thoại", "Telephone"),
    "document_certificate": ("Mã định danh chứng nhận y tế", "Identifier of a health certificate"),
    "gone_found": (
        "Đã xóa. Biên bản số {n}. Bản sao lưu cũ hết đọc được sau ngày {day}.",
        "Deleted. Certificate number {n}. Older backups cannot be read after {day}.",
    ),
    "gone_none": (
        "Không biết gì về giấy tờ này, nên không có gì để xóa.",
        "Nothing is known of these documents, so there is nothing to delete.",
    ),
    "gone_certificate": ("Đã xóa theo biên bản số {n}, lúc {time}.", "Deleted under certificate {n}, at {time}."),
    "gone_not_yet": (
        "Chưa xóa gì theo yêu cầu này. Kết thúc bây giờ thì dữ liệu vẫn còn.",
        "Nothing was deleted under this request yet. If it is ended now, the data stays.",
    ),
    "told_title": ("Những gì đã biết về người này", "What is known of this person"),
    "told_none": (
        "Máy chủ không biết gì về giấy tờ này: chưa từng quét, hoặc đã quá hạn giữ.",
        "The server knows nothing of these documents: never scanned, or its time is over.",
    ),
    "told_once": (
        "Trang này chỉ hiện một lần và không được lưu. In hoặc chép ra để trao cho người ấy.",
        "This page is shown once and kept nowhere. Print it or write it down for that person.",
    ),
    "told_visits": ("Đã ở đâu", "Where they were"),
    "told_no_visits": ("Không có lượt ghé nào còn được giữ.", "No visit is kept."),
    "told_place": ("Địa điểm", "Place"),
    "told_in": ("Vào", "In"),
    "told_out": ("Ra", "Out"),
    "told_by": ("Bằng", "By"),
    "told_how": ("Biết chắc đến đâu", "How well known"),
    "told_looks": ("Ai đã xem", "Who looked"),
    "told_no_looks": ("Chưa có ai xem dữ liệu của người này.", "Nobody has looked this person up."),
    "told_since": (
        "Bí danh đã đổi lúc {time}: những lần xem trước đó không tìm được nữa.",
        "Pseudonyms were changed at {time}: looks before that cannot be found any more.",
    ),
    "told_at": ("Lúc", "At"),
    "told_who": ("Ai", "Who"),
    "told_what": ("Việc gì", "What"),
    "visit_measured": ("thấy cả lúc vào và lúc ra", "in and out were seen"),
    "visit_bounded": ("thấy một đầu, đầu kia trong giới hạn", "one was seen, the other is bounded"),
    "visit_assumed": ("ước chừng theo nơi này", "assumed from what is usual there"),
    "look_subject_read": ("mở theo yêu cầu của người dân", "opened at the person's request"),
    "look_subject_forgotten": ("xóa theo yêu cầu", "deleted at the person's request"),
    "look_visits_read": ("xem lượt ghé của một địa điểm", "visits of a place were read"),
    "look_trace_asked": ("hỏi truy vết", "a tracing question was asked"),
    "look_trace_read": ("xem kết quả truy vết", "a tracing answer was read"),
    "look_contact_opened": ("mở tên trong một vụ việc", "a name was opened within a case"),
    "look_trace_exported": ("xuất dữ liệu của một vụ việc", "data of a case was exported"),
    "look_looks_read": ("tra xem ai đã xem", "looked up who had looked"),
    "look_codes_read": ("xem lượt quét của một hộp", "scans of a box were read"),
}
WORDS["can_objection"] = WORDS["can_withdrawal"] = WORDS["can_restriction"]
