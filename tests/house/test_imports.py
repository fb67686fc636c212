"""The direction of imports, and what `import recollect` may pull in."""

import subprocess
import sys

import pytest

from tests.house.tree import SOURCES, imports, module_name

# Each row may import itself, the rows above it, and nothing below.
ORDER = [
    ("version", "functional", "trace", "english", "events", "data", "kernels"),
    ("memory", "score"),
    ("attend",),
    ("heads", "cells", "stores"),
    ("mechanisms",),
    ("models",),
    ("tasks", "train", "recipes", "results", "testing", "answer"),
    ("inspect", "report", "bench"),
    ("cli", "studio"),
]
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
# Leaves, and packages that see less than their row would let them.
ONLY = {
    "version": set(),
    "functional": set(),
    "trace": {"version"},
    "english": set(),
    "events": set(),
    "data": set(),
    "kernels": set(),  # arrays in, arrays out: a kernel knows no module that calls it
    "stores": {"memory", "functional", "trace"},
    "studio": {"trace", "train"},
}
NEVER_AT_IMPORT = {
    "faiss",
    "fastapi",
    "jinja2",
    "matplotlib",
    "numba",
    "pydantic",
    "rich",
    "sacrebleu",
    "soundfile",
    "tensorboard",
    "tokenizers",
    "transformers",
    "tyro",
    "uvicorn",
}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


INSIDE = [path for path in SOURCES if part(module_name(path)) not in ("", "__main__")]


@pytest.mark.parametrize("path", INSIDE, ids=module_name)
def test_imports_go_one_way(path):
    own = part(module_name(path))
    assert own in RANK, f"{own} has no place in ORDER: say where it stands"
    for imported in imports(path):
        other = part(imported)
        assert other in RANK, f"{module_name(path)} imports {imported}: name the module itself"
        if other == own:
            continue
        assert RANK[other] <= RANK[own], (
            f"{module_name(path)} imports {imported}, which stands above"
        )
        assert other != "cli", f"{module_name(path)} imports the command line"
        if own in ONLY:
            assert other in ONLY[own], f"{module_name(path)} imports {imported}; may: {ONLY[own]}"


def test_no_two_packages_import_each_other():
    # Within a row, too: a row is a level, not a knot.
    edges = {(part(module_name(path)), part(name)) for path in INSIDE for name in imports(path)}
    mutual = sorted((a, b) for a, b in edges if a < b and (b, a) in edges)
    assert not mutual


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_import_recollect_pulls_in_nothing_optional():
    loaded = loaded_by("import recollect")
    assert "torch" in loaded
    assert not loaded & NEVER_AT_IMPORT
    # torch's compiler takes two seconds to load; plain torch does not bring it.
    assert not loaded & {"torch._dynamo", "sympy"}


def test_help_and_data_need_no_command_of_another():
    code = "from recollect.cli.__main__ import main; main(['--help']); main(['data', 'list'])"
    assert not loaded_by(code) & (NEVER_AT_IMPORT - {"rich"})
