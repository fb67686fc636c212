"""What every process of test_distributed.py runs under torchrun."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from recollect.train import TorchConfig, fit
from tests.train.toy import recall


def config(*, steps=8, **engine):
    made = recall()
    return replace(
        made,
        # Dropout differs from process to process, so it is off where processes are compared.
        model=replace(made.model, dropout=0.0),
        loop=replace(made.loop, steps=steps, eval_every=4, save_every=4),
        engine=TorchConfig(device="cpu", **engine),
    )


def main() -> None:
    torch.set_num_threads(1)
    for job in json.loads(sys.argv[1]):
        out = Path(job.pop("out"))
        resume = job.pop("resume", False)
        fit(config(**job), out, quiet=True, resume=resume)


if __name__ == "__main__":
    main()
