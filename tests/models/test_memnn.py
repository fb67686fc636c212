"""The strongly supervised memory network against its formulas and the scan it stands for."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import recollect
from recollect.models.memnn import MemNN, features, undefeated

VOCAB, WORDS = 14, 5


def made(seed=1, **choices):
    torch.manual_seed(seed)
    sizes = {"width": 6, "hops": 3, "words": WORDS, "buckets": 64} | choices
    return MemNN(VOCAB, **sizes).eval()


def story(batch=3, sentences=4, seed=2):
    torch.manual_seed(seed)
    words = torch.randint(1, VOCAB, (batch, sentences, WORDS))
    words[..., 3:] *= torch.rand(batch, sentences, WORDS - 3).sort(-1, True).values > 0.5
    return words, torch.randint(1, VOCAB, (batch, WORDS))


@given(
    st.lists(st.integers(1, 30), min_size=0, max_size=6),
    st.integers(1, 4),
    st.integers(0, 4),
)
@settings(deadline=None, max_examples=60)
def test_features_are_the_n_grams_of_the_text_and_its_ends(words, grams, padding):
    """Two texts share as many features as they share n-grams; padding adds none."""
    text = torch.tensor([words + [0] * padding]).long()
    rows = features(text, grams=grams, buckets=2**20)[0]
    found = sorted(rows[rows > 0].tolist())
    marked = ["<", *words, ">"] if words else []
    grammed = [tuple(words[i : i + 1]) for i in range(len(words))]
    for size in range(2, grams + 1):
        grammed += [tuple(marked[i : i + size]) for i in range(len(marked) - size + 1)]
    assert len(found) == len(grammed)
    assert len(set(found)) == len(set(grammed))
    bare = features(torch.tensor([words]).long(), grams=grams, buckets=2**20)[0]
    assert sorted(bare[bare > 0].tolist()) == found


def test_features_tell_n_grams_apart_and_know_them_again():
    rows = features(torch.tensor([[3, 4, 5], [9, 4, 5]]), grams=3, buckets=2**20)
    one, other = (set(row[row > 0].tolist()) for row in rows)
    # Of both: 4, 5, "4 5", "5 end", "4 5 end".
    assert len(one & other) == 5 and len(one) == len(other) == 10


def scan(scores, pace, mask):
    """Section 3.2: one pass over the memories, from the oldest on."""
    best = None
    for i, score in enumerate(scores):
        if mask[i] and (best is None or score - scores[best] + pace > 0):
            best = i
    return best


@given(
    st.lists(st.tuples(st.floats(-2, 2), st.booleans()), min_size=1, max_size=7),
    st.floats(-1, 1),
)
@settings(deadline=None, max_examples=200)
def test_undefeated_is_the_least_lead_and_names_the_scan_s_choice(rows, pace):
    scores, mask = [a for a, _ in rows], [m for _, m in rows]
    lead = undefeated(
        torch.tensor([scores], dtype=torch.double),
        torch.tensor([pace], dtype=torch.double),
        torch.tensor([mask]),
    )[0]
    for i, a in enumerate(scores):
        others = [j for j in range(len(scores)) if mask[j] and j != i]
        if not mask[i]:
            assert lead[i] == -torch.inf
        elif others:
            least = min(a - scores[j] + (pace if i > j else -pace) for j in others)
            assert lead[i].item() == pytest.approx(least, abs=1e-6)
        else:
            assert lead[i] > 100
    if (lead > 1e-9).any():  # one that beats all others: the scan ends there too
        assert scan(scores, pace, mask) == lead.argmax()


def pairwise(model, words, question, before):
    """Return s(x, y, y') for all pairs, and s(x, y, end), with sums over features one by one."""
    texts = model._texts(words, question)
    slots = torch.tensor([before + [-1] * (model.hops - len(before))])
    scores, pace, enough, mask = model._rate(texts, slots)
    return scores[0], pace[0], enough[0], mask[0]


def test_the_loss_is_the_sum_of_all_missed_margins():
    model = made(margin=0.7)
    words, question = story(batch=2)
    words[1, 3] = 0
    chain = torch.tensor([[2, 0], [1, -1]])
    answer = torch.tensor([3, 7])
    told = model.loss(words, question, answer, chain)
    facts = replies = 0.0
    for b, (gold, reply) in enumerate(zip([[2, 0], [1]], answer.tolist(), strict=True)):
        for hop in range(len(gold) + 1):
            x = words[b : b + 1], question[b : b + 1]
            scores, pace, enough, mask = pairwise(model, *x, gold[:hop])
            assert mask.tolist() == [
                bool(words[b, i].any()) and i not in gold[:hop] for i in range(4)
            ]
            right = None if hop == len(gold) else gold[hop]
            for i in range(4):
                if not mask[i] or i == right:
                    continue
                lead = enough - scores[i]
                if right is not None:
                    lead = scores[right] - scores[i] + (pace if right > i else -pace)
                facts += max(0.0, 0.7 - lead.item())
            if right is not None and hop > 0:
                facts += max(0.0, 0.7 - (scores[right] - enough).item())
        slots = torch.tensor([gold + [-1] * (3 - len(gold))])
        scores = model._answer(model._texts(words[b : b + 1], question[b : b + 1]), slots)[0]
        for word in range(VOCAB):
            if word != reply:
                replies += max(0.0, 0.7 - (scores[reply] - scores[word]).item())
    assert told.facts.item() == pytest.approx(facts, rel=1e-4)
    assert told.answer.item() == pytest.approx(replies, rel=1e-4)


def test_a_fact_that_is_gone_is_not_asked_for_nor_what_follows():
    model = made()
    words, question = story(batch=1)
    answer = torch.tensor([3])
    gone = model.loss(words, question, answer, torch.tensor([[2, -1, 0]]))
    short = model.loss(words, question, answer, torch.tensor([[2]]))
    texts = model._texts(words, question)
    first = model._missed(texts, torch.full((1, 3), -1), torch.tensor([2]))
    assert gone.facts.item() == pytest.approx(first.item())
    assert short.facts.item() > first.item()  # there the end is learned too


def test_choices_are_greedy_different_and_end_for_good():
    model = made(hops=6)
    words, question = story(batch=8, sentences=5)
    words[0, 2:] = 0
    choice = model.choose(words, question)
    for b, slots in enumerate(choice.slots.tolist()):
        taken = [s for s in slots if s >= 0]
        assert taken and len(set(taken)) == len(taken) and slots[: len(taken)] == taken
        assert all(words[b, s].any() for s in taken)
        for hop in range(len(taken) + 1):
            x = words[b : b + 1], question[b : b + 1]
            scores, pace, enough, mask = pairwise(model, *x, taken[:hop])
            if not mask.any() or hop == 6:
                break
            best = int(undefeated(scores[None], pace[None], mask[None])[0].argmax())
            if hop == len(taken):
                assert scores[best] <= enough
            else:
                assert taken[hop] == best
    weights = model.weights(words, question)
    assert weights.shape == (8, 6, 5)
    torch.testing.assert_close(weights.sum(-1), (choice.slots >= 0).float())
    torch.testing.assert_close(model(words, question), choice.logits)


def test_padding_and_batching_change_nothing():
    model, (words, question) = made(), story()
    more = torch.zeros(3, 7, WORDS, dtype=torch.long)
    more[:, :4] = words
    words[1:, :, 2:] = more[1:, :4, 2:] = 0  # shorter sentences beside long ones
    whole = model.choose(more, question)
    alone = [model.choose(words[b : b + 1], question[b : b + 1]) for b in range(3)]
    assert torch.equal(whole.slots, torch.cat([one.slots for one in alone]))
    torch.testing.assert_close(whole.logits, torch.cat([one.logits for one in alone]))


def test_an_empty_story_is_answered_without_a_fact():
    model, (words, question) = made(), story()
    choice = model.choose(torch.zeros_like(words), question)
    assert (choice.slots == -1).all() and choice.logits.isfinite().all()
    none = torch.full((3, 2), -1)
    told = model.loss(torch.zeros_like(words), question, torch.ones(3).long(), none)
    (told.facts + told.answer).backward()
    assert told.facts == 0
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_names_that_were_never_seen_are_matched_by_place():
    """Linked words are the question's: another name in both changes no linked feature."""
    model = made(linked=True)
    words = torch.tensor([[[3, 4, 5, 0, 0], [9, 4, 6, 0, 0]]])
    question = torch.tensor([[2, 3, 0, 0, 0]])
    other = words.clone(), question.clone()
    for text in other:
        text[text == 3] = 11
    texts, again = model._texts(words, question), model._texts(*other)
    assert torch.equal(texts.linked, again.linked)
    assert not torch.equal(texts.rows, again.rows)
    assert texts.linked[0, 0].tolist() == [VOCAB + 1, 4, 5, 0, 0]


def test_it_learns_to_choose_the_latest_of_two_like_facts():
    """Where is X: the youngest sentence about X, wherever it stands; twenty steps suffice."""
    random = torch.Generator().manual_seed(0)
    who = torch.randint(1, 4, (64, 6, 1), generator=random)
    where = torch.randint(4, 9, (64, 6, 1), generator=random)
    words = torch.cat([who, torch.full_like(who, 9), where], -1)
    asked = torch.randint(1, 4, (64,), generator=random)
    words[:, 0, 0] = asked  # there is one
    hits = words[:, :, 0] == asked[:, None]
    gold = (hits * torch.arange(1, 7)).argmax(-1)
    answer = words[torch.arange(64), gold, 2]
    question = torch.stack([torch.full_like(asked, 10), asked], -1)
    model = made(width=16, hops=2, margin=1.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(40):
        optimizer.zero_grad()
        told = model.loss(words, question, answer, gold[:, None])
        (told.facts + told.answer).backward()
        optimizer.step()
    choice = model.choose(words, question)
    assert (choice.slots[:, 0] == gold).float().mean() > 0.95
    assert (choice.slots[:, 1] == -1).float().mean() > 0.95
    assert (choice.logits.argmax(-1) == answer).float().mean() > 0.95


def test_a_trace_has_the_chosen_facts():
    model, (words, question) = made(), story()
    with recollect.trace(model) as seen:
        model(words, question)
    torch.testing.assert_close(seen.weights("MemNN"), model.weights(words, question))


def test_it_is_saved_and_loaded(tmp_path):
    model, (words, question) = made(), story()
    model.save_pretrained(tmp_path)
    again = MemNN.from_pretrained(tmp_path)
    torch.testing.assert_close(again(words, question), model(words, question))


def test_wrong_sizes_are_told():
    with pytest.raises(ValueError, match="hops is 0"):
        MemNN(VOCAB, hops=0)
    with pytest.raises(ValueError, match="margin is 0"):
        MemNN(VOCAB, margin=0)
    words, question = story()
    with pytest.raises(ValueError, match="more `words`"):
        MemNN(VOCAB, words=3)(words, question)
