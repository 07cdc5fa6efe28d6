# What the person at the gate sees, hears and reads.

from .face import Face

__all__ = ("Face",)
