"""The end-to-end memory network against its formulas, its file format and its trace."""

import json

import pytest
import torch
from torch.autograd import gradcheck

import recollect
from recollect.models.memn2n import MemN2N, position_encoding

VOCAB, SLOTS, WORDS, WIDTH = 12, 6, 5, 8


def made(**choices):
    torch.manual_seed(1)
    model = MemN2N(VOCAB, width=WIDTH, slots=SLOTS, words=WORDS, **choices)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(4)  # weights far from uniform
    return model.eval()


def story(batch=3, filled=4):
    torch.manual_seed(2)
    words = torch.randint(1, VOCAB, (batch, SLOTS, WORDS))
    words[..., 3:] *= torch.rand(batch, SLOTS, WORDS - 3).sort(-1, descending=True).values > 0.5
    words[:, filled:] = 0
    return words, torch.randint(1, VOCAB, (batch, WORDS))


def plain(model, words, question, linear=False):
    """The formulas with loops, slot by slot and word by word."""
    plan, place = model.plan, model.place
    out = []
    for x, q in zip(words.tolist(), question.tolist(), strict=True):
        table = model.tables[plan.query]
        u = sum(place[j] * table[w] for j, w in enumerate(q) if w)
        filled = [i for i, row in enumerate(x) if any(row)]
        for k in range(len(plan.keys)):
            m, c = [], []
            for i in range(SLOTS):
                for rows, t in ((m, plan.keys[k]), (c, plan.values[k])):
                    row = torch.zeros(WIDTH)
                    for j, w in enumerate(x[i]):
                        if w:
                            row = row + place[j] * model.tables[t][w]
                    if i in filled:
                        age = len(filled) - filled.index(i)
                        row = row + place[-1] * model.tables[t][VOCAB - 1 + age]
                    rows.append(row)
            logits = torch.stack(m) @ u
            if model.masked:
                outside = torch.tensor([i not in filled for i in range(SLOTS)])
                logits = logits.masked_fill(outside, 0 if linear else -torch.inf)
            p = logits if linear else logits.softmax(-1)
            o = p @ torch.stack(c)
            u = (u if model.carry is None else model.carry @ u) + o
            u = u.relu() if model.plan.rectified else u
        out.append(model.tables[plan.answer] @ u)
    return torch.stack(out)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"hops": 1},
        {"encoding": "bag"},
        {"masked": True},
        {"tying": "layer-wise"},
        {"tying": "recurrent"},
    ],
    ids=str,
)
def test_logits_are_the_formula_s(choices, linear):
    model = made(**choices)
    model.linear_start(linear)
    assert model.is_linear() == linear
    words, question = story()
    torch.testing.assert_close(
        model(words, question), plain(model, words, question, linear), rtol=1e-4, atol=1e-4
    )


def test_position_encoding_is_the_papers_but_for_its_centre():
    """Twice (1 - j/J) - (k/D)(1 - 2j/J), with j and k counted from the middle of a step earlier."""
    j, k = torch.arange(1, 7)[:, None] - 0.5, torch.arange(1, 5) - 0.5
    paper = (1 - j / 6) - (k / 4) * (1 - 2 * j / 6)
    torch.testing.assert_close(position_encoding(6, 4), 2 * paper)


def test_tables_are_tied():
    names = dict(made(hops=3).named_parameters())
    assert set(names) == {"tables"}
    assert names["tables"].numel() == (3 + 1) * (VOCAB + SLOTS) * WIDTH
    wise = dict(made(hops=3, tying="layer-wise").named_parameters())
    assert wise["tables"].shape == (4, VOCAB + SLOTS, WIDTH)  # B, A, C, W
    assert wise["carry"].shape == (WIDTH, WIDTH)
    # All 20 tasks together: 175 words with nil, 50 times, width 50.
    assert MemN2N(175, width=50).tables.numel() == 4 * 225 * 50


def test_moving_memories_with_their_times_changes_nothing():
    model, (words, question) = made(), story()
    times = torch.tensor([[4, 3, 2, 1, 0, 0]]).expand(3, -1)
    order = torch.tensor([2, 5, 0, 3, 1, 4])
    torch.testing.assert_close(
        model(words[:, order], question, times[:, order]), model(words, question)
    )
    assert not torch.allclose(model(words[:, order], question), model(words, question))


def test_padding_of_words_and_of_masked_slots_changes_nothing():
    words, question = story(filled=3)
    words[..., 4:], question[..., 4:] = 0, 0
    model = made(masked=True)
    torch.testing.assert_close(model(words[:, :3, :4], question[..., :4]), model(words, question))
    # The authors' code has no mask: every empty slot takes its share.
    official = made()
    assert not torch.allclose(official(words[:, :3], question), official(words, question))
    rest = official.weights(words, question)[0, :, 3:]
    assert (rest > 0).all() and torch.allclose(rest, rest[:, :1].expand_as(rest))


def test_an_empty_story_is_answered_finitely():
    for masked in (False, True):
        model = made(masked=masked)
        out = model(torch.zeros(1, SLOTS, WORDS, dtype=torch.long), torch.tensor([[1, 2, 0, 0, 0]]))
        out.sum().backward()
        assert out.isfinite().all() and model.tables.grad.isfinite().all()


def test_nil_learns_nothing_and_is_never_the_answer_by_weight():
    model, (words, question) = made(), story()
    out = model(words, question)
    assert (out[:, 0] == 0).all()
    out.square().sum().backward()
    assert (model.tables.grad[:, 0] == 0).all() and (model.tables.grad[:, 1] != 0).any()
    with torch.no_grad():
        model.tables[:, 0] = 7.0  # an optimizer with weight noise, say
    torch.testing.assert_close(model(words, question), out.detach())


@pytest.mark.parametrize("tying", ["adjacent", "layer-wise"])
@pytest.mark.parametrize("linear", [False, True])
def test_gradients(tying, linear):
    model = made(hops=2, tying=tying).double()
    model.linear_start(linear)
    words, question = story(batch=2)
    names = [name for name, _ in model.named_parameters()]

    def call(*tensors):
        state = dict(zip(names, tensors, strict=True))
        return torch.func.functional_call(model, state, (words, question))

    inputs = [p.detach().mul(0.1).requires_grad_() for p in model.parameters()]
    assert gradcheck(call, inputs, fast_mode=True)


def test_the_weights_of_every_hop_reach_a_trace():
    model, (words, question) = made(), story()
    before = model(words, question)
    with recollect.trace(model) as trace, torch.no_grad():
        out = model(words, question)
    torch.testing.assert_close(out, before)
    weights = model.weights(words, question)
    assert weights.shape == (3, 3, SLOTS)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 3))
    for hop in range(3):
        seen = trace.weights(f"hops.{hop}")
        torch.testing.assert_close(seen.reshape(3, SLOTS), weights[:, hop], rtol=1e-3, atol=1e-3)


def test_saved_and_loaded(tmp_path):
    model, (words, question) = made(tying="layer-wise", masked=True, encoding="bag"), story()
    model.save_pretrained(tmp_path)
    told = json.loads((tmp_path / "config.json").read_text())
    assert told["vocab"] == VOCAB and told["tying"] == "layer-wise"
    assert {f.name for f in tmp_path.iterdir()} >= {"config.json", "model.safetensors"}
    again = MemN2N.from_pretrained(tmp_path)
    torch.testing.assert_close(again(words, question), model(words, question))


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # of torch's kernel under vmap
def test_seeds_train_together():
    """Parameters stacked, the model vectorised over them, as the generic loop does."""
    models = [made() for _ in range(2)]
    with torch.no_grad():
        models[1].tables.mul_(0.5)
    state, buffers = torch.func.stack_module_state(models)
    words, question = story()

    def call(state, buffers):
        return torch.func.functional_call(models[0], (state, buffers), (words, question))

    both = torch.vmap(call)(state, buffers)
    for model, out in zip(models, both, strict=True):
        torch.testing.assert_close(out, model(words, question), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"hops": 0}, "hops is 0"),
        ({"width": 0}, "width is 0"),
        ({"tying": "none"}, "tying is 'none'"),
        ({"encoding": "none"}, "encoding is 'none'"),
    ],
)
def test_choices_out_of_range(choices, told):
    with pytest.raises(ValueError, match=told):
        MemN2N(VOCAB, **choices)


def test_input_that_does_not_fit():
    model = made()
    with pytest.raises(ValueError, match="7 sentences for 6 slots"):
        model(torch.ones(1, 7, 3, dtype=torch.long), torch.ones(1, 3, dtype=torch.long))
    with pytest.raises(ValueError, match="6 words for a model of 5"):
        model(torch.ones(1, 2, 3, dtype=torch.long), torch.ones(1, 6, dtype=torch.long))
