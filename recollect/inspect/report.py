"""The page on an answer: its evidence, where the model read, and whether that matters."""

from __future__ import annotations

import os
from pathlib import Path

from recollect.english import Story, read_story
from recollect.inspect.faithfulness import Asked, faithfulness, percent
from recollect.inspect.heat_map import heat_map
from recollect.version import __version__


def story_report(
    answerer: Asked,
    story: Story | str,
    question: str,
    *,
    at: int | None = None,
    top: int = 5,
    name: str = "the text",
    unit: str = "sentence",
) -> str:
    """Return a self-contained page on one answer: its evidence, where the model read, what matters.

    Args:
        answerer: the model.
        story: a text, or what was read of it.
        question: in plain English.
        at: answer as of this line.
        top: how many of the likeliest answers to list.
        name: what to call the text.
        unit: what to call a piece of it.

    Raises:
        ValueError: the text or the question cannot be read, or `at` is past its end.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    story = read_story(story) if isinstance(story, str) else story
    told = answerer.ask(story, question, at=at, top=top)
    trial = faithfulness(answerer, story, question, at=at)
    page = Environment(
        loader=PackageLoader("recollect.inspect"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters["percent"] = percent
    page.filters["weight"] = lambda w: f"{w:.2f}"
    return page.get_template("ask.html.j2").render(
        name=name,
        unit=unit,
        told=told,
        trial=trial,
        at=at,
        map=heat_map(story, told, at=at),
        listed=[pair for pair in told.ranked if pair[1] >= 0.0005],
        ranks=any(text == told.answer for text, _ in told.ranked) or not told.known,
        version=__version__,
    )


def write_report(path: str | os.PathLike[str], page: str) -> None:
    """Put a page in place whole, or not at all.

    Raises:
        ValueError: the disk is full, or the folder cannot be written to.
    """
    from recollect.train.checkpoint import CheckpointError, write_file

    try:
        write_file(Path(path), page.encode("utf-8"))
    except CheckpointError as error:
        raise ValueError(f"{error}; make room, or choose another file") from error
