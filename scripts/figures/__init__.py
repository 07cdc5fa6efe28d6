"""The figures of `scripts/bench`: one module for each part, each with `run(quick) -> list of figures`."""
