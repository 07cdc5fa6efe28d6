"""`tram`, the technicians' tool: from a bare board to a box on the wall, and back when it fails.

1. Every command is a folder here with `command.py`, which holds a typer app called `app`; it is loaded when it is asked
   for. Nothing above that line of a command's file may import what is slow to load (esptool, rich, cryptography, …).
2. What a person reads is in Vietnamese and English (`lang.py`); what a program reads, with --json, is the same in both.
3. What goes wrong is a `Trouble` (`trouble.py`): a code that stays, a sentence, what to do next, an exit code.
"""
