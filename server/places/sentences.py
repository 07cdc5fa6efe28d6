"""What is said of each error of the register, in English and Vietnamese: for answers, and for the rows of a file."""

TEXT = (
    "The text has a character that cannot be seen or turns the direction of writing.",
    "Văn bản có ký tự không nhìn thấy được hoặc ký tự đổi chiều viết.",
)
SENTENCES: dict[str, tuple[str, str]] = {
    "place_id": (
        "An id of a place is 3 to 32 small letters, digits and hyphens, and begins with a letter or digit.",
        "Mã địa điểm gồm 3 đến 32 chữ thường không dấu, chữ số, gạch nối; bắt đầu bằng chữ hoặc số.",
    ),
    "gate_id": (
        "A gate's id is up to 32 small letters, digits, hyphens or underscores, and is of a place.",
        "Mã cổng gồm tối đa 32 chữ thường không dấu, chữ số, gạch nối, gạch dưới, và thuộc một địa điểm.",
    ),
    "box_id": ("This is not the id of a box.", "Đây không phải mã hộp quét."),
    "gateway_id": ("This is not the id of a gateway.", "Đây không phải mã trạm trung chuyển."),
    "place_kind": ("There is no such kind of place.", "Không có loại địa điểm này."),
    "area_code": (
        "The code of an area is 2, 3 or 5 digits; a spreadsheet may have taken away zeros at its beginning.",
        "Mã đơn vị hành chính có 2, 3 hoặc 5 chữ số; bảng tính có thể đã bỏ mất số 0 ở đầu.",
    ),
    "area_level": ("Code and level do not fit together.", "Mã và cấp hành chính không khớp nhau."),
    "area_parent": ("An area lies in one of a higher level.", "Đơn vị hành chính phải thuộc một đơn vị cấp cao hơn."),
    "area_dates": (
        "An area ends after it began, and no two of the same code hold at once.",
        "Ngày kết thúc phải sau ngày bắt đầu, và không có hai đơn vị cùng mã trong cùng thời gian.",
    ),
    "area_successor": (
        "What an area went into is known, and it has a last day.",
        "Đơn vị kế thừa phải có trong danh mục, và đơn vị cũ phải có ngày kết thúc.",
    ),
    "area_unknown": ("This area is not in the register.", "Đơn vị hành chính này chưa có trong danh mục."),
    "place_unknown": ("This place is not in the register.", "Địa điểm này chưa có trong danh mục."),
    "gate_unknown": ("This place has no such gate.", "Địa điểm này không có cổng đó."),
    "place_used": (
        "Boxes, gateways or scans belong to this place.",
        "Địa điểm này đang có hộp quét hoặc trạm trung chuyển.",
    ),
    "place_day_begins": ("The day begins at a time as 04:00.", "Giờ bắt đầu ngày phải có dạng 04:00."),
    "place_capacity": ("The capacity is a whole number; 0: no limit.", "Sức chứa là số nguyên; 0: không giới hạn."),
    "place_stay": (
        "The default stay is in minutes, up to a week.",
        "Thời gian lưu mặc định tính bằng phút, tối đa một tuần.",
    ),
    "place_operators": (
        "Operators are names of users, each once, with spaces between.",
        "Người vận hành là các tên người dùng, không lặp lại, cách nhau bằng dấu cách.",
    ),
    "place_opening": (
        "Opening hours are written as: mon-fri 05:00-18:30; sat 22:00-02:00. They do not overlap.",
        "Giờ mở cửa viết như: T2-T6 05:00-18:30; T7 22:00-02:00. Các khoảng giờ không chồng nhau.",
    ),
    "gate_direction": ("A direction is in, out or both.", "Chiều đi là in (vào), out (ra) hoặc both (cả hai)."),
    "purpose_mode": (
        "A purpose is identified or counts_only.",
        "Mục đích là identified (có định danh) hoặc counts_only (chỉ đếm).",
    ),
    "place_day": (
        "There is no such day; write 2026-01-31 or 31/01/2026.",
        "Không có ngày này; hãy viết 2026-01-31 hoặc 31/01/2026.",
    ),
    "place_instant": (
        "There is no such instant; write 2026-01-31 08:00 or 31/01/2026 08:00.",
        "Không có thời điểm này; hãy viết 2026-01-31 08:00 hoặc 31/01/2026 08:00.",
    ),
    "text_long": ("The text is too long.", "Văn bản quá dài."),
    "text_markup": ("A text has no < and no >.", "Văn bản không được có dấu < hoặc >."),
    "text_formula": (
        "A text does not begin as a spreadsheet's formula does: with = + - or @.",
        "Văn bản không được bắt đầu như công thức bảng tính: bằng = + - hoặc @.",
    ),
    "text_missing": ("Something has to be written here.", "Chỗ này không được để trống."),
    "purpose_order": (
        "Each period begins after the one before, at a whole second.",
        "Mỗi giai đoạn phải bắt đầu sau giai đoạn trước, tính tròn giây.",
    ),
    "purpose_until": (
        "A period ends after it began and before the next one begins.",
        "Giai đoạn phải kết thúc sau khi bắt đầu và trước khi giai đoạn sau bắt đầu.",
    ),
    "purpose_basis": (
        "A period in which people are identified names its legal basis.",
        "Giai đoạn thu thập có định danh phải ghi căn cứ pháp lý.",
    ),
    "purpose_many": ("A place has up to 50 periods.", "Mỗi địa điểm có tối đa 50 giai đoạn."),
    "row_duplicate": ("Another row of this file says the same key.", "Một dòng khác trong tệp đã dùng mã này."),
    "row_together": (
        "Another row of the same place is wrong, and they hold only together.",
        "Một dòng khác của cùng địa điểm bị sai; các dòng này chỉ có hiệu lực cùng nhau.",
    ),
    "csv_encoding": ("The file is not UTF-8 or UTF-16.", "Tệp không phải UTF-8 hoặc UTF-16."),
    "csv_column": (
        "The file has a column that is not known, or one twice.",
        "Tệp có cột không xác định hoặc cột bị lặp.",
    ),
    "csv_sheet": ("The columns that are needed are not there.", "Tệp thiếu các cột bắt buộc."),
    "csv_form": ("The file is not a table: a quote is not closed.", "Tệp không đúng dạng bảng: có dấu nháy chưa đóng."),
    "csv_cells": ("The row has more cells than there are columns.", "Dòng có nhiều ô hơn số cột."),
    "csv_letters": (
        "Letters are lost: there are question marks in them. Save the file as “CSV UTF-8” and send it again.",
        "Chữ bị mất dấu, thành dấu hỏi chấm. Hãy lưu tệp dạng “CSV UTF-8” rồi gửi lại.",
    ),
    "csv_rows": ("The file has too many rows, or none.", "Tệp có quá nhiều dòng hoặc không có dòng nào."),
    "csv_bytes": ("The file is too large.", "Tệp quá lớn."),
}


def sentence(code: str) -> tuple[str, str]:
    """(English, Vietnamese) of an error of a row; `text` is said of by other rooms too."""
    return TEXT if code == "text" else SENTENCES[code]
