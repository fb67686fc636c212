"""The laws of CONTRIBUTING.md that a machine can hold."""

import ast
import re
import subprocess

import pytest

from tests.house.tree import ROOT, SOURCES

TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def where(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def calls(*names):
    """Where any of these is called: `hasattr`, `torch.load`."""
    return [
        f"{where(path, node.lineno)} calls {ast.unparse(node.func)}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and ast.unparse(node.func) in names
    ]


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def told(offences):
    return "\n".join(offences)


def test_nothing_asks_what_an_object_can_do():
    found = calls("hasattr")
    assert not found, told(found)


def test_model_files_are_never_pickles():
    found = calls("torch.load", "torch.save", "pickle.load", "pickle.loads", "pickle.dump")
    assert not found, told(found)


def test_no_axis_is_dropped_unseen():
    """A bare `squeeze()` drops the batch of one and the memory of one slot, too: name the axis."""
    found = [
        f"{where(path, node.lineno)} says {ast.unparse(node)}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("squeeze", "squeeze_")
        and not node.keywords
        and len(node.args) < 1 + (ast.unparse(node.func.value) in ("torch", "np"))
    ]
    assert not found, told(found)


def test_no_text_is_run_as_code():
    found = calls("eval", "exec")
    assert not found, told(found)


def test_no_arguments_are_relayed_unseen():
    found = [
        f"{where(path, call.lineno)} {node.name} passes **{node.args.kwarg.arg} on"
        for path, tree in TREES.items()
        for node in functions(tree)
        if node.args.kwarg
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg is None and ast.unparse(keyword.value) == node.args.kwarg.arg
    ]
    assert not found, told(found)


def test_constructors_take_at_most_eight_arguments():
    found = []
    for path, tree in TREES.items():
        for node in functions(tree):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            if node.name == "__init__" and len(arguments) > 9:  # self, and eight
                found.append(f"{where(path, node.lineno)} takes {len(arguments) - 1}")
    assert not found, told(found)


def test_no_file_is_a_drawer_for_everything():
    assert not {path.stem for path in SOURCES} & {"utils", "common", "helpers", "misc"}


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
