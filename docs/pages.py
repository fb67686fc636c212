"""Write the pages that follow from the code: one API page a package, and the results.

A package's page lists its `__all__`, so that a new public name is documented by being public.
"""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import recollect
from recollect.results import read_records, results_page


def write(docs: Path) -> None:
    folder = docs / "_generated"
    folder.mkdir(exist_ok=True)
    names = [name for name in packages() if public(name)]
    for name in names:
        put(folder / f"{name}.md", api_page(name))
    entries = "\n".join(names)
    put(
        folder / "api.md",
        f"# Reference\n\nOne page a package; each lists the package's `__all__`.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n",
    )
    put(docs / "results.md", results_page(read_records(docs.parent / "results")))


def put(path: Path, text: str) -> None:
    """Write only what changed, so that Sphinx rebuilds only that."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def packages() -> list[str]:
    hidden = {"__main__", "cli", "version"}
    found = [module.name for module in iter_modules(recollect.__path__)]
    return [page for name in sorted(found) if name not in hidden for page in pages(name)]


def pages(name: str) -> list[str]:
    """Return the module itself, or, of a package that lists nothing, the modules in it."""
    module = import_module(f"recollect.{name}")
    if public(module.__name__) or "__path__" not in vars(module):
        return [module.__name__]
    return [f"{module.__name__}.{inner.name}" for inner in iter_modules(module.__path__)]


def public(name: str) -> list[str]:
    return [item for item in getattr(import_module(name), "__all__", []) if item[0] != "_"]


def api_page(name: str) -> str:
    module = import_module(name)
    doc = inspect.cleandoc(module.__doc__ or "")
    parts = [f"# {name}\n\n{doc.split(chr(10) * 2)[0]}\n"]
    for item in public(name):
        thing = getattr(module, item)
        if inspect.ismodule(thing):
            continue
        if inspect.isclass(thing):
            kind, options = "autoclass", ":members:\n:show-inheritance:\n"
        elif inspect.isfunction(thing):
            kind, options = "autofunction", ""
        else:
            # autodata would print the docstring of dict or tuple; the name and kind say enough.
            kind, options = "py:data", f":type: {type(thing).__name__}\n"
        parts.append(f"```{{eval-rst}}\n.. {kind}:: {name}.{item}\n{indent(options)}```\n")
    return "\n".join(parts)


def indent(options: str) -> str:
    return "".join(f"   {line}\n" for line in options.splitlines())
