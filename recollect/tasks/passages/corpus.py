"""XQuAD's English part: questions on paragraphs of Wikipedia, each answered by a span."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from recollect.data import find
from recollect.tasks.passages.text import Passage, read_passage

__all__ = ["PassageQuestion", "read_xquad"]


class PassageQuestion(NamedTuple):
    """A question, the paragraph that answers it, and one of the same article that does not.

    Shapes:
        answer is a text and start its first character in the passage; article is a number from 0.
    """

    article: int
    passage: Passage
    question: str
    answer: str
    start: int
    elsewhere: Passage


def read_xquad(*, path: str | None = None) -> list[PassageQuestion]:
    """Read 1,190 questions on 240 paragraphs of 48 articles (Artetxe et al. 2020, "XQuAD").

    There are no unanswerable questions among them: one is made of each by asking it of another
    paragraph of its article, drawn at random and always the same.

    Args:
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the file is not there.
        ValueError: it is no such file; it says what is wrong.
    """
    file = find("squad", path=path, file="xquad.en.json")
    try:
        articles = json.loads(Path(file).read_text(encoding="utf-8"))["data"]
        return [
            question for number, article in enumerate(articles) for question in _of(article, number)
        ]
    except (KeyError, TypeError, IndexError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no file of questions in the SQuAD format: {error}") from error


def _of(article: dict, number: int) -> list[PassageQuestion]:
    passages = [read_passage(paragraph["context"]) for paragraph in article["paragraphs"]]
    if len(passages) < 2:
        raise ValueError(f"the article {article['title']!r} has fewer than two paragraphs")
    out = []
    for i, paragraph in enumerate(article["paragraphs"]):
        others: Sequence[Passage] = passages[:i] + passages[i + 1 :]
        for asked in paragraph["qas"]:
            told = asked["answers"][0]
            answer, start = told["text"], told["answer_start"]
            if passages[i].text[start : start + len(answer)] != answer:
                raise ValueError(f"the answer {answer!r} does not stand at {start}")
            other = Random(f"passages {asked['id']}").choice(others)
            out.append(
                PassageQuestion(number, passages[i], asked["question"], answer, start, other)
            )
    return out
