"""Attention weights of a model that is not ours, without changing the model."""

import torch
from torch import nn

from recollect import trace

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(32, nhead=4, dim_feedforward=64, batch_first=True)
model = nn.TransformerEncoder(layer, num_layers=2).eval()
x = torch.randn(1, 6, 32)

with torch.no_grad():
    before = model(x)
    with trace(model) as seen:
        after = model(x)

print(f"the answers differ by at most {(before - after).abs().max():.0e}")
for name, records in seen.items():
    weights = records[0]["weights"]
    total = weights.sum(-1).mean().item()
    print(f"{name}: weights {tuple(weights.shape)}, rows sum to {total:.3f}")
