"""Every encoder and decoder at the ends of what it may be given: 0, 1 and 4,000 positions.

Nothing is NaN, gradients are finite, and a source reads in a batch as it reads alone.
"""

from functools import cache

import pytest
import torch

from recollect import additive
from recollect.mechanisms import (
    ChunkwiseAttention,
    ContentAttention,
    CoverageAttention,
    GaussianAttention,
    HardAttention,
    LocalAttention,
    LocationAttention,
    MonotonicAttention,
    StepwiseAttention,
)
from recollect.models import (
    BOS,
    EOS,
    CopyEncoder,
    Decoder,
    Encoder,
    HiddenChoiceDecoder,
    LanguageModel,
    MaskedLanguageModel,
    NearEncoder,
    PointerGenerator,
    PointerNetwork,
    PyramidEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    SampledChoiceDecoder,
    Seq2Seq,
    StridedEncoder,
    TransformerDecoder,
    TransformerEncoder,
    VariationalChoiceDecoder,
    beam_search,
    greedy,
    sequence,
)

VOCAB, WIDTH, SIZE, LONG = 9, 8, 6, 4000
LENGTHS = (LONG, 1, 0)

ENCODERS = {
    "recurrent": lambda: RecurrentEncoder(VOCAB, size=WIDTH // 2),
    "pyramid": lambda: PyramidEncoder(3, size=WIDTH // 2),
    "strided": lambda: StridedEncoder(
        3, inner=PyramidEncoder(5, size=WIDTH // 2, layers=0), channels=5
    ),
    "near": lambda: NearEncoder(3, size=WIDTH // 2),
    "transformer": lambda: TransformerEncoder(VOCAB, size=WIDTH, layers=1, heads=2),
    "sinusoids": lambda: TransformerEncoder(VOCAB, size=WIDTH, layers=1, heads=2, rotary=False),
    "copy": lambda: CopyEncoder(RecurrentEncoder(VOCAB, size=WIDTH // 2)),
}
MECHANISMS = {
    "content": lambda score: ContentAttention(score),
    "hard": lambda score: HardAttention(score),
    "local-m": lambda score: LocalAttention(score),
    "local-p": lambda score: LocalAttention(score, query_size=SIZE),
    "Gaussian": lambda score: GaussianAttention(SIZE),
    "location": lambda score: LocationAttention(score, filters=2, width=5, cumulative=True),
    "coverage": lambda score: CoverageAttention(score),
    "monotonic": lambda score: MonotonicAttention(score),
    "chunkwise": lambda score: ChunkwiseAttention(score, additive(SIZE, key_size=WIDTH)),
    "stepwise": lambda score: StepwiseAttention(score),
}


def _recurrent(mechanism, **more):
    return RecurrentDecoder(VOCAB, size=SIZE, memory_size=WIDTH, mechanism=mechanism, **more)


def _score():
    return additive(SIZE, key_size=WIDTH)


DECODERS = {
    "none": lambda: _recurrent(None),
    "before": lambda: _recurrent(ContentAttention(_score()), before=True),
    "feed": lambda: _recurrent(CoverageAttention(_score()), feed=True),
    **{name: (lambda make=make: _recurrent(make(_score()))) for name, make in MECHANISMS.items()},
    "marginal": lambda: HiddenChoiceDecoder(VOCAB, size=SIZE, memory_size=WIDTH, score=_score()),
    "monotone": lambda: HiddenChoiceDecoder(
        VOCAB, size=SIZE, memory_size=WIDTH, score=_score(), monotone=True
    ),
    "sampled": lambda: SampledChoiceDecoder(
        HiddenChoiceDecoder(VOCAB, size=SIZE, memory_size=WIDTH, score=_score())
    ),
    "variational": lambda: VariationalChoiceDecoder(
        HiddenChoiceDecoder(VOCAB, size=SIZE, memory_size=WIDTH, score=_score()),
        score=additive(2 * SIZE, key_size=WIDTH),
    ),
    "the likeliest": lambda: HiddenChoiceDecoder(
        VOCAB, size=SIZE, memory_size=WIDTH, score=_score(), keep=3, chunk=2
    ),
    "transformer": lambda: TransformerDecoder(
        VOCAB, size=WIDTH, memory_size=WIDTH, layers=1, heads=2
    ),
    "sinusoids": lambda: TransformerDecoder(
        VOCAB, size=WIDTH, memory_size=WIDTH, layers=1, heads=2, rotary=False
    ),
    "copying": lambda: PointerGenerator(_recurrent(CoverageAttention(_score()))),
    "pointing": lambda: PointerNetwork(WIDTH, size=SIZE, score=_score()),
}


def _sources(kind, length, batch):
    draw = torch.Generator().manual_seed(length)
    if kind in ("pyramid", "strided", "near"):
        return torch.randn(batch, length, 3, generator=draw)
    tokens = torch.randint(4, VOCAB, (batch, length), generator=draw)
    return torch.stack([tokens, tokens], -1) if kind == "copy" else tokens


def _leaves(base):
    found = (getattr(sequence, name) for name in sequence.__all__)
    return {one for one in found if isinstance(one, type) and issubclass(one, base)} - {base}


def test_every_encoder_and_decoder_is_tried():
    assert {type(make()) for make in ENCODERS.values()} == _leaves(Encoder)
    assert {type(make()) for make in DECODERS.values()} == _leaves(Decoder)


@pytest.mark.parametrize("kind", ENCODERS)
def test_encoders_at_the_ends(kind):
    torch.manual_seed(0)
    encoder = ENCODERS[kind]().eval()
    source, lengths = _sources(kind, LONG, len(LENGTHS)), torch.tensor(LENGTHS)
    with torch.no_grad():
        batch = encoder(source, lengths)
        assert batch.memory.isfinite().all() and batch.summary.isfinite().all()
        assert (batch.memory[~batch.mask] == 0).all() and (batch.summary[2] == 0).all()
        for row, length in enumerate(LENGTHS[1:], 1):
            alone = encoder(source[row : row + 1, :length], lengths[row : row + 1])
            n = alone.memory.shape[1]
            torch.testing.assert_close(
                batch.memory[row, :n] * alone.mask[0].unsqueeze(-1), alone.memory[0]
            )
            assert not batch.mask[row, n:].any()
            torch.testing.assert_close(batch.summary[row], alone.summary[0])
    if kind != "recurrent":  # 4,000 steps backwards, which the copying encoder takes too
        short = source[:, :40]
        parts = encoder.train()(short, lengths.clamp(max=40))
        (parts.memory.square().sum() + parts.summary.square().sum()).backward()
        for parameter in encoder.parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all()


@cache
def _encoded(length):
    torch.manual_seed(1)
    encoder = CopyEncoder(TransformerEncoder(VOCAB, size=WIDTH, layers=1, heads=2)).eval()
    lengths = torch.tensor([length, 1, 0])
    with torch.no_grad():
        return encoder(_sources("copy", length, 3), lengths)


@pytest.mark.parametrize("kind", DECODERS)
def test_decoders_at_the_ends(kind):
    torch.manual_seed(0)
    decoder = DECODERS[kind]().eval()
    length = LONG
    encoded = _encoded(length)
    target = torch.tensor([[BOS, 4, EOS]]).expand(3, -1)
    likely = decoder.log_likelihood(target, encoded)
    assert likely.isfinite().all()
    lengths = (length, 1) if kind == "pointing" else (length, 1, 0)  # no source, no first position
    for row, n in enumerate(lengths):
        alone = encoded._replace(
            **{
                name: part[row : row + 1, :n] if part.dim() > 1 and name != "summary" else part
                for name, part in encoded._asdict().items()
                if part is not None
            }
        )._replace(summary=encoded.summary[row : row + 1])
        torch.testing.assert_close(
            decoder.log_likelihood(target[:1], alone), likely[row : row + 1], rtol=1e-4, atol=1e-4
        )
    for told in (
        greedy(decoder, encoded, limit=2),
        beam_search(decoder, encoded, beams=2, limit=2),
    ):
        assert told.scores.isfinite().all()
    decoder.train()
    decoder.log_likelihood(target, encoded).sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in decoder.parameters())


@pytest.mark.parametrize("length", [1, 2, pytest.param(LONG, marks=pytest.mark.slow)])
def test_language_models_at_the_ends(length):
    torch.manual_seed(0)
    shape = {"size": WIDTH, "layers": 1, "heads": 2}
    left = LanguageModel(TransformerDecoder(VOCAB, memory_size=None, **shape))
    both = MaskedLanguageModel(VOCAB, encoder=TransformerEncoder(VOCAB, **shape))
    tokens = _sources("transformer", length, 2)
    for log_p in (left(tokens), both(tokens, torch.tensor([length, 0]))):
        assert log_p.isfinite().all()
        log_p.square().mean().backward()
    for parameter in (*left.parameters(), *both.parameters()):
        assert parameter.grad is None or parameter.grad.isfinite().all()
    alone = both.eval()(tokens[:1], torch.tensor([length]))
    batch = both(tokens, torch.tensor([length, 0]))
    torch.testing.assert_close(batch[:1], alone)


def test_a_model_of_no_sources_at_all():
    model = Seq2Seq(ENCODERS["recurrent"](), decoder=DECODERS["content"]())
    none = torch.zeros(2, 0, dtype=torch.long)
    likely = model(none, torch.tensor([0, 0]), torch.tensor([[BOS, 4, EOS], [BOS, 5, EOS]]))
    assert likely.isfinite().all()
    likely.sum().backward()
