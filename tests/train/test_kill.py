"""SIGKILL at any moment costs the work since the last checkpoint, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kill(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.killing", str(folder), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout.split()[-1])


def test_killed_at_random_times(tmp_path):
    assert kill(tmp_path, "random", "2") >= 2


@pytest.mark.slow
def test_killed_at_random_times_often(tmp_path):
    assert kill(tmp_path, "random", "20") >= 20


@pytest.mark.slow
def test_killed_before_every_file_operation(tmp_path):
    assert kill(tmp_path, "operations") > 50
