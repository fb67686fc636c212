"""Copying holds for any sizes, masks and numbers of words."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect import additive
from recollect.functional import copy_likelihood, copy_mixture
from recollect.mechanisms import CoverageAttention
from recollect.models import BOS, EOS, Encoded, PointerGenerator, PointerNetwork, RecurrentDecoder

sizes = st.integers(1, 6)


@settings(max_examples=40, deadline=None)
@given(
    batch=sizes, vocab=sizes, slots=st.integers(0, 6), seed=st.integers(0, 999), full=st.booleans()
)
def test_a_mixture_is_a_distribution_and_one_word_a_part_of_it(batch, vocab, slots, seed, full):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(batch, slots, generator=generator, dtype=torch.float64)
    weights = weights / weights.sum(-1, keepdim=True) if full else weights / (slots + 1)
    log_p = torch.randn(batch, vocab, generator=generator, dtype=torch.float64).log_softmax(-1)
    gate = 30 * torch.randn(batch, 1, generator=generator, dtype=torch.float64)
    ids = torch.randint(0, vocab + slots, (batch, slots), generator=generator)
    mixed = copy_mixture(log_p, weights, gate, ids, extra=slots)
    torch.testing.assert_close(mixed.exp().sum(-1), torch.ones(batch, dtype=torch.float64))
    for word in range(vocab + slots):
        said = torch.full((batch,), word)
        one = copy_likelihood(log_p, weights, gate, ids, said)
        torch.testing.assert_close(one, mixed[:, word], atol=1e-8, rtol=1e-8)


@settings(max_examples=15, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    pointing=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_source_alone_has_the_likelihood_it_has_in_a_batch(lengths, pointing, seed):
    torch.manual_seed(seed)
    score = additive(5, key_size=4)
    if pointing:
        decoder = PointerNetwork(4, size=5, score=score, once=True)
    else:
        inner = RecurrentDecoder(7, size=5, memory_size=4, mechanism=CoverageAttention(score))
        decoder = PointerGenerator(inner)
    slots = max(lengths)
    mask = torch.arange(slots) < torch.tensor(lengths).unsqueeze(1)
    memory = torch.randn(len(lengths), slots, 4) * mask.unsqueeze(-1)
    words = torch.randint(4, 7 + max(slots, 1), mask.shape).clamp(max=6 + slots) * mask
    encoded = Encoded(memory, mask, torch.randn(len(lengths), 4), words)
    target = torch.tensor([[BOS, 4, EOS]]).expand(len(lengths), -1)
    if pointing and not slots:
        target = torch.tensor([[BOS, EOS, 0]]).expand(len(lengths), -1)
    both = decoder.log_likelihood(target, encoded)
    assert both.isfinite().all()
    for b, n in enumerate(lengths):
        if pointing and not n:
            continue  # what is said is not there
        alone = Encoded(memory[b : b + 1, :n], mask[b : b + 1, :n], encoded.summary[b : b + 1])
        alone = alone._replace(words=words[b : b + 1, :n])
        one = decoder.log_likelihood(target[b : b + 1], alone)
        torch.testing.assert_close(both[b : b + 1], one, atol=1e-4, rtol=1e-4)
