"""Sound as frames: a wav file, and the logarithm of its power in mel bands.

Shape letters: ``L`` samples, ``N`` frames, ``F`` bands, ``W`` bins of the spectrum.
"""

from __future__ import annotations

import math
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

__all__ = ["log_mel", "mel_filters", "read_wav"]

RATE = 8000
"""Samples a second."""
WINDOW, HOP = 256, 80
"""Samples of a frame (32 ms) and from one to the next (10 ms)."""


def read_wav(file: str | Path, *, rate: int = RATE) -> Tensor:
    """Read a wav file of 16 bits, one channel and a known rate, as numbers from -1 to 1.

    Shapes:
        -> ``(L,)``.

    Raises:
        ValueError: it is missing, empty, no wav, of another rate or width, stereo, or cut off.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        with wave.open(str(path)) as sound:
            channels, width, found, frames = sound.getparams()[:4]
            data = sound.readframes(frames)
    except (wave.Error, EOFError, RuntimeError) as error:  # RuntimeError: a chunk with no end
        why = f" ({error})" if str(error) else ""
        raise ValueError(f"{path} is no wav file that can be read{why}") from error
    if found != rate:
        raise ValueError(
            f"{path} has {found} samples a second, not {rate}: convert it, such as with "
            f"sox {path.name} -r {rate} out.wav"
        )
    if channels != 1 or width != 2:
        raise ValueError(
            f"{path} has {channels} channel{'s' * (channels > 1)} of {8 * width} bits, not one of "
            f"16: convert it, such as with sox {path.name} -c 1 -b 16 out.wav"
        )
    if len(data) != frames * width:
        raise ValueError(f"{path} is cut off: {len(data) // width} of {frames} samples are there")
    if not frames:
        raise ValueError(f"{path} has no sound in it: 0 samples")
    return torch.from_numpy(np.frombuffer(data, "<i2").astype(np.float32) / 32768)


@lru_cache(maxsize=8)
def mel_filters(bands: int = 40, rate: int = RATE, window: int = WINDOW) -> Tensor:
    r"""Make triangles of equal width on the mel scale.

    .. math:: \mathrm{mel}(f) = 2595 \, \log_{10}(1 + f / 700)

    O'Shaughnessy 1987; triangles from 20 Hz to half the rate.

    Shapes:
        -> ``(F, W)``, W being half the window and one.
    """
    to_mel = lambda f: 2595 * math.log10(1 + f / 700)  # noqa: E731
    low, high = to_mel(20.0), to_mel(rate / 2)
    mels = torch.linspace(low, high, bands + 2, dtype=torch.float64)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0).float()


def log_mel(sound: Tensor, *, bands: int = 40) -> Tensor:
    """Turn samples into frames: log-power in mel bands, each recording centred and scaled.

    Shapes:
        ``(L,)`` -> ``(N, F)``, a frame every 10 ms; at least one.

    >>> log_mel(torch.zeros(8000)).shape
    torch.Size([101, 40])
    """
    if len(sound) < WINDOW:
        sound = torch.nn.functional.pad(sound, (0, WINDOW - len(sound)))
    spectrum = torch.stft(sound, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True)
    power = mel_filters(bands) @ spectrum.abs().square()
    frames = (power + 1e-6).log().T
    return (frames - frames.mean()) / frames.std().clamp(min=1e-3)
