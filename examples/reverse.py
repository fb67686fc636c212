"""A decoder with additive attention learns to say a word backwards; its alignment is printed.

Bahdanau's decoder is a recurrent cell whose state holds the memory it reads.
"""

import torch
from torch import nn

from recollect import AttentionCell, Recurrent, trace

torch.manual_seed(0)
LETTERS, LENGTH, SIZE = 12, 6, 48


class Reverser(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(LETTERS + 1, SIZE)  # the last letter says "start"
        self.place = nn.Embedding(LENGTH, SIZE)
        self.decoder = Recurrent(AttentionCell(SIZE, hidden_size=SIZE))
        self.out = nn.Linear(SIZE, LETTERS)

    def forward(self, word, said):
        memory = self.embed(word) + self.place.weight
        hidden, _ = self.decoder(self.embed(said), self.decoder.cell.bind(memory))
        return self.out(hidden)


model = Reverser()
adam = torch.optim.Adam(model.parameters(), 5e-3)
for step in range(201):
    word = torch.randint(LETTERS, (32, LENGTH))
    answer = word.flip(1)
    said = nn.functional.pad(answer[:, :-1], (1, 0), value=LETTERS)
    logits = model(word, said)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), answer.flatten())
    adam.zero_grad()
    loss.backward()
    adam.step()
    if step % 50 == 0:
        right = (logits.argmax(-1) == answer).float().mean()
        print(f"step {step:3}  loss {loss.item():.3f}  letters right {right.item():.0%}")

with trace(model) as seen, torch.no_grad():
    model(word[:1], said[:1])
print("\neach letter said (row) and where the decoder looked (column):")
for record in seen["decoder.cell.reader"]:
    print("  " + " ".join(f"{weight:.2f}" for weight in record["weights"][0, 0].tolist()))
