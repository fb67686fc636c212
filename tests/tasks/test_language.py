"""Language models: windows ask for every token once, texts come back whole, continuing is exact."""

import json
import math
from collections import Counter
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.cli.__main__ import main
from recollect.models import LanguageModel, TransformerDecoder, greedy, sample
from recollect.recipes.language import TransformerLM, lm_novels, lm_shakespeare
from recollect.tasks.language import (
    Language,
    Letters,
    Pieces,
    Text,
    continued,
    counted_nats,
    last_weights,
    novels,
    own,
    shakespeare,
)
from recollect.tasks.said import Wish
from recollect.testing import check_task

SONG = "one fish, two fish;\nred fish, blue fish.\n"


def text(train=SONG * 9, valid=SONG * 2, test=SONG + "two fish"):
    return Text(
        {"train": (train, train[5:]), "valid": (valid,), "test": (test,)}, Letters.of(train)
    )


def small(task):
    torch.manual_seed(0)
    return TransformerLM(size=16, layers=2, heads=2).build(task).eval()


def test_the_task_keeps_its_contract():
    task = Language(text(), batch=3, window=8)
    check_task(task, model=small(task))
    check_task(task, model=small(task), split="test")


@given(st.integers(9, 60), st.integers(1, 4), st.sampled_from([2, 4, 8]))
@settings(max_examples=40, deadline=None)
def test_every_token_is_asked_for_once_and_late_in_its_window(length, batch, window):
    numbers = (SONG * 3)[:length]
    task = Language(text(test=numbers), batch=batch, window=window)
    asked = Counter()
    at = task._starts(length)
    rows = [
        (row, mask)
        for b in task.batches("test", seed=0)
        for row, mask in zip(b.tokens, b.asked, strict=True)
    ]
    assert len(rows) == len(at)
    for first, (row, mask) in zip(at, rows, strict=True):
        assert row.tolist() == task.tokens["test"][0][first : first + window + 1].tolist()
        places = [first + 1 + i for i in range(window) if mask[i]]
        assert first == 0 or all(p - first > window // 2 for p in places)
        asked.update(places)
    assert asked == Counter(range(1, length))


def test_the_likelihood_does_not_depend_on_how_windows_are_batched():
    task, other = Language(text(), batch=5, window=8), Language(text(), batch=1, window=8)
    model = small(task)
    one, two = (t.evaluate([model], split="test") for t in (task, other))
    assert one["bits"][0] == pytest.approx(two["bits"][0], abs=1e-5)
    letters = len(SONG + "two fish")
    nats = one["bits"][0] * letters * math.log(2)
    assert one["perplexity_token"][0] == pytest.approx(math.exp(nats / (letters - 1)), rel=1e-5)


def test_counts_are_a_distribution_and_learn():
    letters = "ab" * 30 + "ba" * 5
    row = [ord(c) - ord("a") for c in letters]
    total = sum(
        math.exp(-counted_nats([row], [[0, 1, 0, w]], order=3, vocab=3))
        / math.exp(-counted_nats([row], [[0, 1, 0]], order=3, vocab=3))
        for w in range(3)
    )
    assert total == pytest.approx(1)
    orders = [counted_nats([row], [row], order=n, vocab=3) for n in (1, 2, 3)]
    assert orders == sorted(orders, reverse=True) and orders[0] > 2 * orders[2]
    with pytest.raises(ValueError, match="order is 0"):
        counted_nats([row], [row], order=0, vocab=2)


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_pieces_give_a_text_back(written):
    assert PIECES.decode(PIECES.encode(written)) == written


PIECES = Pieces.of(SONG * 4, size=300)


def test_letters_give_a_text_back():
    letters = Letters.of(SONG)
    assert letters.decode(letters.encode(SONG)) == SONG
    assert letters.shown(letters.encode("\n")[0]) == "⏎"
    with pytest.raises(ValueError, match="300 or more"):
        Pieces.of(SONG, size=20)


@pytest.mark.parametrize("begins", [1, 3])
def test_what_stands_before_is_gone_on_with(begins):
    model = small(Language(text(), batch=2, window=8))
    begin = torch.tensor([[5, 6, 7][:begins], [9, 8, 5][:begins]])
    told = greedy(model.decoder, LanguageModel.nothing(begin), limit=4, begin=begin).tokens
    held = begin
    for step in range(4):  # the slow way: the whole text at every step
        log_p = model(held)[:, -1]
        log_p[:, [0, 1]] = -torch.inf
        token = log_p.argmax(-1, keepdim=True)
        assert told[:, step].tolist() == token[:, 0].tolist()
        held = torch.cat([held, token], 1)
    with pytest.raises(ValueError, match="begin is"):
        greedy(model.decoder, LanguageModel.nothing(begin), begin=begin[:, :0])
    drawn = [
        sample(
            model.decoder,
            LanguageModel.nothing(begin),
            limit=4,
            begin=begin,
            top_k=1,
            generator=torch.Generator().manual_seed(seed),
        ).tokens
        for seed in (0, 1)
    ]
    assert torch.equal(drawn[0], told) and torch.equal(drawn[1], told)


def test_a_text_may_outgrow_the_window():
    model = small(Language(text(), batch=2, window=8))
    told = continued(model, [5] * 20, window=8, wish=Wish(limit=21, temperature=0))
    assert len(told.tokens) == 21 and told.nats > 0
    again = [continued(model, [5], window=8, wish=Wish(9, 9.0, seed=s)).tokens for s in (3, 3, 4)]
    assert again[0] == again[1] != again[2]


def test_weights_are_of_the_past():
    model = small(Language(text(), batch=2, window=8))
    weights = last_weights(model, [5, 6, 7, 8])
    assert weights is not None and weights.shape == (4, 4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(4))
    assert not weights.triu(1).any()


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="even window"):
        Language(text(), window=7)
    with pytest.raises(ValueError, match="has 8 tokens"):
        Language(text(test="one fish"), window=8)
    with pytest.raises(ValueError, match="no split 'dev'"):
        next(Language(text(), window=8).batches("dev", seed=0))
    with pytest.raises(ValueError, match="goes on from a text"):
        Language(text(), window=8).learnt.say(torch.nn.Linear(1, 1), "one", Wish())


def test_a_file_of_ones_own(tmp_path):
    file = tmp_path / "a.txt"
    with pytest.raises(ValueError, match="there is no file"):
        own(file)
    file.write_text("short")
    with pytest.raises(ValueError, match="has 5 characters"):
        own(file)
    file.write_bytes("žluťoučký".encode("cp1250") * 200)
    with pytest.raises(ValueError, match="no text in UTF-8"):
        own(file)
    file.write_text(SONG * 50)
    parts = own(file).splits
    assert "".join(parts[s][0] for s in ("train", "valid", "test")) == SONG * 50
    assert 260 < len(own(file, pieces=300).cutter) <= 300


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lm")
    file = folder / "text.txt"
    random = Random(0)
    file.write_text("".join(random.choice(["Fish swim. ", "To be, or not.\n"]) for _ in range(400)))
    flags = ["--task.data", str(file), "--task.window", "16", "--model.size", "16"]
    flags += ["--model.layers", "1", "--loop.steps", "6", "--loop.eval-batches", "2", "--quiet"]
    assert main(["train", "lm-text", *flags, "--out", str(folder / "run")]) == 0
    return folder / "run"


def test_the_command_goes_on_from_a_text(trained, tmp_path, capsys):
    page, picture = tmp_path / "a.html", tmp_path / "a.png"
    flags = ["--limit", "9", "--html", str(page), "--picture", str(picture), "--top-k", "5"]
    assert main(["run", str(trained), "To be, or", *flags]) == 0
    told = capsys.readouterr().out
    assert told.startswith("To be, or") and len(told.rstrip("\n")) >= len("To be, or")
    assert "<td" in page.read_text() and picture.read_bytes().startswith(b"\x89PNG")
    assert main(["run", str(trained), "To be, é", "--limit", "3", "--json"]) == 0
    out = capsys.readouterr()
    told = json.loads(out.out)
    assert told["text"].startswith("To be, ") and len(told["weights"]) == len(told["rows"]) == 10
    assert "never seen in training, left out: é" in out.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([""], "nothing of the text"),
        (["éé"], "nothing of the text"),
        (["fish \udcff"], "not UTF-8"),
        (["fish", "--temperature", "-1"], "temperature is -1.0"),
        (["fish", "--top-p", "2"], "top_p is 2.0"),
        (["fish", "--limit", "0"], "limit is 0"),
    ],
)
def test_mistakes_at_the_command_line_are_one_sentence(trained, capsys, words, says):
    assert main(["run", str(trained), *words]) == 2
    assert says in capsys.readouterr().err


def test_eval_measures_bits(trained, capsys):
    assert main(["eval", str(trained), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert 0 < metrics["test_bits_counts"]["mean"] < metrics["test_bits"]["mean"]


def test_the_published_texts(dataset):
    dataset("tinyshakespeare")
    found = shakespeare()
    assert sum(len(part[0]) for part in found.splits.values()) == 1_115_394
    assert len(found.splits["test"][0]) == 111_540
    assert len(found.cutter) == 4 + 65
    assert lm_shakespeare().task.build().published


def test_the_novels(dataset):
    dataset("gutenberg_children")
    found = novels(pieces=400)
    assert [len(found.splits[s]) for s in ("train", "valid", "test")] == [4, 1, 2]
    start = found.splits["test"][0][:200]
    assert "Alice was beginning to get very tired of sitting by her sister on the bank" in start
    assert found.cutter.decode(found.cutter.encode(start)) == start
    assert isinstance(lm_novels().model.build(Language(found, window=8)), LanguageModel)
    assert isinstance(lm_novels().model.build(Language(found)).decoder, TransformerDecoder)
