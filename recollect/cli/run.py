"""`recollect run RUN TEXT`: what a model trained on pairs says for a line of one's own."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from recollect.cli import Parser, UserError, say


@runtime_checkable
class Told(Protocol):
    """A task whose models say something for a line of a person's own."""

    def read_line(self, text: str) -> Any:
        """Return a `recollect.tasks.pairs.Line`."""
        ...

    def spelt(self, numbers: Sequence[int]) -> list[str]:
        """Return the tokens of what was said."""
        ...

    def written(self, tokens: Sequence[str]) -> str:
        """Return them as text."""
        ...


def main(argv: Sequence[str]) -> None:
    """Say the target of a source, with the alignment as a page or a picture on demand.

    Raises:
        ValueError: there is no such run, it is not of pairs, or the text cannot be read.
    """
    parser = Parser(
        "recollect run",
        description="Say what a model that was trained on pairs makes of a line.",
    )
    parser.add_argument("run", metavar="RUN", help="a run folder of recollect train")
    parser.add_argument(
        "text", metavar="TEXT", help="the source, as it stands in the data; for speech a wav file"
    )
    parser.add_argument("--beams", type=int, default=5, help="of the search (5)")
    parser.add_argument("--limit", type=int, default=200, help="the most tokens (200)")
    parser.add_argument("--which", default="last", help="last, best, or a step of training (last)")
    parser.add_argument("--seed", type=int, help="of a run of many; its chosen one if not given")
    parser.add_argument("--json", action="store_true", help="print output, score and weights")
    parser.add_argument("--html", metavar="FILE", help="write the alignment as a page")
    parser.add_argument("--picture", metavar="FILE", help="write the alignment as PNG or SVG")
    args = parser.parse(argv)
    import torch

    from recollect.inspect.alignment import alignment_page, alignment_picture
    from recollect.inspect.report import write_report
    from recollect.models import EOS, Seq2Seq, beam_search
    from recollect.train.runs import load_model

    loaded = load_model(args.run, which=args.which, seed=args.seed)
    task, model = loaded.task, loaded.model
    if not isinstance(task, Told) or not isinstance(model, Seq2Seq):
        raise UserError(
            f"{args.run} is a run of {type(task).__name__}; recollect run is for models that "
            "say something, such as those of the recipes pairs-..."
        )
    line = task.read_line(args.text)
    if line.strange:
        say(f"never seen in training, read as unknown: {' '.join(line.strange)}")
    with torch.no_grad():
        encoded = model.encoder(line.source, torch.tensor([len(line.labels)]))
        told = beam_search(model.decoder, encoded, beams=args.beams, limit=args.limit)
    numbers = told.tokens[0].tolist()
    said = task.spelt(numbers)
    labels, positions = line.labels, encoded.mask.shape[1]
    while len(labels) > positions:  # each layer of a pyramid halves the frames
        labels = labels[::2]
    shown = [*said, "</s>"] if EOS in numbers else said
    weights = None
    if told.weights is not None:
        weights = told.weights[0, : len(shown)]
    text = task.written(said)
    if args.json:
        record = {
            "source": labels,
            "output": text,
            "tokens": said,
            "score": round(float(told.scores[0]), 4),
            "weights": None
            if weights is None
            else [[round(w, 4) for w in r] for r in weights.tolist()],
        }
        print(json.dumps(record, ensure_ascii=False))
    else:
        print(text)
    if args.html or args.picture:
        if weights is None:
            raise UserError(f"{args.run} has no attention: there is no alignment to draw")
        if args.html:
            write_report(
                args.html, alignment_page(labels, shown, weights, title=f"{args.text} → {text}")
            )
            say(f"written: {args.html}")
        if args.picture:
            alignment_picture(args.picture, labels, shown, weights)
            say(f"written: {args.picture}")
