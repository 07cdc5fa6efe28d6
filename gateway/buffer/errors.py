"""What can go wrong in the buffer, by a stable code.

| code           | whose fault, and what follows                                                                    |
|----------------|--------------------------------------------------------------------------------------------------|
| `disk_full`    | no room: nothing of this call was kept; works again once there is room                           |
| `io`           | the disk failed to read, write or sync: nothing of this call was kept, stop acknowledging         |
| `damaged`      | the file turned out unreadable while it was in use: restart, which salvages it                   |
| `in_use`       | another process has this buffer open                                                             |
| `newer_schema` | written by a newer gateway: refused, untouched                                                   |
| `not_durable`  | SQLite did not take the settings that the promise needs (WAL, synchronous=FULL)                  |
| `closed`       | used after close                                                                                 |
"""


class BufferFault(Exception):
    """A failure of the buffer; `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
