"""What every test stands on: data by name, one thread, fixed seeds, NaN in unwritten memory."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Before torch is imported, and inherited by the commands that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
_shared = ROOT.parent / "shared" / "data"
if "RECOLLECT_DATA" not in os.environ and _shared.is_dir():
    os.environ["RECOLLECT_DATA"] = str(_shared)

import torch  # noqa: E402  (the environment above must come first)

torch.set_num_threads(1)


def _poisoned(allocate):
    def poisoned(*args, **kwargs):
        out = allocate(*args, **kwargs)
        return out.fill_(float("nan")) if out.is_floating_point() or out.is_complex() else out

    return poisoned


@pytest.fixture(autouse=True, scope="session")
def poisoned_empty():
    """Uninitialised floats read as NaN, so that reading them shows."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in [
            (torch, "empty"),
            (torch, "empty_like"),
            (torch, "empty_strided"),
            (torch.Tensor, "new_empty"),
        ]:
            patch.setattr(owner, name, _poisoned(getattr(owner, name)))
        yield


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def dataset():
    """`dataset("babi")` is its folder; where it is absent the test is skipped, by name."""
    from recollect.data import MissingData, find

    def locate(name: str) -> Path:
        try:
            return find(name)
        except MissingData:
            pytest.skip(f"data set {name!r} is absent: recollect data fetch {name}")

    return locate


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    for item in items:
        if "gpu" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))
