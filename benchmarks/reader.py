"""What `recollect.Reader` costs beside PyTorch's bare kernel, a call, on one thread.

    python benchmarks/reader.py

Calls are interleaved and the least of the rounds is told, since a busy machine only adds. Each line
is timed only after its answer has been found equal to the kernel's.
"""

import argparse
import json
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from recollect import MultiHead, Reader, cosine

LIMIT = 10.0  # microseconds over the bare kernel, for the four-axis calls without maps
LIMITED = ("plain", "masked", "causal", "one query, causal")


def time_pair(first: Callable, second: Callable, *, rounds: int, calls: int) -> tuple[float, float]:
    """Return the least microseconds a call of each."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for i, call in enumerate((first, second)):
            start = time.perf_counter()
            for _ in range(calls):
                call()
            best[i] = min(best[i], (time.perf_counter() - start) / calls * 1e6)
    return best[0], best[1]


def cases() -> dict[str, tuple[Callable, Callable]]:
    """Name -> bare kernel, ours."""
    query, keys, values = torch.randn(3, 1, 4, 64, 32).unbind(0)
    one, mask = query[:, :, -1:], torch.rand(1, 1, 1, 64) > 0.2
    reader, angle = Reader().eval(), Reader(cosine(4.0)).eval()
    memory, masked = reader.bind(keys, values), reader.bind(keys, values, mask)
    cosines = angle.bind(keys, values)
    flat = [x.squeeze(0) for x in (query, keys, values)]
    flat_memory = reader.bind(flat[1], flat[2])
    kernel = F.scaled_dot_product_attention
    strength = angle.score.query_map
    x = torch.randn(8, 64, 128)
    heads = MultiHead(128, heads=4).eval()
    theirs = torch.nn.MultiheadAttention(128, 4, batch_first=True).eval()
    parts = heads.query, heads.keys, heads.values
    theirs.in_proj_weight.data.copy_(torch.cat([p.weight for p in parts]))
    theirs.in_proj_bias.data.copy_(torch.cat([p.bias for p in parts]))
    theirs.out_proj.load_state_dict(heads.out.state_dict())
    return {
        "plain": (lambda: kernel(query, keys, values), lambda: reader(query, memory)),
        "masked": (lambda: kernel(query, keys, values, mask), lambda: reader(query, masked)),
        "causal": (
            lambda: kernel(query, keys, values, is_causal=True),
            lambda: reader(query, memory, causal=True),
        ),
        "one query, causal": (
            lambda: kernel(one, keys, values),
            lambda: reader(one, memory, causal=True),
        ),
        "three axes": (lambda: kernel(*flat), lambda: reader(flat[0], flat_memory)),
        "cosine, kernel after the maps": (
            lambda: kernel(strength(query), cosines.keys, values, scale=1.0),
            lambda: angle(query, cosines),
        ),
        "MultiHead, torch's beside": (
            lambda: theirs(x, x, x, need_weights=False)[0],
            lambda: heads(x),
        ),
    }


def main() -> None:
    """Time every case and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lines = {}
    with torch.inference_mode():
        for name, (bare, ours) in cases().items():
            torch.testing.assert_close(ours(), bare())
            times = time_pair(bare, ours, rounds=arguments.rounds, calls=arguments.calls)
            lines[name] = {"bare_us": times[0], "ours_us": times[1], "over_us": times[1] - times[0]}
    if arguments.json:
        print(json.dumps(lines))
        return
    for name, line in lines.items():
        bare, ours, over = line.values()
        print(f"{name:30} bare {bare:8.1f} us   ours {ours:8.1f} us   over {over:+7.1f} us")
    worst = max(lines[name]["over_us"] for name in LIMITED)
    print(f"worst of {', '.join(LIMITED)}: {worst:+.1f} us over, limit {LIMIT:.0f}")


if __name__ == "__main__":
    main()
