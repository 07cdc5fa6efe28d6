# What a slot's program begins with: which of its programs is to run, and with which settings.
#
# 1. The settings are laid over each other: the defaults; what stands in the board's file; who the box is, as it learned
#    when it was provisioned (firmware/provision); what is wished for it (firmware/settings).
# 2. A box with no password of its own and no identity is a newcomer (firmware/newcomer.py), and so is one that is busy
#    with a new code. Every other one is a box (firmware/app.py).
# 3. Who is refused here says why, by name, and ends.
# 4. What is only needed here is let go of before anything large is loaded.
# 5. A wipe that was begun (firmware/wipe.py) comes before all of it. One that cannot be finished ends the start; safe
#    mode, which follows in the end, says so for as long as it is so.

import asyncio
import gc
import sys
import time

from firmware.modules import forget

_GC_THRESHOLD_BYTES = 12288
_EXIT_REFUSED = 78
_AGAIN_S = 50  # less than boot.py's guard gives a slot on trial
_NOBODY = {"box_id": "box-new", "password": "-"}  # a newcomer's settings are complete without


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Start:
    # `config`: the settings, whole. `files`: the system volume or None. `cas`: the certificates of the gateway's CAs,
    # or None. `chosen`: what firmware/settings chose. `is_rotating`: a change of the password was cut off.
    def __init__(self, files, config, cas, chosen, is_rotating, base):
        self.files = files
        self.config = config
        self.cas = cas
        self.chosen = chosen
        self.is_rotating = is_rotating
        self.base = base


def main(board):
    gc.threshold(_GC_THRESHOLD_BYTES)
    try:
        program = _program(board)
    except Exception as bad:  # told by name where it has one; everything else is the boot's affair
        if not getattr(bad, "code", None):
            raise
        _refuse(board, bad)
    forget("firmware.start")
    try:
        asyncio.run(program.run())
    except Exception as bad:  # nothing catches more than this: it is kept for the log, and the boot counts it
        _keep_crash(board.system(), bad)
        raise


def _program(board):
    from firmware import config as configs

    files = board.system()
    if files is not None and files.read_plain("/wipe") is not None:
        _finish_wipe(board, configs, files)
    if files is not None and files.read_plain("/fleet.next") is not None:
        _finish_succession(files)
    base = configs.load_object(board.config_path) if board.config_path else {}
    base = configs.combine(base, board.overlay())
    cas, is_rotating, box_id = None, False, base.get("box_id")
    if files is not None and "password" not in base:
        from firmware import provision

        if box_id is None:
            box_id = provision.box_id_of(board.unique_id())
        identity, cas, is_rotating = provision.boot(files, box_id)
        if identity is None:
            return _newcomer(board, configs, base, box_id)
        base = configs.combine(base, identity)
        forget("firmware.provision")
    start = _settled(board, configs, base, files, cas, is_rotating)
    del configs
    forget("firmware.config")
    from firmware.app import App

    return App(board, start)


def _finish_wipe(board, configs, files):
    from firmware import wipe

    wipe.finish(board, files, configs)
    raise Refused("wipe_unfinished")


def _finish_succession(files):
    from firmware.provision import succession

    try:
        succession.finish(files)
    except OSError:
        pass  # a flash that takes nothing now: the box has the old key, and the next start tries again
    needed = succession.NEEDED_SELDOM
    del succession
    for name in needed:
        forget("firmware." + name)


def _newcomer(board, configs, base, box_id):
    config = configs.read(configs.combine(_NOBODY, base))
    del configs
    forget("firmware.config")
    board.adopt(config)
    from firmware.newcomer import Newcomer

    return Newcomer(board, config, box_id)


def _settled(board, configs, base, files, cas, is_rotating):
    def read(text):
        from firmware.scanner.settings import complete

        config = configs.read(base) if text is None else configs.settle(base, text)
        complete(config.reader)
        return config

    if files is None:
        chosen = (0, read(None), None, None)
    else:
        from firmware.settings.choose import choose

        chosen = choose(files, read)
        forget("firmware.settings.choose")
        forget("firmware.settings.store")
        _forget_dropped(files, chosen[1])
    board.adopt(chosen[1])
    return Start(files, chosen[1], cas, chosen, is_rotating, base)


def _forget_dropped(files, config):
    # Networks that this box was told to drop, but for the last one.
    dropped = (files.read("/set/dropped") or b"").decode().split("\n")
    config.wifi = [pair for pair in config.wifi if pair[0] not in dropped] or config.wifi


def _keep_crash(files, bad):
    if files is not None:
        from firmware.log import keep_crash
        from firmware.supervise import reason_of, trace_of

        keep_crash(files, trace_of(bad) + " " + reason_of(bad))


def _refuse(board, bad):
    is_flash = type(bad).__name__ == "SpoolError"
    if is_flash:
        from firmware.face import Face

        Face(board).show("spool_fault", code=bad.code)
    board.say("refused", {"code": bad.code, "detail": "" if isinstance(bad, KeyError) else str(bad)})
    if is_flash and board.system() is not None:
        # No firmware is at fault for that, so none shall be given up: a while later it is tried again.
        time.sleep(_AGAIN_S)
        board.reset()
    sys.exit(_EXIT_REFUSED)
