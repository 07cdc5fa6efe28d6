# What the person at the gate sees and hears.

from .face import Face
from .table import OUTCOMES

__all__ = ("OUTCOMES", "Face")
