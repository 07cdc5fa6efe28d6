"""python -m server --config FILE: serve. Other words beside that: `python -m server --help`.

Exit codes: 0 after a clean stop, or done; 1 the server said no; 2 it refuses to start, or to do what was asked.
"""

import os
import sys

from server.cli.words import main

if __name__ == "__main__":
    os.umask(0o077)  # what it makes is its own: nobody else reads it, however it was started
    sys.exit(main())
