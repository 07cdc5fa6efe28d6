"""A rule that cannot be."""


class PlaceError(Exception):
    """A rule that cannot be; `code` is stable: `since` (no such day) or `day_begins`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
