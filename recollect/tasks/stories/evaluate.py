"""Measuring a reader of stories: `python -m recollect.tasks.stories.evaluate user-style|babi MODEL [SET ...]`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import torch

from recollect.answer import Answerer
from recollect.tasks.stories import official, user_style


def main(argv: Sequence[str] | None = None) -> None:
    """Print what one model does, with its failures."""
    parser = argparse.ArgumentParser(prog="python -m recollect.tasks.stories.evaluate", description=__doc__)
    parser.add_argument("what", choices=("user-style", "babi"))
    parser.add_argument("model", help="a folder with model.safetensors, or a run")
    parser.add_argument("sets", nargs="*", help="user-style: files of texts; babi: task numbers (all)")
    parser.add_argument("--quick", action="store_true", help="babi: a tenth of the stories")
    parser.add_argument("--every", action="store_true", help="user-style: print what is right, too")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    answerer, began = Answerer.load(args.model), time.perf_counter()
    if args.what == "user-style":
        for path in args.sets:
            texts = user_style.read_set(path)
            print(user_style.report(user_style.judge(answerer, texts), texts, every=args.every))
    else:
        for task in [int(t) for t in args.sets] or official.TASKS:
            judged, chains, misses = official.judge_task(answerer, task, limit=20 if args.quick else None)
            right, count = sum(j.right for j in judged), len(judged)
            print(f"task {task}: answers {100 * right / count:.1f} %, chains {100 * sum(chains) / count:.1f} % of {count}")
            if misses:
                print(official.report(misses))
    print(f"{time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
