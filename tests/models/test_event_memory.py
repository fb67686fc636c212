"""Reading: names cannot matter, padding and company change nothing, gradients are finite."""

from random import Random

import pytest
import torch
from torch.nn.functional import one_hot

from recollect.english import TOKEN_IDS
from recollect.events import KINDS, TAGS
from recollect.models.clause_encoder import Clauses
from recollect.models.event_answers import answer
from recollect.models.event_memory import GENDERS, Asking, EventMemory
from recollect.tasks.stories.pack import collate, pack_tale
from recollect.tasks.stories.task import Stories
from recollect.tasks.stories.world import tell

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def memory():
    torch.manual_seed(3)
    return EventMemory(16, 12).eval()


@pytest.fixture(scope="module")
def packed():
    rng = Random(2)
    tales = [tell(rng, length) for length in (4, 14, 9, 20, 6, 11)]
    return [pack_tale(tale, rng) for tale in tales]


def read(memory, batch):
    with torch.no_grad():
        reading = memory.read(batch.clauses, batch.genders)
        asking = memory.ask(batch.asked, batch.genders.shape[1])
        events = memory.events(reading, batch.clauses.tokens[..., 0] != 0, batch.order)
    return reading, asking, events


def found(events, asking, b, q, alive):
    one = Asking(*(x[b : b + 1, q : q + 1] for x in asking))
    return answer(type(events)(*(x[b : b + 1] for x in events)), one, alive)


def test_some_pronoun_is_among_the_stories(packed):
    assert any(link >= 0 for story in packed for row in story.rows for link in row.links)


def test_a_story_is_read_alike_alone_and_in_a_batch(memory, packed):
    together, asked, _ = read(memory, collate(packed))
    for b, story in enumerate(packed):
        alone, mine, _ = read(memory, collate([story]))
        T, J, K = alone.members.shape[1:]
        torch.testing.assert_close(together.kinds[b, :T], alone.kinds[0], **CLOSE)
        torch.testing.assert_close(together.members[b, :T, :J, :K], alone.members[0], **CLOSE)
        torch.testing.assert_close(together.links[b, :T, :J, :T], alone.links[0], **CLOSE)
        Q = mine.programs.shape[1]
        torch.testing.assert_close(asked.programs[b, :Q], mine.programs[0], **CLOSE)
        torch.testing.assert_close(asked.roles[b, :Q, :, :K], mine.roles[0], **CLOSE)


def test_padding_changes_nothing(memory, packed):
    batch = collate(packed[:2])
    pad = torch.nn.functional.pad
    wide = batch._replace(
        clauses=Clauses(
            pad(batch.clauses.tokens, (0, 0, 0, 5)),
            pad(batch.clauses.entities, (0, 0, 0, 5), value=-1),
        ),
        order=torch.cat([batch.order, batch.order.shape[1] + torch.arange(5).expand(2, 5)], 1),
    )
    reading, _, events = read(memory, batch)
    padded, _, later = read(memory, wide)
    T = batch.kinds.shape[1]
    torch.testing.assert_close(padded.kinds[:, :T], reading.kinds, **CLOSE)
    torch.testing.assert_close(padded.members[:, :T], reading.members, **CLOSE)
    assert not bool(later.kinds[:, T:].any()) and not bool(padded.members[:, T:].any())
    torch.testing.assert_close(later.kinds[:, :T], events.kinds, **CLOSE)


def test_names_cannot_matter(memory, packed):
    batch = collate(packed)
    K = batch.genders.shape[1]
    new = torch.randperm(K, generator=torch.Generator().manual_seed(4))  # old number -> new number
    old = new.argsort()

    def renamed(clauses):
        return Clauses(
            clauses.tokens,
            torch.where(clauses.entities >= 0, new[clauses.entities.clamp(min=0)], -1),
        )

    other = batch._replace(
        clauses=renamed(batch.clauses), asked=renamed(batch.asked), genders=batch.genders[:, old]
    )
    reading, asking, events = read(memory, batch)
    again, asked, known = read(memory, other)
    torch.testing.assert_close(again.kinds, reading.kinds, **CLOSE)
    torch.testing.assert_close(again.members[..., new], reading.members, **CLOSE)
    torch.testing.assert_close(asked.roles[..., new], asking.roles, **CLOSE)
    alive = torch.ones(1, 1, batch.kinds.shape[1])
    for b in range(len(packed)):
        for q in range(batch.ends.shape[1]):
            one, two = found(events, asking, b, q, alive), found(known, asked, b, q, alive)
            assert one.program == two.program
            same = (
                new[one.answer].item()
                if one.answer >= 0 and one.program not in ("count", "when")
                else one.answer
            )
            assert two.answer == same or abs(one.confidence - two.confidence) < 1e-4


def test_whom_a_word_stands_for_is_a_distribution(memory, packed):
    reading, asking, events = read(memory, collate(packed))
    mass = reading.members.sum(-1)
    assert float(mass.min()) >= 0 and float(mass.max()) <= 3.001  # "they" stands for several
    for log in (reading.kinds, reading.tags, asking.programs, asking.tags):
        torch.testing.assert_close(log.exp().sum(-1), torch.ones_like(log[..., 0]), **CLOSE)
    assert all(float(x.min()) >= 0 and float(x.max()) <= 1 for x in events)
    assert asking.roles.shape[2] == len(TAGS)


def test_a_pronoun_looks_only_backwards(memory, packed):
    reading, _, _ = read(memory, collate(packed))
    links = reading.links.sum(2)  # (B, T, T)
    assert float(links.sum()) > 0 and float(links.triu().abs().max()) == 0


@pytest.mark.parametrize(
    ("role", "lifeless", "wanted"),
    [
        ("agent", 9.0, [2]),  # "They fell."
        ("agent", -9.0, [0, 1]),  # "They left."
        ("theme", 9.0, [2]),  # "Ann took them."
        ("theme", -9.0, [2]),
    ],
)
def test_what_they_do_decides_whether_they_are_people_or_things(role, lifeless, wanted):
    """Ann (0) and Ben (1) sat. Eve (3) went by the keys (2). They ..."""
    memory = EventMemory(8, 6).eval()
    with torch.no_grad():
        memory.lifeless.weight.zero_()
        memory.lifeless.bias.fill_(lifeless)
    name, thing, they = (TOKEN_IDS[t] for t in ("<name>", "<thing>", "they"))
    tokens = torch.tensor([[[name, name], [name, thing], [they, 0]]])
    entities = torch.tensor([[[0, 1], [3, 2], [-1, -1]]])
    genders = torch.tensor([[GENDERS.index(g) for g in ("f", "m", "p", "f")]])
    tagged = [["agent", "agent"], ["agent", "none"], [role, "none"]]
    tags = torch.full((1, 3, 2, len(TAGS)), -20.0)
    for t, row in enumerate(tagged):
        for w, tag in enumerate(row):
            tags[0, t, w, TAGS.index(tag)] = 0
    named = one_hot(entities.clamp(min=0), 4).float() * (entities >= 0).unsqueeze(-1)
    states, pooled = torch.zeros(1, 3, 2, 16), torch.zeros(1, 3, 8)
    with torch.no_grad():
        members, _ = memory._resolve(tokens, entities, genders, states, pooled, tags, named)
    assert (members[0, 2, 0] > 0.5).nonzero().flatten().tolist() == wanted


def test_a_strange_deed_that_leads_nowhere_is_nothing():
    memory = EventMemory(8, 6).eval()
    rows = ["<name> <passive> <unk> by <noun>", "<name> <unk> to <place>", "<name> <go> <unk>"]
    ids = [[TOKEN_IDS[token] for token in row.split()] for row in rows]
    tokens = torch.tensor([[row + [0] * (5 - len(row)) for row in ids]])
    with torch.no_grad():
        reading = memory.read(
            Clauses(tokens, torch.full_like(tokens, -1)), torch.zeros(1, 1).long()
        )
    none = reading.kinds[0, :, KINDS.index("none")].exp()
    assert none[0] > 0.999 and bool((none[1:] < 0.9).all())
    assert torch.allclose(reading.kinds.exp().sum(-1), torch.ones(1, 3), atol=1e-4)


def test_every_parameter_gets_a_finite_gradient():
    torch.manual_seed(0)
    memory = EventMemory(16, 12)
    task = Stories(clauses=200, longest=16)
    touched = dict.fromkeys(dict(memory.named_parameters()), False)
    for i in range(6):
        memory.zero_grad()
        # "they" may be several once the words for who acts are told apart; say that all of them
        # act, and then that few do, since several people are meant before several things
        memory.tag.bias.data[TAGS.index("agent")] = 4 * (i < 3)
        step = task.step(memory, task.batch("train", 0, i))
        assert bool(step.loss.isfinite())
        step.loss.backward()
        for name, parameter in memory.named_parameters():
            assert parameter.grad is not None and bool(parameter.grad.isfinite().all()), name
            touched[name] |= bool(parameter.grad.any())
    assert all(touched.values()), [name for name, hit in touched.items() if not hit]


def test_the_loss_descends_where_its_gradient_says():
    torch.manual_seed(0)
    memory = EventMemory(8, 6).double()
    task = Stories(clauses=60, longest=8)
    batch = task.batch("train", 1, 0)
    task.step(memory, batch).loss.backward()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        directions = [
            torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in memory.parameters()
        ]
        slope = sum(
            (p.grad * d).sum() for p, d in zip(memory.parameters(), directions, strict=True)
        )
        sides = []
        for sign in (1, -2):
            for p, d in zip(memory.parameters(), directions, strict=True):
                p += sign * 1e-6 * d
            sides.append(task.step(memory, batch).loss)
    torch.testing.assert_close((sides[0] - sides[1]) / 2e-6, slope, rtol=1e-3, atol=1e-4)


def test_another_model_is_refused():
    task = Stories(clauses=60, longest=8)
    with pytest.raises(ValueError, match="Linear"):
        task.step(torch.nn.Linear(1, 1), task.batch("train", 0, 0))
