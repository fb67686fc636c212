"""Kills training processes, again and again: run by test_kill.py in a process of its own.

A fork costs less than starting Python and torch anew, so hundreds of kills are cheap.
"""

import mmap
import os
import random
import signal
import struct
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
import torch._dynamo  # what torch.optim imports at its first use: once here, not in every fork

import recollect.train.engine as engine
from recollect.train import TorchConfig, fit, load_weights
from recollect.train.runs import Run
from tests.train.toy import recall

SAVE_EVERY = 4


def config():
    made = recall()
    loop = replace(made.loop, steps=24, save_every=SAVE_EVERY, eval_every=8, eval_batches=1)
    return replace(made, loop=loop, engine=TorchConfig(device="cpu"))


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_weights(Run(run).checkpoints.latest().path)


class Child:
    """A forked training process that counts its steps where the parent can read them."""

    def __init__(self, out: Path, *, die_at: int | None = None) -> None:
        self.counter = mmap.mmap(-1, 16)
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            self._train(out, die_at)
            status = 0
        finally:
            os._exit(status)

    def _train(self, out: Path, die_at: int | None) -> None:
        real, seen = engine.take_step, 0

        def take_step(optimizer, config, step):
            real(optimizer, config, step)
            self.counter[:8] = struct.pack("q", step + 1)

        def dying(event, args):
            nonlocal seen
            where = str(args[0]) if args else ""
            if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir") and (
                str(out) in where
            ):
                if seen == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        engine.take_step = take_step
        if die_at is not None:
            sys.addaudithook(dying)
        fit(config(), out, quiet=True, resume=True)

    @property
    def steps(self) -> int:
        return struct.unpack("q", self.counter[:8])[0]

    def over(self) -> bool:
        """Return whether the process ended by itself; it stays to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> bool:
        """Return whether the process was killed; anything but a kill or a success is an error."""
        _, status = os.waitpid(self.pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, f"training failed after a kill: status {status}"
        return killed


def check(out: Path, steps: int) -> int:
    """Return the step that a kill left the run at, having checked what it cost."""
    found = Run(out).checkpoints.latest() if (out / "config.json").exists() else None
    left = found.step if found else 0
    # While the checkpoint of step n is written, n steps are done and n - SAVE_EVERY are safe.
    assert left >= (steps - 1) // SAVE_EVERY * SAVE_EVERY, f"{steps} steps done, {left} left"
    return left


def at_every_file_operation(folder: Path, reference: dict[str, torch.Tensor]) -> int:
    """Kill before the first, second, ... file operation of a run; return how many there were."""
    kills = 0
    while True:
        out = folder / f"operation-{kills}"
        child = Child(out, die_at=kills)
        if not child.wait():
            return kills
        left = check(out, child.steps)
        assert not Child(out).wait()
        same(out, reference, f"killed before file operation {kills}, resumed at {left}")
        kills += 1


def at_random_times(folder: Path, reference: dict[str, torch.Tensor], runs: int) -> int:
    """Kill runs at random times until they are through; return the number of kills.

    The time is drawn in steps and a little more, not in seconds alone: on a busy machine a run
    that gets the same second again and again would never come to its first checkpoint.
    """
    kills, chance = 0, random.Random(0)
    for number in range(runs):
        out, killed, left = folder / f"random-{number}", True, 0
        while killed:
            wanted = left + chance.randint(0, 2 * SAVE_EVERY)
            child = Child(out)
            while child.steps < wanted and not child.over():
                time.sleep(0.001)
            time.sleep(chance.uniform(0.0, 0.02))
            os.kill(child.pid, signal.SIGKILL)
            killed = child.wait()
            if killed:
                kills += 1
                left = check(out, child.steps)
        same(out, reference, f"killed at random times, run {number}")
    return kills


def same(out: Path, reference: dict[str, torch.Tensor], what: str) -> None:
    found = weights(out)
    assert all(torch.equal(found[name], reference[name]) for name in reference), what


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    assert not Child(folder / "straight").wait()
    reference = weights(folder / "straight")
    if sys.argv[2] == "operations":
        print(at_every_file_operation(folder, reference))
    else:
        print(at_random_times(folder, reference, runs=int(sys.argv[3])))


if __name__ == "__main__":
    main()
