"""Where this process sits among its peers: the only file that knows of ranks.

`torchrun --nproc-per-node 2 -m recollect train ...` sets the environment read here; without a
launcher the world is one process.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


class Mesh:
    """The processes of a run, and this one's place and device.

    Raises:
        ValueError: the device asked for is not there.
    """

    def __init__(self, device: str = "auto") -> None:
        """Join the peers named by the environment, if any."""
        self.world = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        self.device = _device(device, int(os.environ.get("LOCAL_RANK", 0)))
        if self.world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            # Left at the end of the process, not of the run: peers that leave and meet again
            # in one process were seen to wait for each other for ever.
            atexit.register(_leave)

    @property
    def first(self) -> bool:
        """Tell whether this process writes files and speaks."""
        return self.rank == 0

    def wrap(self, module: nn.Module, how: str) -> nn.Module:
        """Spread a module over the processes: `ddp` copies it, `fsdp` shards it."""
        if self.world == 1:
            return module
        if how == "ddp":
            return DistributedDataParallel(module)
        # Imported here: it takes most of a second, and a single process needs none of it.
        from torch.distributed.fsdp import fully_shard

        # On a CPU the default mesh is not made, so it is given.
        mesh = dist.init_device_mesh(self.device.type, (self.world,))
        for child in module.modules():
            if isinstance(child, nn.ModuleList):
                for block in child:
                    # A block that is never called (a list used as a table) must not be sharded
                    # by itself: nothing would gather it.
                    if type(block).forward is not nn.Module.forward and list(block.children()):
                        fully_shard(block, mesh=mesh)
        fully_shard(module, mesh=mesh)  # in place
        return module

    def quiet(self, module: nn.Module, *, when: bool) -> AbstractContextManager[None]:
        """Hold the exchange of gradients back while `when`: more micro-batches follow."""
        if when and isinstance(module, DistributedDataParallel):
            return module.no_sync()
        if when and self.world > 1:
            return _unsynced(module)
        return nullcontext()

    def whole(self, tensor: Tensor) -> Tensor:
        """Return a tensor in full, detached, wherever its shards lie."""
        if self.world > 1:
            from torch.distributed.tensor import DTensor

            if isinstance(tensor, DTensor):
                tensor = tensor.full_tensor()
        return tensor.detach()

    def like(self, tensor: Tensor, model: Tensor) -> Tensor:
        """Return a full tensor laid out as `model` is: on its device, or in its shards."""
        if self.world > 1:
            from torch.distributed.tensor import DTensor, distribute_tensor

            if isinstance(model, DTensor) and tensor.shape == model.shape:
                tensor = tensor.to(self.device)
                # Every process read the file, so each takes its own shard: nothing is sent.
                return distribute_tensor(
                    tensor, model.device_mesh, model.placements, src_data_rank=None
                )
        return tensor.to(model.device) if tensor.dim() else tensor

    def sum(self, values: Tensor) -> Tensor:
        """Add a tensor over the processes."""
        if self.world > 1:
            dist.all_reduce(values)
        return values

    def barrier(self) -> None:
        """Wait for every process."""
        if self.world > 1:
            dist.barrier()


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def _device(name: str, local_rank: int) -> torch.device:
    if name == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        name = found.type if found is not None else "cpu"
    elif name != "cpu" and (
        not torch.accelerator.is_available()
        or torch.accelerator.current_accelerator() != torch.device(name)
    ):
        raise ValueError(f"device {name!r} is not on this machine; use --engine.device cpu or auto")
    return torch.device(name) if name in ("cpu", "mps") else torch.device(name, local_rank)


@contextmanager
def _unsynced(module: nn.Module) -> Iterator[None]:
    from torch.distributed.fsdp import FSDPModule

    assert isinstance(module, FSDPModule)
    module.set_requires_gradient_sync(False)
    try:
        yield
    finally:
        module.set_requires_gradient_sync(True)
