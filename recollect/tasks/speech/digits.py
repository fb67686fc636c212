"""Connected spoken digits: recordings of single ones, put together into strings of any length.

A model trained on short strings is asked for longer ones: attention by content alone does not know
which of many alike sounds comes next.

Shape letters: ``B`` batch, ``N`` frames, ``F`` bands, ``T`` tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from recollect.data import find
from recollect.models import BOS, EOS, PAD, Seq2Seq, greedy
from recollect.tasks.base import Step
from recollect.tasks.pairs import Line, edit_distance
from recollect.tasks.speech.sound import log_mel, read_wav

__all__ = ["DigitBatch", "Digits", "read_digits"]

FIRST = 4
"""The token of the digit 0."""
TAKES = 5
"""Takes 0 to 4 of every digit and speaker test, the others train."""


class DigitBatch(NamedTuple):
    """Strings of digits as sound and as tokens.

    Shapes:
        source ``(B, N, F)``, lengths ``(B,)``, target ``(B, T)`` from `BOS` to `EOS`, then `PAD`.
    """

    source: Tensor
    lengths: Tensor
    target: Tensor


class Take(NamedTuple):
    """One recording: who says which digit, in which take, and its samples."""

    digit: int
    speaker: str
    take: int
    sound: Tensor


def read_digits(*, path: str | None = None) -> list[Take]:
    """Read the Free Spoken Digit Dataset: 3,000 recordings of six speakers.

    Args:
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: a file is not what its name says.
    """
    folder = find("fsdd", path=path) / "recordings"
    takes = []
    for file in sorted(Path(folder).glob("*.wav")):
        parts = file.stem.split("_")
        if len(parts) != 3 or not parts[0].isdigit() or not parts[2].isdigit():
            raise ValueError(f"{file} is not named DIGIT_SPEAKER_TAKE.wav")
        takes.append(Take(int(parts[0]), parts[1], int(parts[2]), read_wav(file)))
    if not takes:
        raise ValueError(f"{folder} has no wav files")
    return takes


class Digits:
    """Strings of spoken digits, one speaker a string, trained short and tested long.

    Args:
        takes: the recordings.
        batch: strings a step.
        short: fewest and most digits of a training string.
        long: the same for the test.
        held_out: a speaker who is not trained on, and alone is tested; None tests new takes of all.
        count: strings of the test and of the validation.

    Shapes:
        batches: `DigitBatch`.

    Raises:
        ValueError: there is no such speaker, no recording for a split, or `batch` is below 1.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        takes: Sequence[Take],
        *,
        batch: int = 32,
        short: tuple[int, int] = (2, 5),
        long: tuple[int, int] = (6, 12),
        held_out: str | None = None,
        count: int = 210,
    ):
        if batch < 1:
            raise ValueError(f"batch is {batch}; give 1 or more")
        known = sorted({t.speaker for t in takes})
        if held_out is not None and held_out not in known:
            raise ValueError(f"there is no speaker {held_out!r}; there are {', '.join(known)}")
        self.size, self.short, self.long, self.count = batch, short, long, count
        old = [t for t in takes if t.take >= TAKES and t.speaker != held_out]
        new = [t for t in takes if t.take < TAKES]
        tested = [t for t in (new if held_out is None else takes) if held_out in (None, t.speaker)]
        self._takes = {"train": old, "valid": [t for t in new if t.speaker != held_out]}
        self._takes["test"] = tested
        empty = [name for name, some in self._takes.items() if not some]
        if empty:
            raise ValueError(f"there are no recordings for {', '.join(empty)}")
        self._spoken = {
            split: {s: [t for t in some if t.speaker == s] for s in known}
            for split, some in self._takes.items()
        }

    def lengths(self, split: str) -> list[int]:
        """How many digits the strings of a split have."""
        if split not in self._takes:
            raise ValueError(f"there is no split {split!r}; there are train, valid and test")
        low, high = self.long if split == "test" else self.short
        return list(range(low, high + 1))

    def string(self, split: str, digits: int, rng: Random) -> tuple[Tensor, list[int]]:
        """Put a string together: its sound and its digits, with short pauses between."""
        spoken = self._spoken[split]
        mine = spoken[rng.choice([speaker for speaker, takes in spoken.items() if takes])]
        some = [rng.choice(mine) for _ in range(digits)]
        parts = []
        for take in some:
            parts += [take.sound, torch.zeros(rng.randrange(0, 1600))]
        noise = torch.Generator().manual_seed(rng.randrange(2**31))
        sound = torch.cat(parts)
        return sound + 0.003 * torch.randn(len(sound), generator=noise), [t.digit for t in some]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[DigitBatch]:
        """Yield batches; batch i is a function of (split, seed, i), one length of string each."""
        lengths = self.lengths(split)
        i = start
        while split == "train" or i * self.size < self.count:
            rng = Random(f"digits {split} {seed if split == 'train' else 0} {i}")
            digits = rng.choice(lengths) if split == "train" else lengths[i % len(lengths)]
            count = self.size if split == "train" else min(self.size, self.count - i * self.size)
            yield _packed([self.string(split, digits, rng) for _ in range(count)])
            i += 1

    def step(self, model: nn.Module, batch: DigitBatch) -> Step:
        """Return the mean negative log-likelihood a token, `EOS` included."""
        likely = model(batch.source, batch.lengths, batch.target)
        tokens = (batch.target[:, 1:] != PAD).sum()
        loss = -likely.sum() / tokens
        return Step(loss, {"nats": loss.detach(), "count": tokens.float()})

    def read_line(self, text: str) -> Line:
        """Read a wav file of a person's own; a label a frame is its time in seconds.

        Raises:
            ValueError: the file cannot be read; it says why.
        """
        frames = log_mel(read_wav(text))
        return Line(frames.unsqueeze(0), [f"{i / 100:.2f}" for i in range(len(frames))], [])

    def spelt(self, numbers: Sequence[int]) -> list[str]:
        """Return the digits of a target up to its end."""
        return _digits(numbers)

    def written(self, tokens: Sequence[str]) -> str:
        """Write digits as text."""
        return " ".join(tokens)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Digit error in percent, over all strings and for each length; for each model."""
        out: dict[str, list[float]] = {}
        lengths = self.lengths(split)
        each = -(-self.count // len(lengths))
        for model in models:
            assert isinstance(model, Seq2Seq)
            edits = said = 0
            for digits in lengths:
                rng = Random(f"digits {split} of {digits}")
                strings = [self.string(split, digits, rng) for _ in range(each)]
                wrong = 0
                for at in range(0, each, self.size):
                    some = strings[at : at + self.size]
                    batch = _packed(some)
                    with torch.no_grad():
                        encoded = model.encoder(batch.source, batch.lengths)
                        told = greedy(model.decoder, encoded, limit=2 * digits + 5)
                    for row, (_, right) in zip(told.tokens.tolist(), some, strict=True):
                        wrong += edit_distance(_digits(row), [str(d) for d in right])
                out.setdefault(f"error_{digits}_digits", []).append(100 * wrong / (each * digits))
                edits, said = edits + wrong, said + each * digits
            out.setdefault("digit_error", []).append(100 * edits / said)
        return out


def _digits(tokens: Sequence[int]) -> list[str]:
    end = tokens.index(EOS) if EOS in tokens else len(tokens)
    return [str(t - FIRST) for t in tokens[:end] if t >= FIRST]


def _packed(strings: Sequence[tuple[Tensor, list[int]]]) -> DigitBatch:
    frames = [log_mel(sound) for sound, _ in strings]
    source = nn.utils.rnn.pad_sequence(frames, batch_first=True)
    targets = [torch.tensor([BOS, *(FIRST + d for d in digits), EOS]) for _, digits in strings]
    return DigitBatch(
        source,
        torch.tensor([len(f) for f in frames]),
        nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=PAD),
    )
