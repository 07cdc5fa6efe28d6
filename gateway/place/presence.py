"""Who is inside, from who showed a code where: the rules that the server has too."""

from presence.inside import REPEAT_S as REPEAT_S
from presence.inside import STAY_S as STAY_S
from presence.inside import SURE_S as SURE_S
from presence.inside import Inside as Inside
from presence.inside import Presence as Presence
