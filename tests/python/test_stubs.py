"""The stubs say what is there: the same names, methods, arguments and defaults."""

import ast
import importlib
import inspect
import os
import pathlib

import pytest

import rtm

PACKAGE = pathlib.Path(os.environ["RTMKIT_SOURCE"]) / "bindings/python/rtm"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.pyi") if path.stem not in ("__init__",))


def module_of(name):
    return importlib.import_module(f"rtm.{name}")


def arguments(function):
    """Names of a stub's function, and whether each has a default; kinds by their marks."""
    spec = function.args
    found = [(arg.arg, False) for arg in spec.posonlyargs + spec.args]
    for place in range(len(spec.defaults)):
        found[-1 - place] = (found[-1 - place][0], True)
    found += [(arg.arg, default is not None)
              for arg, default in zip(spec.kwonlyargs, spec.kw_defaults)]
    for arg in (spec.vararg, spec.kwarg):
        found += [(arg.arg, False)] if arg else []
    return found


def real(function):
    return [(name, p.default is not p.empty)
            for name, p in inspect.signature(function).parameters.items()]


@pytest.mark.parametrize("name", MODULES)
def test_stub(name):
    module = module_of(name)
    tree = ast.parse((PACKAGE / f"{name}.pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            assert hasattr(module, node.target.id), node.target.id
        if isinstance(node, ast.FunctionDef) and name != "_core":
            assert arguments(node) == real(getattr(module, node.name)), node.name
        if isinstance(node, ast.ClassDef):
            check_class(name, getattr(module, node.name), node)


def check_class(module, kind, node):
    stubbed = set()
    for item in node.body:
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        stubbed.add(item.name)
        found = inspect.getattr_static(kind, item.name)
        if module == "_core" or isinstance(found, property) or item.name in (
                "__init__", "__exit__", "__aexit__", "__getattr__") and kind.__name__ not in (
                "RTMServerClient", "QuestError") or item.name in ("__exit__", "__aexit__"):
            continue
        given = arguments(item)
        wanted = real(getattr(kind, item.name))
        assert [name for name, _ in given] == [name for name, _ in wanted], item.name
        if any(getattr(d, "id", "") == "overload" for d in item.decorator_list):
            # In the form with a callback, that one has no default.
            given = [pair for pair in given if pair[0] != "callback"]
            wanted = [pair for pair in wanted if pair[0] != "callback"]
        assert given == wanted, item.name
    public = {name for name, value in vars(kind).items()
              if not name.startswith("_") and callable(value)} if module in (
                  "client", "_calls", "_core", "processor", "streams") else set()
    if not issubclass(kind, tuple):
        assert public <= stubbed, public - stubbed


def test_names_of_the_package():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    named = {alias.asname or alias.name for node in tree.body
             if isinstance(node, ast.ImportFrom) for alias in node.names}
    for name in rtm.__all__:
        assert name in named or hasattr(module_of("callbacks"), name) or name in module_of(
            "results").__all__
    for name in MODULES:
        assert (PACKAGE / f"{name}.py").exists() or name == "_core"


def test_marked_as_typed():
    assert (PACKAGE / "py.typed").exists()
