"""What `tram label` says."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "saved": ("Đã ghi {n} nhãn: {files}", "{n} labels: {files}"),
        "print_so": (
            "In ở cỡ 100% (“kích thước thật”), không “vừa trang”.",
            "Print it at 100 % (“actual size”), not “fit to page”.",
        ),
        "no_box": ("Chưa cho biết làm nhãn cho hộp nào.", "It was not said which box the label is for."),
        "no_box.next": (
            "Viết mã hộp (box-…), hoặc --csv TỆP với danh sách mà `tram flash --batch` đã ghi.",
            "Name a box (box-…), or give --csv FILE with the list that `tram flash --batch` wrote.",
        ),
        "box_id_wrong": ("{text!r} không phải là mã hộp.", "{text!r} is no box id."),
        "box_id_wrong.next": (
            "Mã hộp có 3 đến 32 ký tự a-z 0-9 -, ví dụ box-a0b1c2d3e4f5; xem bằng `tram box list`.",
            "A box id has 3 to 32 characters of a-z 0-9 -, say box-a0b1c2d3e4f5; `tram box list` shows them.",
        ),
        "size_unknown": ("Không có cỡ nhãn {text!r}.", "There is no label size {text!r}."),
        "size_unknown.next": ("Các cỡ: {names}", "The sizes: {names}"),
        "csv_wrong": ("Tệp {file} không dùng được: {why}.", "{file} cannot be used: {why}."),
        "csv_wrong.next": (
            "Dòng đầu phải có cột box; có thể thêm board, date, place. Lưu từ Excel: kiểu “CSV UTF-8”.",
            "Its first line must have a column box; board, date and place may follow. From Excel: “CSV UTF-8”.",
        ),
        "csv_no_column": ("thiếu cột {column}", "there is no column {column}"),
        "csv_twice": ("có hai cột {column}", "it has the column {column} twice"),
        "csv_text": ("không phải văn bản UTF-8", "it is not text in UTF-8"),
        "csv_empty": ("không có dòng nào", "it has no rows"),
        "csv_long": ("nhiều hơn {most} dòng", "it has more than {most} rows"),
    }
)
