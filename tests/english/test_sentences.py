"""What sentences, as people write them, become."""

from __future__ import annotations

from pathlib import Path

import pytest

from recollect.english import TOKENS, read_question, read_story

_HERE = Path(__file__).parent
_STORY = """
Mary took the brass key to the kitchen.
Bill gave the drill to Ann.
Mary put the box in the van.
"""


def rows(name: str) -> list[tuple[str, str]]:
    """Pairs of a sentence and, indented below it, its clauses separated by bars."""
    found: list[tuple[str, str]] = []
    sentence = ""
    for line in (_HERE / name).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("    "):
            found.append((sentence, line.strip()))
        else:
            sentence = line
    return found


@pytest.mark.parametrize(("sentence", "wanted"), rows("sentences.txt"))
def test_a_sentence_becomes_these_clauses(sentence: str, wanted: str) -> None:
    story = read_story(sentence)
    assert " | ".join(clause.tokens for clause in story.clauses) == wanted


@pytest.mark.parametrize(("sentence", "wanted"), rows("questions.txt"))
def test_a_question_becomes_one_clause(sentence: str, wanted: str) -> None:
    story = read_story(_STORY)
    assert read_question(sentence, story).tokens == wanted


def test_rows_are_many_and_use_only_known_tokens() -> None:
    every = rows("sentences.txt") + rows("questions.txt")
    assert len(every) >= 200
    known = {*TOKENS, "|"}
    for sentence, wanted in every:
        assert set(wanted.split()) <= known, sentence


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hannah's bicycle was repaired. She rode it home.", True),
        ("Hannah rang. Hannah's bicycle was repaired.", False),  # she was spoken of already
        ("The dog's bowl is empty.", False),
    ],
)
def test_an_owner_is_spoken_of_once(text, spoken):
    clauses = read_story(text).clauses
    alone = [c for c in clauses if [w.token for w in c.words] == ["<name>", "<act>"]]
    assert any(c.words[1].text == "" for c in alone) == spoken
