"""A memory network learns, from nothing but questions and answers, which sentences to read.

People walk about; some pick up an apple or a ball and carry it. "Where is the apple?" needs two
sentences: who took it, and where that person went last. The stories are made on the spot.
"""

import random

import torch
from torch import nn

from recollect import MemN2N

PEOPLE = ["mary", "john", "ann", "paul"]
PLACES = ["kitchen", "garden", "office", "hallway", "attic"]
THINGS = ["apple", "ball"]
WORDS = ["", "where", "is", "went", "to", "took", *PEOPLE, *PLACES, *THINGS]
INDEX = {word: i for i, word in enumerate(WORDS)}
LENGTH, WIDTH = 8, 6


def story(rng: random.Random) -> tuple[list[str], str, str]:
    told, at, holder = [], {}, {}
    while len(told) < LENGTH:
        who = rng.choice(PEOPLE)
        if who in at and len(holder) < 2 and rng.random() < 0.4:
            thing = rng.choice([thing for thing in THINGS if thing not in holder])
            holder[thing] = who
            told.append(f"{who} took {thing}")
        else:
            at[who] = rng.choice([place for place in PLACES if place != at.get(who)])
            told.append(f"{who} went to {at[who]}")
    asked = rng.choice([*at, *holder, *holder])
    return told, f"where is {asked}", at[holder.get(asked, asked)]


def ids(text: str) -> list[int]:
    found = [INDEX[word] for word in text.split()]
    return found + [0] * (WIDTH - len(found))


def batch(rng: random.Random, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    stories = [story(rng) for _ in range(size)]
    told = torch.tensor([[ids(line) for line in lines] for lines, _, _ in stories])
    asked = torch.tensor([ids(question) for _, question, _ in stories])
    return told, asked, torch.tensor([INDEX[answer] for _, _, answer in stories])


torch.manual_seed(0)
torch.set_num_threads(1)  # a model this small is fastest so
rng = random.Random(0)
model = MemN2N(len(WORDS), width=32, hops=3, slots=LENGTH, words=WIDTH)
adam = torch.optim.Adam(model.parameters(), 5e-3)
model.linear_start(True)
for step in range(801):
    model.linear_start(step < 300)
    told, asked, answer = batch(rng, 64)
    loss = nn.functional.cross_entropy(model(told, asked), answer)
    adam.zero_grad()
    loss.backward()
    adam.step()
    if step % 200 == 0:
        told, asked, answer = batch(random.Random(1), 1000)
        right = (model(told, asked).argmax(-1) == answer).float().mean().item()
        print(f"step {step:4}  loss {loss.item():.3f}  right, of 1000 new stories: {right:.1%}")

while True:
    lines, question, answer = story(rng)
    if question.split()[-1] in THINGS:
        break
told, asked = torch.tensor([[ids(line) for line in lines]]), torch.tensor([ids(question)])
weights = model.weights(told, asked)[0]
print(f"\n{question}?  {WORDS[model(told, asked).argmax(-1)]}  (it is {answer})")
for i, line in enumerate(lines):
    print(f"  {line:<24}" + "  ".join(f"hop {k + 1}: {w:.2f}" for k, w in enumerate(weights[:, i])))
