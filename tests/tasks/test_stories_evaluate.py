"""The evaluation: what is put to a model, and what is counted."""

import json
import math
from random import Random

import pytest
import torch

from recollect.answer import Answer, Answerer, Evidence
from recollect.events import Solver
from recollect.models.event_memory import EventMemory
from recollect.tasks.stories import evaluate, frames, heldout, official, own, spoken, user_style
from recollect.tasks.stories.task import Stories
from recollect.tasks.stories.world import tell

FILE = """\
1 Mary moved to the bathroom.
2 John went to the hallway.
3 Where is Mary? \tbathroom\t1
4 Then he journeyed to the garden.
5 Where is John? \tgarden\t2 4
1 Mary got the milk.
2 Mary travelled to the attic.
3 Where is the milk? \tattic\t1 2
"""


@pytest.fixture(scope="module")
def memory():
    torch.manual_seed(0)
    return EventMemory(12, 8).eval()


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "babi" / "en"
    folder.mkdir(parents=True)
    for task, name in official.TASKS.items():
        (folder / f"qa{task}_{name}_test.txt").write_text(FILE)
    return tmp_path


class Told:
    """Says what it was told to say."""

    def __init__(self, answers, lines):
        self.answers, self.lines, self.asked = dict(answers), lines, []

    def ask(self, story, question, *, at=None, erased=()):
        self.asked.append((question, at, tuple(erased)))
        text = self.answers.get(question)
        evidence = [Evidence(n, "", 1, 1.0) for n in self.lines.get(question, ())]
        return Answer(question, text or "I don't know", 0.9, text is not None, evidence, [])


def test_an_official_file_is_stories_with_questions_as_of_a_statement(files):
    first, second = official.read_file(official.test_file(1, files))
    assert len(first.statements) == 3 and first.statements[2] == "Then he journeyed to the garden."
    assert first.questions == (
        official.Posed("Where is Mary?", "bathroom", 2, (1,)),
        official.Posed("Where is John?", "garden", 3, (2, 3)),
    )
    assert second.questions == (official.Posed("Where is the milk?", "attic", 2, (1, 2)),)


def test_answers_and_chains_of_official_files_are_counted_apart(files):
    right = {
        "Where is Mary?": "the bathroom",
        "Where is John?": "garden",
        "Where is the milk?": "sink",
    }
    lines = {"Where is Mary?": [1], "Where is John?": [3], "Where is the milk?": [2, 1]}
    model = Told(right, lines)
    judged, chains, misses = official.judge_task(model, 1, folder=files)
    assert [j.right for j in judged] == [True, True, False]
    assert chains == [True, False, True]
    assert [m.posed.question for m in misses] == ["Where is John?", "Where is the milk?"]
    assert [at for _, at, _ in model.asked] == [2, 3, 2]


def test_robbing_erases_whom_it_asks_about(files):
    model = Told({}, {})
    found = official.robbed(model, folder=files)
    assert all(found["deleted"]) and all(found["absent"])
    asked = dict.fromkeys(model.asked)
    assert ("Where is John?", 3, (2, 3)) in asked  # the pronoun's line, too
    assert ("Where is Zorvan?", 3, ()) in asked and ("Where is the wugget?", 2, ()) in asked


def test_user_style_verdicts(tmp_path):
    text = {
        "id": "keys",
        "kind": "text",
        "story": "Ann put the key in the box.",
        "questions": [
            {"q": "Where is the key?", "answers": ["box"], "known": True, "evidence": [1]},
            {"q": "Where is Ann?", "answers": ["hall"], "known": True, "evidence": [1]},
            {"q": "Where is Bob?", "answers": [], "known": False, "evidence": []},
            {"q": "Where is Eve?", "answers": [], "known": False, "evidence": []},
            {"q": "What is here?", "answers": [], "set": ["key", "box"], "known": True},
            {"q": "Who is Cy?", "answers": ["a man"], "known": True, "evidence": [1]},
        ],
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(text) + "\n")
    told = {
        "Where is the key?": "the box",
        "Where is Ann?": "box",
        "Where is Eve?": "box",
        "What is here?": "box and key",
    }
    texts = user_style.read_set(tmp_path / "set.jsonl")
    verdicts = user_style.judge(Told(told, {"Where is the key?": [1]}), texts)
    assert [v.verdict for v in verdicts] == [
        "right",
        "wrong",
        "right",
        "wrong",
        "right",
        "abstained",
    ]
    figures = user_style.figures(verdicts)
    assert figures["right"] == 50 and figures["wrong"] == pytest.approx(100 / 3)
    assert figures["abstained"] == pytest.approx(100 / 6) and figures["evidence"] == 100
    report = user_style.report(verdicts, texts)
    assert "Where is Ann?" in report and "Where is Bob?" not in report


def test_a_torn_set_is_named(tmp_path):
    (tmp_path / "set.jsonl").write_text('{"id": "a"}\n')
    with pytest.raises(ValueError, match="line 1"):
        user_style.read_set(tmp_path / "set.jsonl")


def test_the_sets_of_the_repository_can_be_read():
    sets = sorted(evaluate.SETS.glob("user_style_*.jsonl"))
    assert sets
    for path in sets:
        assert sum(len(text["questions"]) for text in user_style.read_set(path)) == 100


def test_a_tale_retold_with_strange_frames_and_verbs_has_the_same_answers():
    rng, strange = Random(5), 0
    for _ in range(20):
        tale = tell(rng, 15)
        told = heldout.retold(tale, rng)
        strange += len(told.events) - len(tale.events)
        assert len(told.tellings) == len(told.when) == len(told.events)
        order = sorted(range(len(told.events)), key=lambda t: (told.when[t], t))
        for before, asked in zip(tale.questions, told.questions, strict=True):
            kept = [told.events[t] for t in order if t < asked.end]
            found = Solver(kept).solve(asked.query, len(kept))
            assert asked.query == before.query
            if asked.query.program != "when":
                assert found.answer == before.solution.answer == asked.solution.answer
                assert found.members == asked.solution.members
            lines = [told.events[t] for t in asked.solution.chain]
            assert lines == [tale.events[t] for t in before.solution.chain]
    assert strange > 20


def test_the_sets_of_prose_can_be_read():
    sets = sorted(evaluate.SETS.glob("prose_*.jsonl"))
    counts = [sum(len(text["questions"]) for text in user_style.read_set(path)) for path in sets]
    assert counts == [81, 84, 100, 100, 100, 100, 100]


def test_stories_in_words_keep_questions_lines_and_answers():
    rng = Random(1)
    for _ in range(25):
        tale = tell(rng, 15)
        told = spoken.write(tale, rng)
        assert len(told.lines) == len(tale.events)
        asked = [a for a in tale.questions if spoken.has_one_answer(tale, a)]
        assert len(asked) == len(told.questions)
        for gold, posed in zip(asked, told.questions, strict=True):
            assert posed.at == gold.end and posed.lines == {t + 1 for t in gold.solution.chain}
            assert "{" not in posed.question
            if gold.solution.answer == -1:
                assert not posed.accepted and not posed.members
        assert not any("{" in line for line in told.lines)


def test_names_are_all_different_and_made_up_words_are_in_no_list():
    rng = Random(2)
    for _ in range(20):
        tale = tell(rng, 10)
        given = spoken.names(tale, rng)
        heads = [name.split()[-1].lower() for name in given]
        assert len(set(heads)) == len(heads)
    assert len({spoken.pseudo(rng) for _ in range(100)}) > 90


def test_held_out_words_are_in_no_training_frame():
    trained = " ".join(p for patterns in frames.EVENTS.values() for p in patterns)
    trained += " ".join((*frames.IDLE, *frames.STRANGE, *frames.STRANGE_MOVE, *frames.WRAPS))
    rng = Random(3)
    words = {w for _ in range(200) for w in heldout.sentence(rng).split()}
    fresh = {w.strip(".,!?{}") for w in words} - {
        w for f in heldout.FRAMES for w in f.replace(".", " ").split()
    }
    assert len(fresh) > 100 and not [w for w in fresh if w and f" {w} " in trained]


def test_held_out_stories_keep_their_facts(files):
    told = official.read_file(official.test_file(2, files))[1]
    changed = heldout.official_story(told, Random(4), share=0.5)
    (posed,) = changed.questions
    kept = [changed.statements[s - 1] for s in posed.support]
    assert kept[0] == "Mary got the milk." and kept[1].endswith("to the attic.")
    assert "travelled" not in kept[1] and posed.at == posed.support[-1]
    plain = heldout.official_story(told, Random(4), verbs=False, frames=False)
    assert plain == told


def test_own_stories_changed_keep_every_clause_in_order():
    rng = Random(5)
    tale = tell(rng, 30)
    lines = heldout.own_story(tale, rng)
    assert [line.clause for line in lines if line.clause >= 0] == list(range(30))
    assert any(line.clause < 0 for line in lines)


def test_results_say_right_only_where_the_gold_is(memory, monkeypatch):
    # A perfect reader in place of the model: the exact solver's own answer.
    stories = own.draw(12, 20)
    golds = iter([asked for tale in stories.tales for asked in tale.questions])
    rows = iter([row for packed in stories.packed for row in packed.questions])

    def oracle(events, asking, alive):
        gold, row = next(golds), next(rows)
        order = current["order"].tolist()
        chain = tuple(order.index(t) for t in row.chain)
        return own.Found(
            gold.query.program, gold.solution.answer, 1.0, chain, torch.zeros(0, 0),
            gold.solution.members, ((gold.solution.answer, 1.0),), gold.query,
        )  # fmt: skip

    current = {}
    put = own.put

    def watched(memory, stories):
        for one in put(memory, stories):
            current["order"] = one.order
            yield one

    monkeypatch.setattr(own, "answer", oracle)
    monkeypatch.setattr(own, "put", watched)
    found = own.results(memory, stories)
    assert len(found) > 80 and all(r.judged.right and r.chain for r in found)
    figures = evaluate.abstention([r.judged for r in found])
    assert figures["auroc"] == 1 and figures["idk_recall"] == 100 and figures["false_idk"] == 0
    assert figures["coverage_at_1_percent_risk"] == 100 and figures["risk_at_100_percent"] == 0


def test_a_model_that_never_reads_is_told_apart(memory):
    found = own.results(memory, own.draw(12, 20))
    assert sum(r.judged.right for r in found if r.judged.known) < len(found) / 3
    robbed = own.robbed(memory, own.draw(12, 20))
    assert len(robbed["deleted"]) == len(robbed["absent"]) > 20


def test_erased_evidence_leaves_nothing_to_find():
    # What `robbed` deletes is enough for the exact solver to know nothing.
    stories = own.draw(12, 40)
    for tale in stories.tales:
        for asked in tale.questions:
            if asked.query.program not in own.FOLLOWED or asked.solution.answer == -1:
                continue
            rest = [
                event for event, told in zip(tale.events[: asked.end], tale.tellings, strict=False)
                if not any(asked.query.entity in who for who in told.fillers.values())
            ]  # fmt: skip
            assert Solver(rest).solve(asked.query, len(rest)).answer == -1


def test_evaluate_gives_a_figure_a_model(memory, monkeypatch):
    task = Stories(clauses=60, longest=8)
    short = own.draw(8, 6, 3)
    monkeypatch.setattr(evaluate.own, "draw", lambda length, count, questions, grammar="own": short)
    found = task.evaluate([memory, memory], split="own")
    assert found and all(len(values) == 2 and values[0] == values[1] for values in found.values())
    assert all(math.isfinite(v) for values in found.values() for v in values)
    assert {"answers_1_facts_60", "auroc", "calibration_error", "erring_false_idk"} <= set(found)
    assert set(evaluate.TARGETS) & set(found)
    with pytest.raises(ValueError, match="no split 'nonsense'"):
        task.evaluate([memory], split="nonsense")
    with pytest.raises(ValueError, match="Linear"):
        task.evaluate([torch.nn.Linear(1, 1)], split="own")


def test_a_story_in_words_is_answered_by_the_whole_path(memory):
    heard = spoken.judge(Answerer(memory), spoken.draw(8, 4))
    assert heard and all(0 <= h.judged.confidence <= 1 for h in heard)
    assert spoken.report(heard)
