"""Connected spoken digits: recordings of single ones, put together into strings of any length.

A model trained on short strings is asked for longer ones: attention by content alone does not know
which of many alike sounds comes next.

Shape letters: ``B`` batch, ``N`` frames, ``F`` bands, ``T`` tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from recollect.tasks.speech.sound import RATE, WINDOW, log_mel, read_wav

__all__ = ["DigitBatch", "DigitWords", "Digits", "read_digits"]

FIRST = 4
"""The token of the digit 0."""
TESTED, VALID = range(5), range(5, 10)
"""Takes 0 to 4 of every digit and speaker test, as published; 5 to 9 validate, the others train."""
SPEEDS = (0.87, 1.15)
"""The slowest and the fastest a training string is played, against how it was said."""
TESTED_SECONDS = 12
"""How long the longest strings that are tested last, at most."""
CLOSE = 1600
"""Samples of silence behind a string: something to look at when all digits are said."""


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


@dataclass(frozen=True)
class DigitWords:
    """How a person's own sound is read, and how what a model hears is written: ten digits."""

    def read_line(self, text: str) -> Line:
        """Read a wav file; a label a frame is its time in seconds.

        A sound that is longer than any string that was tested is read, and the note says so.

        Raises:
            ValueError: the file cannot be read, or there is nothing to hear; it says why.
        """
        sound = read_wav(text)
        if len(sound) < WINDOW:
            raise ValueError(f"{text} is too short: {len(sound)} samples, and a frame has {WINDOW}")
        if float(sound.max() - sound.min()) == 0:
            raise ValueError(f"{text} is silent: all of its samples are alike")
        frames, seconds = log_mel(sound), len(sound) / RATE
        note = ""
        if seconds > TESTED_SECONDS:
            note = (
                f"{seconds:.0f} s of sound are more than was ever tested "
                f"(twelve digits, {TESTED_SECONDS} s); what is heard may be wrong"
            )
        return Line(frames.unsqueeze(0), [f"{i / 100:.2f}" for i in range(len(frames))], [], note)

    def spelt(self, numbers: Sequence[int], labels: Sequence[str] = ()) -> list[str]:
        """Return the digits of a target up to its end; the labels do not matter."""
        return _digits(numbers)

    def written(self, tokens: Sequence[str]) -> str:
        """Write digits as text."""
        return " ".join(tokens)

    def plain(self, text: str) -> str:
        """Write a text of the data as people do: it is so already."""
        return text

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Give the digits, or the times of a sound, as a picture shows them."""
        return list(tokens)


class Digits:
    """Strings of spoken digits, one speaker a string, trained short and tested long.

    Args:
        takes: the recordings.
        batch: strings a step.
        short: fewest and most digits of a training string.
        long: fewest and most of a string that is longer than any of the training.
        held_out: a speaker who is not trained on, and alone is tested; None tests new takes of all.
        count: strings that are tested, of all long lengths together, and as many validate.

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
        count: int = 420,
    ):
        if batch < 1:
            raise ValueError(f"batch is {batch}; give 1 or more")
        known = sorted({t.speaker for t in takes})
        if held_out is not None and held_out not in known:
            raise ValueError(f"there is no speaker {held_out!r}; there are {', '.join(known)}")
        self.size, self.short, self.long, self.count = batch, short, long, count
        self.learnt = DigitWords()
        ours = [t for t in takes if t.speaker != held_out]
        kept = {*TESTED, *VALID}
        self._takes = {
            "train": [t for t in ours if t.take not in kept],
            "valid": [t for t in ours if t.take in VALID],
            "test": [t for t in ours if t.take in TESTED]
            if held_out is None
            else [t for t in takes if t.speaker == held_out],
        }
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
        """Put a string together: its sound and its digits, with short pauses between, and silence.

        Training plays each string a little slower or faster, and so lower or higher.
        """
        spoken = self._spoken[split]
        mine = spoken[rng.choice([speaker for speaker, takes in spoken.items() if takes])]
        some = [rng.choice(mine) for _ in range(digits)]
        parts = []
        for take in some:
            parts += [take.sound, torch.zeros(rng.randrange(0, 1600))]
        parts.append(torch.zeros(CLOSE))
        noise = torch.Generator().manual_seed(rng.randrange(2**31))
        sound = torch.cat(parts)
        if split == "train":
            sound = _played(sound, rng.uniform(*SPEEDS))
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

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Digit error in percent: edits over digits, by the number of digits and over all.

        Of the test `digit_error` is over the strings longer than those of the training, and
        `digit_error_short` over new strings as long as those. Digits are said greedily.
        """
        longer = self.lengths(split)
        trained = [n for n in self.lengths("train") if n not in longer]
        each = -(-self.count // len(longer))
        out: dict[str, list[float]] = {}
        wrong = {n: self._wrong(models, split, n, each) for n in [*trained, *longer]}
        for n, edits in wrong.items():
            out[f"error_{n}_digits"] = [100 * e / (each * n) for e in edits]
        for name, lengths in (("digit_error", longer), ("digit_error_short", trained)):
            if lengths:
                edits = [sum(row) for row in zip(*(wrong[n] for n in lengths), strict=True)]
                out[name] = [100 * e / (each * sum(lengths)) for e in edits]
        return out

    @torch.no_grad()
    def _wrong(self, models: Sequence[nn.Module], split: str, digits: int, count: int) -> list[int]:
        """Count for each model the edits from what is said to what is right, of one length."""
        rng = Random(f"digits {split} of {digits}")
        strings = [self.string(split, digits, rng) for _ in range(count)]
        edits = [0 for _ in models]
        for at in range(0, count, self.size):
            some = strings[at : at + self.size]
            batch = _packed(some)
            for m, model in enumerate(models):
                assert isinstance(model, Seq2Seq)
                encoded = model.encoder(batch.source, batch.lengths)
                told = greedy(model.decoder, encoded, limit=2 * digits + 5)
                for row, (_, right) in zip(told.tokens.tolist(), some, strict=True):
                    edits[m] += edit_distance(_digits(row), [str(d) for d in right])
        return edits


def _played(sound: Tensor, speed: float) -> Tensor:
    """Sound at another speed, as a tape is: by interpolation between samples."""
    size = max(1, round(len(sound) / speed))
    return nn.functional.interpolate(sound.view(1, 1, -1), size=size, mode="linear").view(-1)


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
