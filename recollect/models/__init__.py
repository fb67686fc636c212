"""Models that are trained and asked: each is built of the parts below it."""

from recollect.models.chain_reader import Chain, ChainReader, ChainReading
from recollect.models.entity import EntityNetwork, EntityRun
from recollect.models.event_memory import EventMemory
from recollect.models.kv_memory import (
    KeyHash,
    KeyValueMemory,
    KeyValueSlots,
    sentence_slots,
    triple_slots,
    window_slots,
)
from recollect.models.memn2n import MemN2N, position_encoding
from recollect.models.memnn import MemNN, MemNNChoice, MemNNLoss
from recollect.models.ntm_start import writing_in_order
from recollect.models.process_memory import ProcessMemory
from recollect.models.relation_memory import Derivation, RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.models.sequence import (
    BOS,
    EOS,
    PAD,
    UNKNOWN,
    Decoder,
    Encoded,
    Encoder,
    Generated,
    HiddenChoiceDecoder,
    HiddenChoiceState,
    LanguageModel,
    MaskedLanguageModel,
    PyramidEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    RecurrentState,
    SampledChoiceDecoder,
    Seq2Seq,
    TransformerBlock,
    TransformerDecoder,
    TransformerEncoder,
    TransformerState,
    beam_search,
    greedy,
    rotate,
    sample,
)
from recollect.models.sequences import CausalTransformer, SequenceModel
from recollect.models.tpr_rnn import TPRRNN, TPRMemory, tensor_scan, tensor_writes
from recollect.models.triple_memory import TripleMemory, Triples, TripleWalk, hop
from recollect.models.window_reader import WindowReader

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "TPRRNN",
    "UNKNOWN",
    "CausalTransformer",
    "Chain",
    "ChainReader",
    "ChainReading",
    "Decoder",
    "Derivation",
    "Encoded",
    "Encoder",
    "EntityNetwork",
    "EntityRun",
    "EventMemory",
    "Generated",
    "HiddenChoiceDecoder",
    "HiddenChoiceState",
    "KeyHash",
    "KeyValueMemory",
    "KeyValueSlots",
    "LanguageModel",
    "MaskedLanguageModel",
    "MemN2N",
    "MemNN",
    "MemNNChoice",
    "MemNNLoss",
    "ProcessMemory",
    "PyramidEncoder",
    "RecurrentDecoder",
    "RecurrentEncoder",
    "RecurrentState",
    "SampledChoiceDecoder",
    "RelationMemory",
    "RelationReader",
    "Seq2Seq",
    "SequenceModel",
    "TPRMemory",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerEncoder",
    "TransformerState",
    "TripleMemory",
    "TripleWalk",
    "Triples",
    "WindowReader",
    "beam_search",
    "greedy",
    "hop",
    "position_encoding",
    "rotate",
    "sample",
    "sentence_slots",
    "tensor_scan",
    "tensor_writes",
    "triple_slots",
    "window_slots",
    "writing_in_order",
]
