"""The likelihood that looks at real targets alone is that of all positions."""

import pytest
import torch

from recollect import additive
from recollect.mechanisms import ContentAttention
from recollect.models import (
    BOS,
    EOS,
    Decoder,
    HiddenChoiceDecoder,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    TransformerDecoder,
)

KINDS = {
    "none": {},
    "after": {"mechanism": True},
    "before": {"mechanism": True, "before": True},
    "feed": {"mechanism": True, "feed": True},
}


def model(kind):
    torch.manual_seed(0)
    if kind == "transformer":
        decoder = TransformerDecoder(9, size=8, memory_size=8, layers=1, heads=2)
        return Seq2Seq(RecurrentEncoder(11, size=4), decoder=decoder)
    given = dict(KINDS[kind])
    if given.pop("mechanism", False):
        given["mechanism"] = ContentAttention(additive(6, key_size=8))
    decoder = RecurrentDecoder(9, size=6, memory_size=8, **given)
    return Seq2Seq(RecurrentEncoder(11, size=4), decoder=decoder)


SOURCE, LENGTHS = torch.randint(4, 11, (3, 5)), torch.tensor([5, 0, 3])
TARGET = torch.tensor([[BOS, 4, 5, 6, EOS], [BOS, EOS, 0, 0, 0], [BOS, 7, 8, EOS, 0]])


@pytest.mark.parametrize("kind", [*KINDS, "transformer"])
def test_padding_is_left_out_and_nothing_else(kind):
    whole = model(kind)
    told = []
    for function in (
        whole.decoder.log_likelihood,
        lambda *a: Decoder.log_likelihood(whole.decoder, *a),
    ):
        encoded = whole.encoder(SOURCE, LENGTHS)
        likely = function(TARGET, encoded)
        weigh = torch.tensor([1.0, -2.0, 0.5])
        told.append([likely, *torch.autograd.grad((likely * weigh).sum(), [*whole.parameters()])])
    for ours, theirs in zip(*told, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["after", "transformer"])
def test_smoothed_targets_are_for_training_alone(kind):
    plain, smooth = model(kind).eval(), model(kind)
    assert smooth.decoder.smoothed(0.25) is smooth.decoder
    plain_likely = plain(SOURCE, LENGTHS, TARGET)
    torch.testing.assert_close(smooth.eval()(SOURCE, LENGTHS, TARGET), plain_likely)
    log_p = plain.decoder(TARGET[:, :-1], plain.encoder(SOURCE, LENGTHS))
    each = 0.25 * log_p.mean(-1) * (TARGET[:, 1:] != 0)
    told = smooth.train()(SOURCE, LENGTHS, TARGET)
    torch.testing.assert_close(told, 0.75 * plain_likely + each.sum(-1))


def test_a_share_that_cannot_be_spread_is_refused():
    for share in (-0.1, 1.0):
        with pytest.raises(ValueError, match=r"smooth is .*, such as 0\.1"):
            model("transformer").decoder.smoothed(share)
    score = additive(6, key_size=8)
    choosing = HiddenChoiceDecoder(9, size=6, memory_size=8, score=score)
    assert choosing.smoothed(0.0).smooth == 0
    with pytest.raises(ValueError, match=r"smooth is 0\.1; a HiddenChoiceDecoder takes none"):
        choosing.smoothed(0.1)


def test_it_stays_wide_where_the_model_is_and_is_float_under_autocast():
    wide = model("after").double()
    assert wide(SOURCE, LENGTHS, TARGET).dtype == torch.float64
    narrow = model("after")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        likely = narrow(SOURCE, LENGTHS, TARGET)
    assert likely.dtype == torch.float32
    torch.testing.assert_close(likely, narrow(SOURCE, LENGTHS, TARGET), rtol=0.02, atol=0.05)
