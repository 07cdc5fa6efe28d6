# What runs after boot.py has put a slot on the path; and, without slots, `micropython -m firmware.main` on a PC.
# It lies at the root of the system volume, and is never updated.
import sys

try:
    from firmware import boards

    if sys.path[0] == "/run/s":
        from firmware import safe as program
    else:
        from firmware import start as program
    program.main(boards.here())
except (Exception, SystemExit) as bad:  # whatever ended the slot's program: boot.py notes it, and starts anew
    if sys.path[0][:5] != "/run/" or (isinstance(bad, SystemExit) and bad.args in ((), (0,), (None,))):
        raise
    sys.modules.clear()  # room for boot.py
    sys.path.append("/flash" if sys.platform == "linux" else "")
    import boot

    boot.failed(bad)
