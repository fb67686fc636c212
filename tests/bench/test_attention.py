"""The benchmarks of attention and of generation hold together what they time, and tell it all."""

import json

import pytest
import torch

from recollect import mechanisms, models
from recollect.bench import (
    attention,
    attention_peers,
    attention_report,
    generation,
    generation_report,
)
from recollect.bench.attention import MAKERS, Data, check, contenders, mechanism, pairs
from recollect.bench.attention_decoders import speakers
from recollect.bench.generation import Saying, Training, check_say, say_of, train_of, translators
from recollect.cli.__main__ import main
from recollect.mechanisms import Mechanism
from recollect.models import Decoder, TransformerDecoder


@pytest.fixture
def small(monkeypatch):
    """Few batches, short targets, and mechanisms of two kinds."""
    monkeypatch.setattr(attention_report, "BATCHES", (1, 2))
    few = {name: MAKERS[name] for name in ("content, additive", "location")}
    monkeypatch.setattr(attention, "MAKERS", few)
    made = contenders()
    made["content, scaled dot"] = mechanism(MAKERS["content, scaled dot"]())
    monkeypatch.setattr(attention_report, "contenders", lambda: made)


def test_every_mechanism_is_timed():
    leaves = {
        leaf
        for name in mechanisms.__all__
        if isinstance(leaf := getattr(mechanisms, name), type)
        and issubclass(leaf, Mechanism)
        and leaf is not Mechanism
    }
    assert leaves == {type(make()) for make in MAKERS.values()}


def test_every_decoder_that_is_a_mechanism_is_timed():
    kinds = {type(one.decoder) for one in speakers().values()}
    assert kinds == {
        leaf
        for name in models.__all__
        if isinstance(leaf := getattr(models, name), type)
        and issubclass(leaf, Decoder)
        and leaf not in (Decoder, TransformerDecoder)
    }


def test_a_decoder_learns_and_says_what_is_timed():
    data = Data.of(3, steps=5, slots=12)
    for name, one in speakers().items():
        gradients = [g for g in one.learn(data) if g is not None]
        assert all(torch.isfinite(g).all() for g in gradients), name
        assert gradients[0].abs().sum() > 0, name
        log_p, _ = one.decode(data)()
        words = log_p.exp().sum(-1)
        torch.testing.assert_close(words, torch.ones_like(words)), name


def test_what_computes_the_same_agrees():
    found = check(pairs(contenders()), Data.of(2, steps=5, slots=12))
    assert len(found) == 5 + len(MAKERS) and max(found.values()) <= attention.TOLERANCE


def test_what_does_not_is_not_timed():
    made = contenders()
    two = {"dot = additive": (made["content, scaled dot"], made["content, additive"])}
    with pytest.raises(ValueError, match="dot = additive: they differ .* nothing is timed"):
        check(two, Data.of(2, steps=5, slots=12))


def test_peers_that_are_there_agree():
    found = attention_peers.peer_contenders()
    if not found:
        pytest.skip("neither keras nor speechbrain can be imported")
    attention_peers.check_peers(found, Data.of(2, steps=5, slots=12))


def test_attention_is_told_drawn_and_recorded(small, tmp_path, capsys):
    plot = tmp_path / "attention.png"
    words = ["bench", "attention", "--seconds", "0.001", "--plot", str(plot)]
    assert main([*words, "--save", "record", "--results", str(tmp_path)]) == 0
    out, _ = capsys.readouterr()
    assert "batch 2" in out and "Reader is" in out and "location" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    record = json.loads((tmp_path / "record.json").read_text())["metrics"]
    assert record["b2_train_times_SDPA_Reader"]["mean"] == pytest.approx(
        record["b2_train_ms_Reader"]["mean"] / record["b2_train_ms_bare_SDPA"]["mean"]
    )


TINY = {"size": 16, "layers": 2, "heads": 2, "vocab": 30}


@pytest.mark.parametrize("beams", [1, 3])
def test_the_same_tokens_are_said(beams):
    pytest.importorskip("transformers")
    case = Saying("tiny", 2, beams, tokens=7, **TINY)
    ours, peer = generation.language_models(case)
    tokens = torch.randint(4, 30, (2, 9))
    with torch.no_grad():
        theirs = peer(tokens).logits.log_softmax(-1)
        torch.testing.assert_close(ours(tokens), theirs, atol=1e-4, rtol=1e-4)
    found = say_of(case)
    check_say(found, case)
    wrong = found | {"peer": lambda: found["peer"]() + 1}
    with pytest.raises(ValueError, match="peer says other tokens, so nothing is timed"):
        check_say(wrong, case)


def test_the_translators_are_as_large_as_each_other():
    case = Training("tiny", 3, steps=6, **TINY)
    ours, theirs = (sum(p.numel() for p in m.parameters()) for m in translators(case).values())
    assert abs(ours - theirs) <= 0.01 * theirs
    steps, tokens = train_of(case)
    assert 9 <= tokens <= 18
    for step in steps.values():
        step()


def test_generation_is_told_drawn_and_recorded(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(generation_report, "SAYINGS", (Saying("tiny", 2, 2, tokens=3, **TINY),))
    small = (Training("small", 2, steps=4, **TINY),)
    monkeypatch.setattr(generation_report, "TRAININGS", small)
    plot = tmp_path / "say.png"
    words = ["bench", "generate", "--seconds", "0.001", "--json", "--plot", str(plot)]
    assert main([*words, "--save", "record", "--results", str(tmp_path)]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["case"] for line in lines] == ["tiny", "small"]
    assert plot.read_bytes().startswith(b"\x89PNG")
    record = json.loads((tmp_path / "record.json").read_text())["metrics"]
    assert record["small_times"]["mean"] == pytest.approx(lines[1]["ours"] / lines[1]["theirs"])
