"""A key-value cache is a memory that grows by a slot a step: decoding equals one whole pass."""

import torch

from recollect import MultiHead

torch.manual_seed(0)
attend = MultiHead(64, heads=8, memory_heads=2).eval()  # eight heads share two of the memory
x = torch.randn(1, 10, 64)

with torch.no_grad():
    whole = attend(x, causal=True)

    memory, steps = attend.bind(x[:, :0]), []
    for token in x.split(1, dim=1):
        new = attend.bind(token)
        memory = memory.append(new.keys, new.values)  # a value: the old memory is still there
        steps.append(attend(token, memory))

print("slots in the memory:", memory.keys.shape[-2])
print(f"largest difference from the whole pass: {(torch.cat(steps, 1) - whole).abs().max():.1e}")
