"""A story of a person's own, in bAbI's few words, put to the networks that were trained on bAbI.

They know the words of their task and no others; `recollect ask` reads any English.

Shape letters: ``M`` sentences, ``J`` words, ``K`` hops, ``V`` words known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from recollect.tasks.said import BETWEEN, Said

__all__ = ["OwnReader", "Reads", "say_each", "say_story"]

_END = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
_SHOWN, _LEAST = 3, 0.1  # sentences shown, and the least that one must have of what was read
_PADDED = 200  # a longer memory is not filled up: its network masks what is empty
_CAPTION = "A row is a hop, a column a sentence of the story"


class OwnReader(NamedTuple):
    """A network that reads stories, and what it was given to read in training.

    `likely` says whether the softmax of the logits was trained to be a probability.

    Shapes:
        `read` takes a story ``(1, M, J)``, a question ``(1, J)`` and times ``(1, M)`` and returns
        logits ``(1, V)`` and the share of every sentence ``(1, K, M)``.
    """

    read: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
    vocab: Sequence[str]
    words: int
    slots: int
    likely: bool = True


class Reads(Protocol):
    """A task whose models read stories."""

    def own_reader(self, model: nn.Module) -> OwnReader:
        """A model of this task, for a story of a person's own."""
        ...


class _Told(NamedTuple):
    answer: str
    likely: float | None
    rows: Tensor  # (K, M) of the sentences that were read
    first: int  # the first of them


def say_story(readers: Mapping[str, OwnReader], text: str) -> Said:
    """Answer the question about a story by each network that knows all its words.

    Args:
        readers: by what to call them, "task 1"; a single one needs no name.
        text: sentences, and a question at the end or behind ``|||``.

    Raises:
        ValueError: there is no question or no story, or a word or length that none can read.
    """
    story, question = _parted(text)
    lines = [_WORD.findall(sentence.lower()) for sentence in story]
    asked = _WORD.findall(question.lower())
    words = dict.fromkeys([*asked, *(word for line in lines for word in line)])
    strange = {
        name: [word for word in words if word not in reader.vocab]
        for name, reader in readers.items()
    }
    able = {name: reader for name, reader in readers.items() if not strange[name]}
    if not able:
        name = min(strange, key=lambda name: len(strange[name]))
        known = sorted(word for word in readers[name].vocab if word)
        raise ValueError(
            f"{', '.join(map(repr, strange[name]))}: no such word is known{_of(name)}; it knows "
            f"{', '.join(known)} (recollect ask reads any English)"
        )
    told = {name: _ask(name, reader, lines, asked) for name, reader in able.items()}
    # who is surest comes first; who tells no probability comes last
    order = sorted(told, key=lambda name: -(told[name].likely or 0))
    first = told[order[0]]
    pages = [_page(name if len(readers) > 1 else "", told[name], story) for name in order]
    notes = [
        f"the last {len(story) - told[name].first} sentences are read{_of(name)}"
        for name in order
        if told[name].first
    ]
    return Said(
        text="\n".join(pages),
        details={
            "answers": [
                {"by": name, "answer": told[name].answer, "likely": told[name].likely,
                 "evidence": [n + 1 for n, _ in _evidence(told[name])]}
                for name in order
            ]
        },
        rows=[f"hop {k + 1}" for k in range(len(first.rows))],
        columns=story[first.first :],
        weights=first.rows.clamp(0, 1),
        notes=notes,
        title=f"{question} → {first.answer}",
        caption=_CAPTION,
    )  # fmt: skip


def say_each(
    parts: Mapping[str, Reads], model: nn.Module, text: str, *, likely: bool = True
) -> Said:
    """Answer by a `torch.nn.ModuleDict` with a model for each bAbI task, as `say_story`.

    Raises:
        ValueError: as `say_story`.
    """
    models = dict(model.named_children())
    return say_story(
        {
            f"task {name}": part.own_reader(models[name])._replace(likely=likely)
            for name, part in parts.items()
        },
        text,
    )


@torch.no_grad()
def _ask(
    name: str, reader: OwnReader, lines: Sequence[Sequence[str]], asked: Sequence[str]
) -> _Told:
    long = max([asked, *lines], key=len)
    if len(long) > reader.words:
        raise ValueError(
            f"{' '.join(long)!r} has {len(long)} words; the longest that is read{_of(name)} has "
            f"{reader.words}"
        )
    number = {word: i for i, word in enumerate(reader.vocab)}
    kept = lines[-reader.slots :]
    slots = reader.slots if reader.slots <= _PADDED else len(kept)
    story = torch.zeros(1, slots, reader.words, dtype=torch.long)
    question = torch.zeros(1, reader.words, dtype=torch.long)
    times = torch.zeros(1, slots, dtype=torch.long)
    for i, words in enumerate(kept):
        story[0, i, : len(words)] = torch.tensor([number[word] for word in words])
        times[0, i] = len(kept) - i
    question[0, : len(asked)] = torch.tensor([number[word] for word in asked])
    logits, rows = reader.read(story, question, times)
    chances = logits[0, 1 : len(reader.vocab)].softmax(-1)  # word 0 is none
    best = int(chances.argmax())
    likely = round(float(chances[best]), 4) if reader.likely else None
    return _Told(reader.vocab[best + 1], likely, rows[0, :, : len(kept)], len(lines) - len(kept))


def _evidence(told: _Told) -> list[tuple[int, float]]:
    """The sentences, from 0, that have the most of what was read, and how much, in their order."""
    most = told.rows.amax(0).tolist()
    best = sorted(range(len(most)), key=lambda i: -most[i])[:_SHOWN]
    return [(i + told.first, most[i]) for i in sorted(best) if most[i] >= _LEAST]


def _page(name: str, told: _Told, story: Sequence[str]) -> str:
    about = ", ".join(
        part for part in (name, "" if told.likely is None else f"{told.likely:.2f}") if part
    )
    lines = [f"{told.answer} ({about})" if about else told.answer]
    return "\n".join([*lines, *(f"  {i + 1}  {story[i]}" for i, _ in _evidence(told))])


def _of(name: str) -> str:
    return f" by {name}" if name else ""


def _parted(text: str) -> tuple[list[str], str]:
    told, between, question = text.rpartition(BETWEEN)
    parts = _END.split(told if between else text)
    story = [part.strip() for part in parts if _WORD.search(part.lower())]
    if not between:
        question = story.pop() if story and story[-1].endswith("?") else ""
    question = question.strip()
    if not _WORD.search(question.lower()) or not story:
        raise ValueError(
            "give a story and a question about it: 'Mary went to the kitchen. Where is Mary?', or "
            f"with {BETWEEN} between the two"
        )
    return story, question
