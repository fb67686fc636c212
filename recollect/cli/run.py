"""`recollect run RUN TEXT`: what a model makes of a line, a sound or a passage of one's own."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from recollect.cli import Parser, UserError, say
from recollect.cli.run_said import (
    add_wishes,
    draw,
    own_text,
    refuse_places,
    say_written,
    show_said,
    unheard,
)
from recollect.tasks.said import BETWEEN, Said, Says


@runtime_checkable
class Told(Protocol):
    """What reads a line of a person's own, and writes what a model says for it."""

    def read_line(self, text: str) -> Any:
        """Return a `recollect.tasks.pairs.Line`."""
        ...

    def spelt(self, numbers: Sequence[int], labels: Sequence[str]) -> list[str]:
        """Return the tokens of what was said; some may be those of the source."""
        ...

    def written(self, tokens: Sequence[str]) -> str:
        """Return them as text."""
        ...

    def plain(self, text: str) -> str:
        """Return such a text as people write it."""
        ...

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Return tokens of either side as a picture shows them."""
        ...


@runtime_checkable
class Answers(Protocol):
    """What answers a question from a passage, by a model."""

    def answer(self, model: Any, passage: str, question: str) -> Any:
        """Return a `recollect.tasks.passages.Found`."""
        ...

    def read(self, model: Any, passage: str, question: str) -> Any:
        """Return the names of readers, the sentences, and what each reader reads of each."""
        ...


MOST, WIDEST = 200, 200
"""The most tokens that are said, and the most beams that are searched."""


def main(argv: Sequence[str]) -> None:
    """Say the target of a source, with the alignment as a page or a picture on demand.

    Of a model that reads passages: the answer to a question, and the sentence that tells it.

    Raises:
        ValueError: there is no such run, it is not of pairs, or the text cannot be read.
    """
    parser = Parser(
        "recollect run",
        description="Say what a trained model makes of a line: the other side of a pair, how a "
        "text goes on, the sense\nof a noun, whom a pronoun means, the answer to a question about "
        "a story.",
    )
    parser.add_argument("run", metavar="RUN", help="a run folder of recollect train")
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        help="the source, as it stands in the data; for speech a wav file; for passages "
        "'PASSAGE ||| QUESTION', or the question with --file; for bAbI 'STORY ||| QUESTION'",
    )
    parser.add_argument(
        "--file", metavar="FILE", help="where the source, or the passage, stands as UTF-8 text"
    )
    parser.add_argument("--beams", type=int, default=5, help="of the search (5)")
    parser.add_argument(
        "--limit",
        type=int,
        help="the most tokens (200; of pairs, up to that, twice those of the source and 20)",
    )
    parser.add_argument("--which", default="last", help="last, best, or a step of training (last)")
    parser.add_argument("--seed", type=int, help="of a run of many; its chosen one if not given")
    parser.add_argument("--json", action="store_true", help="print output, score and weights")
    parser.add_argument("--html", metavar="FILE", help="write the alignment as a page")
    parser.add_argument("--picture", metavar="FILE", help="write the alignment as PNG or SVG")
    add_wishes(parser)
    args = parser.parse(argv)
    refuse_places(args)
    if args.beams > WIDEST:
        raise UserError(f"--beams is {args.beams}; give {WIDEST} or fewer, each is searched")
    import torch

    from recollect.inspect.alignment import alignment_figures, alignment_page, alignment_picture
    from recollect.inspect.report import write_report
    from recollect.models import BOS, EOS, PointerGenerator, Seq2Seq, beam_search
    from recollect.train.runs import load_usable

    model, task, *_ = load_usable(args.run, which=args.which, seed=args.seed)
    if isinstance(task, Answers):
        _answer(task, model, args)
        return
    if (args.text is None) == (args.file is None):
        raise UserError("give a text or --file FILE, one of the two")
    if args.file is not None:
        told_lines = own_text(args.file)
        args.text = " ".join(told_lines.split())
        count = sum(bool(line.strip()) for line in told_lines.splitlines())
        if count > 1:
            say(f"the {count} lines of {args.file} are read as one text")
    if isinstance(task, Says):
        show_said(task, model, args)
        return
    if not isinstance(task, Told) or not isinstance(model, Seq2Seq):
        raise UserError(
            f"{args.run} is a run of {type(task).__name__}; recollect run is for models that "
            "say something, such as those of the recipes pairs-..."
        )
    if unheard(args):
        say("--temperature, --top-k, --top-p and --draw are for language models; this is searched")
    line = task.read_line(args.text)
    if line.strange:
        strange = " ".join("␣" if token == " " else token for token in line.strange)
        say(f"never seen in training, read as unknown: {strange}")
    if line.note:
        say(line.note)
    with torch.no_grad():
        encoded = model.encoder(line.source, torch.tensor([len(line.labels)]))
        usual = min(MOST, max(60, 2 * (len(line.labels) + 10)))
        limit = usual if args.limit is None else args.limit
        told = beam_search(model.decoder, encoded, beams=args.beams, limit=limit)
    numbers = told.tokens[0].tolist()
    if EOS not in numbers:
        say(f"no end was found within {limit} tokens; --limit sets how many are said")
    said = task.spelt(numbers, line.labels)
    labels, positions = line.labels, encoded.mask.shape[1]
    while len(labels) > positions:  # each layer of a pyramid halves the frames
        labels = labels[::2]
    shown = [*said, "</s>"] if EOS in numbers else said
    weights = copied = None
    if told.weights is not None:
        weights = told.weights[0, : len(shown)]
    if isinstance(model.decoder, PointerGenerator):
        with torch.no_grad():
            target = torch.tensor([[BOS, *numbers[: len(shown)]]])
            copied = model.decoder.copied(target, encoded)[0].tolist()
    answer = task.plain(task.written(said))
    if args.html or args.picture:
        if weights is None:
            raise UserError(f"{args.run} has no attention: there is no alignment to draw")
        columns, rows = task.shown(labels), task.shown(shown)
        if args.html:
            title = f"{_short(args.text)} → {answer}"
            page = alignment_page(columns, rows, weights, title=title, copied=copied)
            write_report(args.html, page)
        if args.picture:
            alignment_picture(args.picture, columns, rows, weights)
    if args.json:
        record = {
            "source": labels,
            "output": answer,
            "tokens": said,
            "score": round(float(told.scores[0]), 4),
            "weights": None
            if weights is None
            else [[round(w, 4) for w in r] for r in weights.tolist()],
            "alignment": {}
            if weights is None
            else {name: round(x, 4) for name, x in alignment_figures(weights).items()},
        }
        if copied is not None:
            record["copied"] = [round(share, 4) for share in copied]
        print(json.dumps(record, ensure_ascii=False))
    else:
        print(answer)
    say_written(args)


def _answer(task: Answers, model: Any, args: Any) -> None:
    """Print the answer to a question on a passage, its sentence, and how likely there is none."""
    if args.text is None:
        raise UserError("give the question on the passage, as TEXT")
    passage, between, question = args.text.rpartition(BETWEEN)
    if args.file:
        passage, question = own_text(args.file), args.text
    elif not between:
        raise UserError(f"give the passage, {BETWEEN} and the question, or --file and the question")
    passage, question = passage.strip(), question.strip()
    found = task.answer(model, passage, question)
    if args.html or args.picture:
        rows, columns, weights = task.read(model, passage, question)
        title = f"{question} → {found.answer}"
        caption = "A row is a reader, a column a sentence of the passage"
        draw(args, Said(found.answer, {}, rows, columns, title=title, caption=caption), weights)
    if args.json:
        print(json.dumps(found._asdict(), ensure_ascii=False))
    elif found.none > 0.5:
        print(f"no answer in the passage ({found.none:.2f})")
        print(f"  nearest: {found.answer} ({found.likely:.2f}), in: {found.evidence}")
    else:
        print(found.answer)
        print(f"  {found.likely:.2f}, no answer {found.none:.2f}, in: {found.evidence}")
    say_written(args)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
