"""The page and the picture of an alignment."""

import pytest
import torch

from recollect.inspect.alignment import alignment_figures, alignment_page, alignment_picture

WEIGHTS = torch.tensor([[0.75, 0.25, 0.0], [0.0, 0.125, 0.875]])


def test_a_page_shows_every_weight_and_needs_no_network():
    page = alignment_page(["<b>", " ", "ja"], ["x", "&"], WEIGHTS, title="<i>")
    for shown in ("0.750", "0.250", "0.000", "0.125", "0.875", "&lt;b&gt;", "&amp;", "␣"):
        assert shown in page
    assert page.count("<td") == 6 and page.count('class="hot"') == 2
    assert "<b>" not in page and "<i>" not in page and "://" not in page


def test_long_tokens_stand_upright():
    assert 'class="tall"' in alignment_page(["long", "b", "c"], ["x", "y"], WEIGHTS, title="")
    assert 'class="tall"' not in alignment_page(["a", "b", "c"], ["x", "y"], WEIGHTS, title="")


def test_figures_are_those_of_the_functions():
    figures = alignment_figures(WEIGHTS)
    assert figures["coverage_least"] == 0.375 and figures["coverage_most"] == 0.875
    assert figures["monotonicity"] == 1 and 0 < figures["diagonality"] < 1
    assert alignment_figures(torch.zeros(0, 3)) == {}


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0), (1, 1), (2, 300)])
def test_odd_alignments_are_drawn_too(tmp_path, shape):
    steps, slots = shape
    tokens = ["a"] * slots, ["b"] * steps, torch.rand(shape)
    assert alignment_page(*tokens, title="").count("<td") == steps * slots
    alignment_picture(tmp_path / "a.svg", *tokens)
    assert (tmp_path / "a.svg").read_text().lstrip().startswith("<?xml")


def test_a_picture_is_a_picture(tmp_path):
    alignment_picture(tmp_path / "a.PNG", ["a", "b", "c"], ["x", "y"], WEIGHTS)
    assert (tmp_path / "a.PNG").read_bytes()[:4] == b"\x89PNG"


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match=".png or .svg"):
        alignment_picture(tmp_path / "a.gif", ["a"], ["b"], torch.ones(1, 1))
    with pytest.raises(ValueError, match="for 1 tokens over 1"):
        alignment_page(["a"], ["b"], WEIGHTS, title="")
