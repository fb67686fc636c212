"""What a sequence kernel runs on: threads over slices of the batch, and buffers that are reused.

One thread owns its slice for the whole sequence, so that there is nothing to wait for; the kernel
releases the interpreter's lock.
"""

import ctypes
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["FLOAT", "Workspace", "compiling", "over_batch"]

FLOAT: Any = {"dtype": torch.float32, "device": "cpu"}
"""What a kernel's arrays are, whatever `torch.set_default_dtype` and a default device say."""

# After their work torch's threads look for more for some milliseconds, as fast as they can, and
# take the processors from the kernel's: two threads are then no faster than one. OpenMP 5.0 can let
# them go; torch's next call makes them again, which takes as long as a short kernel.
_SOFT = 1  # omp_pause_soft: what the threads know is kept
_pause = (
    None if sys.platform == "win32" else getattr(ctypes.CDLL(None), "omp_pause_resource_all", None)
)

_pools: dict[int, ThreadPoolExecutor] = {}
if sys.platform != "win32":  # a forked process has the pool, and no threads in it
    os.register_at_fork(after_in_child=_pools.clear)


def over_batch(kernel: Callable[..., Any], batch: int, *args: Any, long: bool = False) -> None:
    """Call ``kernel(low, high, *args)`` for slices of the batch, on torch's number of threads.

    Say `long` of a kernel that takes milliseconds: torch's own threads are then let go first.

    Shapes:
        none: the arrays are the kernel's.
    """
    threads = min(torch.get_num_threads(), batch)
    if threads <= 1:
        kernel(0, batch, *args)
        return
    pool = _pools.get(threads)
    if pool is None:
        pool = _pools[threads] = ThreadPoolExecutor(threads - 1, "recollect-kernel")
    if long and _pause is not None:
        _pause(_SOFT)
    cuts = [batch * i // threads for i in range(threads + 1)]
    jobs = [pool.submit(kernel, cuts[i], cuts[i + 1], *args) for i in range(1, threads)]
    kernel(0, cuts[1], *args)
    for job in jobs:
        job.result()


@contextmanager
def compiling(name: str, seconds: int) -> Iterator[None]:
    """Say on the screen that a kernel is being compiled, where its first call takes a while.

    Compiled code is kept on disk, so that this happens once a machine and version. To load it takes
    half a second of the processor, and on a busy machine many of the clock: the first is looked at.

    Shapes:
        none.
    """
    if name in _compiled:
        yield
        return
    note = f"recollect: compiling the {name} kernel, about {seconds} s, once on this machine"
    done, began = threading.Event(), time.process_time()

    def tell() -> None:
        while not done.wait(0.5):
            if time.process_time() - began > _LOADING:
                print(note, file=sys.stderr, flush=True)
                return

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        done.set()
    _compiled.add(name)


_LOADING = 2.0  # seconds of the processor, which no code from the disk takes
_compiled: set[str] = set()
_free: dict[int, NDArray[np.float32]] = {}
_KEPT, _MOST = 4, 2**27  # buffers, and numbers in all of them: half a gigabyte


class Workspace:
    """Hold a buffer of float32 numbers, cut into arrays; it goes back to be reused when dropped.

    Fresh memory costs a page fault every 4 KiB, which for a short sequence is more than the work.

    Shapes:
        `arrays` have those asked for, with whatever was in them.
    """

    def __init__(self, *shapes: tuple[int, ...]):
        counts = [math.prod(shape) for shape in shapes]
        need = sum(-(-count // 16) * 16 for count in counts)  # whole cache lines
        free = [(buffer.size, key) for key, buffer in list(_free.items())]
        fits = [pair for pair in free if need <= pair[0] <= 4 * need + 4096]
        found = _free.pop(min(fits)[1], None) if fits else None
        self.buffer = torch.empty(need, **FLOAT).numpy() if found is None else found
        self.arrays: list[NDArray[np.float32]] = []
        place = 0
        for shape, count in zip(shapes, counts, strict=True):
            self.arrays.append(self.buffer[place : place + count].reshape(shape))
            place += -(-count // 16) * 16

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The same arrays as tensors."""
        return [torch.from_numpy(array) for array in self.arrays]

    def __del__(self) -> None:
        # Dictionary operations are atomic, and this may run at any time, in any thread.
        if len(_free) >= _KEPT:
            _free.pop(next(iter(_free), 0), None)
        if self.buffer.size + sum(buffer.size for buffer in list(_free.values())) <= _MOST:
            _free[id(self.buffer)] = self.buffer
