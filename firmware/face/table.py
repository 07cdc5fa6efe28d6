# One table: what happened -> light, sound, and words in Vietnamese and English.
#
# 1. Light is (colour, on_ms, off_ms, times); times 0: until something else is shown. Sound is pairs of (hz, ms); 0
#    Hz: a rest.
# 2. Colour is never the only carrier: no two outcomes share both rhythm and sound.
# 3. "stored" and "delivered" differ: the first is for the visitor (it is safe in this box), the second for who looks
#    after it.

from collections import namedtuple

Signal = namedtuple("Signal", "light sound text_vi text_en")

OUTCOMES = {
    "stored": Signal(("green", 700, 0, 1), ((2000, 120),), "Đã ghi nhận", "Recorded"),
    "delivered": Signal(("green", 40, 80, 2), (), "Đã gửi về trạm", "Delivered to the gateway"),
    "repeat": Signal(
        ("green", 150, 150, 2), ((1500, 60), (0, 60), (1500, 60)), "Mã này vừa quét rồi", "Already recorded just now"
    ),
    "refused": Signal(
        ("red", 250, 150, 3), ((400, 350),), "Không đọc được mã, mời quét lại", "Not readable, please show it again"
    ),
    "too_long": Signal(("red", 250, 150, 4), ((400, 200), (0, 80), (400, 200)), "Mã quá dài", "This code is too long"),
    "spool_full": Signal(
        ("red", 900, 300, 0),
        ((300, 600),),
        "Hộp quét đã đầy, mời dùng cổng khác",
        "This box is full, please use another gate",
    ),
    "spool_fault": Signal(
        ("red", 300, 900, 0),
        ((300, 200), (0, 100), (300, 600)),
        "Hộp quét hỏng bộ nhớ, hãy báo người quản lý",
        "Memory fault, please call the operator",
    ),
    "reader_fault": Signal(
        ("red", 60, 940, 0),
        ((250, 400),),
        "Đầu đọc mã trục trặc, hãy báo người quản lý",
        "Reader trouble, please call the operator",
    ),
    "no_gateway": Signal(
        ("yellow", 60, 2940, 0), (), "Chưa nối được trạm, vẫn quét được", "No gateway yet, scanning goes on"
    ),
    "ready": Signal(("white", 30, 4970, 0), (), "Mời quét mã", "Please show your code"),
}
