"""The words of the builds' pages, by language: Vietnamese, English."""

LANGUAGES = ("vi", "en")
COLOURS = {
    "RD": ("đỏ", "red"),
    "BK": ("đen", "black"),
    "OG": ("cam", "orange"),
    "GN": ("xanh lá", "green"),
    "YE": ("vàng", "yellow"),
    "BU": ("xanh dương", "blue"),
    "WH": ("trắng", "white"),
    "VT": ("tím", "violet"),
}
RAILS = {
    "5V": ("5 V", "5 V"),
    "3V3": ("3,3 V của bo", "3.3 V of the board"),
    "reader_3v3": ("3,3 V riêng", "3.3 V of its own"),
}
WORDS = {
    "other": ("English: [guide.en.md](guide.en.md)", "Tiếng Việt: [guide.vi.md](guide.vi.md)"),
    "all": (
        "Các bản dựng khác: [hardware](../../README.md). Cách treo hộp: [mounting.vi.md](../../mounting.vi.md).",
        "The other builds: [hardware](../../README.md). How to mount it: [mounting.en.md](../../mounting.en.md).",
    ),
    "parts": ("Linh kiện", "Parts"),
    "parts.head": (
        "| ký hiệu | linh kiện | số lượng | đơn giá (đồng) | để làm gì | thay bằng |",
        "| mark | part | quantity | price each (VND) | what for | alternatives |",
    ),
    "parts.total": (
        "Tổng khoảng **{vnd} đồng** (khoảng {usd} USD), giá lẻ **ước tính** {as_of}. Giữ linh kiện đúng tên: "
        "“thay bằng” là những thứ đã tính tới.",
        "About **{vnd} VND** in all (about {usd} USD), retail, an **estimate** of {as_of}. Keep to the names: "
        "what stands under alternatives has been thought of.",
    ),
    "before": ("Trước khi đấu dây", "Before you wire"),
    "before.both": (
        "**Không bao giờ cấp hai nguồn cùng lúc.** Rút chốt nguồn X1 trước khi cắm cáp USB vào bo, và ngược lại.",
        "**Never two supplies at once.** Pull the supply's plug X1 before a USB cable goes into the board, and the "
        "other way round.",
    ),
    "before.tx": (
        "Đo chân TX của đầu đọc (so với GND, khi không quét): phải từ {low} đến {high} V. Cao hơn là hàng nhái "
        "phát 5 V: không nối vào bo.",
        "Measure the reader's TX (against GND, while nothing is read): {low} to {high} V. More is a copy that "
        "sends 5 V: do not connect it.",
    ),
    "before.names": (
        "Nối theo **tên in trên đầu đọc** (VCC, GND, TX, RX), không theo thứ tự dây: mỗi lô mỗi khác. Đầu đọc này cần "
        "{low} đến {high} V.",
        "Go by the **names printed on the reader** (VCC, GND, TX, RX), not by the order of its wires: that differs "
        "from batch to batch. This reader wants {low} to {high} V.",
    ),
    "before.cross": (
        "TX nối với RX: chân TX của đầu đọc vào GPIO {rx} (uart.rx), chân RX vào GPIO {tx} (uart.tx).",
        "TX goes to RX: the reader's TX to GPIO {rx} (uart.rx), its RX to GPIO {tx} (uart.tx).",
    ),
    "wiring": ("Dây giữa các khối", "Cables between the modules"),
    "wiring.text": (
        "Vỏ đầu dây và ký hiệu như trong hình. Ô của bo điều khiển ghi *chân trên bo* rồi đến *GPIO · công dụng*.",
        "Marks as in the picture. The controller's cells say the *place on its header*, then *GPIO · what for*.",
    ),
    "wiring.head": ("| dây | màu | từ | đến | dài |", "| cable | colour | from | to | length |"),
    "perfboard": ("Trên bo đục lỗ", "On the perfboard"),
    "perfboard.text": (
        "Hai hàng chốt (P1 phía nguồn và bo điều khiển, P2 phía đầu đọc, đèn, còi), giữa là linh kiện. Chân “unused” "
        "của 74AHCT125 phải nối GND.",
        "Two strips of terminals (P1 towards supply and controller, P2 towards reader, light and buzzer), the parts "
        "between them. What is called “unused” on a 74AHCT125 has to go to GND.",
    ),
    "perfboard.array": (
        "Hai hàng chốt (P1 phía nguồn và bo điều khiển, P2 phía đèn và còi), giữa là linh kiện.",
        "Two strips of terminals (P1 towards supply and controller, P2 towards light and buzzer), the parts "
        "between them.",
    ),
    "perfboard.head": ("| hàn | với |", "| join | with |"),
    "power": ("Nguồn điện", "Power"),
    "power.text": (
        "Tính cho lúc xấu nhất: Wi-Fi đang phát, đầu đọc đang chiếu, đèn trắng và còi kêu, tất cả cùng lúc; bộ nguồn "
        "chỉ cho mức thấp nhất mà chuẩn cho phép.",
        "Computed for the worst moment: Wi-Fi sends, the reader reads, the light is white and the buzzer sounds, all "
        "at once; the supply gives the least that its standard allows.",
    ),
    "power.head": (
        "| linh kiện | nguồn | cao nhất (mA) | trung bình (mA) |",
        "| part | rail | at most (mA) | on the mean (mA) |",
    ),
    "power.sum": ("**tổng ở 5 V**", "**sum at 5 V**"),
    "power.cable": (
        "Cáp của bản này: AWG {awg}, {m} m; cả đường đi về, cầu chì và chỗ nối {ohm} Ω. Bộ nguồn {supply} V → tới hộp "
        "còn **{arrives} V** lúc xấu nhất.",
        "This build's cable: AWG {awg}, {m} m; to and fro with fuse and contacts {ohm} Ω. Supply {supply} V → "
        "**{arrives} V** arrive at the worst moment.",
    ),
    "needs.head": ("| cần | ít nhất | còn dư |", "| what wants it | at least | to spare |"),
    "regulators.head": (
        "| ổn áp | dùng đến | cho phép | nhiệt trung bình |",
        "| regulator | gives up to | may give | heat on the mean |",
    ),
    "cables": ("Cáp khác thì sao?", "With another cable?"),
    "cables.text": (
        "Số là điện áp còn dư ít nhất (V) lúc xấu nhất; phải từ {margin} V trở lên. **✗**: hộp sẽ tự khởi động lại khi "
        "đông người.",
        "The figure is the least to spare (V) at the worst moment; it has to be {margin} V or more. **✗**: the box "
        "will restart in the rush hour.",
    ),
    "sources": ("Nguồn của các con số", "Where the figures come from"),
    "sources.text": (
        "Chữ *estimate* là ước tính: đo chiếc đầu tiên của mỗi lô, xem [jig](../../jig.vi.md).",
        "*Estimate* means that no document was read for it: measure the first of each batch, see "
        "[jig](../../jig.en.md).",
    ),
    "frozen": ("Phần mềm của bản này", "This build's software"),
    "frozen.text": (
        "Bo mạch này ít bộ nhớ: **MicroPython tải trên mạng không dùng được**, hộp sẽ tắt vì thiếu bộ nhớ. Phải dùng "
        "MicroPython do đội điều hành dựng, có sẵn phần mềm của ta bên trong; nó nằm trong bản phát hành, và `tram "
        "flash` từ chối tệp khác. Hộp này không cập nhật qua mạng: phiên bản mới phải nạp qua cáp.",
        "This board has little memory: **a MicroPython from the net will not do**, the box would die of it. It takes a "
        "MicroPython that ops build, with our firmware inside; that is in the release, and `tram flash` refuses any "
        "other file. Such a box takes no updates over the air: a new version comes by cable.",
    ),
    "frozen.how": (
        "Đội điều hành dựng mỗi phiên bản một lần, chạy lệnh đầu trong thư mục này, lệnh sau trong mã nguồn "
        "MicroPython, rồi chép `{built}` thành `{example}` (N: số phiên bản; xem "
        "[firmware](../../../firmware/README.md#build-it)):",
        "Ops make it once for each version: the first command here, the second in MicroPython's sources; then copy "
        "`{built}` to `{example}` (N: the version; see [firmware](../../../firmware/README.md#build-it)):",
    ),
    "test": ("Kiểm tra", "Test"),
    "test.text": (
        "Nạp và kiểm từng bo trên bàn thử ([jig](../../jig.vi.md)), rồi mới đóng hộp.",
        "Flash and test each board in the jig ([jig](../../jig.en.md)) before the box is closed.",
    ),
    "jig": ("Bàn thử bo mạch", "The test jig"),
    "jig.other": ("English: [jig.en.md](jig.en.md)", "Tiếng Việt: [jig.vi.md](jig.vi.md)"),
    "jig.text": (
        "Bàn thử là một bộ linh kiện tốt bắt trên tấm gỗ, chỗ của bo điều khiển là đế cắm. Bo nào qua hết các bước "
        "dưới đây thì mới đem lắp. Trên bàn thử, bo chỉ lấy điện từ cáp USB: **không cắm bộ nguồn X1**.",
        "The jig is one good set of parts on a plank, with a socket in the place of the controller. A board that "
        "passes all the steps below may be built in. In the jig a board is supplied over USB alone: **X1 is not "
        "plugged in**.",
    ),
    "jig.parts": ("Cần có", "What it takes"),
    "jig.parts.head": ("| món | số lượng | là gì |", "| part | quantity | what it is |"),
    "jig.wiring": (
        "Đấu dây như bản dựng, thêm ba điểm đo T1 (5 V, GND, TX của đầu đọc) và bớt bộ nguồn:",
        "It is wired as the build is, with three test points T1 (5 V, GND, the reader's TX) and without the supply:",
    ),
    "jig.head": ("| ai làm: bước | làm gì | đạt khi | không đạt thì |", "| who: step | what | passes when | if not |"),
    "jig.person": ("người", "person"),
    "jig.first": ("Với chiếc đầu tiên của mỗi lô linh kiện", "For the first of each batch of parts"),
    "jig.first.text": (
        "Các con số trong bảng nguồn lấy từ tài liệu, có chỗ là ước tính. Đo một chiếc của mỗi lô mới mua:",
        "The power tables go by documents, some by estimates. Measure one of each batch that was bought:",
    ),
    "jig.each": ("Với từng bo mạch", "For each board"),
    "jig.each.text": (
        "Chạy một lần cho cả lượt: `tram flash --batch`. Sau đó cắm từng bo; `tram` tự làm các bước của nó và đếm.",
        "Once for the whole run: `tram flash --batch`. Then plug in board after board; `tram` does its own steps, and "
        "counts.",
    ),
    "jig.end": (
        "Bo không đạt: dán băng đỏ, ghi tên bước hỏng, để riêng. Không đem lắp “thử xem sao”.",
        "A board that failed: red tape, the name of the step, and put aside. It is not built in to see how it goes.",
    ),
}


def say(key: str, language: str, **facts: object) -> str:
    return WORDS[key][LANGUAGES.index(language)].format(**facts)


def number(value: float, language: str, digits: int = 2) -> str:
    """With the comma or the point that the language has."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language == "vi" else text


def money(vnd: int, language: str) -> str:
    text = f"{vnd:,}"
    return text.replace(",", ".") if language == "vi" else text
