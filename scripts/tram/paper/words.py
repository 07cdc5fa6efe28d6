"""What is said about files with pages in them."""

from scripts.tram.lang import Words

WORDS = Words(
    {
        "format_unknown": (
            "Không biết ghi kiểu tệp này: {file}. Dùng được: {formats}.",
            "{file} is of no kind that can be written: {formats}.",
        ),
        "format_unknown.next": (
            "Đổi đuôi tệp, ví dụ {example}.",
            "Give the file another ending, say {example}.",
        ),
    }
)
