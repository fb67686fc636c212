"""Every example runs, as a reader would run it, and says what its docstring says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))
# What the output must hold: an example that runs and shows nothing has failed its reader.
SAYS = {
    "grow_memory": "slots in the memory: 10",
    "look_inside": r"layers\.1\.self_attn: weights \(1, 4, 6, 6\), rows sum to 1\.000",
    "memory_network": r"step +800 .*new stories: (9[89]|100)\.\d%",
    "nearest": r"nearest rows: \[17, 4242, 9999\]",
    "reverse": "where the decoder looked",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_runs(script, tmp_path):
    run = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr
    assert re.search(SAYS.get(script.stem, ""), run.stdout)
    assert run.stdout.strip()
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 80
