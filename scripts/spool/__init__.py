"""The spool's proof and its figures. What runs on MicroPython stands beside what starts it there."""
