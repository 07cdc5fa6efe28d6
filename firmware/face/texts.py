# The words of an outcome, from texts.txt: read when they are needed, as all of them would fill a tenth of the memory.
#
# A line is `outcome|Vietnamese|English` or `outcome.detail|…`; a detail without words of its own has the outcome's.

PATH = __file__.replace("\\", "/").rpartition("/")[0] + "/texts.txt"


def words_of(outcome, detail=""):
    # -> (Vietnamese, English). Where there is no such file (frozen firmware), the outcome's own name.
    found = (outcome, outcome)
    try:
        with open(PATH, "rb") as file:
            for line in file:
                name, _, words = line.decode().strip().partition("|")
                if name == outcome or (detail and name == outcome + "." + detail):
                    found = tuple(words.split("|"))
                    if name != outcome:
                        break
    except OSError:
        pass
    return found
