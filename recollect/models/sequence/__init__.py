"""From one sequence to another: encoders, decoders with and without attention, and generation."""

from recollect.models.sequence.beams import beam_search
from recollect.models.sequence.block import TransformerBlock, rotate, sinusoids
from recollect.models.sequence.bounded import SampledChoiceDecoder, VariationalChoiceDecoder
from recollect.models.sequence.copying import CopyEncoder, CopyState, PointerGenerator
from recollect.models.sequence.decoder import BOS, EOS, PAD, UNKNOWN, Decoder, Seq2Seq
from recollect.models.sequence.encoder import Encoded, Encoder, PyramidEncoder, RecurrentEncoder
from recollect.models.sequence.generate import Generated, greedy, sample
from recollect.models.sequence.hidden import HiddenChoiceDecoder, HiddenChoiceState
from recollect.models.sequence.language import LanguageModel, MaskedLanguageModel
from recollect.models.sequence.near import NearEncoder
from recollect.models.sequence.pointing import PointerNetwork, PointerState
from recollect.models.sequence.recurrent import Looked, RecurrentDecoder, RecurrentState
from recollect.models.sequence.strided import StridedEncoder
from recollect.models.sequence.transformer import (
    TransformerDecoder,
    TransformerEncoder,
    TransformerState,
)

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "UNKNOWN",
    "CopyEncoder",
    "CopyState",
    "Decoder",
    "Encoded",
    "Encoder",
    "Generated",
    "HiddenChoiceDecoder",
    "HiddenChoiceState",
    "LanguageModel",
    "Looked",
    "MaskedLanguageModel",
    "NearEncoder",
    "PointerGenerator",
    "PointerNetwork",
    "PointerState",
    "PyramidEncoder",
    "RecurrentDecoder",
    "RecurrentEncoder",
    "RecurrentState",
    "SampledChoiceDecoder",
    "Seq2Seq",
    "StridedEncoder",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerEncoder",
    "TransformerState",
    "VariationalChoiceDecoder",
    "beam_search",
    "greedy",
    "rotate",
    "sample",
    "sinusoids",
]
