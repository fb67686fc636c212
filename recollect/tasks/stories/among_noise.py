"""bAbI stories told among the pages of a novel: the reader of any English reads all of it.

Nothing is sifted out beforehand and no vocabulary is closed: what the novel says of its own people
is read too, and may be taken for what the story says of its.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recollect.answer import Answerer
from recollect.english import read_story
from recollect.tasks.babi_noise import NOISE, novel
from recollect.tasks.stories import official
from recollect.tasks.stories.scoring import normal

__all__ = ["noise_figures", "scattered"]

_TASKS = (1, 2, 3)
"""Where people and things are: what the model has learned to be asked."""


def scattered(
    statements: Sequence[str], book: Sequence[str], *, words: int, random: Random
) -> tuple[list[str], list[int]]:
    """Put statements at random places among `words` words of a book, in their order.

    Returns the lines, and which of them, from 1, the statements are.

    Raises:
        ValueError: `words` is above 0 and the book is empty.
    """
    if words > 0 and not book:
        raise ValueError("the book has no sentence; give one, or words=0")
    noise: list[str] = []
    at, left = random.randrange(len(book)) if book else 0, words
    while left > 0:
        noise.append(book[at % len(book)])
        left -= len(noise[-1].split())
        at += 1
    places = sorted(random.randint(0, len(noise)) for _ in statements)
    lines: list[str] = []
    where: list[int] = []
    before = 0
    for place, statement in zip(places, statements, strict=True):
        lines += [*noise[before:place], statement]
        where.append(len(lines))
        before = place
    return lines + noise[before:], where


def noise_figures(
    answerer: Answerer,
    *,
    questions: int = 50,
    lengths: Sequence[int] = NOISE,
    book: Sequence[str] | None = None,
) -> dict[str, float]:
    """Ask the last question of test stories, of tasks 1 to 3, among noise; shares of the questions.

    `qa2_16k` is right, `qa2_16k_unknown` was answered with "I don't know", `qa2_16k_chain` has
    exactly the gold facts as its evidence.

    Raises:
        MissingData: the test files or the novel are not there.
    """
    pages = [_line(words) for words in novel()] if book is None else book
    found: dict[str, float] = {}
    for task in _TASKS:
        stories = official.read_file(official.test_file(task))[:questions]
        for length in lengths:
            random = Random(f"noise {length}")
            right = unknown = chains = 0
            for story in stories:
                posed = story.questions[-1]
                told = story.statements[: posed.at]
                lines, where = scattered(told, pages, words=length, random=random)
                answer = answerer.ask(read_story("\n".join(lines)), posed.question)
                right += answer.known and normal(answer.answer) == normal(posed.answer)
                unknown += not answer.known
                gold = {where[i - 1] for i in posed.support}
                chains += {e.line for e in answer.evidence} == gold
            name = f"qa{task}_{length // 1000}k"
            counts = {"": right, "_unknown": unknown, "_chain": chains}
            found |= {name + kind: count / len(stories) for kind, count in counts.items()}
    return found


def _line(words: Sequence[str]) -> str:
    """A sentence of the novel as a line, signs close to their words."""
    text = ""
    for word in words:
        close = word in ".,;:!?)]}’”" or word in ("'s", "’s")
        text += word if close or not text else " " + word
    return text
