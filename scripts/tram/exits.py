"""What `tram` ends with."""

OK = 0
FOUND = 1
"""It worked, and found something that is not as it should be."""
USAGE = 2
"""The command line is not one."""
NO_DEVICE = 3
"""No board, reader or port, or more than one."""
NO_RIGHT = 4
"""This person, or this token, may not."""
REFUSED = 5
"""What was given cannot be taken: a file, a code, a board that is not ours."""
CUT = 6
"""Begun and not finished: a pulled cable, Ctrl-C. It can be gone on with."""
NO_ANSWER = 7
"""A gateway, a box or a reader does not answer."""
NO_ROOM = 8
"""This computer's disk: full, or not writable."""
FAULT = 70
"""A mistake in `tram` itself."""
