"""The campaign takes sensible arguments, keeps what a broken run left, and ends with what was broken."""

import json

import pytest

from scripts.sim import report, soak
from scripts.sim.evidence import Evidence
from scripts.sim.faults import KINDS
from scripts.sim.town import NotReady


async def campaign(monkeypatch, tmp_path, outcomes, *arguments):
    """Run a campaign whose runs end with `outcomes`, one after the other. -> (exit code, seeds that ran)"""
    seeds = []

    async def run(order, folder, tell):
        seeds.append(order.seed)
        (folder / "gateway.log").write_text("last words")
        outcome = outcomes[len(seeds) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return report.build(outcome)

    monkeypatch.setattr(soak, "run", run)
    line = ["--seeds", str(len(outcomes)), "--keep", str(tmp_path / "kept"), "--json", str(tmp_path / "all.json")]
    return await soak.campaign(soak.parse([*line, *arguments])), seeds


async def test_a_campaign_without_a_break_ends_well_and_keeps_nothing(monkeypatch, tmp_path):
    assert await campaign(monkeypatch, tmp_path, [Evidence()] * 3, "--first", "5") == (0, [5, 6, 7])
    assert not (tmp_path / "kept").exists()
    assert [one["seed"] for one in json.loads((tmp_path / "all.json").read_text())] == [5, 6, 7]


async def test_what_a_broken_run_left_is_kept_and_the_campaign_goes_on(monkeypatch, tmp_path):
    broken = Evidence(mishaps=["the gateway ended by itself with code 1"])
    assert await campaign(monkeypatch, tmp_path, [Evidence(), broken, Evidence()]) == (1, [1, 2, 3])
    assert (tmp_path / "kept" / "seed-2" / "gateway.log").read_text() == "last words"
    assert json.loads((tmp_path / "kept" / "seed-2" / "report.json").read_text())["broken"] == broken.mishaps
    assert not (tmp_path / "kept" / "seed-1").exists()


async def test_a_run_that_does_not_start_is_a_break(monkeypatch, tmp_path):
    code, _ = await campaign(monkeypatch, tmp_path, [NotReady("the server is not ready after 60 s")])
    assert code == 1


def test_everything_goes_wrong_unless_asked_otherwise():
    assert soak.parse([]).faults == KINDS


@pytest.mark.parametrize(
    "line", ["--seeds 0", "--hours x", "--faults fire", "--first -1", "--scan 3", "--endurance 0", "--system no"]
)
def test_a_wrong_argument_ends_the_program(line):
    with pytest.raises(SystemExit) as ended:
        soak.parse(line.split())
    assert ended.value.code == 2


def test_the_endurance_is_run_with_and_without_a_system_unless_asked_otherwise():
    given = soak.parse(["--endurance", "20000"])
    assert (given.endurance, given.system) == (20_000, "both")


@pytest.mark.parametrize(("system", "ran"), [("both", [False, True]), ("with", [True]), ("without", [False])])
async def test_an_endurance_ends_with_what_was_broken_and_keeps_what_it_left(system, ran, monkeypatch, tmp_path):
    orders = []

    async def endure(order, folder, tell):
        orders.append(order.has_system)
        (folder / "gateway.log").write_text("last words")
        raise NotReady("the broker is not ready")

    monkeypatch.setattr(soak, "endure", endure)
    line = ["--endurance", "9", "--system", system, "--keep", str(tmp_path / "kept")]
    assert await soak.endurance(soak.parse(line)) == 1
    assert orders == ran
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [f"endurance-1-{int(one)}" for one in ran]
