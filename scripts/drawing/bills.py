"""The bill of materials against the wiring: what is drawn is bought, and under the same name."""

import re
from collections.abc import Iterator

from scripts.drawing.builds import Build
from scripts.drawing.netlist import netlist

ON_PERFBOARD = ("P2", "E1", "E2")  # P1 is bought; these are parts of it
RATE_SLACK = 0.05
_AS_OF = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def bill(build: Build, vnd_per_usd: float) -> Iterator[str]:
    nodes = netlist(build).nodes
    bought: dict[str, str] = {}
    for row in build.bom:
        for ref in row.refs:
            if ref in bought:
                yield f"bom.csv has {ref} twice"
            bought[ref] = row.part
        if row.refs and row.quantity != len(row.refs):
            yield f"bom.csv has {row.quantity} of {row.part} for {len(row.refs)} places"
        if row.quantity < 1 or row.price_vnd < 1:
            yield f"bom.csv has no quantity or no price for {row.part}"
        elif abs(row.price_usd * vnd_per_usd / row.price_vnd - 1) > RATE_SLACK and row.price_usd >= 0.1:
            yield f"bom.csv: {row.part} costs {row.price_vnd} VND, and {row.price_usd} USD is not that"
        if row.price_kind not in ("estimate", "quote") or not _AS_OF.fullmatch(row.as_of):
            yield f"bom.csv: say of {row.part} whether its price is an estimate or a quote, and of which month"
        if not all(row.use.values()) or any(row.alternatives.values()) != all(row.alternatives.values()):
            yield f"bom.csv: say in both languages what {row.part} is for, and what may take its place"
    for ref, node in nodes.items():
        if ref not in bought and ref not in ON_PERFBOARD:
            yield f"the wiring has {ref} ({node.title}), bom.csv has not"
        elif ref in bought and bought[ref] != node.title:
            yield f"{ref} is {node.title} in the wiring and {bought[ref]} in bom.csv"
    for ref in set(bought) - set(nodes):
        yield f"bom.csv has {ref}, the wiring has not"


def cost_vnd(build: Build) -> int:
    return sum(row.quantity * row.price_vnd for row in build.bom)
