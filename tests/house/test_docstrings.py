"""Every public name says what it is, and, where it takes tensors, their shapes."""

import inspect
from importlib import import_module

import pytest
from torch import nn

from tests.house.tree import SOURCES, module_name


def public_names():
    seen = {}
    for path in SOURCES:
        name = module_name(path)
        if "__main__" in name or "__all__" not in path.read_text(encoding="utf-8"):
            continue
        module = import_module(name)
        for public in module.__all__:
            thing = getattr(module, public)
            if inspect.isfunction(thing) or inspect.isclass(thing):
                seen.setdefault(f"{thing.__module__}.{thing.__qualname__}", thing)
    return sorted(item for item in seen.items() if item[0].startswith("recollect."))


PUBLIC = public_names()


def takes_tensors(function) -> bool:
    return any(
        "Tensor" in str(parameter.annotation)
        for parameter in inspect.signature(function).parameters.values()
    )


def own_doc(thing) -> str:
    # A class inherits its base's docstring, which says nothing of the class.
    found = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    return inspect.cleandoc(found or "")


def test_the_top_has_public_names():
    assert len(PUBLIC) > 10


@pytest.mark.parametrize(("name", "thing"), PUBLIC, ids=[name for name, _ in PUBLIC])
def test_documented(name, thing):
    doc = own_doc(thing)
    assert doc, f"{name} has no docstring of its own"
    # What dataclasses and NamedTuples write by themselves is no docstring.
    assert not doc.startswith(f"{thing.__name__}("), f"{name} has no docstring of its own"


@pytest.mark.parametrize(("name", "thing"), PUBLIC, ids=[name for name, _ in PUBLIC])
def test_shapes_are_said(name, thing):
    texts = [own_doc(thing)]
    if inspect.isclass(thing):
        if issubclass(thing, nn.Module):
            needed = "forward" in vars(thing) and takes_tensors(thing.forward)
            texts.append(inspect.getdoc(thing.forward) or "")
        else:
            fields = (
                getattr(thing, "__annotations__", {}).values() if "_fields" in vars(thing) else ()
            )
            needed = any("Tensor" in str(kind) for kind in fields)
    else:
        needed = takes_tensors(thing)
    if needed:
        assert any("Shapes:" in text for text in texts), f"{name} takes tensors: add `Shapes:`"
