"""bAbI questions whose stories are scattered over the pages of a novel, as in BABILong.

Kuratov et al. 2024, arXiv:2406.10149: the statements keep their order, the sentences of a book
stand between them. What a small memory network can do there depends on what is kept for it to read.

Shape letters: ``T`` sentences, ``J`` words.
"""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.data import find
from recollect.tasks.babi import BABI, BabiQuestion, read_babi
from recollect.tasks.reading.text import sentences

__all__ = [
    "LANGUAGE_MODELS",
    "NOISE",
    "SIFTS",
    "Among",
    "Network",
    "Sift",
    "beside_large_models",
    "by_question",
    "encode",
    "familiar",
    "most_recent",
    "noise_curve",
    "noise_figures",
    "novel",
    "scatter",
]

Sentence = tuple[str, ...]

# Accuracies by BABILong's own metric from its published prediction files, few-shot prompts.
LANGUAGE_MODELS: Mapping[str, Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "gemini-3-flash-preview": {
            "0k": (1.0, 0.98, 0.87, 1.0, 0.97),
            "4k": (1.0, 0.84, 0.70, 0.97, 0.94),
            "32k": (0.77, 0.50, 0.30, 0.79, 0.82),
        },
        "gpt-4-0125-preview": {"0k": (0.99, 0.88, 0.56, 0.98, 0.96)},
        "Llama-3-8B-Instruct": {"0k": (0.98, 0.47, 0.33, 0.58, 0.85)},
        "Llama-3 with retrieval": {"0k": (0.60, 0.28, 0.17, 0.36, 0.68)},
    }
)
"""What large models reach on qa1 to qa5, by the length of the noise in tokens."""


NOISE = (0, 1000, 4000, 16_000, 64_000)
"""Words of the novel among which a story is scattered."""


def novel(folder: str | os.PathLike[str] | None = None) -> list[Sentence]:
    """Return *Treasure Island*, the noise, as sentences.

    Raises:
        MissingData: it is nowhere; the message says how to get it.
    """
    path = None if folder is None else Path(folder)
    file = find("gutenberg_children", path=path, file="120_treasure_island.txt")
    return sentences(file.read_text(encoding="utf-8"))


class Among(NamedTuple):
    """A question among noise: all sentences in order, and which of them belong to its story."""

    sentences: tuple[Sentence, ...]
    story: tuple[bool, ...]
    asked: BabiQuestion


Sift = Callable[[Among, frozenset[str], int], list[int]]
"""Which sentences are kept to be read: (the question, the words known, how many at most)."""


def scatter(
    question: BabiQuestion, book: Sequence[Sentence], *, words: int, random: Random
) -> Among:
    """Put a story's statements at random places among `words` words of a book, in their order.

    The book is read from a random place on, and from its beginning again where it ends.

    Raises:
        ValueError: `words` is above 0 and the book is empty.
    """
    if words > 0 and not book:
        raise ValueError("the book has no sentence; give one, or words=0")
    noise: list[Sentence] = []
    at, left = random.randrange(len(book)) if book else 0, words
    while left > 0:
        noise.append(tuple(word.lower() for word in book[at % len(book)] if word[0].isalnum()))
        left -= len(noise[-1])
        at += 1
    places = sorted(random.randint(0, len(noise)) for _ in question.story)
    told, before = [], 0
    for place, statement in zip(places, question.story, strict=True):
        told += [(sentence, False) for sentence in noise[before:place]]
        told.append((statement, True))
        before = place
    told += [(sentence, False) for sentence in noise[before:]]
    return Among(tuple(s for s, _ in told), tuple(own for _, own in told), question)


def most_recent(among: Among, known: frozenset[str], most: int) -> list[int]:
    """Keep the last sentences: what a memory of `most` slots does by itself."""
    return list(range(max(0, len(among.sentences) - most), len(among.sentences)))


def by_question(among: Among, known: frozenset[str], most: int) -> list[int]:
    """Keep the sentences that share the rarest words with the question: retrieval in one step."""
    seen = Counter(word for sentence in among.sentences for word in set(sentence))
    asked = set(among.asked.words)
    rarity = {word: math.log(1 + len(among.sentences) / seen[word]) for word in asked if seen[word]}
    score = [sum(rarity.get(w, 0.0) for w in set(s)) for s in among.sentences]
    best = sorted(range(len(score)), key=lambda i: (-score[i], -i))[:most]
    return sorted(i for i in best if score[i] > 0)


def familiar(among: Among, known: frozenset[str], most: int) -> list[int]:
    """Keep the sentences all of whose words are known: what the model has learned to read."""
    return [i for i, words in enumerate(among.sentences) if words and known.issuperset(words)][
        -most:
    ]


SIFTS: Mapping[str, Sift] = MappingProxyType(
    {"recent": most_recent, "retrieved": by_question, "familiar": familiar}
)
"""Ways to choose what is read."""


def encode(kept: Sequence[Sequence[Sentence]], numbers: Mapping[str, int], *, words: int) -> Tensor:
    """Return kept sentences as word ids; unknown words are left out, and what is too long is cut.

    Shapes:
        -> ``(B, T, J)``; a sentence of unknown words alone is empty, as those at the end.
    """
    out = torch.zeros(len(kept), max([1, *map(len, kept)]), words, dtype=torch.long)
    for i, story in enumerate(kept):
        for j, sentence in enumerate(story):
            row = [numbers[word] for word in sentence if word in numbers][:words]
            out[i, j, : len(row)] = torch.tensor(row, dtype=torch.long)
    return out


def noise_curve(
    answer: Callable[[Tensor, Tensor], Tensor],
    questions: Sequence[BabiQuestion],
    book: Sequence[Sentence],
    *,
    vocab: Sequence[str],
    words: int,
    lengths: Sequence[int],
    slots: int = 250,
    seed: int = 0,
) -> Iterator[tuple[str, int, float, float]]:
    """Yield for every way of sifting and every length of noise: its name, the length, two shares.

    They are that of right answers and that of the gold facts which were kept. `answer` takes
    stories and questions as word ids and returns the ids of the answers; at most `slots` sentences
    are read.

    Shapes:
        answer: ``(B, T, J)``, ``(B, J)`` -> ``(B,)``.
    """
    numbers = {word: i for i, word in enumerate(vocab) if word}
    known = frozenset(numbers)
    asked = encode([[q.words for q in questions]], numbers, words=words)[0]
    gold = torch.tensor([numbers.get(q.answer, -1) for q in questions])
    for length in lengths:
        random = Random(f"noise {seed} {length}")
        among = [scatter(q, book, words=length, random=random) for q in questions]
        for name, sift in SIFTS.items():
            picks = [sift(each, known, slots) for each in among]
            right, kept = 0, [_kept(each, found) for each, found in zip(among, picks, strict=True)]
            for first in range(0, len(questions), 32):
                part = slice(first, first + 32)
                read = [
                    [a.sentences[i] for i in p]
                    for a, p in zip(among[part], picks[part], strict=True)
                ]
                said = answer(encode(read, numbers, words=words), asked[part])
                right += int((said == gold[part]).sum())
            told = [share for share in kept if share is not None]
            yield name, length, right / len(questions), sum(told) / max(1, len(told))


class Network(NamedTuple):
    """A trained model that reads words of its own vocabulary.

    `words` is the longest sentence it reads, `slots` how many of them.

    Shapes:
        answer takes stories ``(B, T, J)`` and questions ``(B, J)`` -> answers ``(B,)``.
    """

    answer: Callable[[Tensor, Tensor], Tensor]
    vocab: Sequence[str]
    words: int
    slots: int


def noise_figures(
    networks: Mapping[int, Network],
    *,
    questions: int = 100,
    lengths: Sequence[int] = NOISE,
    book: Sequence[Sentence] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> dict[str, float]:
    """Ask test questions of tasks 1 to 5 among noise: `qa2_16k_recent` and the like are shares.

    There is a network for each of the tasks, which is one network for all where they are the same;
    tasks above 5 are left out, since large models were not asked about them. `kept_16k_recent` is
    the share of gold facts that were kept to be read. Of a test file `questions` are asked, from
    all over it.

    Raises:
        MissingData: the test files or the novel are not there.
    """
    pages = novel() if book is None else book
    found: dict[str, float] = {}
    kept: dict[str, list[float]] = {}
    for t, network in sorted(networks.items()):
        if t > 5:
            continue
        path = None if folder is None else Path(folder)
        asked = read_babi(find("babi", path=path, file=f"en-10k/qa{t}_{BABI[t - 1]}_test.txt"))
        picked = asked[:: max(1, len(asked) // questions)][:questions]
        for name, length, right, held in noise_curve(
            network.answer, picked, pages, vocab=network.vocab, words=network.words,
            lengths=lengths, slots=network.slots,
        ):  # fmt: skip
            found[f"qa{t}_{length // 1000}k_{name}"] = right
            kept.setdefault(f"kept_{length // 1000}k_{name}", []).append(held)
    return found | {name: sum(shares) / len(shares) for name, shares in kept.items()}


def beside_large_models(names: Sequence[str]) -> dict[str, str]:
    """Return what large language models reach, under those of our figures' names that match.

    Theirs are by tokens and ours by words; beside 16,000 words stand 32,000 tokens. A figure that
    ends with one of our ways of sifting stands beside `familiar` only.
    """
    told: dict[str, str] = {}
    for name in names:
        task, _, rest = name.partition("_")
        length, _, sift = rest.partition("_")
        if not task.startswith("qa") or sift not in ("", "familiar"):
            continue
        asked = {"16k": "32k"}.get(length, length)
        parts = [
            f"{by_length[asked][int(task[2:]) - 1]:.2f} {model} ({asked} tokens)"
            for model, by_length in LANGUAGE_MODELS.items()
            if asked in by_length
        ]
        if parts:
            told[name] = "; ".join(parts)
    return told


def _kept(among: Among, picks: Sequence[int]) -> float | None:
    """The share of the gold facts that are among the picks; None where there are none."""
    place = [i for i, own in enumerate(among.story) if own]
    gold = {place[i] for i in among.asked.support}
    return len(gold & set(picks)) / len(gold) if gold else None
