# Makes this box a new one: identity, settings, log, commands, and what lies in the spool are gone for good.
#
# 1. It is decided in `begin`, in one step: who asks names the number of scans that have not been delivered, and it is
#    the number at that very moment, or nothing happens. The mark on flash is what decides; no scan is taken after it.
# 2. `run` does it at the next start, before anything else, and at each start until the mark is gone: cut off anywhere,
#    it begins again and passes over what is erased already.
# 3. The spool goes first, then the files, the identity last; then the free part of the system volume is written over,
#    where passwords may still lie; then the mark. What belongs to the firmware stays, and so does the fleet's key.
# 4. What cannot be done now keeps nothing else of it: the rest goes all the same. Then the mark stays, the box says
#    that it is not finished, and tries again at each start. Settings that are refused do not keep it either.

import time

MARK = "/wipe"  # start.py looks for it
_FILL = "/wipe.fill"
_FOLDERS = ("/set", "/cmd", "/log")
_FILES = ("/config.json", "/id.b", "/id.b.new", "/id.a", "/id.a.new")
_NOBODY = {"box_id": "box-new", "password": "-"}  # settings are complete without
_ENOENT = 2
_SPARE_BLOCKS = 12
_SECOND_BLOCKS = 40


def begin(box, waiting, argument, refused, end):
    # `waiting`: how many scans would be lost. `end()`: says that it is done.
    if argument["box"] != box.config.box_id:
        raise refused("other_box")
    if argument["unsent"] != waiting:
        raise refused("unsent_differs", waiting=waiting)
    box.files.write(MARK, b"%d" % waiting)
    end()
    time.sleep_ms(300)  # the end of the answer goes out first, and nothing else happens meanwhile
    box.board.reset()


def finish(board, files, configs):
    # At a start. `configs`: firmware/config. Does not return, but where something is left.
    flash = None
    try:
        config = _settings(board, configs)
        board.adopt(config)
        flash = board.open_flash(config.flash)
    except Exception as bad:  # whatever keeps the spool shut, the rest goes
        board.say("wipe", {"state": "spool_shut", "code": str(getattr(bad, "code", None) or type(bad).__name__)})
    run(board, files, flash)


def _settings(board, configs):
    # The board's own; where these are refused, none.
    try:
        base = configs.load_object(board.config_path) if board.config_path else {}
        return configs.read(configs.combine(_NOBODY, configs.combine(base, board.overlay())))
    except configs.ConfigError:
        return configs.read(configs.combine(_NOBODY, board.overlay()))


def run(board, files, flash):
    # `flash`: the spool's; None: it cannot be opened. Does not return, but where something is left.
    from firmware.face import Face

    face, dog = Face(board), board.watchdog(30000)
    face.show("updating")

    def turn():
        dog.feed()
        face.tick()

    bad_blocks = None if flash is None else _erase(flash, turn)
    is_whole = _remove(files)
    for most in (None, _SECOND_BLOCKS):  # littlefs takes free blocks in turn: the second round reaches the spared ones
        is_whole = _tried(_write_over, files, most, turn) and is_whole
    if bad_blocks is not None and is_whole and _tried(files.remove, MARK):
        board.say("wipe", {"state": "done", "bad_blocks": bad_blocks})
        board.reset()
    board.say("wipe", {"state": "unfinished"})


def _tried(do, *what):
    # -> whether it went well
    try:
        do(*what)
    except OSError:
        return False
    return True


def _erase(flash, turn):
    # -> how many blocks can be neither erased nor written any more: these must not keep the rest
    block, bad_blocks = bytearray(flash.ioctl(5, 0)), 0
    for number in range(flash.ioctl(4, 0)):
        if not _is_blank(flash, number, block) and not (_emptied(flash, number) or _zeroed(flash, number, block)):
            bad_blocks += 1
        turn()
    return bad_blocks


def _is_blank(flash, number, block):
    try:
        return not flash.readblocks(number, block, 0) and block.count(b"\xff") == len(block)
    except OSError:
        return False


def _emptied(flash, number):
    try:
        return not flash.ioctl(6, number)
    except OSError:
        return False


def _zeroed(flash, number, block):
    # A program clears bits of a block that cannot be erased any more.
    for at in range(len(block)):
        block[at] = 0
    try:
        return not flash.writeblocks(number, block, 0)
    except OSError:
        return False


def _remove(files):
    # -> whether all of it is gone
    fs, is_whole = files.fs, True
    for folder in _FOLDERS:
        try:
            names = [entry[0] for entry in fs.ilistdir(folder)]
        except OSError as bad:
            is_whole = is_whole and bad.errno == _ENOENT
            continue
        for name in names:
            is_whole = _tried(fs.remove, folder + "/" + name) and is_whole
        is_whole = _tried(fs.rmdir, folder) and is_whole
    for path in _FILES:
        is_whole = _tried(files.remove, path) and is_whole
    return is_whole


def _write_over(files, most, turn):
    # Free blocks, but for some spare ones, get other content.
    fs = files.fs
    files.remove(_FILL)
    facts = fs.statvfs("/")
    blocks = facts[3] - _SPARE_BLOCKS
    if most is not None:
        blocks = min(blocks, most)
    piece = bytes(512)
    file = fs.open(_FILL, "wb")
    try:
        for _ in range(blocks):
            for _ in range(facts[1] // len(piece)):
                file.write(piece)
            turn()
    except OSError:
        pass  # fuller than it said: as much as there is room for
    finally:
        _tried(file.close)
    files.remove(_FILL)
