"""The laws of CONTRIBUTING.md that a machine can hold."""

import ast
import re
import subprocess

import pytest

from tests.house.tree import ROOT, SOURCES, module_name

TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def called(tree):
    """Names of what is called: `hasattr`, `torch.load`."""
    return {
        (ast.unparse(node.func), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_nothing_asks_what_an_object_can_do(path):
    assert not [line for name, line in called(TREES[path]) if name == "hasattr"]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_model_files_are_never_pickles(path):
    banned = {
        "torch.load",
        "torch.save",
        "pickle.load",
        "pickle.loads",
        "pickle.dump",
        "eval",
        "exec",
    }
    assert not [(name, line) for name, line in called(TREES[path]) if name in banned]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_arguments_are_relayed_unseen(path):
    relays = [
        f"{node.name}, line {inner.lineno}"
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.FunctionDef) and node.args.kwarg
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
        for keyword in inner.keywords
        if keyword.arg is None and ast.unparse(keyword.value) == node.args.kwarg.arg
    ]
    assert not relays, "a function says what it takes and passes on: no **kwargs relay"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_constructors_take_at_most_eight_arguments_by_name(path):
    for scope in ast.walk(TREES[path]):
        if not isinstance(scope, ast.ClassDef):
            continue
        for node in scope.body:
            if not (isinstance(node, ast.FunctionDef) and node.name == "__init__"):
                continue
            positional = node.args.posonlyargs + node.args.args
            count = len(positional) - 1 + len(node.args.kwonlyargs)
            assert count <= 8, f"{scope.name} takes {count} arguments"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_file_is_a_drawer_for_everything(path):
    assert path.stem not in {"utils", "common", "helpers", "misc"}


def tracked_texts():
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in names:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".safetensors", ".png", ".npz", ".gz"}:
            yield name, path.read_text(encoding="utf-8")


def test_no_path_of_one_machine_and_no_talk_of_how_it_was_written():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # Spelt in pieces, so that this file does not find itself.
    paths = re.compile("/" + r"(work|root|tmp|opt|home)/\w")
    talk = re.compile(
        r"\b(this|a|the|another|next|previous) " + r"sess" + r"ions?\b", re.IGNORECASE
    )
    found = [
        f"{name}:{number}: {line.strip()[:90]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if paths.search(line) or talk.search(line)
    ]
    assert not found, "\n".join(found)
