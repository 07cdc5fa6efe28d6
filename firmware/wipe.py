# Makes this box a new one: identity, settings, log, commands, and what lies in the spool are gone for good.
#
# 1. It is decided in `begin`, in one step: who asks names the number of scans that have not been delivered, and it is
#    the number at that very moment, or nothing happens. The mark on flash is what decides; no scan is taken after it.
# 2. `run` does it at the next start, before anything else, and at each start until the mark is gone: cut off anywhere,
#    it begins again and passes over what is erased already.
# 3. The spool goes first, then the files, the identity last; then the free part of the system volume is written over,
#    where passwords may still lie; then the mark. What belongs to the firmware stays, and so does the fleet's key.

import time

MARK = "/wipe"  # start.py looks for it
_FILL = "/wipe.fill"
_FOLDERS = ("/set", "/cmd", "/log")
_FILES = ("/config.json", "/id.b", "/id.b.new", "/id.a", "/id.a.new")
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


def run(board, files, flash):
    # `flash`: the spool's. Does not return.
    from firmware.face import Face

    face, dog = Face(board), board.watchdog(30000)
    face.show("updating")

    def turn():
        dog.feed()
        face.tick()

    _erase(flash, turn)
    _remove(files)
    for most in (None, _SECOND_BLOCKS):  # littlefs takes free blocks in turn: the second round reaches the spared ones
        _write_over(files, most, turn)
    files.remove(MARK)
    board.say("wipe", {"state": "done"})
    board.reset()


def _erase(flash, turn):
    block = bytearray(flash.ioctl(5, 0))
    for number in range(flash.ioctl(4, 0)):
        failed = flash.readblocks(number, block, 0)
        if failed or block.count(b"\xff") != len(block):
            flash.ioctl(6, number)  # one that cannot be erased any more must not keep the rest
        turn()


def _remove(files):
    fs = files.fs
    for folder in _FOLDERS:
        try:
            names = [entry[0] for entry in fs.ilistdir(folder)]
        except OSError:
            continue
        for name in names:
            fs.remove(folder + "/" + name)
        fs.rmdir(folder)
    for path in _FILES:
        files.remove(path)


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
    file.close()
    files.remove(_FILL)
