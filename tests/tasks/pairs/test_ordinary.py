"""A line as people write it is read as the data are written."""

import html

import pytest

from recollect.models import EOS
from recollect.tasks.pairs import Corpus, Pair, Pairs, Vocabulary, subwords
from recollect.tasks.pairs.lines import PairWords
from recollect.tasks.pairs.ordinary import tokenized

LINES = (
    "the man &apos;s dog runs .",
    "a &quot; red &quot; dog runs , and the man runs .",
    "the dog &amp; the cat run , run , run !",
    "two dogs run .",
)


def _task(lines):
    pairs = [Pair(tuple(line.split()), (tuple(line.split()),)) for line in lines] * 5
    corpus = Corpus({"train": pairs, "valid": pairs[:2], "test": pairs[:2]})
    return Pairs(subwords(corpus, size=150), batch=4)


@pytest.fixture(scope="module")
def moses():
    return _task(LINES).learnt


@pytest.mark.parametrize("line", [*LINES, "qu&apos; un homme , 2,5 m et st. louis ."])
def test_a_line_of_the_data_stays_as_it_is(line):
    assert tokenized(line)[0] == line and len(set(tokenized(line))) == len(tokenized(line))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("the man's dog runs.", LINES[0]),
        ("The man’s dog runs.", LINES[0]),
        ('A "red" dog runs, and the man runs.', LINES[1]),
        ("A „red“ dog runs, and the man runs.", LINES[1]),
        ("the dog & the cat run, run, run!", LINES[2]),
        ("Two dogs run", LINES[3]),
    ],
)
def test_ordinary_spelling_becomes_that_of_the_data(moses, text, line):
    read, right = moses.read_line(text), moses.read_line(line)
    assert read.labels == right.labels and read.source.tolist() == right.source.tolist()
    assert not read.strange and not right.note
    assert bool(read.note) == (not text.endswith((".", "!")))


def test_a_full_stop_is_added_only_where_the_data_have_one(moses):
    assert moses.read_line("two dogs").labels[-1] == ".</w>"
    for line in ("two dogs run !", "two dogs run .", 'the man runs "', "the dog st."):
        assert not moses.read_line(line).note
    never = _task([line.removesuffix(" .") for line in LINES]).learnt
    assert never.read_line("two dogs").labels == ["two</w>", "dogs</w>"]
    letters = PairWords(
        source=Vocabulary.of([tuple("..ab")]), target=Vocabulary.of([]), longest=9, source_joint=""
    )
    assert letters.read_line("ab").labels == ["a", "b"], "letters of a word are no sentence"


def test_data_that_are_not_tokenized_are_left_alone():
    plain = _task([html.unescape(line).replace(" .", ".") for line in LINES]).learnt
    assert "".join(plain.read_line("the man's dog").labels) == "the</w>man's</w>dog</w>"
    assert plain.plain("a &quot; b") == "a &quot; b"


def test_escapes_are_signs_again_for_people_alone(moses):
    told = moses.written(moses.spelt([*moses.target.encode(["&quot;</w>", "dog</w>"]), EOS]))
    assert told == "&quot; dog" and moses.plain(told) == '" dog'


def test_pieces_are_shown_without_their_marks(moses):
    assert moses.shown(["ru", "n</w>", ".</w>", "</s>"]) == ["ru-", "n", ".", "</s>"]
