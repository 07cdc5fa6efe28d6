"""What `tram poster` says, and what stands on the poster in both languages."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "saved": ("Đã ghi áp phích: {files}", "The poster is written: {files}"),
        "hang": (
            "Treo ngang tầm mắt, trước hộp 3 đến 5 m về phía hàng chờ, và luôn ngoài tầm nhìn của đầu đọc.",
            "Hang it at eye level, 3 to 5 m before the box where people wait, and always out of the reader's sight.",
        ),
        "size_unknown": ("Không có cỡ giấy {text!r}.", "There is no paper size {text!r}."),
        "size_unknown.next": ("Chọn a4 hoặc a3.", "Choose a4 or a3."),
        "purpose_unknown": ("Không có mục đích {text!r}.", "There is no purpose {text!r}."),
        "purpose_unknown.next": (
            "Chọn identified (giữ thông tin từng người) hoặc counts_only (chỉ đếm), đúng như docs/purpose.md "
            "và cài đặt của trạm.",
            "Choose identified or counts_only, as the gateway of this place has it (docs/purpose.md).",
        ),
        "basis_needed": (
            "Giữ thông tin từng người thì phải nói căn cứ nào.",
            "Who keeps people's data has to say on what basis.",
        ),
        "basis_needed.next": (
            'Thêm --basis "Công văn số …", hoặc --purpose counts_only nếu chỉ đếm.',
            'Add --basis "…", or --purpose counts_only where people are only counted.',
        ),
        "direction_unknown": ("Không có chiều {text!r}.", "There is no direction {text!r}."),
        "direction_unknown.next": ("Chọn: in (vào), out (ra), both (cả hai).", "Choose in, out or both."),
        "text_long": ("Chữ của {option} quá dài cho áp phích.", "There is too much text in {option} for the poster."),
        "text_long.next": ("Viết ngắn lại (nhiều nhất {most} ký tự).", "Make it shorter ({most} characters at most)."),
    }
)

TITLE = {
    "in": ("Lối vào: mời quét mã", "Way in: please scan your code"),
    "out": ("Lối ra: mời quét mã", "Way out: please scan your code"),
    "both": ("Mời quét mã", "Please scan your code"),
}
STEPS = (
    ("Chuẩn bị mã", "Mã QR trên thẻ căn cước, thẻ bảo hiểm y tế, hoặc mã cá nhân trên điện thoại (mở sáng màn hình).",
     "Have your code ready: identity card, health insurance card, or the personal code on your telephone."),
    ("Đưa ra trước ô kính",
     "Thẻ cách 8 đến 12 cm, điện thoại 12 đến 20 cm, giữ yên một giây. Chớp trắng là mới đọc, chưa xong.",
     "Hold a card 8 to 12 cm before the window, a telephone 12 to 20 cm, still for a second. White is not all."),
    ("Chờ đèn xanh", "Đèn xanh lá và một tiếng cao: “Đã ghi nhận”. Mời đi tiếp.",
     "Wait for the green light and a high tone: “Recorded”. Please go on."),
)  # fmt: skip
SIGNS = (
    # colour, how long each of its flashes is (parts of a second), Vietnamese, English
    ("#00a651", (0.7,), "Đã ghi nhận", "Recorded"),
    ("#00a651", (0.25, 0.25), "Mã này vừa được quét rồi", "Already recorded just now"),
    ("#e02020", (0.2, 0.2, 0.2), "Không đọc được mã, mời quét lại", "Not readable, please show it again"),
    ("#f0a000", (0.2, 0.2, 0.2), "Ở đây không nhận mã này", "Not taken here: show your own code"),
    ("#e02020", (0.9,), "Hộp đầy hoặc hỏng: mời qua cổng khác", "Full or out of order: please use another gate"),
    ("#f0c000", (0.1,), "Đang mất mạng, vẫn quét được", "No network, scanning goes on"),
)
HELP = (
    "Không có mã, hoặc cần giúp? Xin hỏi người trực cổng: có thể ghi tờ khai giấy hoặc khai hộ.",
    "No code, or help needed? Ask the attendant: a paper slip will do, and others may declare for you.",
)
PURPOSE = {
    "identified": (
        "Nơi này giữ lại mã, giờ và cổng của từng lượt quét, được niêm phong, để cơ quan y tế tìm người tiếp xúc "
        "khi có dịch. Người ở đây chỉ thấy chữ cái đầu của tên và năm sinh. Căn cứ: {basis}.",
        "This place keeps the code, time and gate of each scan, sealed, so that the health authorities can find "
        "contacts in an epidemic. People here see initials and year of birth alone. Basis: {basis}.",
    ),
    "counts_only": (
        "Nơi này chỉ đếm số lượt. Không giữ tên, số giấy tờ hay nội dung mã của ai.",
        "This place only counts. No name, no number and nothing of anybody's code is kept.",
    ),
}
