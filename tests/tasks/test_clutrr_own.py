import pytest
import torch

from recollect.models.relation_memory import RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.tasks.clutrr_own import KinStoryWords, KinWords
from recollect.tasks.said import Wish
from recollect.train.learnt import read_learnt, same_learnt, write_learnt

RELATIONS = ("brother", "daughter", "father-in-law", "son")


@pytest.fixture(scope="module")
def memory():
    """Sons' brothers are sons, and nothing else is known."""
    model = RelationMemory(len(RELATIONS))
    with torch.no_grad():
        model.table.zero_()
        model.table[..., -1] = 2
        model.table[3, 0, 3] = 4
    return model.eval()


def say(memory, text):
    return KinWords(relations=RELATIONS).say(memory, text, Wish())


@pytest.mark.parametrize(
    "facts",
    [
        "Bob is Mary Ann's son; Chris is Bob's brother",
        "Bob was the son of Mary Ann. Mr Chris is the brother of Bob.".replace("Mr ", ""),
        "Mary Ann's son is Bob, Bob's brother is Chris",
        "Mary Ann son Bob; Bob – brother – Chris",
        "The son of Mary Ann is Bob; the brother of Bob is Chris",
    ],
)
@pytest.mark.parametrize("asked", ["Mary Ann, Chris", "How is chris related to Mary Ann?"])
def test_facts_in_many_words(memory, facts, asked):
    said = say(memory, f"{facts} ||| {asked}")
    assert said.text.splitlines()[0].startswith("Chris is Mary Ann's son (")
    assert said.details["facts"] == ["Mary Ann – son – Bob", "Bob – brother – Chris"]
    assert said.weights.shape == (len(said.rows), len(said.columns))
    assert said.weights[-1].argmax() == said.columns.index("Bob")


def test_what_is_not_told_is_not_known(memory):
    said = say(memory, "Bob is Ann's son; Cy is Di's son ||| Ann, Cy")
    assert said.text == "I don't know how Cy is related to Ann" and not said.details["known"]
    turned = say(memory, "Bob is Ann's son; Cy is Bob's brother ||| Cy, Ann")
    assert "perhaps: Cy is Ann's son" in turned.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Bob is Ann's son", "give what is told"),
        ("||| Ann, Bob", "give what is told"),
        ("Bob is Ann's enemy ||| Ann, Bob", "no fact on kin"),
        ("Bob is Ann's son ||| Ann, Zed", "'Zed' is not among Ann, Bob"),
        ("Bob is Ann's son ||| Ann", "name two of Ann, Bob"),
        ("Bob is Ann's son ||| Ann, Ann", "name two of"),
    ],
)
def test_what_cannot_be_read_is_said(memory, text, message):
    with pytest.raises(ValueError, match=message):
        say(memory, text)


def test_a_story_of_ones_own():
    vocab = ("", "[person]", "[unknown]", "with", "her", "son", "went", "he")
    words = KinStoryWords(relations=RELATIONS, vocab=vocab)
    torch.manual_seed(0)
    reader = RelationReader(len(vocab), relations=len(RELATIONS), width=6).eval()
    told = "He went. Ann went with her son Bob. ||| Ann, Bob"
    plain = words.say(reader, told, Wish())
    marked = words.say(
        reader, told.replace("Ann w", "[Ann] w").replace("son Bob", "son [Bob]"), Wish()
    )
    assert plain.columns == marked.columns == ["Ann", "Bob"]
    assert plain.text == marked.text
    with pytest.raises(ValueError, match="not among Ann, Bob"):
        words.say(reader, told.replace("||| Ann", "||| He"), Wish())


def test_what_was_learnt_is_kept(tmp_path):
    words = KinWords(relations=RELATIONS)
    write_learnt(tmp_path, words)
    assert same_learnt(read_learnt(tmp_path), words)
