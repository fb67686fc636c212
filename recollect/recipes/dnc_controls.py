"""More controls of the graph tasks, and those of bAbI as words: as large as the DNC beside them.

A transformer that looks back only, and a Neural Turing Machine with a feed-forward controller, on
the same lessons as the DNC and the LSTM of `recollect.recipes.dnc`.
"""

from dataclasses import dataclass, replace
from typing import cast

from torch import nn

from recollect.cells import ConstantMemory, NTMCell, Recurrent, feedforward
from recollect.models.ntm_start import writing_in_order
from recollect.models.sequences import CausalTransformer, SequenceModel
from recollect.recipes.dnc import (
    Sized,
    babi_words_dnc,
    dnc_family,
    dnc_shortest_path,
    dnc_shrdlu,
    dnc_traversal,
)
from recollect.tasks.babi_words import BabiWords
from recollect.tasks.base import Task
from recollect.train import Adam, Config, ModelConfig

__all__ = [
    "GraphNTMConfig",
    "GraphTransformerConfig",
    "WordLSTMConfig",
    "WordNTMConfig",
    "WordTransformerConfig",
    "lstm_babi_words",
    "ntm_ff_babi_words",
    "ntm_ff_family",
    "ntm_ff_shortest_path",
    "ntm_ff_shrdlu",
    "ntm_ff_traversal",
    "transformer_babi_words",
    "transformer_family",
    "transformer_shortest_path",
    "transformer_shrdlu",
    "transformer_traversal",
]


@dataclass(frozen=True, kw_only=True)
class GraphTransformerConfig(ModelConfig):
    """The control that keeps all it was told: a transformer that looks back only."""

    width: int = 74
    """Numbers of a step in every layer."""
    layers: int = 3
    """Layers of attention."""
    heads: int = 2
    """Heads of a layer."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        sized = cast(Sized, task)
        core = CausalTransformer(
            sized.inputs, width=self.width, layers=self.layers, heads=self.heads
        )
        return SequenceModel(core, nn.Linear(self.width, sized.outputs))


@dataclass(frozen=True, kw_only=True)
class GraphNTMConfig(ModelConfig):
    """A Neural Turing Machine with a feed-forward controller, and a memory as wide as the DNC's."""

    hidden: int = 385
    """Units of the controller."""
    slots: int = 128
    """Slots: as many as the longest sequences have steps."""
    width: int = 48
    """Numbers a slot holds."""
    reads: int = 2
    """Read heads."""
    piece: int = 20
    """Steps after which the gradient of the state is bounded."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        sized = cast(Sized, task)
        cell = NTMCell(
            sized.inputs,
            output_size=sized.outputs,
            controller=feedforward(self.hidden),
            memory=ConstantMemory(self.slots, self.width),
            heads=(self.reads, 1),
        )
        return SequenceModel(Recurrent(writing_in_order(cell)), piece=self.piece)


@dataclass(frozen=True, kw_only=True)
class WordLSTMConfig(ModelConfig):
    """An LSTM that reads words."""

    hidden: int = 390
    """Units."""
    width: int = 256
    """Numbers a word is made into."""

    def build(self, task: Task) -> nn.Module:
        """Make the model."""
        vocab = len(cast(BabiWords, task).vocab)
        core = nn.LSTM(self.width, self.hidden, batch_first=True)
        model = SequenceModel(core, nn.Linear(self.hidden, vocab))
        return nn.Sequential(nn.Embedding(vocab, self.width), model)


@dataclass(frozen=True, kw_only=True)
class WordTransformerConfig(ModelConfig):
    """A transformer that reads words and looks back only."""

    width: int = 166
    """Numbers of a word in every layer."""
    layers: int = 3
    """Layers of attention."""
    heads: int = 2
    """Heads of a layer."""
    words: int = 256
    """Numbers a word is made into."""

    def build(self, task: Task) -> nn.Module:
        """Make the model."""
        vocab = len(cast(BabiWords, task).vocab)
        core = CausalTransformer(self.words, width=self.width, layers=self.layers, heads=self.heads)
        model = SequenceModel(core, nn.Linear(self.width, vocab))
        return nn.Sequential(nn.Embedding(vocab, self.words), model)


@dataclass(frozen=True, kw_only=True)
class WordNTMConfig(ModelConfig):
    """A Neural Turing Machine with a feed-forward controller that reads words."""

    hidden: int = 897
    """Units of the controller."""
    words: int = 256
    """Numbers a word is made into."""
    slots: int = 256
    """Slots of the memory."""
    width: int = 64
    """Numbers a slot holds."""
    reads: int = 4
    """Read heads."""
    piece: int = 20
    """Steps after which the gradient of the state is bounded."""

    def build(self, task: Task) -> nn.Module:
        """Make the model."""
        vocab = len(cast(BabiWords, task).vocab)
        cell = NTMCell(
            self.words,
            output_size=vocab,
            controller=feedforward(self.hidden),
            memory=ConstantMemory(self.slots, self.width),
            heads=(self.reads, 1),
        )
        model = SequenceModel(Recurrent(writing_in_order(cell)), piece=self.piece)
        return nn.Sequential(nn.Embedding(vocab, self.words), model)


def _transformer(machine: Config, model: ModelConfig) -> Config:
    """Put a transformer in the machine's place, with half of its rate; all else stays as it is."""
    optim = machine.optim
    assert isinstance(optim, Adam)
    return replace(machine, model=model, optim=replace(optim, lr=optim.lr / 2))


def transformer_traversal() -> Config:
    """Transformer of as many parameters as the DNC: walks on graphs, the same lessons."""
    return _transformer(dnc_traversal(), GraphTransformerConfig())


def transformer_family() -> Config:
    """Transformer of as many parameters as the DNC: relatives, the same lessons."""
    return _transformer(dnc_family(), GraphTransformerConfig())


def transformer_shortest_path() -> Config:
    """Transformer of as many parameters as the DNC: shortest paths, the same lessons."""
    return _transformer(dnc_shortest_path(), GraphTransformerConfig())


def transformer_shrdlu() -> Config:
    """Transformer of as many parameters as the DNC: Mini-SHRDLU, the same lessons."""
    return _transformer(dnc_shrdlu(), GraphTransformerConfig(width=70))


def ntm_ff_traversal() -> Config:
    """Feed-forward NTM of as many parameters as the DNC: walks on graphs, the same lessons."""
    return replace(dnc_traversal(), model=GraphNTMConfig())


def ntm_ff_family() -> Config:
    """Feed-forward NTM of as many parameters as the DNC: relatives, the same lessons."""
    return replace(dnc_family(), model=GraphNTMConfig())


def ntm_ff_shortest_path() -> Config:
    """Feed-forward NTM of as many parameters as the DNC: shortest paths, the same lessons."""
    return replace(dnc_shortest_path(), model=GraphNTMConfig())


def ntm_ff_shrdlu() -> Config:
    """Feed-forward NTM of as many parameters as the DNC: Mini-SHRDLU, the same lessons."""
    return replace(dnc_shrdlu(), model=GraphNTMConfig(hidden=430))


def lstm_babi_words() -> Config:
    """LSTM of as many parameters as the DNC: all twenty bAbI tasks as one stream of words."""
    return replace(babi_words_dnc(), model=WordLSTMConfig())


def transformer_babi_words() -> Config:
    """Transformer of as many parameters as the DNC: bAbI as one stream of words."""
    return replace(babi_words_dnc(), model=WordTransformerConfig())


def ntm_ff_babi_words() -> Config:
    """Feed-forward NTM of as many parameters as the DNC: bAbI as one stream of words."""
    return replace(babi_words_dnc(), model=WordNTMConfig())
