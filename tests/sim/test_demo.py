"""The command line: wrong arguments are named, the summary says what was broken."""

import pytest

from scripts.sim import report
from scripts.sim.demo import STORIES, parse, summary
from scripts.sim.evidence import Evidence, Outcome, Wish
from scripts.sim.faults import CONDITIONS, KINDS


def test_the_headless_run_takes_everything_that_the_command_promises(tmp_path):
    line = f"--headless --boxes 3 --scans 200 --rate 4 --seed 7 --faults all --json {tmp_path}/report.json"
    given = parse(line.split())
    assert (given.boxes, given.scans, given.rate, given.seed, given.faults) == (3, 200, 4.0, 7, KINDS)


def test_without_arguments_it_is_the_one_to_look_at():
    given = parse([])
    assert (given.headless, given.boxes, given.faults) == (False, 3, ())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("--boxes 0", "--boxes"),
        ("--boxes 51", "--boxes"),
        ("--boxes three", "--boxes"),
        ("--headless --scans 0", "--scans"),
        ("--headless --scans -1", "--scans"),
        ("--headless --scans 1.5", "--scans"),
        ("--rate 0", "--rate"),
        ("--rate -4", "--rate"),
        ("--rate nan", "--rate"),
        ("--rate fast", "--rate"),
        ("--seed seven", "--seed"),
        ("--faults earthquake", "earthquake"),
        ("--faults box,fire", "fire"),
        ("--scans 10", "--scans"),
        ("--json report.json", "--json"),
        ("--headless --json /no/such/folder/report.json", "--json"),
        ("--headles", "--headles"),
        ("everything", "everything"),
    ],
)
def test_a_wrong_argument_is_named(line, named, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(line.split())
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("name", STORIES)
def test_help_says_which_stories_there_are_and_each_can_be_asked_for(name, capsys):
    assert parse(["--headless", "--story", name]).story == name
    with pytest.raises(SystemExit):
        parse(["--help"])
    assert f" {name}: " in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("line", ["--headless --story life", "--headless --story", "--story tracing"])
def test_a_story_that_does_not_exist_or_would_have_nobody_to_read_it_is_refused(line, capsys):
    with pytest.raises(SystemExit):
        parse(line.split())
    assert "--story" in capsys.readouterr().err


def test_help_says_which_faults_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(kind in said for kind in KINDS + CONDITIONS)


def test_the_summary_ends_with_what_was_broken():
    evidence = Evidence(gave_up="Gave up: nothing has moved for 90 s.")
    said = summary(report.build(evidence))
    assert "lost 0, invented 0, ledger_complete true" in said
    assert said.splitlines()[-1] == "BROKEN: Gave up: nothing has moved for 90 s."


def test_the_summary_says_of_latencies_that_nobody_measured_that_they_were_not():
    said = summary(report.build(Evidence()))
    assert "code to green not measured, to the server not measured (p50 / p99)" in said
    assert "None" not in said


def test_the_summary_gives_the_latencies_in_milliseconds():
    built = report.build(Evidence())
    built["latency_ms"] = {"code_to_green": {"p50": 41, "p99": 88}, "code_to_server": {"p50": 120, "p99": 900}}
    assert "code to green 41 / 88 ms, to the server 120 / 900 ms (p50 / p99)" in summary(built)


def test_the_summary_says_what_became_of_the_wishes():
    evidence = Evidence(fleet={"box-1": {"settings_version": 1}})
    evidence.wishes = [Wish("box-1", "settings", 1, "good"), Wish("box-1", "settings", 2, "invalid")]
    evidence.outcomes = [Outcome("box-1", "settings", 1, "trying", ""), Outcome("box-1", "settings", 1, "good", "")]
    said = summary(report.build(evidence)).splitlines()
    assert "settings good: wished 1; good 1, trying 1" in said
    assert "settings invalid: wished 1; nothing was heard of it" in said
