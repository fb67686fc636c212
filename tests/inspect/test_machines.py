"""The page on a memory machine shows what the machine did, and needs nothing but itself."""

import base64
import json
import re
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch
from torch import nn

from recollect import trace
from recollect.cells import (
    ConstantMemory,
    DNCCell,
    NTMCell,
    Recurrent,
    SparseAccessCell,
    lstm,
)
from recollect.cli.__main__ import main
from recollect.cli.inspect import one_of
from recollect.inspect import tape as tape_module
from recollect.inspect.machines import Around, look, machine_page
from recollect.inspect.tape import Tape, tapes_of, watch
from recollect.models import SequenceModel

CELLS = {
    "ntm": lambda: NTMCell(
        5, output_size=4, controller=lstm(8), memory=ConstantMemory(9, 6), heads=(2, 1)
    ),
    "dnc": lambda: DNCCell(5, output_size=4, slots=9, width=6, reads=2, controller=lstm(8)),
    "content": lambda: DNCCell(5, output_size=4, slots=9, width=6, writes=2, controller=lstm(8)),
    "sam": lambda: SparseAccessCell(
        5, output_size=4, slots=9, width=6, heads=2, nearest=2, controller=lstm(8)
    ),
}


class Reading:
    """A page, read back as its script reads it."""

    def __init__(self, page):
        found = re.search(r'<script type="application/json" id="told-data">(.*?)</script>', page)
        self.told = json.loads(found[1])
        self.packed = re.findall(r'octet-stream" id="d\d+">([^<]*)</script>', page)

    def raw(self, panel):
        data = zlib.decompress(base64.b64decode(self.packed[panel["data"]]))
        found = np.frombuffer(data, "<u2").reshape(panel["shape"])
        return found.cumsum(0, dtype=np.uint16) if panel.get("changes") else found

    def array(self, panel):
        return panel["low"] + self.raw(panel) / 65535 * (panel["high"] - panel["low"])

    def panels(self, machine):
        groups = ("addresses", "search", "lanes", "modes", "vectors")
        return {panel["title"]: panel for group in groups for panel in machine[group]}


def shown(kind, steps=7):
    cell, x = CELLS[kind](), torch.randn(1, steps, 5)
    rnn = Recurrent(cell)
    with trace(rnn) as seen:
        rnn(x)
    tapes, around = look(rnn, lambda: rnn(x), {"inputs": x})
    return Reading(machine_page(tapes, title="a run", around=around)), seen["cell"], x


def over(records, name):
    return torch.stack([record[name][0] for record in records]).numpy()


@pytest.mark.parametrize("kind", CELLS)
def test_the_page_holds_what_the_machine_did(kind):
    page, records, x = shown(kind)
    (machine,) = page.told["machines"]
    assert machine["steps"] == 7 and machine["slots"] == 9 and machine["shown"] is None
    panels = page.panels(machine)
    for name, title in (("weights", "Read head {}"), ("write_weights", "Write head {}")):
        expected = over(records, name)
        for head in range(expected.shape[1]):
            found = page.array(panels[title.format(head + 1)])
            np.testing.assert_allclose(found, expected[:, head].T, atol=1e-5)
    memory = page.array(machine["memory"])
    np.testing.assert_allclose(memory, over(records, "memory"), rtol=1e-3, atol=1e-3)
    inputs, output = page.told["around"]
    np.testing.assert_allclose(page.array(inputs), x[0].T.numpy(), atol=1e-3)
    assert inputs["scale"] == "signed" and output["title"] == "output"


@pytest.mark.parametrize(
    ("kind", "name", "title"),
    [
        ("ntm", "gates", "Gate: 1 looks for content, 0 stays"),
        ("ntm", "sharpness", "Sharpening"),
        ("dnc", "free_gate", "Free gates: 1 frees what was read"),
        ("dnc", "read_strength", "Strength of the read keys"),
        ("sam", "strengths", "Strength of the key"),
        ("sam", "mix", "1 writes where it read, 0 to the least used slot"),
    ],
)
def test_gates_and_strengths_are_lines(kind, name, title):
    page, records, _ = shown(kind)
    panel = page.panels(page.told["machines"][0])[title]
    expected = over(records, name)
    np.testing.assert_allclose(page.array(panel), expected.T, atol=1e-3)
    assert len(panel["names"]) == expected.shape[1]


def test_every_head_of_an_ntm_is_named():
    page, records, _ = shown("ntm")
    panels = page.panels(page.told["machines"][0])
    for head, name in enumerate(("read head 1", "read head 2", "write head 1")):
        found = page.array(panels[f"Found by content, {name}"])
        np.testing.assert_allclose(found, over(records, "content_weights")[:, head].T, atol=1e-5)
        shift = panels[f"Shift of {name}"]
        assert shift["first"] == -1 and shift["shape"] == [3, 7]


@pytest.mark.parametrize(("kind", "ways"), [("dnc", 3), ("content", 5)])
def test_usage_modes_and_links_of_a_dnc(kind, ways):
    page, records, _ = shown(kind)
    (machine,) = page.told["machines"]
    panels = page.panels(machine)
    np.testing.assert_allclose(
        page.array(panels["Usage of every slot"]), over(records, "usage").T, atol=1e-5
    )
    mode = panels["Read head 1: how it found its slots"]
    assert len(mode["names"]) == ways and mode["names"][0].startswith("backward")
    np.testing.assert_allclose(page.array(mode), over(records, "mode")[:, 0].T, atol=1e-5)
    index, value = page.raw(machine["links"]["index"]), page.array(machine["links"]["value"])
    link = over(records, "link")
    np.testing.assert_allclose(np.take_along_axis(link, index.astype(int), -1), value, atol=1e-5)
    np.testing.assert_allclose(value.max(-1), link.max(-1), atol=1e-5)


def test_an_ntm_has_no_links_and_no_modes():
    machine = shown("ntm")[0].told["machines"][0]
    assert "links" not in machine and not machine["modes"]


def test_of_many_slots_those_in_use_are_shown():
    cell = SparseAccessCell(
        5, output_size=4, slots=50_000, width=6, heads=1, nearest=2, controller=lstm(8)
    )
    rnn, x = Recurrent(cell), torch.randn(1, 6, 5)
    with trace(rnn) as seen:
        rnn(x)
    tapes, _ = look(rnn, lambda: rnn(x))
    page = Reading(machine_page(tapes, title="many"))
    (machine,) = page.told["machines"]
    assert machine["slots"] == 50_000 and 6 <= len(machine["shown"]) < 100
    found = page.array(page.panels(machine)["Write head 1"])
    expected = over(seen["cell"], "write_weights")[:, 0, machine["shown"]].T
    np.testing.assert_allclose(found, expected, atol=2e-3)
    memory = page.array(machine["memory"])
    np.testing.assert_allclose(memory, over(seen["cell"], "memory")[:, machine["shown"]], atol=1e-3)


def test_a_saved_trace_makes_the_same_page(tmp_path):
    rnn, x = Recurrent(CELLS["dnc"]()), torch.randn(1, 7, 5)
    with trace(rnn) as seen:
        rnn(x)
    tapes, _ = look(rnn, lambda: rnn(x))
    assert machine_page(tapes_of(seen), title="t").replace(
        '"cell": "cell"', '"cell": "DNCCell"'
    ) == machine_page(tapes, title="t")
    seen.save(tmp_path / "seen.attntrace", dtype=torch.float32)
    assert main(["inspect", str(tmp_path / "seen.attntrace")]) == 0
    assert Reading((tmp_path / "seen.html").read_text()).told["machines"][0]["slots"] == 9


def test_a_long_run_makes_a_page_of_a_few_megabytes():
    tape, random = Tape("DNCCell"), np.random.default_rng(0)

    def rare(*shape):
        return torch.from_numpy((random.random((1, *shape)) ** 40).astype(np.float32))

    for _ in range(200):
        tape.add(
            {
                "weights": rare(4, 512),
                "write_weights": rare(1, 512),
                "usage": rare(512),
                "memory": torch.randn(1, 512, 32),
                "link": rare(1, 512, 512),
            }
        )
    assert tape.every(512 * 32) == 1
    page = machine_page({"dnc": tape}, title="long")
    assert len(page) < 12e6
    tape.steps = 2000
    assert 1 < tape.every(512 * 32) <= 6  # so that a longer run is no larger


def test_what_stays_as_it_was_takes_no_room():
    """Of 2,000 steps and 512 slots, of which a step writes one."""
    tape, memory = Tape("DNCCell"), torch.randn(1, 512, 32)
    weights = torch.zeros(1, 1, 512)
    for step in range(200):
        memory[0, step % 512] = torch.randn(32)
        tape.add({"weights": weights, "write_weights": weights, "memory": memory})
    page = machine_page({"dnc": tape}, title="still")
    assert len(page) < 400_000  # the first memory, and what was written
    found = Reading(page).array(Reading(page).told["machines"][0]["memory"])
    np.testing.assert_allclose(found[-1], memory[0], atol=5e-3)


def test_the_strongest_links_are_kept_strongest_first():
    links = np.random.default_rng(0).random((2, 40, 40), np.float32)
    source, strength = tape_module._strongest(links)
    np.testing.assert_array_equal(strength, -np.sort(-links, -1)[..., :3])
    np.testing.assert_array_equal(np.take_along_axis(links, source.astype(int), -1), strength)
    assert tape_module._strongest(links[:, :2, :2])[0].shape == (2, 2, 2)


def test_the_page_needs_no_network_and_titles_cannot_break_it():
    rnn, x = Recurrent(CELLS["ntm"]()), torch.randn(1, 3, 5)
    tapes, around = look(rnn, lambda: rnn(x), {"</script><b>&": x})
    page = machine_page(tapes, title="</script><script>alert(1)</script>", around=around)
    assert "alert(1)</script>" not in page and "</script><b>" not in page
    assert "default-src 'none'" in page
    links = re.findall(r"https?://[^\s\"'<]+", page)
    assert set(links) <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which nothing fetches
    assert not re.search(r"(src|href)=\"(?!\$)", page)


def test_a_target_makes_the_output_an_answer():
    model = nn.Linear(5, 4)
    tape = Tape("x")
    x = torch.randn(1, 3, 5)

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.core = Recurrent(CELLS["ntm"]())
            self.readout = model

        def forward(self, x):
            return self.readout(torch.cat([self.core(x)[0], x[..., :1]], -1))

    net = Both()
    tapes, around = look(net, lambda: net(x), {"inputs": x, "targets": torch.zeros(1, 3, 4)})
    assert list(tapes) == ["core.cell"] and tape.steps == 0
    assert list(around.maps) == ["inputs", "targets", "answer, σ(output)"]
    np.testing.assert_allclose(
        around.maps["answer, σ(output)"], net(x)[0].sigmoid().detach(), atol=1e-5
    )


def test_a_copy_over_more_slots_is_seen_as_the_machine_it_is_of():
    """As a task runs an NTM on sequences longer than its memory."""
    net = SequenceModel(Recurrent(CELLS["ntm"]()), nn.Linear(4, 2))
    x = torch.randn(1, 20, 5)
    wide = net.with_room(20)
    assert wide is not net
    tapes, around = look(net, lambda: wide(x), {"inputs": x, "targets": torch.zeros(1, 20, 2)})
    assert list(tapes) == ["core.cell"] and tapes["core.cell"].slots == 20
    assert list(around.maps) == ["inputs", "targets", "answer, σ(output)"]
    np.testing.assert_allclose(
        around.maps["answer, σ(output)"], wide(x)[0].sigmoid().detach(), atol=1e-5
    )


def test_what_holds_no_machine_is_refused():
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="no memory machine ran in this Linear"):
        look(model, lambda: model(torch.zeros(1, 2)))
    layer = nn.MultiheadAttention(4, 1, batch_first=True)
    x = torch.zeros(1, 3, 4)
    with trace(layer) as seen:
        layer(x, x, x)
    with pytest.raises(ValueError, match="no memory machine; it recorded MultiheadAttention"):
        tapes_of(seen)
    with pytest.raises(ValueError, match="nothing to show"):
        machine_page({}, title="none", around=Around({}, {}))


def test_watching_ends_with_the_block():
    rnn, x = Recurrent(CELLS["ntm"]()), torch.randn(1, 3, 5)
    with watch(rnn) as tapes:
        rnn(x)
    rnn(x)
    assert tapes["cell"].steps == 3


def test_one_example_of_a_batch():
    batch = (torch.arange(6).view(3, 2), ["a", "b", "c"], {"n": torch.tensor(5)}, "text")
    one = one_of(batch, 1)
    assert one[0].tolist() == [[2, 3]] and one[1] == ["b"]
    assert one[2]["n"] == 5 and one[3] == "text"
    with pytest.raises(ValueError, match="--item is 3 and the batch has 3"):
        one_of(batch, 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from dataclasses import replace

    from recollect.recipes import find_recipe
    from recollect.train.loop import fit

    config = find_recipe("ntm-copy")()
    config = replace(
        config,
        task=replace(config.task, lengths=(1, 3), valid=(4,), beyond=(5,), batch=2),
        loop=replace(config.loop, steps=2, log_every=1, eval_every=2, save_every=2),
    )
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    fit(config, folder, seeds=[0], recipe="ntm-copy", quiet=True)
    return folder


def test_a_run_is_inspected(run, capsys):
    assert main(["inspect", str(run)]) == 0
    page = Reading((run / "report" / "machine.html").read_text())
    titles = [panel["title"] for panel in page.told["around"]]
    assert titles == ["inputs", "targets", "answer, σ(output)"]
    assert page.told["about"]["recipe"] == "ntm-copy" and page.told["steps"] == 9
    assert "machine.html" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--batch", "99"], "the split valid has no batch 99"),
        (["--item", "7"], "--item is 7"),
        (["--split", "tset"], "tset"),
        (["--batch", "-1"], "count from 0"),
    ],
)
def test_mistakes_are_answered(run, flags, said, capsys):
    assert main(["inspect", str(run), *flags]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert main(["inspect", str(tmp_path)]) == 2
    assert "no run folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_browser_draws_it(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium")
    rnn, x = Recurrent(CELLS["dnc"]()), torch.randn(1, 40, 5)
    tapes, around = look(rnn, lambda: rnn(x), {"inputs": x})
    page = machine_page(tapes, title="drawn", around=around)
    # A failure of the script would leave the page without panels.
    (tmp_path / "page.html").write_text(page)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,9000"]
    flags += ["--virtual-time-budget=8000", "--dump-dom", f"--user-data-dir={tmp_path / 'profile'}"]
    run = subprocess.run(
        [browser, *flags, f"file://{tmp_path / 'page.html'}#step=3&used"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.stdout.count("<figure>") > 15
    assert ">3 of 39<" in run.stdout and "What was written in slot" in run.stdout
    drawn = re.findall(r"<canvas[^>]*width=\"(\d+)\"", run.stdout)
    assert sum(int(width) > 600 for width in drawn) > 12
