"""Speech: sound as frames, and connected spoken digits."""

from recollect.tasks.speech.digits import DigitBatch, Digits, DigitWords, read_digits
from recollect.tasks.speech.sound import log_mel, mel_filters, read_wav

__all__ = [
    "DigitBatch",
    "DigitWords",
    "Digits",
    "log_mel",
    "mel_filters",
    "read_digits",
    "read_wav",
]
