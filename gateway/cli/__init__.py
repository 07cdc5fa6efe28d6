"""The command line's words, one file per noun; each works while the gateway runs, through the files that both share.

    words.add_to(subparsers, common)     # words.py: every word with its help
    options.act(settings, options)       # -> exit code

Exit codes: 0 done; 1 the box said no, or nothing is there; 75 no answer in time; 78 what was asked for is wrong.
"""
