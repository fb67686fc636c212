"""A memory outside the model: rows are found by inner product and read by the same `Reader`."""

import torch

from recollect import ExactStore, Reader, dot

torch.manual_seed(0)
keys = torch.nn.functional.normalize(torch.randn(10_000, 64), dim=-1)
store = ExactStore()
ids = store.add(keys, values=torch.arange(10_000.0).unsqueeze(-1))

wanted = torch.tensor([17, 4242, 9999])
query = 40 * (keys[wanted] + 0.05 * torch.randn(3, 64))  # a noisy copy of three keys
found = store.search(query, k=4)  # for each query, a memory of its own four slots

reader = Reader(dot())
read = reader(query.unsqueeze(-2), found).squeeze(-2)
print("nearest rows:", found.ids[:, 0].tolist())
print("read:        ", [round(value) for value in read.squeeze(-1).tolist()])

store.delete(torch.tensor([4242]))
print("after erasing 4242:", store.search(query, k=4).ids[:, 0].tolist())
