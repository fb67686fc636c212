"""The five tasks of the Neural Turing Machine (Graves, Wayne and Danihelka 2014), with controls.

Each task has four recipes: the machine with an LSTM (`ntm-copy`) and with a feed-forward controller
(`ntm-ff-copy`), and as controls an LSTM (`lstm-copy`) and a transformer (`transformer-copy`) of as
many parameters as the first, trained on as many sequences.

The authors trained with RMSprop on up to a million sequences. Here it is Adam on a fraction of
them, from a memory that is constant (Collier and Beel 2018) and a start in which write heads
walk and read heads look for content (`recollect.models.writing_in_order`); gradients have a norm of
0.1 at most, since one large one undoes what was learnt; the rate falls to 2 % in the end. Of each
seed the weights are kept that were best on the valid split, whose sizes, `task.valid`, are stated
before training.
"""

from dataclasses import replace

from recollect.recipes.ntm_engine import FusedAdam, HoldCosine, KeepBest
from recollect.recipes.ntm_models import (
    FeedforwardNTMConfig,
    LSTMConfig,
    MemoryConfig,
    NTMConfig,
    TransformerConfig,
)
from recollect.recipes.ntm_tasks import (
    CopyConfig,
    NGramsConfig,
    RecallConfig,
    RepeatCopyConfig,
    SortConfig,
)
from recollect.train import Config, LoopConfig, ModelConfig, TaskConfig

__all__ = [
    "lstm_copy",
    "lstm_ngram",
    "lstm_recall",
    "lstm_repeat_copy",
    "lstm_sort",
    "ntm_copy",
    "ntm_ff_copy",
    "ntm_ff_ngram",
    "ntm_ff_recall",
    "ntm_ff_repeat_copy",
    "ntm_ff_sort",
    "ntm_ngram",
    "ntm_recall",
    "ntm_repeat_copy",
    "ntm_sort",
    "transformer_copy",
    "transformer_ngram",
    "transformer_recall",
    "transformer_repeat_copy",
    "transformer_sort",
]


def _config(
    task: TaskConfig,
    model: ModelConfig,
    *,
    steps: int,
    looks: int = 20,
    lr: float = 5e-3,
    hold: float = 0.3,
) -> Config:
    every = steps // looks
    loop = LoopConfig(
        steps=steps,
        log_every=every,
        eval_every=every,
        save_every=4 * every,
        train_batches=8,
        choose="valid/loss",
    )
    optim = FusedAdam(lr=lr, schedule=HoldCosine(hold=hold), clip=0.1)
    return Config(task=task, model=model, optim=optim, loop=loop, engine=KeepBest(settle=0.1))


def _lstm(machine: Config, *, hidden: int) -> Config:
    """Put an LSTM in the machine's place; everything else stays as it is."""
    return replace(machine, model=LSTMConfig(hidden=hidden))


def _transformer(machine: Config, *, width: int, heads: int = 4) -> Config:
    """Put a transformer in the machine's place, with a lower rate that rises first."""
    optim = FusedAdam(lr=1e-3, schedule=HoldCosine(hold=0.5, warmup=100), clip=1.0)
    return replace(machine, model=TransformerConfig(width=width, heads=heads), optim=optim)


# A memory has at least as many slots as most training sequences have steps.
_COPY = MemoryConfig(slots=64)
_REPEAT_COPY = MemoryConfig(slots=128)
_RECALL = MemoryConfig(slots=32)
_SORT = MemoryConfig(slots=64, heads=(3, 1))
_NGRAM = MemoryConfig(slots=208)


def _copy(model: ModelConfig) -> Config:
    return _config(CopyConfig(), model, steps=1200, looks=20, hold=0.6)


def _repeat_copy(model: ModelConfig) -> Config:
    return _config(RepeatCopyConfig(), model, steps=4000, hold=0.5)


def _recall(model: ModelConfig) -> Config:
    return _config(RecallConfig(), model, steps=800, looks=16, lr=3e-3, hold=0.4)


def _sort(model: ModelConfig) -> Config:
    # Lists of all sizes: from 20 vectors alone less is learnt of order in as much time.
    return _config(SortConfig(vectors=(2, 20)), model, steps=60_000, hold=0.5)


def _ngram(model: ModelConfig) -> Config:
    return _config(NGramsConfig(), model, steps=2000, looks=10, hold=0.5)


def ntm_copy() -> Config:
    """Copy: the Neural Turing Machine with an LSTM."""
    return _copy(NTMConfig(memory=_COPY))


def ntm_ff_copy() -> Config:
    """Copy: the Neural Turing Machine with a feed-forward controller."""
    return _copy(FeedforwardNTMConfig(memory=_COPY))


def lstm_copy() -> Config:
    """Copy: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_copy(), hidden=82)


def transformer_copy() -> Config:
    """Copy: a transformer with as many parameters as the machine."""
    return _transformer(ntm_copy(), width=28)


def ntm_repeat_copy() -> Config:
    """Repeat copy: the Neural Turing Machine with an LSTM."""
    return _repeat_copy(NTMConfig(memory=_REPEAT_COPY))


def ntm_ff_repeat_copy() -> Config:
    """Repeat copy: the Neural Turing Machine with a feed-forward controller."""
    return _repeat_copy(FeedforwardNTMConfig(memory=_REPEAT_COPY))


def lstm_repeat_copy() -> Config:
    """Repeat copy: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_repeat_copy(), hidden=82)


def transformer_repeat_copy() -> Config:
    """Repeat copy: a transformer with as many parameters as the machine."""
    return _transformer(ntm_repeat_copy(), width=28)


def ntm_recall() -> Config:
    """Associative recall: the Neural Turing Machine with an LSTM."""
    return _recall(NTMConfig(memory=_RECALL))


def ntm_ff_recall() -> Config:
    """Associative recall: the Neural Turing Machine with a feed-forward controller."""
    return _recall(FeedforwardNTMConfig(memory=_RECALL))


def lstm_recall() -> Config:
    """Associative recall: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_recall(), hidden=82)


def transformer_recall() -> Config:
    """Associative recall: a transformer with as many parameters as the machine."""
    return _transformer(ntm_recall(), width=28)


def ntm_sort() -> Config:
    """Priority sort: the Neural Turing Machine with an LSTM."""
    return _sort(NTMConfig(memory=_SORT))


def ntm_ff_sort() -> Config:
    """Priority sort: the Neural Turing Machine with a feed-forward controller."""
    return _sort(FeedforwardNTMConfig(memory=_SORT))


def lstm_sort() -> Config:
    """Priority sort: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_sort(), hidden=100)


def transformer_sort() -> Config:
    """Priority sort: a transformer with as many parameters as the machine."""
    return _transformer(ntm_sort(), width=34, heads=2)


def ntm_ngram() -> Config:
    """Dynamic 6-grams: the Neural Turing Machine with an LSTM."""
    return _ngram(NTMConfig(memory=_NGRAM))


def ntm_ff_ngram() -> Config:
    """Dynamic 6-grams: the Neural Turing Machine with a feed-forward controller."""
    return _ngram(FeedforwardNTMConfig(memory=_NGRAM))


def lstm_ngram() -> Config:
    """Dynamic 6-grams: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_ngram(), hidden=82)


def transformer_ngram() -> Config:
    """Dynamic 6-grams: a transformer with as many parameters as the machine."""
    return _transformer(ntm_ngram(), width=28)
