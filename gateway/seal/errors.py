"""What goes wrong in this room."""


class SealError(Exception):
    """`code` is stable: `file`, `form` (not a public key) or `folder`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
