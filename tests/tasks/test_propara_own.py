import pytest
import torch

from recollect.models.process_memory import ProcessMemory, ProcessTold
from recollect.tasks.propara_own import ProcessWords
from recollect.tasks.said import Wish

TEXT = "Rain falls on hills. The water flows into the river! Salt is made."
WORDS = ProcessWords(vocab=("", "[unknown]", "rain", "water", "flow", "into", "river"))


class Fixed(torch.nn.Module):
    """Water moves to the sixth word of the second sentence; salt is made in the third."""

    def forward(self, words, mine):
        B, T, J = words.shape
        changes = torch.zeros(B, T, 4)
        changes[..., 0] = 5
        places = torch.zeros(B, T + 1, T * J + 1)
        places[..., -1] = 5
        exists = torch.full((B,), 9.0)
        for b in range(B):
            if mine[b, 1].any():
                changes[b, 1, 1] = places[b, 2, J + 5] = 20
            else:
                changes[b, 2, 2], exists[b] = 20, -9
        return ProcessTold(changes, exists, places)


def test_the_course_of_two_things():
    said = WORDS.say(Fixed(), f"{TEXT} ||| water; salt", Wish())
    assert said.details["things"] == [
        {"thing": "water", "places": ["?", "?", "river", "river"],
         "changes": ["none", "move", "none"]},
        {"thing": "salt", "places": ["-", "-", "-", "?"], "changes": ["none", "none", "create"]},
    ]  # fmt: skip
    lines = said.text.splitlines()
    assert lines[0] == "water: there, no place told before"
    assert lines[2].endswith("– moved: river") and lines[3].endswith("– as before")
    assert lines[4] == "salt: not there before" and lines[7].endswith("made: there, no place told")
    assert said.weights.shape == (2, 3) == (len(said.rows), len(said.columns))
    assert said.weights.argmax(-1).tolist() == [1, 2]


def test_a_thing_alone_is_told_as_among_others():
    torch.manual_seed(0)
    model = ProcessMemory(len(WORDS.vocab), width=6).eval()
    both = WORDS.say(model, f"{TEXT} ||| water, salt", Wish())
    alone = WORDS.say(model, f"{TEXT} ||| salt", Wish())
    assert both.details["things"][1:] == alone.details["things"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT, "the things to follow"),
        ("||| water", "the things to follow"),
        (f"{TEXT} ||| ,", "the things to follow"),
        (f"{TEXT} ||| elephants", "does not name 'elephants'"),
    ],
)
def test_what_cannot_be_followed_is_said(text, message):
    with pytest.raises(ValueError, match=message):
        WORDS.say(Fixed(), text, Wish())
