# One table: what happened -> light and sound. The words for it stand in texts.txt under the same names.
#
# 1. A line: outcome, for whom, colour (red, green, blue, 0 to f), on_ms, off_ms, times, then the sound as hz/ms (0 Hz:
#    a rest), then -outcome for each lasting state that this one shows to be over.
# 2. For whom: p, a person at the gate, now; k, whoever keeps the box, when there is time.
# 3. times 0: it lasts, until it is over. The higher of two lasting states in this table is the one that is seen.
# 4. Colour is never the only carrier: no two outcomes share their rhythm, nor rhythm and sound.
# 5. Green is only what is kept. "seen" comes before the flash and is never green. "stored" and "delivered" differ: the
#    first is for the visitor (it is safe in this box), the second for who looks after it. "asked" is white for as long
#    as a gate may wait for what the place says (firmware/rulings.py).
#
# It is one string, and stays in memory as one: as objects it would take four times as much.

TABLE = """
identify p f0f 100 100 0 2000/80 0/80 2000/80 0/80 2000/80
updating k 00f 1500 500 0
safe_mode k f60 500 500 0 400/150 0/100 400/150
spool_fault p f00 300 900 0 300/200 0/100 300/600
spool_full p f00 900 300 0 300/600
reader_fault k f00 60 940 0 250/400
unprovisioned k 888 600 600 0 -reader_fault -provisioning
provisioning k 00f 200 600 0 -reader_fault -unprovisioned
gateway_full k fa0 900 1100 0
connecting k fa0 200 1800 0
no_gateway k fa0 60 2940 0
ready k 444 30 4970 0
seen p 888 60 0 1 2600/20 -reader_fault
asked p 888 2000 0 1 2200/20 -reader_fault
stored p 0f0 700 0 1 2000/120 -reader_fault -spool_full -spool_fault
delivered k 0f0 40 80 2
repeat p 0f0 150 150 2 1500/60 0/60 1500/60
refused p f00 250 150 3 400/350
too_long p f00 250 150 4 400/200 0/80 400/200
wrong_kind p fa0 400 100 3 700/150 0/50 450/250
place_full p f00 800 200 2 500/250 0/100 500/250
quota p fa0 600 150 2 800/120 0/60 600/120 0/60 400/250
revoked p f00 120 60 8 900/80 0/40 900/80 0/40 300/400
stop p f00 1600 0 1 250/700
direction p 00f 300 100 2 1200/80 0/40 1600/120
provision_ok p 00f 1200 0 1 1000/100 1500/100 2000/200
provision_refused p f00 100 100 6 500/100 0/50 500/100 0/50 300/300
provision_gave_up p f00 500 500 2 600/100 450/100 300/250
"""


def signal_of(outcome):
    # -> colour, is it for a person, on_ms, off_ms, times, sound as ((hz, ms), …), outcomes that are over
    at = TABLE.find("\n" + outcome + " ")
    if at < 0 or not outcome:
        raise KeyError(outcome)
    words = TABLE[at + 1 : TABLE.find("\n", at + 1)].split(" ")
    sound = tuple([tuple([int(part) for part in word.split("/")]) for word in words[6:] if "/" in word])
    ends = tuple([word[1:] for word in words[6:] if word[0] == "-"])
    on_ms, off_ms, times = [int(word) for word in words[3:6]]
    return words[2], words[1] == "p", on_ms, off_ms, times, sound, ends


def first_of(outcomes):
    # the one that stands highest
    best, best_at = "ready", len(TABLE)
    for outcome in outcomes:
        at = TABLE.find("\n" + outcome + " ")
        if at < best_at:
            best, best_at = outcome, at
    return best
