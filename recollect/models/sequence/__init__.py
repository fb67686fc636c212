"""From one sequence to another: encoders, decoders with and without attention, and generation."""

from recollect.models.sequence.decoder import BOS, EOS, PAD, UNKNOWN, Decoder, Seq2Seq
from recollect.models.sequence.encoder import Encoded, Encoder, PyramidEncoder, RecurrentEncoder
from recollect.models.sequence.generate import Generated, beam_search, greedy, sample
from recollect.models.sequence.hidden import (
    HiddenChoiceDecoder,
    HiddenChoiceState,
    SampledChoiceDecoder,
)
from recollect.models.sequence.recurrent import RecurrentDecoder, RecurrentState
from recollect.models.sequence.transformer import (
    LanguageModel,
    MaskedLanguageModel,
    TransformerBlock,
    TransformerDecoder,
    TransformerEncoder,
    TransformerState,
    rotate,
)

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "UNKNOWN",
    "Decoder",
    "Encoded",
    "Encoder",
    "Generated",
    "HiddenChoiceDecoder",
    "HiddenChoiceState",
    "LanguageModel",
    "MaskedLanguageModel",
    "PyramidEncoder",
    "RecurrentDecoder",
    "RecurrentEncoder",
    "RecurrentState",
    "SampledChoiceDecoder",
    "Seq2Seq",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerEncoder",
    "TransformerState",
    "beam_search",
    "greedy",
    "rotate",
    "sample",
]
