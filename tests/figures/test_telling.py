"""Whoever measures is told how far it is."""

from scripts.figures import __main__ as bench


def test_a_log_gets_a_line_for_each_thing_and_not_for_each_part_of_it(capsys):
    with bench._telling("server") as tell:
        tell("making batches")
        for number in range(5):
            tell("putting visits in", number / 5)
        tell("asking")
    lines = [line.strip() for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert lines[:3] == [
        "measuring: server: making batches",
        "measuring: server: putting visits in",
        "measuring: server: asking",
    ]
