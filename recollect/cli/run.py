"""`recollect run RUN TEXT`: what a model trained on pairs says for a line of one's own."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from recollect.cli import Parser, UserError, say

if TYPE_CHECKING:
    from recollect.tasks.pairs import Pairs


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
    parser.add_argument("text", metavar="TEXT", help="the source, as it stands in the data")
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
    from recollect.tasks.pairs import Pairs
    from recollect.train.runs import load_model

    loaded = load_model(args.run, which=args.which, seed=args.seed)
    task, model = loaded.task, loaded.model
    if not isinstance(task, Pairs) or not isinstance(model, Seq2Seq):
        raise UserError(
            f"{args.run} is a run of {type(task).__name__}; recollect run is for runs of pairs, "
            "such as those of the recipes pairs-..."
        )
    tokens, strange = _read(task, args.text)
    if strange:
        say(f"never seen in training, read as unknown: {' '.join(strange)}")
    with torch.no_grad():
        encoded = model.encoder(
            torch.tensor([task.source.encode(tokens)]), torch.tensor([len(tokens)])
        )
        told = beam_search(model.decoder, encoded, beams=args.beams, limit=args.limit)
    numbers = told.tokens[0].tolist()
    said = task.target.decode(numbers)
    shown = [*said, "</s>"] if EOS in numbers else said
    weights = None
    if told.weights is not None:
        weights = told.weights[0, : len(shown), : len(tokens)]
    text = task.written(said)
    if args.json:
        record = {
            "source": tokens,
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
                args.html, alignment_page(tokens, shown, weights, title=f"{args.text} → {text}")
            )
            say(f"written: {args.html}")
        if args.picture:
            alignment_picture(args.picture, tokens, shown, weights)
            say(f"written: {args.picture}")


def _read(task: "Pairs", text: str) -> tuple[list[str], list[str]]:
    """The tokens of a text, and those that training never had.

    Letters are cut where the data's sources are letters. Where upper or lower case is all that the
    data knows, it is what is read.
    """
    if not text.strip():
        raise UserError("the text is empty; give a line as it stands in the data")
    known = task.source.numbers
    ways = []
    for form in (text.strip(), text.strip().lower(), text.strip().upper()):
        tokens = list(form) if task.corpus.source_joint == "" else form.split()
        strange = [token for token in tokens if token not in known]
        ways.append((len(strange), tokens, strange))
    _, tokens, strange = min(ways, key=lambda way: way[0])
    if len(tokens) > task.longest:
        raise UserError(
            f"the text has {len(tokens)} tokens; the model was trained on at most {task.longest}"
        )
    return tokens, list(dict.fromkeys(strange))
