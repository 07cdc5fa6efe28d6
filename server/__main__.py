"""python -m server --config FILE: serve. Other words beside that: `python -m server --help`.

Exit codes: 0 after a clean stop, or done; 1 the server said no; 2 it refuses to start, or to do what was asked;
130 stopped with Ctrl-C before it was done.
"""

import os
import sys

INTERRUPTED = 130
STOPPED = (
    "Đã dừng giữa chừng; dữ liệu đã lưu không mất. Hãy chạy lại đúng lệnh đó.",
    "Stopped before it was done; nothing that was kept is lost. Give the same command again.",
)

if __name__ == "__main__":
    os.umask(0o077)  # what it makes is its own: nobody else reads it, however it was started
    try:
        from server.cli.words import main  # takes a second or two, in which somebody may have changed his mind

        code = main()
    except KeyboardInterrupt:
        print("", *STOPPED, sep="\n", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
