"""Pairs of sequences: files as published, a person's table, batches made again."""

import gzip
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models import BOS, EOS, PAD
from recollect.recipes.g2p import PronunciationConfig, g2p_language
from recollect.recipes.pairs import ScanConfig, pairs_dates, pairs_inflection
from recollect.tasks.pairs import (
    Corpus,
    Pair,
    Pairs,
    Vocabulary,
    cmudict,
    dates,
    edit_distance,
    inflection,
    joined,
    multi30k,
    pair_figures,
    pronunciation,
    scan,
    subwords,
    table,
    translation_figures,
)
from recollect.testing import check_task


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
@settings(max_examples=60, deadline=None)
def test_edit_distance_is_a_metric(a, b):
    d = edit_distance(a, b)
    assert d == edit_distance(b, a) and (d == 0) == (a == b)
    assert abs(len(a) - len(b)) <= d <= max(len(a), len(b))
    assert edit_distance(a + "x", b + "x") == d


def test_the_nearest_of_several_targets_counts():
    figures = pair_figures([["a", "b", "c"]], [[["x"], ["a", "b"]]])
    assert figures == {"word_error": 100, "token_error": 50}
    with pytest.raises(ValueError, match="one for each"):
        pair_figures([], [])


def test_unknown_tokens_and_ends():
    known = Vocabulary.of([("b", "a"), ("a",)])
    assert known.tokens[4:] == ("a", "b") and known.encode(["a", "?"]) == [4, 3]
    assert known.decode([BOS, 4, EOS, 5, PAD]) == ["a"]


def _tiny(rows=23):
    pairs = [Pair(tuple("abc"[: 1 + i % 3]), (tuple("xy" * (1 + i % 2)),)) for i in range(rows)]
    return Corpus({"train": pairs, "valid": pairs[:5], "test": pairs[:7]})


def test_an_epoch_has_every_pair_once():
    task = Pairs(_tiny(), batch=4)
    batches = task.batches("train", seed=0)
    rows = [r for _ in range(6) for r in next(batches).rows.tolist()]
    assert sorted(rows) == list(range(23))
    again = [r for _ in range(6) for r in next(batches).rows.tolist()]
    assert sorted(again) == list(range(23)) and again != rows


def test_any_batch_can_be_made_alone():
    task = Pairs(_tiny(), batch=4)
    straight = task.batches("train", seed=3)
    batches = [next(straight) for _ in range(15)]
    for i in (0, 5, 6, 7, 14):
        alone = next(task.batches("train", seed=3, start=i))
        for ours, theirs in zip(batches[i], alone, strict=True):
            assert torch.equal(ours, theirs)


def test_is_a_task():
    config = pairs_dates()
    task = Pairs(dates(count=300), batch=8)
    torch.manual_seed(0)
    check_task(task, model=config.model.build(task))


def test_a_trained_model_says_what_it_learnt():
    task = Pairs(_tiny(64), batch=16)
    torch.manual_seed(0)
    model = pairs_inflection().model.build(task)
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    batches = task.batches("train", seed=0)
    for _ in range(60):
        optimizer.zero_grad()
        task.step(model, next(batches)).loss.backward()
        optimizer.step()
    model.eval()
    figures = task.evaluate([model], split="test")
    # "a" and "abc" stand for either target, "ab" too: half can be right, and all are well formed
    assert figures["word_error"][0] <= 100 and figures["token_error"][0] <= 100
    assert figures["nats"][0] < 0.7


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a\tb\n" * 3, "has 1 good rows"),
        ("", "has 0 good rows"),
        ("a b c\n" * 20, "20 rows with 1 column, first line 1"),
        ("a\tb\tc\n" * 20, "rows with 3 columns"),
        ("a\t\n" * 20, "rows with an empty side"),
    ],
)
def test_bad_tables_are_named(tmp_path, content, says):
    file = tmp_path / "pairs.tsv"
    file.write_text(content)
    with pytest.raises(ValueError, match=says):
        table(file)


def test_a_table_in_another_encoding_or_missing(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_bytes("über\tÄpfel\n".encode("latin-1") * 20)
    with pytest.raises(ValueError, match="UTF-8"):
        table(file)
    with pytest.raises(ValueError, match="no file"):
        table(tmp_path / "none.tsv")
    with gzip.open(tmp_path / "cut.tsv.gz", "wt") as out:
        out.write("a\tb\n" * 5000)
    whole = (tmp_path / "cut.tsv.gz").read_bytes()
    (tmp_path / "cut.tsv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cut.tsv.gz"):
        table(tmp_path / "cut.tsv.gz")


def test_a_good_table_tells_what_it_left_out(tmp_path):
    file = tmp_path / "pairs.tsv"
    rows = [f"w{i} a\tx{i}" for i in range(30)]
    file.write_text("\n".join([*rows[:5], "alone", "", *rows[5:], "a\tb\tc"]) + "\n")
    corpus = table(file)
    assert corpus.skipped == {
        "rows with 1 column, first line 6": 1,
        "empty lines, first line 7": 1,
        "rows with 3 columns, first line 33": 1,
    }
    sources = [p.source for split in corpus.splits.values() for p in split]
    assert len(sources) == len(set(sources)) == 30


def test_a_table_as_an_office_saves_it(tmp_path):
    rows = "".join(f"w{i} a\tx{i}\n" for i in range(30))
    plain, office = tmp_path / "plain.tsv", tmp_path / "office.tsv"
    plain.write_bytes(rows.encode())
    office.write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    assert table(office).splits == table(plain).splits and not table(office).skipped


def test_only_ends_of_lines_end_lines(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"w{i}\u2028a\tx{i}\x85y\n" for i in range(20)), encoding="utf-8")
    corpus = table(file, letters=True)
    assert not corpus.skipped and sum(map(len, corpus.splits.values())) == 20


def test_half_a_character_and_broken_archives_are_refused(tmp_path):
    rows = "".join(f"w{i}\tx{i}\n" for i in range(30))
    wide = tmp_path / "wide.tsv"
    wide.write_bytes(rows.encode("utf-16-le"))  # every byte of it is UTF-8
    with pytest.raises(ValueError, match="zero bytes"):
        table(wide)
    packed = bytearray(gzip.compress(rows.encode()))
    packed[10] ^= 0xFF
    (tmp_path / "a.tsv.gz").write_bytes(bytes(packed))
    with pytest.raises(ValueError, match="a.tsv.gz"):
        table(tmp_path / "a.tsv.gz")


def test_rows_that_are_too_long_are_counted():
    task = Pairs(_tiny(), longest=2)
    assert task.skipped == {"rows of more than 2 tokens": 15}
    assert not Pairs(_tiny()).skipped


def test_sources_of_nothing_are_tokens_too():
    pairs = [Pair((), (("a",),)), Pair((), (("b",),))]
    task = Pairs(Corpus({"train": pairs, "valid": pairs, "test": pairs}), batch=2)
    batch = next(task.batches("train", seed=0))
    assert batch.source.shape == (2, 0) and batch.source.dtype == torch.long
    model = pairs_dates().model.build(task)
    task.step(model, batch).loss.backward()
    assert task.evaluate([model.eval()], split="test")["nats"][0] > 0


def test_a_text_of_unknown_letters_is_told():
    task = Pairs(dates(count=200), batch=8)
    line = task.learnt.read_line("жук")
    assert line.strange == ["ж", "у", "к"] and line.source.tolist() == [[3, 3, 3]]
    known = Vocabulary.of([("a",)])
    assert known.encode(["<pad>", "</s>", "<unk>"]) == [3, 3, 3], (
        "what a text says, not what is meant"
    )


def test_unknown_letters_are_told_by_their_words():
    pairs = [Pair(("haus", "boot"), (("a", "b"),))] * 20
    task = Pairs(subwords(Corpus({"train": pairs, "valid": pairs, "test": pairs}), size=100))
    assert (
        task.learnt.read_line("haus жук").strange == ["жук"]
        and not task.learnt.read_line("haus").strange
    )


def test_a_line_of_stem_and_features(dataset):
    dataset("sigmorphon2017")
    task = Pairs(inflection("english", size="medium"))
    for text in ("walk V;PST", "walk\tV;PST"):
        line = task.learnt.read_line(text)
        assert line.labels == [*"walk", "<V>", "<PST>"] and not line.strange
    assert task.learnt.read_line("walk").labels == [*"walk"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dates(count=9), "count is 9"),
        (lambda: cmudict(words=0), "words is 0"),
        (lambda: Pairs(_tiny(), batch=0), "batch is 0"),
        (lambda: Pairs(_tiny(), beams=0), "beams 0"),
    ],
)
def test_numbers_that_make_no_sense_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_words_come_from_all_of_the_dictionary(dataset):
    dataset("cmudict")
    last = cmudict(words=60_000).splits["train"][-1].source
    assert last > ("Z",), "the file is sorted"


def test_no_pair_is_short_enough():
    with pytest.raises(ValueError, match="at most 0 tokens"):
        Pairs(_tiny(), longest=0)


def test_cmudict_is_read_as_published(dataset):
    dataset("cmudict")
    corpus = cmudict(words=500)
    assert len(corpus.splits["test"]) == 11994 and len(corpus.splits["valid"]) == 5447
    assert 500 <= len(corpus.splits["train"]) <= 560
    words = {p.source for p in corpus.splits["train"]}
    assert not words & {p.source for p in corpus.splits["test"]}


def test_pronunciations_of_fifteen_languages(dataset):
    dataset("sigmorphon2020_g2p")
    corpus = pronunciation("fre")
    assert [len(corpus.splits[s]) for s in ("train", "valid", "test")] == [3600, 450, 450]
    with pytest.raises(ValueError, match="no language 'xx'"):
        pronunciation("xx")


def test_inflections_have_features_as_tokens(dataset):
    dataset("sigmorphon2017")
    corpus = inflection("english", size="low")
    pair = corpus.splits["train"][0]
    assert len(corpus.splits["train"]) == 100 and pair.source[-1].startswith("<")
    with pytest.raises(ValueError, match="low, medium or high"):
        inflection("english", size="huge")


def test_scan_has_its_splits(dataset):
    dataset("scan")
    corpus = scan("addprim_jump")
    assert len(corpus.splits["train"]) + len(corpus.splits["valid"]) == 14670
    assert len(corpus.splits["test"]) == 7706


def test_what_is_said_may_be_as_long_as_what_is_right(dataset):
    """Nine words of SCAN are up to 48 actions, more than two for each word and ten more."""
    dataset("scan")
    for split in ("simple", "length"):
        task = ScanConfig(split=split).build()
        for part in ("valid", "test"):
            for batch in task.batches(part, seed=0):
                assert batch.target.shape[1] - 1 <= task.longest_told(batch)


def test_the_training_says_how_long_a_target_may_get():
    short = Pairs(_tiny(), batch=4)
    assert short.room == 2.0
    long = Pair(("a",), (("x",) * 43,))
    task = Pairs(Corpus({"train": [long] * 4, "valid": [long], "test": [long]}), batch=4)
    (batch,) = task.batches("test", seed=0)
    assert task.longest_told(batch) == 44  # and the end
    with pytest.raises(ValueError, match="room is 0"):
        Pairs(_tiny(), room=0)


def test_a_language_is_a_recipe(dataset):
    dataset("sigmorphon2020_g2p")
    task = replace(g2p_language().task, language="dut").build()
    assert len(task.pairs("train")) >= 3600 and task.learnt.source_joint == ""
    with pytest.raises(ValueError, match="no language 'xx'; there are ady"):
        PronunciationConfig(language="xx").build()


def test_captions_come_in_pairs(dataset):
    dataset("multi30k")
    corpus = multi30k("de", "en")
    sizes = [len(corpus.splits[s]) for s in ("train", "valid", "test")]
    assert sizes == [29000, 1014, 1000]


def test_a_table_is_no_side(tmp_path):
    """Targets that already stand beside the sources would be read as words of these."""
    both, targets = tmp_path / "pairs.tsv", tmp_path / "targets.txt"
    both.write_text("".join(f"a{i}\tb{i}\n" for i in range(20)))
    targets.write_text("".join(f"b{i}\n" for i in range(20)))
    with pytest.raises(ValueError, match="0 good rows.*20 rows with 3 columns, first line 1"):
        table(both, target=targets)


def test_sides_of_other_lengths_are_refused(tmp_path):
    (tmp_path / "tok").mkdir()
    for side, lines in (("de", 3), ("en", 2)):
        file = tmp_path / "tok" / f"train.lc.norm.tok.{side}.gz"
        file.write_bytes(gzip.compress(b"ein hund\n" * lines))
    with pytest.raises(ValueError, match="train: 3 lines of de, 2 of en"):
        multi30k("de", "en", path=str(tmp_path))


def test_subwords_are_words_again():
    words = ["haus", "hausboot", "boot", "bootshaus", "rot", "rotes"]
    pairs = [
        Pair((words[i % 6], words[(i + 2) % 6]), ((words[i % 5], "zwei", "drei"),))
        for i in range(40)
    ]
    corpus = Corpus({"train": pairs, "valid": pairs[:3], "test": pairs[:3]})
    cut = subwords(corpus, size=100)
    for name, some in corpus.splits.items():
        for pair, pieces in zip(some, cut.splits[name], strict=True):
            assert joined(pieces.source, cut.end, " ") == " ".join(pair.source)
            assert joined(pieces.targets[0], cut.end, " ") == " ".join(pair.targets[0])
    with pytest.raises(ValueError, match="100 or more"):
        subwords(corpus, size=5)


def test_bleu_is_sacrebleus():
    told, right = ["a man rides a red horse ."], ["a man rides a horse ."]
    assert translation_figures(right, right)["bleu"] == pytest.approx(100)
    assert 30 < translation_figures(told, right)["bleu"] < 80
    with pytest.raises(ValueError, match="one for each"):
        translation_figures([], [])
