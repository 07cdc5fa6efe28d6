"""What is said of errors of `server/codes` and `server/holder`: code -> HTTP status, English, Vietnamese.

WARNINGS are said beside a code that was read: warning -> English, Vietnamese.
"""

SAID: dict[str, tuple[int, str, str]] = {
    "code_empty": (422, "The code holds nothing.", "Mã không có nội dung."),
    "code_too_long": (422, "The code is longer than any is.", "Mã dài quá mức cho phép."),
    "charset": (
        422,
        "The reader has changed digits or bars into those of another script. Check its character set.",
        "Đầu đọc đã đổi chữ số hoặc dấu gạch đứng sang bộ chữ khác. Hãy kiểm tra bảng mã của đầu đọc.",
    ),
    "card_fields": (422, "It is a citizen card whose fields are damaged.", "Mã thẻ căn cước bị hỏng các trường."),
    "card_number": (422, "The number of the citizen card has not 12 digits.", "Số căn cước không đủ 12 chữ số."),
    "card_date": (
        422,
        "The date of birth on the citizen card lies in the future.",
        "Ngày sinh trên thẻ căn cước ở trong tương lai.",
    ),
    "personal_fields": (
        422,
        "It is a personal code whose fields are damaged.",
        "Mã QR cá nhân bị hỏng các trường.",
    ),
    "personal_date": (
        422,
        "The date of birth in the personal code lies in the future.",
        "Ngày sinh trong mã QR cá nhân ở trong tương lai.",
    ),
    "insurance_fields": (
        422,
        "It is a health-insurance card whose fields are damaged.",
        "Mã thẻ bảo hiểm y tế bị hỏng các trường.",
    ),
    "insurance_code": (
        422,
        "The code of the health-insurance card has no such benefit: 1 to 5.",
        "Mã thẻ bảo hiểm y tế có mức hưởng không hợp lệ (phải từ 1 đến 5).",
    ),
    "insurance_date": (
        422,
        "The date of birth on the health-insurance card lies in the future.",
        "Ngày sinh trên thẻ bảo hiểm y tế ở trong tương lai.",
    ),
    "insurance_name": (
        422,
        "The name on the health-insurance card cannot be read.",
        "Không đọc được họ tên trên thẻ bảo hiểm y tế.",
    ),
    "insurance_number": (
        422,
        "The health-insurance card has no number.",
        "Thẻ bảo hiểm y tế không có mã số bảo hiểm.",
    ),
    "hc1_base45": (422, "The health certificate is damaged (base45).", "Chứng nhận y tế bị hỏng (base45)."),
    "hc1_zlib": (422, "The health certificate is damaged (compression).", "Chứng nhận y tế bị hỏng (phần nén)."),
    "hc1_bomb": (
        422,
        "The health certificate unpacks to more than any has.",
        "Chứng nhận y tế giải nén ra quá lớn, không nhận.",
    ),
    "hc1_cose": (422, "The health certificate is not signed in the right form.", "Chữ ký chứng nhận y tế sai dạng."),
    "hc1_claims": (
        422,
        "The health certificate does not say what it has to.",
        "Chứng nhận y tế thiếu hoặc sai nội dung bắt buộc.",
    ),
    "shc_chunk": (
        422,
        "This health card is split over several codes; that form is not read any more.",
        "Thẻ sức khỏe này chia làm nhiều mã; dạng này không còn được đọc.",
    ),
    "shc_digits": (422, "The health card is damaged (digits).", "Thẻ sức khỏe bị hỏng (dãy số)."),
    "shc_jws": (422, "The health card is not signed in the right form.", "Chữ ký thẻ sức khỏe sai dạng."),
    "shc_deflate": (422, "The health card is damaged (compression).", "Thẻ sức khỏe bị hỏng (phần nén)."),
    "shc_bomb": (
        422,
        "The health card unpacks to more than any has.",
        "Thẻ sức khỏe giải nén ra quá lớn, không nhận.",
    ),
    "shc_claims": (
        422,
        "The health card does not say what it has to.",
        "Thẻ sức khỏe thiếu hoặc sai nội dung bắt buộc.",
    ),
    "payment_code": (
        422,
        "This is a payment code. It names nobody and is not kept.",
        "Đây là mã thanh toán, không phải mã cá nhân, và không được lưu.",
    ),
    "payment_damaged": (
        422,
        "This is a payment code with a wrong checksum. It is not kept.",
        "Đây là mã thanh toán sai mã kiểm tra, và không được lưu.",
    ),
    "place_code": (
        422,
        "This is a place's code. Show your own.",
        "Đây là mã của địa điểm. Hãy đưa mã cá nhân.",
    ),
    "control_code": (422, "This is a code that turns a gate. It names nobody.", "Đây là mã điều khiển cổng."),
    "set_up_code": (
        422,
        "This is a set-up code of a box. It names nobody and is not kept.",
        "Đây là mã cài đặt hộp quét, không được lưu.",
    ),
    "codes_file": (500, "A file of rules or keys cannot be read.", "Không đọc được tệp quy tắc hoặc khóa."),
    "health_rules": (500, "The rules for certificates are wrong.", "Tệp quy tắc chứng nhận y tế bị sai."),
    "ticket_rules": (500, "The rules for tickets are wrong.", "Tệp quy tắc vé bị sai."),
    "trust_list": (500, "The trust list is wrong.", "Danh sách tin cậy bị sai."),
    "trust_key": (500, "A key of the trust list is wrong.", "Một khóa trong danh sách tin cậy bị sai."),
    "trust_kid": (500, "A key's name in the trust list is wrong.", "Một mã khóa trong danh sách tin cậy bị sai."),
    "trust_dates": (500, "A date in the trust list is wrong.", "Một ngày trong danh sách tin cậy bị sai."),
    "trust_country": (500, "A country in the trust list is wrong.", "Một mã nước trong danh sách tin cậy bị sai."),
    "trust_issuer": (500, "An issuer in the trust list is wrong.", "Một nơi cấp trong danh sách tin cậy bị sai."),
}

WARNINGS: dict[str, tuple[str, str]] = {
    "province": ("No province or country has this number.", "Mã tỉnh hoặc quốc gia trong số không có."),
    "sex_digit": ("The number says another sex.", "Chữ số giới tính trong số không khớp."),
    "year_digit": ("The number says another year of birth.", "Năm sinh trong số không khớp."),
    "sex": ("The sex could not be read.", "Không đọc được giới tính."),
    "date": ("There is no such date of birth.", "Ngày sinh không có trong lịch."),
    "old_number": ("The old number is none.", "Số chứng minh cũ không hợp lệ."),
    "name_cleaned": ("Hidden characters were taken out of the name.", "Đã bỏ ký tự ẩn trong họ tên."),
    "name_doubtful": (
        "The reader has spoilt the name; it is not kept.",
        "Đầu đọc làm hỏng họ tên nên không lưu họ tên.",
    ),
    "name_long": ("The name is too long to be one; it is not kept.", "Họ tên quá dài nên không lưu."),
    "paper_number": ("The number of the paper is none.", "Số giấy tờ không hợp lệ."),
    "insurance_number": ("The insurance number is none.", "Mã số bảo hiểm không hợp lệ."),
    "phone_number": ("The telephone number is none.", "Số điện thoại không hợp lệ."),
    "no_guardian": ("Shown for somebody else, and no guardian is named.", "Khai hộ nhưng không ghi người giám hộ."),
    "guardian_of_self": ("Names a guardian, and is shown for oneself.", "Tự khai nhưng lại ghi người giám hộ."),
    "series_incomplete": (
        "There are doses of the series to come; no rule says whether these are enough.",
        "Chưa đủ liều của phác đồ; chưa có quy định nào nói số liều này có đủ hay không.",
    ),
    "identifier_country": (
        "Its identifier is of another country than the one that signed it.",
        "Mã định danh của chứng nhận thuộc nước khác với nước đã ký.",
    ),
    "test_not_negative": ("The test was not negative.", "Kết quả xét nghiệm không phải là âm tính."),
    "unproven": ("Nobody we trust has signed it.", "Không có chữ ký của nơi được tin cậy."),
}
