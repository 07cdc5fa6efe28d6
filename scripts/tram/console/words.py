"""What is said of a console that does not answer as it should."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "console_silent": ("Hộp không trả lời qua cáp.", "The box does not answer over the cable."),
        "console_silent.next": (
            "Rút cáp, đợi 5 giây, cắm lại rồi thử lại. Nếu vẫn im lặng: tram doctor.",
            "Unplug the cable, wait 5 seconds, plug it in and try again. If it stays silent: tram doctor.",
        ),
        "console_repl": (
            "Trên bo mạch chỉ có dấu nhắc của MicroPython, phần mềm của hộp không chạy.",
            "There is only MicroPython's prompt on this board: the box's firmware does not run.",
        ),
        "console_repl.next": (
            "Khởi động lại bo mạch (nút EN hoặc RESET, hoặc rút điện). Nếu vẫn vậy: tram doctor, rồi tram flash.",
            "Restart the board (the EN or RESET button, or its power). If it stays so: tram doctor, then tram flash.",
        ),
        "console_boot": (
            "Bo mạch chỉ in thông báo khởi động của chip: bên trong chưa có phần mềm chạy được.",
            "The board prints only its chip's boot messages: there is no firmware on it that runs.",
        ),
        "console_boot.next": ("Nạp phần mềm: tram flash", "Put the firmware onto it: tram flash"),
        "console_noise": (
            "Có tín hiệu trên cổng, nhưng không phải hộp quét của Trạm.",
            "Something talks on this port, but it is no box of Trạm.",
        ),
        "console_noise.next": (
            "Kiểm tra xem có đúng cổng không. Nếu đây là đầu đọc mã, dùng: tram reader.",
            "Check that it is the right port. If it is a reader module, use: tram reader.",
        ),
        "console_refused": (
            "Hộp từ chối lệnh {word}: {refused}.",
            "The box refuses the word {word}: {refused}.",
        ),
        "console_refused.next": (
            "Mã lỗi này có trong firmware/wire/SPEC.md, mục 18. Phần mềm của hộp có thể đã cũ: tram box update.",
            "The code is explained in firmware/wire/SPEC.md, §18. The box's firmware may be old: tram box update.",
        ),
        "console_busy": (
            "Hộp đang bận: có người ở cổng, hoặc đang nối Wi-Fi.",
            "The box is busy: somebody is at the gate, or it is joining a network.",
        ),
        "console_busy.next": ("Đợi một lát rồi chạy lại.", "Wait a moment, then run it again."),
        "console_garbled": (
            "Câu trả lời của hộp bị hỏng trên đường truyền.",
            "The box's answer was damaged on its way.",
        ),
        "console_garbled.next": (
            "Đổi cáp USB khác (ngắn hơn, có dây dữ liệu), đóng các chương trình khác đang dùng cổng, rồi thử lại.",
            "Use another USB cable (a shorter one, with data wires), close other programs on this port, and try again.",
        ),
        "console_cut": ("Mất kết nối với hộp giữa chừng.", "The connection to the box was cut."),
        "console_cut.next": (
            "Kiểm tra cáp, cắm lại, rồi chạy lại lệnh.",
            "Look at the cable, plug it in again, and run the command again.",
        ),
    }
)
