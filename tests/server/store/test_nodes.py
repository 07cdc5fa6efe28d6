"""Several nodes on one PostgreSQL, some killed: the same rows as from one, none twice, and every answer holds."""

import hashlib
import json
import random
import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from server.store import partitions, tables
from server.store.shelf import Shelf
from tests.server.rig import BOX, EPOCH, NOW_MS, OTHER_BOX, ROOT, body, scan

NODES, BATCHES, SCANS, SPOOL = 4, 24, 60, 300
SPOOLS = [(box_id, epoch) for box_id in (BOX, OTHER_BOX, "box-0003") for epoch in (EPOCH, "ffffffffffff")]


def made_batches(folder, draw):
    """Batches that overlap each other; returns every identity with its bytes."""
    wanted = {}
    for number in range(BATCHES):
        records = []
        for _ in range(SCANS):
            box_id, epoch = draw.choice(SPOOLS)
            seq = draw.randint(1, SPOOL)
            raw = scan(seq, box_id=box_id, epoch=epoch)
            wanted[box_id, epoch, seq] = raw
            records.append(raw)
        (folder / f"{number:03}").write_bytes(body(records, batch_no=number))
    return wanted


def digest(rows):
    made = hashlib.sha256()
    for row in sorted(rows):
        made.update(repr(row).encode())
    return made.hexdigest()


def started(url, now_ms, folder, names):
    command = [sys.executable, "-m", "tests.server.store.node", url, str(now_ms), str(folder), *names]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(3))
async def test_four_nodes_with_the_same_batches_and_two_killed_keep_the_rows_of_one(postgres, tmp_path, seed):
    draw = random.Random(seed)
    wanted = made_batches(tmp_path, draw)
    names = [f"{number:03}" for number in range(BATCHES)]
    # each node believes in another month: the same scan would go into another partition
    nodes = [
        started(postgres.url, NOW_MS + number * partitions.PERIOD_MS, tmp_path, draw.sample(names, BATCHES))
        for number in range(NODES)
    ]
    said = []
    for number, node in enumerate(nodes):
        if number < NODES // 2:
            said += [node.stdout.readline() for _ in range(draw.randint(2, BATCHES // 3))]
            node.send_signal(signal.SIGKILL)
    for node in nodes:
        said += node.stdout.readlines()
        node.wait(timeout=100)
    answers = [json.loads(line) for line in said if line.startswith("[") and line.endswith("]\n")]
    accepted = [tuple(one[:3]) for _, verdicts in answers for one in verdicts if one[3] == "accepted"]
    assert len(accepted) == len(set(accepted))
    shelf = Shelf(postgres, lambda: NOW_MS)
    shelf.start()
    columns = tables.scans.c["box_id", "epoch", "seq", "raw"]
    stored = await shelf.database.read(lambda one: one.execute(select(*columns)).all())
    assert digest(tuple(row) for row in stored) == digest((*identity, raw) for identity, raw in wanted.items())
    assert shelf.disagreed == 0
    counted = await shelf.database.read(lambda one: sorted(row[:5] for row in one.execute(select(tables.ledgers))))
    await shelf.rebuild()
    assert (
        await shelf.database.read(lambda one: sorted(row[:5] for row in one.execute(select(tables.ledgers)))) == counted
    )
    assert [node.returncode for node in nodes] == [-9, -9, 0, 0]
    shelf.close()


async def test_nodes_that_start_at_once_on_an_empty_database_migrate_it_once(cluster, tmp_path):
    name = cluster.create()
    (tmp_path / "000").write_bytes(body([scan(1)]))
    nodes = [started(cluster.url(name), NOW_MS, tmp_path, ["000"]) for _ in range(NODES)]
    said = [node.communicate(timeout=100)[0].splitlines() for node in nodes]
    assert [node.returncode for node in nodes] == [0] * NODES
    verdicts = [json.loads(lines[-1])[1][0][3] for lines in said]
    assert sorted(verdicts) == ["accepted", *["duplicate"] * (NODES - 1)]
    cluster.drop(name)
