"""Pairs whose words may be copied: numbers of a source's own words, and what is told of them."""

import pytest
import torch

from recollect.models import BOS, EOS, PAD, UNKNOWN
from recollect.recipes.copying import CopySeq2Seq
from recollect.recipes.inflection import (
    InflectedConfig,
    inflection_copy,
    inflection_monotone,
    inflection_none,
    inflection_soft,
)
from recollect.tasks.pairs import (
    CopyPairs,
    Corpus,
    Pair,
    Pairs,
    affix_rules,
    inflection,
    own_numbers,
    own_words,
)
from recollect.testing import check_task

TRAIN = [
    Pair(("a", "b", "<V>"), (("b", "a"),)),
    Pair(("b", "c", "a", "<V>"), (("c", "c"),)),
    Pair(("c", "<N>"), (("c", "a"),)),
    Pair(("a", "<N>"), (("a", "a"),)),
    Pair(("b", "b", "a", "<N>"), (("a", "b", "c"),)),
    Pair(("c", "b", "<V>"), (("b", "c"),)),
]
TEST = [Pair(("x", "a", "x", "<N>"), (("a", "x", "z"),)), Pair(("b", "<V>"), (("b",),))]


def _task(**flags):
    corpus = Corpus({"train": TRAIN, "valid": TEST, "test": TEST}, "", "")
    return CopyPairs(Pairs(corpus, batch=2, **flags))


def test_a_task_is_a_task():
    task = _task()
    check_task(task, model=CopySeq2Seq(size=4).build(task))


def test_numbers_of_own_words_are_places_and_come_back():
    task = _task()
    size = len(task.target)
    own = own_numbers(("x", "a", "x", "<N>"), task.target)
    assert own == {"x": size, "<N>": size + 3}
    (batch,) = task.batches("test", seed=0)
    assert batch.rows.tolist() == [1, 0]  # by length
    known = task.target.numbers
    assert batch.source[1, :, 1].tolist() == [size, known["a"], size, size + 3]
    assert batch.source[0, :, 1].tolist() == [known["b"], size + 1, PAD, PAD]
    # z is nowhere: unknown; x is the source's own
    assert batch.target[1].tolist() == [BOS, known["a"], size, UNKNOWN, EOS]
    told = own_words([known["a"], size, size + 3, EOS, 4], ["x", "a", "x", "<N>"], task.target)
    assert told == ["a", "x", "<N>"]


def test_a_line_is_read_as_the_data_is():
    task = _task()
    line = task.learnt.read_line("xax")
    assert line.source.shape == (1, 3, 2) and line.strange == ["x"]
    size = len(task.target)
    assert line.source[0, :, 1].tolist() == [size, task.target.numbers["a"], size]
    plain = CopyPairs(task.inner, copies=False)
    assert plain.learnt.read_line("aba").source.shape == (1, 3)
    assert plain.learnt.spelt([4, EOS]) == [task.target.tokens[4]]


class Oracle(torch.nn.Module):
    """Stands for a model: its likelihood is flat, and what it tells is right or wrong by rule."""

    def forward(self, source, lengths, target):
        return -(target[:, 1:] != PAD).sum(-1).float()


def test_what_is_told_is_judged_with_the_own_words(monkeypatch):
    task = _task()

    def tell(model, batch):
        from recollect.models import Generated

        return Generated(batch.target[:, 1:], torch.zeros(len(batch.target)), None)

    monkeypatch.setattr(task, "tell", tell)
    found = task.evaluate([Oracle()], split="test")
    assert found["accuracy"] == [50.0], "b is right, a x <unk> is not a x z"
    assert found["token_error"] == [25.0] and found["nats"] == [1.0]


@pytest.mark.parametrize(
    "recipe", [inflection_none, inflection_soft, inflection_copy, inflection_monotone]
)
def test_recipes_build_models_of_one_size(dataset, recipe):
    dataset("sigmorphon2017")
    config = recipe()
    task = config.task.build()
    assert task.copies == (recipe is inflection_copy)
    model = config.model.build(task)
    soft = inflection_soft().model.build(InflectedConfig().build())
    count = sum(p.numel() for p in model.parameters())
    assert abs(count / sum(p.numel() for p in soft.parameters()) - 1) < 0.11
    batch = next(task.batches("train", seed=0))
    assert task.step(model, batch).loss.isfinite()


def test_a_persons_line(dataset):
    dataset("sigmorphon2017")
    task = CopyPairs(Pairs(inflection("german")))
    line = task.learnt.read_line("sagen V;PST")
    assert line.labels == [*"sagen", "<V>", "<PST>"] and not line.strange
    assert line.source[0, 5:, 1].tolist() == [len(task.target) + 5, len(task.target) + 6]


def test_rules_of_affixes():
    def pair(stem, form, *features):
        return Pair((*stem, *features), (tuple(form),))

    say = affix_rules(
        [
            pair("schielen", "geschielt", "<V.PTCP>", "<PST>"),
            pair("walk", "walked", "<PST>"),
            pair("carry", "carried", "<PST>"),
        ]
    )
    assert "".join(say((*"kaufen", "<V.PTCP>", "<PST>"))) == "gekauft"
    assert "".join(say((*"marry", "<PST>"))) == "married"
    assert "".join(say((*"jump", "<PST>"))) == "jumped"
    assert "".join(say((*"jump", "<FUT>"))) == "jump", "features without a rule"
    backwards = affix_rules([pair("ab", "nab", "<1>"), pair("cb", "ncb", "<1>")])
    assert "".join(backwards((*"db", "<1>"))) == "ndb"


def test_what_is_beside_is_measured():
    task = CopyPairs(
        _task().inner, beside={"same": lambda source: [s for s in source if s != "<V>"]}
    )
    assert task.evaluate([], split="test") == {"same_accuracy": [50.0]}
