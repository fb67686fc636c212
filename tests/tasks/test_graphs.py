"""Graph tasks: encoding, random graphs, walks, shortest paths, families, the Underground."""

import csv
from collections import deque
from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from recollect.data import MissingData
from recollect.tasks.graphs import INPUT, LESSONS, OUTPUT, Inference, ShortestPath, Traversal
from recollect.tasks.graphs.inference import KIN_LESSONS, questions
from recollect.tasks.graphs.kin import (
    BASIC,
    RELATIONS,
    Family,
    facts,
    hinton,
    random_family,
    relatives,
)
from recollect.tasks.graphs.lessons import draw_sizes
from recollect.tasks.graphs.london import label, underground
from recollect.tasks.graphs.paths import best_leaving, distances, path_loss
from recollect.tasks.graphs.random_graph import (
    SYMBOLS,
    Graphs,
    choice,
    random_graphs,
    shuffled,
    triples,
    walk,
)
from recollect.tasks.graphs.traversal import ask_walk
from recollect.tasks.graphs.triples import (
    BLANK,
    Asked,
    digits,
    encode,
    pose,
    triple_figures,
    triple_loss,
)
from recollect.testing import check_task


class Tiny(nn.Module):
    """A model that maps each step by itself."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(INPUT, OUTPUT)

    def forward(self, x):
        return self.linear(x)


def told(digit):
    """Logits that say these digits, -1 as 0."""
    return 50.0 * nn.functional.one_hot(digit.clamp(min=0), 10).float().flatten(-2)


def draw(seed=0, batch=6, nodes=7, degree=2, names=4):
    random = np.random.default_rng(seed)
    return random, random_graphs(random, batch, nodes=nodes, degree=degree, names=names)


# --- triples


@given(st.lists(st.integers(-1, 999), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_a_triple_can_be_read_back(labels):
    hot = encode(np.array(labels)).reshape(3, 3, 10)
    for one, name in zip(hot, labels, strict=True):
        if name == BLANK:
            assert not one.any()
        else:
            assert (one.sum(-1) == 1).all()
            assert one.argmax(-1) @ [100, 10, 1] == name


@pytest.mark.parametrize("strange", [-2, 1000])
def test_a_label_out_of_range_is_refused(strange):
    with pytest.raises(ValueError, match=str(strange)):
        digits(np.array([0, strange]))


def test_phases_follow_one_another():
    random, graphs = draw()
    batch = pose(ask_walk(random, graphs, 3), planning=2)
    assert batch.inputs.shape == (6, 14 + 3 + 2 + 3, INPUT)
    bits = batch.inputs[0, :, OUTPUT:].tolist()
    assert bits == [[0, 0]] * 14 + [[1, 0]] * 3 + [[1, 1]] * 2 + [[0, 1]] * 3
    assert not batch.inputs[:, -5:, :OUTPUT].any()  # planning and answers are told nothing
    assert (batch.targets[:, :-3] == -1).all() and (batch.targets[:, -3:] >= 0).all()


def test_blank_steps_are_left_out_and_the_rest_keeps_its_order():
    rows = np.array([[[1, 2, 3], [4, 5, 6]], [[BLANK] * 3, [7, 8, 9]]])
    query, answer = np.full((2, 1, 3), 11), np.full((2, 1, 3), 12)
    batch = pose(Asked(rows, query, answer))
    assert batch.lengths.tolist() == [4, 3]
    alone = pose(Asked(rows[1:, 1:], query[1:], answer[1:]))
    assert torch.equal(batch.inputs[1, :3], alone.inputs[0])
    assert torch.equal(batch.targets[1, :3], alone.targets[0])
    assert not batch.inputs[1, 3].any() and (batch.targets[1, 3] == -1).all()


def test_loss_and_figures_of_answers_right_and_wrong():
    random, graphs = draw()
    batch = pose(ask_walk(random, graphs, 3))
    logits = told(batch.targets)
    assert triple_loss(logits, batch.targets) < 1e-6
    assert triple_figures(logits, batch.targets) == {"triples": 1, "answers": 1}
    wrong = batch.targets.clone()
    wrong[0, -1, 4] = (wrong[0, -1, 4] + 1) % 10
    figures = triple_figures(told(wrong), batch.targets)
    assert figures["triples"].item() == pytest.approx(17 / 18)
    assert figures["answers"].item() == pytest.approx(5 / 6)
    assert triple_loss(told(wrong), batch.targets) > 0.1


# --- random graphs


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 4), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_edges_lead_elsewhere_and_are_told_apart(seed, nodes, degree, more):
    degree = min(degree, nodes - 1)
    _, graphs = draw(seed, batch=3, nodes=nodes, degree=degree, names=degree + more)
    assert graphs.to.shape == (3, nodes, degree)
    assert (graphs.to != np.arange(nodes)[:, None]).all()
    for graph in range(3):
        assert len(set(graphs.nodes[graph])) == nodes
        assert len(np.unique(graphs.edges[graph])) <= degree + more
        for row, edges in zip(graphs.to[graph], graphs.edges[graph], strict=True):
            assert len(set(row)) == len(set(edges)) == degree


def test_labels_out_of_a_few():
    random = np.random.default_rng(0)
    graphs = random_graphs(random, 5, nodes=8, degree=1, names=4, labels=SYMBOLS)
    assert set(graphs.nodes.flat) | set(graphs.edges.flat) <= set(SYMBOLS)


@pytest.mark.parametrize(("nodes", "degree", "names"), [(3, 3, 5), (3, 0, 2), (5, 3, 2)])
def test_sizes_that_cannot_be_are_refused(nodes, degree, names):
    with pytest.raises(ValueError, match=f"degree {degree}"):
        draw(nodes=nodes, degree=degree, names=names)


def test_choice_draws_each_label_alike():
    drawn = choice(np.random.default_rng(0), 4000, 5, 2)
    assert all(len(set(row)) == 2 for row in drawn)
    for place in (0, 1):
        counts = np.bincount(drawn[:, place], minlength=5)
        assert (abs(counts - 800) < 120).all()


def test_shuffling_keeps_the_rows():
    rows = np.arange(24).reshape(2, 6, 2)
    mixed = shuffled(np.random.default_rng(1), rows)
    assert (np.sort(mixed, 1) == rows).all() and not (mixed == rows).all()


@given(st.integers(0, 10**6), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_a_walk_follows_edges_and_its_question_tells_the_way(seed, steps):
    random, graphs = draw(seed)
    asked = ask_walk(random, graphs, steps)
    for described, query, answer in zip(*asked, strict=True):
        edges = {tuple(edge) for edge in described}
        assert len(edges) == 14 and all(tuple(edge) in edges for edge in answer)
        assert all(a[1] == b[0] for a, b in pairwise(answer))
        # The question says the first node and every label, and a walker needs no more.
        assert query[0, 0] == answer[0, 0] and (query[1:, 0] == BLANK).all()
        assert (query[:, 1] == BLANK).all() and (query[:, 2] == answer[:, 2]).all()
        by_label = {(source, edge): to for source, to, edge in edges}
        at = query[0, 0]
        for edge in query[:, 2]:
            at = by_label[at, edge]
        assert at == answer[-1, 1]


def test_a_walk_into_a_dead_end_is_refused():
    graphs = Graphs(np.array([[1, 2]]), np.array([[[1], [-1]]]), np.array([[[5], [0]]]))
    with pytest.raises(ValueError, match="every node needs one"):
        walk(np.random.default_rng(0), graphs, 3)


@pytest.mark.parametrize("lesson", range(len(LESSONS)))
def test_every_lesson_gives_what_it_says(lesson):
    random = np.random.default_rng(0)
    for _ in range(50):
        sizes = draw_sizes(random, LESSONS, lesson, review=0.0)
        assert sizes.lesson is LESSONS[lesson]
        assert LESSONS[lesson].steps[0] <= sizes.steps <= LESSONS[lesson].steps[1]
        assert sizes.nodes * sizes.degree <= LESSONS[lesson].edges
        assert sizes.degree < sizes.nodes and sizes.names >= sizes.degree


def test_a_review_is_of_a_lesson_before():
    random = np.random.default_rng(0)
    drawn = {draw_sizes(random, LESSONS, 3, review=1.0).lesson for _ in range(100)}
    assert drawn == set(LESSONS[:4])
    with pytest.raises(ValueError, match="lessons 0 to 12"):
        draw_sizes(random, LESSONS, 13, review=0.0)


# --- the three tasks


@pytest.mark.parametrize("kind", [Traversal, Inference, ShortestPath])
@pytest.mark.parametrize("lesson", [0, 3])
def test_conforms(kind, lesson):
    check_task(kind(batch=3, lesson=lesson), model=Tiny())
    check_task(kind(batch=3, looks=2), split="valid")


@pytest.mark.parametrize("kind", [Traversal, Inference, ShortestPath])
def test_the_valid_split_is_of_the_last_lesson_whatever_the_lesson(kind):
    task = kind(batch=2, looks=2)
    first, last = (list(t.batches("valid", seed=3)) for t in (task.at(0), task))
    assert all(torch.equal(a.inputs, b.inputs) for a, b in zip(first, last, strict=True))


@pytest.mark.parametrize("kind", [Traversal, Inference, ShortestPath])
def test_what_cannot_be_is_refused(kind, tmp_path):
    for wrong in ({"batch": 0}, {"review": 1.5}, {"lesson": 99}):
        with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
            kind(**wrong)
    with pytest.raises(ValueError, match="dev"):
        next(kind().batches("dev", seed=0))
    with pytest.raises(MissingData, match=r"london|family"):
        next(kind(folder=tmp_path).batches("test", seed=0))


def test_the_first_lesson_judges_destinations_alone():
    batch = next(Traversal(batch=3, lesson=0).batches("train", seed=0))
    answer = batch.targets[:, -1]
    assert (answer[:, 3:6] >= 0).all()
    assert (answer[:, :3] == -1).all() and (answer[:, 6:] == -1).all()


# --- shortest paths


def search(graphs, graph, start):
    """Distances from a node, by a queue."""
    apart, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for to in graphs.to[graph, here]:
            if to >= 0 and to not in apart:
                apart[to] = apart[here] + 1
                queue.append(to)
    return apart


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_distances_are_those_of_a_search(seed):
    random, graphs = draw(seed, batch=2, nodes=9)
    graphs = graphs._replace(to=np.where(random.random(graphs.to.shape) < 0.2, -1, graphs.to))
    apart = distances(graphs)
    for graph in range(2):
        for start in range(9):
            found = search(graphs, graph, start)
            assert [found.get(node, -1) for node in range(9)] == apart[graph, start].tolist()


def test_the_best_edges_come_nearer():
    _, graphs = draw(3, batch=1, nodes=9, degree=3)
    apart = distances(graphs)
    for at in range(9):
        for goal in range(9):
            if apart[0, at, goal] < 1:
                continue
            best = best_leaving(graphs, apart, np.array([at]), np.array([goal]))[0]
            nearer = [apart[0, to, goal] == apart[0, at, goal] - 1 for to in graphs.to[0, at]]
            assert best.tolist() == nearer and best.any()


def test_path_loss_is_that_of_any_right_edge():
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 90, requires_grad=True)
    right = torch.randint(0, 10, (2, 3, 4, 9))
    right[0, 0, 1:] = -1  # one edge alone
    right[1, 2, 3] = -1
    right[:, 1, :, :6] = -1  # judged by the edge's label alone
    chance = torch.zeros(2, 3)
    each = logits.view(2, 3, 9, 10).softmax(-1)
    for b, step, k in np.ndindex(2, 3, 4):
        judged = [d for d in range(9) if right[b, step, k, d] >= 0]
        if judged:
            parts = [each[b, step, d, right[b, step, k, d]] for d in judged]
            chance[b, step] += torch.stack(parts).prod()
    loss = path_loss(logits, right)
    assert loss.item() == pytest.approx((-chance.log()).mean().item() / 9, rel=1e-4)
    loss.backward()
    assert torch.isfinite(logits.grad).all()


class Walker(nn.Module):
    """Answers with a right edge at the end of the path that the inputs tell."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def forward(self, x):
        right = self.batch.right
        length = right.shape[1]
        out = torch.zeros(*x.shape[:2], OUTPUT)
        for row in range(len(x)):
            for step in range(length):
                edges = [e for e in right[row, step] if e[0] >= 0]
                out[row, x.shape[1] - length + step] = told(edges[0])
        return out


def test_a_right_edge_at_every_step_is_a_right_answer_while_it_is_the_path_told():
    task = ShortestPath(batch=5, lesson=1)
    batch = next(task.batches("train", seed=0))
    model = Walker(batch)
    figures = task.step(model, batch).metrics
    assert figures["triples"] == figures["answers"] == 1
    answer = task.answer(model, batch)
    assert answer.shape == (5, batch.right.shape[1], 3)
    graph = [{tuple(edge) for edge in edges} for edges in batch.graph.tolist()]
    assert all(tuple(a[0]) in edges for a, edges in zip(answer.tolist(), graph, strict=True))


def test_a_path_over_an_edge_that_is_not_there_is_wrong(monkeypatch):
    task = ShortestPath(batch=4, lesson=2, looks=1)
    batch = next(task.batches("valid", seed=1234))
    from recollect.tasks.graphs import paths

    length, start = batch.right.shape[1], batch.ends[:, 0].numpy()
    jump = np.zeros((4, length, 3), np.int64)
    jump[:, 0, 0], jump[:, -1, 1] = start, batch.ends[:, 1].numpy()
    assert not paths._is_path(jump, batch).any()
    monkeypatch.setattr(ShortestPath, "answer", lambda self, model, batch: jump)
    found = task.evaluate([Tiny()], split="valid")
    assert found == {"answers": [0.0], "arrived": [1.0]}


def test_the_answer_fed_back_is_the_model_s_own():
    batch = next(ShortestPath(batch=3, lesson=6).batches("valid", seed=0))
    length = batch.right.shape[1]
    assert length > 1
    seen = []

    class Same(nn.Module):
        def forward(self, x):
            seen.append(x.clone())
            return told(torch.full((*x.shape[:2], 9), 7))

    ShortestPath(batch=3).answer(Same(), batch)
    fed = seen[-1][:, -length:, :OUTPUT]
    assert not fed[:, 0].any()
    assert (fed[:, 1:] == torch.from_numpy(encode(np.array([777] * 3)))).all()


# --- families


TREE = Family(
    # Ada and Bo; their children Cy (m) and Di (f); Cy and Eve have Flo (f) and Gus (m); Di is alone
    father=(-1, -1, 1, 1, -1, 2, 2),
    mother=(-1, -1, 0, 0, -1, 4, 4),
    spouse=(1, 0, 4, -1, 2, -1, -1),
    female=(True, False, False, True, True, True, False),
)


@pytest.mark.parametrize(
    ("person", "steps", "found"),
    [
        (5, "father", {2}),
        (5, "brother", {6}),
        (6, "sister", {5}),
        (5, "father father", {1}),
        (5, "father sister", {3}),
        (5, "mother sister", set()),
        (3, "sibling son", {6}),
        (0, "child child", {5, 6}),
        (0, "child daughter", {5}),
        (4, "spouse mother", {0}),
        (4, "spouse sister", {3}),
        (2, "wife", {4}),
        (4, "wife", set()),
        (2, "sibling", {3}),
        (5, "parent parent son", {2}),
    ],
)
def test_relatives(person, steps, found):
    assert relatives(TREE, person, tuple(steps.split())) == found


def test_facts_tell_the_tree_once_with_children_numbered():
    told = set(facts(TREE))
    assert {(5, 2, "father"), (0, 2, "son 1"), (0, 3, "daughter 1"), (4, 2, "husband")} <= told
    # Two parents for each of four, each child of each of two, two couples twice.
    assert len(told) == 8 + 8 + 4
    assert len({(person, name) for person, _, name in told}) == len(told)
    many = Family((-1, *[0] * 5), (-1,) * 6, (-1,) * 6, (False,) * 6)
    with pytest.raises(ValueError, match="5 sons"):
        list(facts(many))


@given(st.integers(0, 10**6), st.integers(3, 16), st.integers(2, 4))
@settings(max_examples=40, deadline=None)
def test_a_random_family_is_one(seed, people, generations):
    family = random_family(np.random.default_rng(seed), people=people, generations=generations)
    count = len(family.female)
    assert people - 3 <= count <= people + 3 or count >= 3
    for person in range(count):
        father, mother, spouse = family.father[person], family.mother[person], family.spouse[person]
        assert (father >= 0) == (mother >= 0)
        if father >= 0:
            assert family.spouse[father] == mother
            assert family.female[mother] and not family.female[father]
        if spouse >= 0:
            assert family.spouse[spouse] == person
            assert family.female[spouse] != family.female[person]
    told = list(facts(family))
    assert len({(person, name) for person, _, name in told}) == len(told)
    assert all(name in BASIC for _, _, name in told)


@given(st.integers(0, 10**6), st.integers(3, 16))
@settings(max_examples=10, deadline=None)
def test_tables_ask_what_relatives_answer(seed, people):
    family = random_family(np.random.default_rng(seed), people=people, generations=4)
    expected = [
        (person, number, next(iter(found)))
        for number, relation in enumerate(RELATIONS)
        for person in range(len(family.female))
        if len(found := relatives(family, person, relation.steps)) == 1
    ]
    assert [tuple(one) for one in questions(family, hops=4)] == expected


def test_hops_count_siblings_twice_and_reach_four():
    by_name = {relation.name: relation.hops for relation in RELATIONS}
    assert by_name["wife"] == 1 and by_name["brother"] == 2 and by_name["niece"] == 3
    assert by_name["maternal great-uncle"] == by_name["male cousin"] == 4
    assert max(by_name.values()) == 4
    assert len(BASIC) + len(RELATIONS) < 1000


def test_a_question_has_one_answer_and_the_answer_is_not_told():
    task = Inference(batch=40)
    batch = next(task.batches("train", seed=2))
    at = (batch.targets >= 0).any(-1)
    assert (at.sum(1) == 1).all()
    step = at.float().argmax(1)
    assert torch.equal(step, batch.lengths - 1)
    rows = torch.arange(40)
    asked = batch.inputs[rows, step - KIN_LESSONS[-1].planning - 1, :OUTPUT].view(40, 3, 30)
    assert not asked[:, 1].any() and asked[:, [0, 2]].any(-1).all()
    for one in questions(TREE, hops=4):
        assert relatives(TREE, one.person, RELATIONS[one.relation].steps) == {one.answer}
    assert all(RELATIONS[one.relation].hops <= 2 for one in questions(TREE, hops=2))


def test_hinton_s_families_say_what_their_file_says(dataset):
    folder = dataset("family")
    families = hinton(folder)
    assert [len(family.female) for family in families] == [12, 12]
    with (folder / "hinton_family_1986.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    names = list(dict.fromkeys(row["head"] for row in rows))
    halves = [names[:12], names[12:]] if "Charlotte" in names[:12] else None
    clans = halves or [sorted(set(names))]
    told = {(row["head"], row["relation"], row["tail"]) for row in rows}
    for family, clan in zip(families, clans, strict=True):
        for kind in ("father", "mother", "son", "daughter", "husband", "wife", "brother", "sister"):
            ours = {
                (clan[p], kind, clan[r]) for p in range(12) for r in relatives(family, p, (kind,))
            }
            assert ours == {row for row in told if row[1] == kind and row[0] in clan}


def test_hinton_s_families_are_asked(dataset):
    task = Inference(batch=4, tests=2, folder=dataset("family"))
    found = task.evaluate([Tiny()], split="test")
    assert set(found) == {"answers", "random_answers"}
    check_task(task, split="test")


# --- the Underground


def test_the_underground(dataset):
    rails = underground(dataset("london"))
    assert len(rails.stations) == 25 and len(rails.links) == 88
    rides = {(link.source, link.to): link.line for link in rails.links}
    assert {(to, source) for source, to in rides} == set(rides)
    assert rides["Oxford Circus", "Tottenham Court Road"] == "Central east"
    assert rides["Green Park", "Victoria"] == "Victoria south"
    # Covent Garden, which one line alone serves, is ridden through.
    assert rides["Leicester Square", "Holborn"].startswith("Piccadilly")
    leaving = {(link.source, link.line) for link in rails.links}
    assert len(leaving) == 88


def test_the_underground_labelled(dataset):
    rails = underground(dataset("london"))
    random = np.random.default_rng(0)
    graphs = label(random, 3, rails)
    edges = triples(graphs)
    there = (edges != BLANK).any(-1)
    assert (there.sum(1) == 88).all()
    place = {name: i for i, name in enumerate(rails.stations)}
    ours = {(place[link.source], place[link.to]) for link in rails.links}
    index = {name: i for i, name in enumerate(graphs.nodes[0])}
    assert {(index[s], index[t]) for s, t, _ in edges[0][there[0]]} == ours
    assert len(set(graphs.nodes[0])) == 25 and not (graphs.nodes[0] == graphs.nodes[1]).all()
    batch = pose(ask_walk(random, graphs, 7))
    assert batch.lengths.tolist() == [88 + 7 + 7] * 3
    assert batch.inputs.shape[1] == 102


def test_fewer_lines_and_lines_that_are_not_there(dataset):
    few = underground(dataset("london"), lines=("Central", "Victoria"))
    assert few.stations == ("Oxford Circus",) and not few.links
    with pytest.raises(ValueError, match="Elizabeth"):
        underground(dataset("london"), lines=("Elizabeth",))


def test_a_table_without_its_columns_is_refused(tmp_path):
    for part in ("stations", "lines", "connections"):
        (tmp_path / f"london.{part}.csv").write_text("id,name\n1,x\n")
    with pytest.raises(ValueError, match="no column 'latitude'"):
        underground(tmp_path)


def test_walks_are_judged_edge_by_edge(dataset):
    task = Traversal(batch=4, tests=2, folder=dataset("london"))
    batches = list(task.batches("test", seed=1234))

    class Knows(nn.Module):
        """Right but for the fourth edge of the first walk of each batch."""

        def forward(self, x):
            batch = next(b for b in batches if torch.equal(b.inputs, x))
            says = batch.targets.clone()
            says[0, -4, 0] = (says[0, -4, 0] + 1) % 10
            return told(says)

    found = task.figures(Knows(), "test")
    assert found["first_1"] == found["first_3"] == 1 and found["first_5"] == 0.75
    assert found["answers"] == 0.75 and found["triples"] == pytest.approx(27 / 28)


@pytest.mark.parametrize("kind", [Traversal, ShortestPath])
def test_the_underground_is_asked(kind, dataset):
    task = kind(batch=2, tests=2, looks=1, folder=dataset("london"))
    found = task.evaluate([Tiny(), Tiny()], split="test")
    assert {"answers", "random_answers"} <= set(found)
    assert all(len(values) == 2 for values in found.values())
    check_task(task, split="test")
    assert len(list(islice(task.batches("test", seed=0, start=1), 5))) == 1
