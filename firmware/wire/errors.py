# One error for everything that is wrong with bytes from another process.
# `code` is stable (SPEC §10) and safe to count; `detail` is for a person and never holds the content of a code.


class WireError(Exception):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code + ": " + detail if detail else code)
        self.code = code
        self.detail = detail
