"""The picture of an alignment: what each word of an output attended to in its source.

Shape letters: ``T`` output steps, ``N`` source positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from recollect.functional import coverage, diagonality, entropy, monotonicity

__all__ = ["alignment_figures", "alignment_page", "alignment_picture"]


def alignment_figures(weights: Tensor) -> dict[str, float]:
    """Say an alignment in numbers: `recollect.functional.alignment`.

    Shapes:
        weights ``(T, N)`` -> mean entropy in nats, least and largest coverage of a source position,
        monotonicity and diagonality, both in [0, 1]; nothing for an empty alignment.
    """
    if not weights.numel():
        return {}
    read = coverage(weights)
    return {
        "entropy": float(entropy(weights).mean()),
        "coverage_least": float(read.min()),
        "coverage_most": float(read.max()),
        "monotonicity": float(monotonicity(weights)),
        "diagonality": float(diagonality(weights)),
    }


def alignment_page(
    source: Sequence[str],
    target: Sequence[str],
    weights: Tensor,
    *,
    title: str,
    copied: Sequence[float] | None = None,
    caption: str | None = None,
) -> str:
    """Draw an alignment as one page without network: values on hover, colours from 0 to 1.

    With `caption`, which says what rows and columns are, the weights are of another kind than an
    alignment and its figures are left out.

    With `copied`, how likely each token was copied and not generated, a column tells it and tokens
    more likely copied are underlined.

    Shapes:
        weights ``(T, N)``, one row a token of the target, copied T numbers or None -> HTML.

    Raises:
        ValueError: the weights do not fit the tokens.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    _fits(source, target, weights)
    if copied is not None and len(copied) != len(target):
        raise ValueError(f"{len(copied)} shares of copying for {len(target)} tokens: one each")
    environment = Environment(
        loader=PackageLoader("recollect.inspect"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("alignment.html.j2").render(
        title=title,
        source=[_shown(token) for token in source],
        target=[_shown(token) for token in target],
        weights=[[round(float(w), 4) for w in row] for row in weights],
        figures={} if caption else alignment_figures(weights),
        caption=caption or "A row is a token of the output, a column one of the source",
        copied=None if copied is None else [round(float(share), 4) for share in copied],
    )


def alignment_picture(
    file: str | Path, source: Sequence[str], target: Sequence[str], weights: Tensor
) -> None:
    """Write an alignment as PNG or SVG, by the file's ending.

    Shapes:
        weights ``(T, N)``.

    Raises:
        ValueError: matplotlib is not installed, the ending is another, or the weights do not fit.
    """
    path = Path(file)
    if path.suffix.lower() not in (".png", ".svg"):
        raise ValueError(f"{path} ends in {path.suffix!r}; give a file that ends in .png or .svg")
    _fits(source, target, weights)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("a picture needs matplotlib: pip install 'recollect[plot]'") from error
    label = 0.075 * max((len(token) for token in source), default=0)  # they stand slantwise
    figure = Figure(
        figsize=(1.6 + 0.32 * max(len(source), 4), 1.3 + 0.3 * max(len(target), 3) + label),
        layout="constrained",
    )
    axes: Any = figure.subplots()
    cells = weights.tolist() if weights.numel() else [[0.0]]
    image = axes.imshow(cells, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(len(source)), [_shown(t) for t in source])
    axes.set_yticks(range(len(target)), [_shown(t) for t in target])
    long = any(len(token) > 2 for token in source)
    axes.tick_params(axis="x", rotation=60 if long else 0, top=True, labeltop=True, bottom=False)
    axes.tick_params(axis="x", labelbottom=False)
    axes.set_xlabel("source")
    axes.xaxis.set_label_position("top")
    axes.set_ylabel("output")
    figure.colorbar(image, ax=axes, label="weight", fraction=0.04)
    figure.savefig(path, dpi=160, bbox_inches="tight")  # few tokens leave little room for labels


def _shown(token: str) -> str:
    return "␣" if token == " " else token


def _fits(source: Sequence[str], target: Sequence[str], weights: Tensor) -> None:
    if tuple(weights.shape) != (len(target), len(source)):
        raise ValueError(
            f"weights {tuple(weights.shape)} for {len(target)} tokens over {len(source)}: a row a "
            "token of the output, a column a token of the source"
        )
