"""Speech: sound as frames, and connected spoken digits."""

from recollect.tasks.speech.digits import DigitBatch, Digits, read_digits
from recollect.tasks.speech.sound import log_mel, mel_filters, read_wav

__all__ = ["DigitBatch", "Digits", "log_mel", "mel_filters", "read_digits", "read_wav"]
