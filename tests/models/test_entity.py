"""The entity network against its formulas, its invariances, its file and its trace."""

import pytest
import torch
from torch.autograd import gradcheck

import recollect
from recollect.models.entity import EntityNetwork

VOCAB, WORDS, WIDTH, SLOTS = 12, 5, 6, 4


def made(seed=1, **choices):
    torch.manual_seed(seed)
    sizes = {"width": WIDTH, "slots": SLOTS, "words": WORDS} | choices
    model = EntityNetwork(VOCAB, **sizes)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(3).add_(0.2 * torch.randn_like(p))
        model.embedding[0] = 0
    return model.eval()


def story(batch=3, sentences=4, seed=2):
    torch.manual_seed(seed)
    words = torch.randint(1, VOCAB, (batch, sentences, WORDS))
    words[..., 3:] *= torch.rand(batch, sentences, WORDS - 3).sort(-1, True).values > 0.5
    return words, torch.randint(1, VOCAB, (batch, WORDS))


def plain(model, words, question):
    """The formulas with loops: sentence by sentence, slot by slot."""
    out = []

    def phi(x):
        return torch.where(x > 0, x, model.slope * x)

    for x, q in zip(words.tolist(), question.tolist(), strict=True):
        h = [model.keys[j] for j in range(SLOTS)]
        for sentence in x:
            if not any(sentence):
                continue
            s = sum(
                model.sentence_mask[i] * model.embedding[w] for i, w in enumerate(sentence) if w
            )
            for j in range(SLOTS):
                w = model.keys[j]
                gate = torch.sigmoid(s @ h[j] + s @ w + model.gate_bias[j])
                inner = model.from_slot @ h[j] + model.from_sentence @ s + model.from_key @ w
                h[j] = h[j] + gate * phi(inner + model.bias)
                h[j] = h[j] / h[j].norm()
        u = sum(f * model.embedding[w] for f, w in zip(model.question_mask, q, strict=True) if w)
        p = torch.stack([u @ one for one in h]).softmax(0)
        read = sum(p[j] * h[j] for j in range(SLOTS))
        out.append(model.answer @ phi(u + model.carry @ read))
    return torch.stack(out)


def test_logits_are_the_formula_s():
    model, (words, question) = made(), story()
    words[1, 2:] = 0  # a shorter story
    torch.testing.assert_close(
        model(words, question), plain(model, words, question), rtol=1e-4, atol=1e-5
    )


def test_padding_changes_nothing():
    model, (words, question) = made(), story()
    more = torch.zeros(3, 7, WORDS, dtype=torch.long)
    more[:, :4] = words
    torch.testing.assert_close(model(more, question), model(words, question))
    holes = torch.zeros(3, 8, WORDS, dtype=torch.long)
    holes[:, ::2] = words
    torch.testing.assert_close(model(holes, question), model(words, question))
    short = words.clone()
    short[..., 3:] = 0
    torch.testing.assert_close(model(short, question), model(short[..., :3], question))


def test_a_batch_is_its_stories_one_by_one():
    model, (words, question) = made(), story()
    alone = [model(words[b : b + 1], question[b : b + 1]) for b in range(3)]
    torch.testing.assert_close(model(words, question), torch.cat(alone))


def test_slots_lie_on_the_sphere_and_attention_on_the_simplex():
    model, (words, question) = made(), story()
    run = model.run(words, question)
    torch.testing.assert_close(run.slots.norm(dim=-1), torch.ones(3, SLOTS))
    torch.testing.assert_close(run.attention.sum(-1), torch.ones(3))
    assert ((run.gates > 0) & (run.gates < 1)).all()


def test_shares_and_what_is_left_of_the_key_make_up_the_slot():
    """The decomposition is exact: with the key's own share they sum to 1."""
    model, (words, question) = made(), story()
    words[0, 1] = 0
    run = model.run(words, question)
    key, before = model.keys.expand(3, -1, -1), model.keys.expand(3, -1, -1)
    said = (model.embedding[words] * (words > 0)[..., None] * model.sentence_mask).sum(-2)
    fixed = model.keys @ model.from_key.T + model.bias
    for t in range(4):  # what is left of the key is scaled down by every norm
        after = model.run(words[:, : t + 1], question)
        inner = before @ model.from_slot.T + (said[:, t] @ model.from_sentence.T)[:, None] + fixed
        total = before + after.gates[:, -1, :, None] * model._activate(inner)
        written = (words[:, t] > 0).any(-1)[:, None, None]
        key = torch.where(written, key / total.norm(dim=-1, keepdim=True), key)
        before = after.slots
    left = (key * run.slots).sum(-1)
    torch.testing.assert_close(run.shares.sum(1) + left, torch.ones(3, SLOTS))
    assert (run.shares[0, 1] == 0).all()
    expected = (run.shares * run.attention[:, None]).sum(-1)
    torch.testing.assert_close(model.weights(words, question)[:, 0], expected)


def test_gradients_are_those_of_the_formula():
    model = made(width=3, slots=2).double()
    words, question = story(batch=2, sentences=3)
    names = [name for name, _ in model.named_parameters()]

    def call(*values):
        parameters = dict(zip(names, values, strict=True))
        return torch.func.functional_call(model, parameters, (words, question))

    values = [p.detach().clone().requires_grad_() for p in model.parameters()]
    assert gradcheck(call, values)


def test_an_empty_story_is_answered_from_the_keys():
    model, (_, question) = made(), story()
    nothing = torch.zeros(3, 2, WORDS, dtype=torch.long)
    logits = model(nothing, question)
    torch.testing.assert_close(logits, model(nothing[:, :0], question))
    assert logits.isfinite().all()
    logits.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_trace_has_gates_slots_and_attention():
    model, (words, question) = made(), story()
    with recollect.trace(model) as seen:
        logits = model(words, question)
    run = model.run(words, question)
    torch.testing.assert_close(logits, run.logits)
    torch.testing.assert_close(seen.weights("EntityNetwork"), run.attention[:, None])
    (told,) = seen["EntityNetwork"]
    torch.testing.assert_close(told["gates"], run.gates)
    torch.testing.assert_close(told["slots"], run.slots)


def test_it_is_saved_and_loaded(tmp_path):
    model, (words, question) = made(), story()
    model.save_pretrained(tmp_path)
    again = EntityNetwork.from_pretrained(tmp_path)
    torch.testing.assert_close(again(words, question), model(words, question))


def test_kernel_weights_go_there_and_back():
    one, other = made(seed=1), made(seed=2)
    other.take_kernel_weights(one.kernel_weights())
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)


def test_wrong_sizes_are_told():
    with pytest.raises(ValueError, match="slots is 0"):
        EntityNetwork(VOCAB, slots=0)
    words, question = story()
    with pytest.raises(ValueError, match="more `words`"):
        EntityNetwork(VOCAB, words=3)(words, question)


def test_masks_and_biases_may_begin_at_random():
    torch.manual_seed(0)
    plain, spread = EntityNetwork(9, width=40), EntityNetwork(9, width=40, spread=True)
    assert (plain.sentence_mask == 1).all() and (plain.bias == 0).all()
    for drawn in (spread.sentence_mask.detach(), spread.bias.detach(), spread.gate_bias.detach()):
        assert 0.05 < float(drawn.std()) < 0.2 and abs(float(drawn.mean())) < 0.1
    assert (spread.question_mask == 1).all() and (spread.slope == 1).all()
