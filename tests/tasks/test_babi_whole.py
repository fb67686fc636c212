import pytest
import torch

from recollect.models.tpr_rnn import TPRRNN
from recollect.tasks.babi import BABI, Babi
from recollect.tasks.babi_whole import BabiWhole, in_chunks
from recollect.testing import check_task

PEOPLE, PLACES = ("Mary", "John"), ("office", "garden", "hall")


def lines(story):
    """A story of six statements with a question after the second and after the last."""
    out, number, last = [], 0, {}
    for i in range(6):
        who, where = PEOPLE[(story + i) % 2], PLACES[(story * i + i) % 3]
        number, last[who] = number + 1, (where, number + 1)
        out.append(f"{number} {who} went to the {where}.")
        if i in (1, 5):
            asked = PEOPLE[(story + (i > 1)) % 2]
            number += 1
            out.append(f"{number} Where is {asked}? \t{last[asked][0]}\t{last[asked][1]}")
    return out


@pytest.fixture
def folder(tmp_path):
    for task in (1, 2):
        for split, stories in (("train", 12), ("test", 4)):
            path = tmp_path / "en-10k" / f"qa{task}_{BABI[task - 1]}_{split}.txt"
            path.parent.mkdir(exist_ok=True)
            told = [line for story in range(stories) for line in lines(story)]
            path.write_text("\n".join(told) + "\n")
    return tmp_path


@pytest.fixture
def task(folder):
    return BabiWhole((1, 2), batch=5, validation=0.25, folder=folder)


@pytest.fixture
def model(task):
    return TPRRNN(len(task.vocab), words=task.words, entity=8, role=4, hidden=6).double()


def test_the_task_keeps_its_contract(task, model):
    check_task(task, model=model)
    check_task(task, model=model, split="test")


def test_every_question_of_an_epoch_comes_once(task):
    seen = []
    for batch, _ in zip(task.batches("train", seed=3), range(task.per_epoch), strict=False):
        seen += [
            row for chunk in in_chunks(batch) for row in chunk.row.flatten().tolist() if row >= 0
        ]
    assert len(seen) == len(set(seen)) > 20
    held = {row for story in task.stories["valid"] for row in story.tolist()}
    assert held and not held & set(seen)


def test_whole_stories_answer_as_single_questions_do(task, model, folder):
    alone = Babi((1, 2), size="10k", noise=0, validation=0, folder=folder)
    (single,) = [
        alone.collate(alone.test, torch.arange(len(alone.test.task)).numpy()) for _ in range(1)
    ]
    logits = model(single.story, single.question)
    found = torch.full_like(logits, torch.nan)
    for batch in task.batches("test", seed=0):
        for chunk, (memory, asked) in task._read(model, batch):
            real = chunk.answer >= 0
            sums, _ = model.infer(memory, *asked, chunk.before)
            found[chunk.row[real]] = model.logits(sums)[real]
            assert torch.equal(single.answer[chunk.row[real]], chunk.answer[real])
    torch.testing.assert_close(found, logits)


def test_it_is_measured_task_by_task(task, model):
    found = task.evaluate([model, model], split="test")
    assert found["error"][0] == pytest.approx((found["error_1"][0] + found["error_2"][0]) / 2)
    assert 0 <= found["support"][0] <= 1 and len(found["failed"]) == 2


def test_mistakes_are_told(folder):
    with pytest.raises(ValueError, match="batch is 0"):
        BabiWhole((1,), batch=0, folder=folder)
    with pytest.raises(ValueError, match="choose train, valid or test"):
        next(BabiWhole((1,), folder=folder).batches("dev", seed=0))


def test_the_kernel_and_the_readable_model_learn_the_same(task):
    torch.manual_seed(0)
    net = TPRRNN(len(task.vocab), words=task.words, entity=8, role=4, hidden=6)
    batch = next(task.batches("train", seed=1))
    found = []
    for model in (net, TPRRNN(**_sizes(net)).double()):
        model.load_state_dict(net.state_dict())
        step = task.step(model, batch)
        step.loss.backward()
        found.append((step, [p.grad for p in model.parameters()]))
    (one, ours), (other, theirs) = found
    torch.testing.assert_close(one.loss.double(), other.loss, rtol=1e-5, atol=1e-6)
    assert one.metrics["error"] == other.metrics["error"]
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=1e-3, atol=1e-5)


def _sizes(net):
    return {"vocab": len(net.embedding), "words": net.words, "entity": 8, "role": 4, "hidden": 6}
