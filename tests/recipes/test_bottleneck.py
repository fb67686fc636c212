"""The record and the plot of BLEU by length, on a corpus made up."""

import pytest

from recollect.recipes import bottleneck
from recollect.results import figure
from recollect.tasks.pairs import Corpus, Pair, Pairs, concatenated


def task(joined=True):
    def row(i):
        words = tuple(f"w{j}" for j in range(5 + i % 16))
        return Pair(words, (words,))

    plain = Corpus({name: [row(i) for i in range(48)] for name in ("train", "valid", "test")})
    return Pairs(concatenated(plain, most=2, test=3) if joined else plain, translation=True)


def test_groups_are_captions_by_words_and_captions_in_a_row():
    found = {group.name: group for group in bottleneck.groups(task())}
    single = [g for name, g in found.items() if name.startswith("words_")]
    assert sorted(r for g in single for r in g.rows) == list(range(48))
    assert found["words_1_to_10"].words == pytest.approx(7.5)
    assert [found[f"captions_{n}"].split for n in (1, 2, 3)] == ["test", "test2", "test3"]
    assert found["captions_3"].words == pytest.approx(3 * found["captions_1"].words)
    with pytest.raises(ValueError, match="multi30k-joined"):
        bottleneck.groups(task(joined=False))


def test_the_plot_is_drawn_from_a_record(tmp_path):
    pytest.importorskip("matplotlib")
    metrics = {}
    for group in bottleneck.groups(task()):
        metrics[f"{group.name}_words"] = figure([group.words])
        for run in ("multi30k-joined", "multi30k-joined-none"):
            metrics[f"{run}_{group.name}_bleu"] = figure([20.0])
    bottleneck.plot(metrics, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 5000
