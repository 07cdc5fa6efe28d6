"""What is wrong with this gateway, and what to do about it, in plain words.

    findings = examine(settings, Around())      # examine.py: every check, each on its own
    lines(findings, "vi")                       # texts.py: the words
    write(path, settings, findings, …)          # bundle.py: a file for who helps from afar

It works while the gateway runs and while it does not: it opens nothing that the gateway holds open, and reads only
files that are replaced as a whole (metrics.prom, boxes.json).
"""

from gateway.doctor.examine import examine
from gateway.doctor.finding import Around, Finding

__all__ = ["Around", "Finding", "examine"]
