"""The workload's tensors, as bench/harness/pythonPeers.ts writes them, and the clock."""
import json
import statistics
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np


class Task:
    def __init__(self, folder=sys.argv[1]):
        folder = Path(folder)
        task = json.loads((folder / "task.json").read_text())
        load = lambda entry: jnp.asarray(np.fromfile(folder / entry["file"], np.float32).reshape(entry["shape"]))
        self.workload, self.variant = task["workload"], task["variant"]
        self.draws, self.learning_rate, self.steps = task["draws"], task["learningRate"], task["steps"]
        self.repeat_ms, self.repeats = task["repeatMs"], task["repeats"]
        self.data = [load(entry) for entry in task["data"]]
        self.parameters = {}
        for entry in task["parameters"]:
            *way, last = entry["path"]
            at = self.parameters
            for name in way:
                at = at.setdefault(name, {})
            at[last] = load(entry)


def report(task, run, state):
    """run(state, n) -> (state, losses[n]), compiled once per n. Prints times per step and the compared loss."""
    final, losses = run(state, task.steps)
    loss = float(jnp.mean(losses[-max(1, task.steps // 10):]))
    steps = task.steps

    def clock(n):
        started = time.perf_counter()
        jax.block_until_ready(run(final, n))
        return (time.perf_counter() - started) * 1000

    clock(steps)
    steps = max(1, round(steps * task.repeat_ms / clock(steps)))
    clock(steps)  # compiles for this length
    times = [clock(steps) / steps for _ in range(task.repeats)]
    print(json.dumps({"ms": statistics.median(times), "min": min(times), "max": max(times), "loss": loss}))
