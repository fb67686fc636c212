"""Stories of a person's own, read by networks of bAbI."""

import pytest
import torch

from recollect import EntityNetwork, MemN2N
from recollect.tasks.babi_own import OwnReader, say_story

VOCAB = ["", "mary", "john", "went", "to", "the", "kitchen", "garden", "where", "is"]


def latest(story, question, times):
    """Where the one who is asked about went last: the last word of their last sentence."""
    who = question[0, 2]
    rows = (story[0, :, 0] == who).nonzero()[:, 0]
    row = int(rows[-1]) if len(rows) else 0
    logits = torch.zeros(1, len(VOCAB))
    logits[0, story[0, row, 4]] = 9.0
    weights = torch.zeros(1, 1, story.shape[1])
    weights[0, 0, row] = float(times[0, row] > 0)
    return logits, weights


READER = OwnReader(latest, VOCAB, words=6, slots=3)


@pytest.mark.parametrize(
    "text",
    [
        "Mary went to the kitchen. John went to the garden. Where is Mary?",
        "Mary went to the kitchen.  John went to the garden. ||| where is mary",
        "MARY WENT TO THE KITCHEN\nJohn went to the garden!\n\nWhere is Mary?",
    ],
)
def test_an_answer_has_its_sentences(text):
    said = say_story({"": READER}, text)
    assert said.text.splitlines()[0] == "kitchen (1.00)"
    assert said.text.splitlines()[1].lower().startswith("  1  mary went to the kitchen")
    (told,) = said.details["answers"]
    assert told["answer"] == "kitchen" and told["evidence"] == [1]
    assert said.weights.shape == (len(said.rows), len(said.columns)) == (1, 2)


def test_of_a_long_story_the_last_sentences_are_read_and_it_is_said():
    text = "Mary went to the garden. " * 4 + "John went to the kitchen. Where is John?"
    said = say_story({"": READER}, text)
    assert said.text.splitlines() == ["kitchen (1.00)", "  5  John went to the kitchen."]
    assert list(said.notes) == ["the last 3 sentences are read"]
    assert len(said.columns) == 3


def test_several_networks_answer_if_they_know_the_words():
    small = READER._replace(vocab=VOCAB[:6], likely=False)
    margin = READER._replace(likely=False)
    text = "Mary went to the kitchen. Where is Mary?"
    said = say_story({"task 1": small, "task 2": margin, "task 3": READER}, text)
    assert said.text.splitlines()[::2] == ["kitchen (task 3, 1.00)", "kitchen (task 2)"]
    assert [told["likely"] is None for told in said.details["answers"]] == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Anne went to the kitchen. Where is Anne?", "'anne': no such word is known; it knows"),
        ("Where is Mary?", "give a story and a question"),
        ("Mary went to the kitchen.", "give a story and a question"),
        ("Mary went to the kitchen. |||", "give a story and a question"),
        ("", "give a story and a question"),
        ("Mary went to to to the kitchen. Where is Mary?", "has 7 words; the longest"),
    ],
)
def test_what_cannot_be_read_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        say_story({"": READER}, text)


@pytest.mark.parametrize(
    "model",
    [MemN2N(len(VOCAB), width=8, hops=2, slots=3, words=6), EntityNetwork(len(VOCAB), width=8)],
)
def test_networks_are_given_what_training_gives_them(model):
    torch.manual_seed(0)

    def read(story, question, times):
        assert story.shape == (1, 3, 6) and times[0].tolist() == [2, 1, 0]
        return model(story, question, times), model.weights(story, question, times)

    said = say_story({"": READER._replace(read=read)}, "Mary went. John went. Where is John?")
    assert said.details["answers"][0]["answer"] in VOCAB[1:]
