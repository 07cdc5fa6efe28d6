"""What the doctor says, put together from its parts."""

from scripts.tram.doctor.words_board import BOARD
from scripts.tram.doctor.words_box import BOX
from scripts.tram.doctor.words_network import NETWORK
from scripts.tram.lang import Words

WORDS = Words({**BOX, **NETWORK, **BOARD})
