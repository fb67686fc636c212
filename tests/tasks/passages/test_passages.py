"""Passages: words and sentences, what is shared, spans, figures, folds, bad files."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recollect.recipes.passages import SpanReaderConfig
from recollect.tasks.passages import (
    CLASSES,
    PassageQuestion,
    Passages,
    auroc,
    best_threshold,
    exact_match,
    find_answer,
    overlap,
    read_passage,
    read_xquad,
    spans_of,
    word_f1,
)
from recollect.tasks.passages.overlap import LONGEST, SENTENCE, SPAN
from recollect.tasks.passages.task import SAMPLED
from recollect.tasks.passages.text import stem, word_class, words
from recollect.testing import check_task

TEXT = (
    "The Panthers gave up just 308 points. Jared Allen was the sack leader with 136. "
    "Thomas Davis forced four fumbles in Charlotte, the largest city of the state."
)


def _file(folder, *, articles=6, change=None):
    data = []
    for a in range(articles):
        paragraphs = []
        for p in range(2):
            text = (
                f"Town{a} lies in Land{p}. It has {100 * a + p} people. Its mayor is Name{a}x{p}."
            )
            asked = [
                ("How many people does the town have?", str(100 * a + p)),
                ("Who is the mayor?", f"Name{a}x{p}"),
            ]
            qas = [
                {
                    "id": f"{a}{p}{i}",
                    "question": q,
                    "answers": [{"text": t, "answer_start": text.index(f" {t}") + 1}],
                }
                for i, (q, t) in enumerate(asked)
            ]
            paragraphs.append({"context": text, "qas": qas})
        data.append({"title": f"Town{a}", "paragraphs": paragraphs})
    if change:
        change(data)
    (folder / "xquad.en.json").write_text(json.dumps({"data": data}))
    return str(folder)


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return read_xquad(path=_file(tmp_path_factory.mktemp("squad")))


@given(st.text(max_size=80))
def test_words_are_pieces_of_the_text_in_order(text):
    found = words(text)
    assert all(text[w.start : w.end] == w.text and not w.text.isspace() for w in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    left = set(range(len(text))) - {i for w in found for i in range(w.start, w.end)}
    assert all(text[i].isspace() for i in left)
    assert all(0 < word_class(w.text) < len(CLASSES) and stem(w.text) for w in found)


@given(st.text(alphabet="aB1.?!\" ()'’,", max_size=60))
def test_sentences_are_the_whole_passage(text):
    if not any(c.isalnum() for c in text):
        with pytest.raises(ValueError, match="no words"):
            read_passage(text)
        return
    passage = read_passage(text)
    flat = [i for a, b in passage.sentences for i in range(a, b)]
    assert flat == list(range(len(passage.words)))
    assert all(a < b for a, b in passage.sentences)


def test_sentences_end_where_they_should():
    text = 'He met Dr. C. Short in 1.5 h, e.g. by car. "Why?" she asked. It cost $3.50. 12 came.'
    passage = read_passage(text)
    told = [passage.written(a, b - 1) for a, b in passage.sentences]
    assert told == [
        "He met Dr. C. Short in 1.5 h, e.g. by car.",
        '"Why?" she asked.',
        "It cost $3.50.",
        "12 came.",
    ]


def test_overlap_finds_the_sentence_and_its_rare_words():
    passage = read_passage(TEXT)
    for question, right in (
        ("How many points did the Panthers give up?", 0),
        ("Who led in sacks?", 1),
        ("Which city is the largest of its state?", 2),
    ):
        held = overlap(passage, question)
        assert int(held.cover.argmax()) == right
        assert held.sentences.shape == (4, SENTENCE) and np.isfinite(held.sentences).all()
        assert held.cover.min() >= 0 and held.cover.max() <= 1 + 1e-9
    with pytest.raises(ValueError, match="the question has no words"):
        overlap(passage, " ?! ")


def test_a_question_of_other_words_has_no_cover():
    held = overlap(read_passage(TEXT), "Zyx quux?")
    assert held.cover.max() == 0 and np.isfinite(held.sentences).all()


def test_spans_are_inside_and_hold_the_answers():
    passage = read_passage(TEXT)
    held = overlap(passage, "How many points did they give up?")
    told = set()
    for s, (a, b) in enumerate(passage.sentences):
        spans = spans_of(passage, held, s)
        assert (spans.first >= a).all() and (spans.last < b).all()
        assert (spans.last - spans.first >= 0).all() and (spans.last - spans.first < LONGEST).all()
        assert spans.features.shape == (len(spans.first), SPAN)
        assert np.isfinite(spans.features).all()
        pairs = list(zip(spans.first.tolist(), spans.last.tolist(), strict=True))
        assert len(set(pairs)) == len(pairs)
        told |= {passage.written(i, j) for i, j in pairs}
    assert {"308", "Jared Allen", "136", "four fumbles", "Charlotte"} <= told
    assert not {"with", "the", "136."} & told


def test_spans_are_the_same_wherever_the_sentence_stands():
    question = "Who is the sack leader?"
    alone = read_passage("Jared Allen was the sack leader with 136.")
    within = read_passage(TEXT)
    one = spans_of(alone, overlap(alone, question), 0)
    two = spans_of(within, overlap(within, question), 1)
    assert (one.last - one.first == two.last - two.first).all()
    assert (one.classes == two.classes).all()
    shape = [*range(15), *range(22, SPAN)]  # the rest weighs words by how rare they are
    np.testing.assert_allclose(one.features[:, shape], two.features[:, shape], atol=1e-6)


def test_no_span_at_all():
    passage = read_passage("The of and. It is.")
    assert len(spans_of(passage, overlap(passage, "What?"), 0).first) == 0
    model = SpanReaderConfig(width=4).build(_task_of_three()).eval()
    found = find_answer([model[0]], passage, overlap(passage, "What?"))
    assert found.answer == found.evidence and found.likely == 0


def _task_of_three():
    text = read_passage("A b. C d.")
    return Passages(
        [PassageQuestion(a, text, "What is b?", "b", 2, text) for a in range(3)], folds=3
    )


def test_a_sample_of_spans_holds_the_right_one():
    rng = np.random.default_rng(0)
    passage = read_passage(" ".join(f"Word{c}" for c in "abcdefghijklmnopqrst") + ".")
    at = passage.text.index("Wordh")
    question = PassageQuestion(0, passage, "Which word?", "Wordh", at, passage)
    made = Passages([question._replace(article=a) for a in range(3)], folds=3)._cached(0)
    assert len(made.spans.first) > SAMPLED
    some = made.sampled(rng)
    pairs = set(zip(some.spans.first.tolist(), some.spans.last.tolist(), strict=True))
    assert len(pairs) == SAMPLED and some.span == 0
    assert (some.spans.first[0], some.spans.last[0]) == (7, 7)
    every = list(zip(made.spans.first.tolist(), made.spans.last.tolist(), strict=True))
    for c, pair in enumerate(zip(some.spans.first.tolist(), some.spans.last.tolist(), strict=True)):
        there = every.index(pair)
        np.testing.assert_array_equal(some.spans.features[c], made.spans.features[there])


def test_the_words_around_the_gap_stand_around_the_span():
    passage = read_passage("In 1890 the team was led by Jared Allen to victory.")
    for question, right in (
        ("Who led the team to victory?", "Jared Allen"),
        ("The team was led to victory by whom?", "Jared Allen"),
    ):
        held = overlap(passage, question)
        spans = spans_of(passage, held, 0)
        told = [passage.written(i, j) for i, j in zip(spans.first, spans.last, strict=True)]
        assert (
            spans.features[told.index("1890"), 36:].sum()
            <= spans.features[told.index(right), 36:].sum()
        )
    by = spans.features[:, 36] > 0
    assert {passage.words[i - 1].text for i in spans.first[by]} == {"by"}


def test_figures_by_hand():
    assert exact_match("The Rhine", "rhine!") == 1 and exact_match("Rhine", "the Main") == 0
    assert word_f1("a b c", "b c d") == pytest.approx(0.8)  # 'a' is an article
    assert word_f1("the", "a") == 1 and word_f1("the", "x") == 0
    assert auroc([0, 1], [2, 3]) == 1 and auroc([1], [1]) == 0.5 and auroc([2], [1]) == 0
    assert best_threshold([0.1, 0.2], [0.8, 0.9]) == 0.8
    assert best_threshold([0.9], [0.1]) in (0.1, float("inf"))
    with pytest.raises(ValueError, match="0 negative and 1 positive"):
        auroc([], [1])


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_auroc_is_a_share_of_pairs(low, high):
    pairs = [1.0 if b > a else 0.5 if a == b else 0.0 for a in low for b in high]
    assert auroc(low, high) == pytest.approx(sum(pairs) / len(pairs))
    assert auroc(low, high) + auroc(high, low) == pytest.approx(1)


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_no_threshold_is_better(low, high):
    def balance(t):
        return sum(a < t for a in low) / len(low) + sum(b >= t for b in high) / len(high)

    best = max(map(balance, [*low, *high, float("inf")]))
    assert balance(best_threshold(low, high)) == pytest.approx(best)


def test_questions_are_asked_of_another_paragraph_too(questions):
    assert len(questions) == 24
    for q in questions:
        assert q.passage.text[q.start :].startswith(q.answer)
        assert q.elsewhere.text != q.passage.text
        assert q.elsewhere.text.split()[0] == q.passage.text.split()[0]  # of the same article


def test_every_question_is_tested_once_by_a_reader_that_never_saw_its_article(questions):
    task = Passages(questions, folds=3)
    tested = []
    for fold in range(3):
        parts = {split: task.part(split, fold) for split in ("train", "valid", "test")}
        tested += parts["test"]
        articles = [{questions[n].article for n in part} for part in parts.values()]
        assert not (articles[0] & articles[1] or articles[0] & articles[2])
        assert sum(map(len, parts.values())) == len(questions)
    assert sorted(tested) == list(range(len(questions)))


def test_is_a_task_and_measures_itself(questions):
    task = Passages(questions, batch=3, folds=3)
    torch.manual_seed(0)
    model = SpanReaderConfig(width=8).build(task)
    check_task(task, model=model)
    figures = task.evaluate([model.eval(), model], split="test")
    assert all(0 <= v <= 100 for values in figures.values() for v in values)
    assert {len(v) for k, v in figures.items() if "_by_" not in k} <= {1, 2}
    assert figures["sentence"][0] == figures["sentence"][1]
    assert figures["sentence_by_chance"] == [pytest.approx(100 / 3)]
    assert figures["answer_is_candidate"] == [100]


def test_training_learns_the_town(questions):
    """The reader is trained on a few towns and answers of another."""
    task = Passages(questions, batch=4, folds=3)
    torch.manual_seed(0)
    model = SpanReaderConfig(width=16, dropout=0.0).build(task)
    optim = torch.optim.Adam(model.parameters(), 2e-2)
    for _, batch in zip(range(25), task.batches("train", seed=0), strict=False):
        optim.zero_grad()
        task.step(model, batch).loss.backward()
        optim.step()
    figures = task.evaluate([model.eval()], split="test")
    assert figures["exact"][0] > 90 and figures["sentence"][0] > 90
    found = task.learnt.answer(
        model, "Rome is in Italy. It has 77 people. Its mayor is Bob.", "Who is mayor?"
    )
    assert found.answer == "Bob" and found.evidence == "Its mayor is Bob."


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d[0]["paragraphs"].pop(), "fewer than two paragraphs"),
        (lambda d: d[1].pop("paragraphs"), "no file of questions"),
        (
            lambda d: d[0]["paragraphs"][0]["qas"][0]["answers"][0].update(answer_start=0),
            "does not stand at 0",
        ),
        (lambda d: d[0]["paragraphs"][0].update(context=" ... "), "no words"),
    ],
)
def test_bad_files_are_named(tmp_path, change, says):
    with pytest.raises(ValueError, match=says):
        read_xquad(path=_file(tmp_path, change=change))


@pytest.mark.parametrize("flags", [{"batch": 0}, {"folds": 2}, {"folds": 7}])
def test_bad_sizes(questions, flags):
    with pytest.raises(ValueError, match="give a batch of 1 or more"):
        Passages(questions, **flags)
    with pytest.raises(ValueError, match="no split 'dev'"):
        Passages(questions).part("dev", 0)


def test_xquad_as_published(dataset):
    dataset("squad")
    questions = read_xquad()
    assert len(questions) == 1190 and len({q.passage.text for q in questions}) == 240
    assert len({q.article for q in questions}) == 48
    task = Passages(questions)
    made = [task._cached(n) for n in range(0, 1190, 17)]
    assert all(m.span >= 0 for m in made)
    assert sum(m.exact for m in made) > 0.85 * len(made)
