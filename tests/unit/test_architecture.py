"""What docs/architecture.md draws is what stands there."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "architecture.md"
PACKAGES = (ROOT / "ibkr_sync", ROOT / "cli" / "ibkr_sync_cli")

MOST_ENTRIES = 14
"""Beyond that a folder no longer says what it holds."""

ROOMS_OF_TABLES = {"catalogue", "sample"}
"""Their tables ship with the package, and are read once for all."""


def test_the_drawn_rooms_are_the_packages_in_the_words_of_their_docstrings() -> None:
    drawing = "\n".join(line for package in PACKAGES for line in _rooms(package, 0))
    assert drawing in DOCUMENT.read_text(encoding="utf-8"), f"draw this:\n{drawing}"


def test_whatever_the_document_names_is_there() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("## How to add")[0]
    files = [path for package in PACKAGES for path in package.rglob("*")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files if path.suffix == ".py")
    named = set(re.findall(r"`([\w/]+\.(?:py|csv))`", text))
    missing = {name for name in named if not any(str(path).endswith(f"/{name}") for path in files)}
    classes = set(re.findall(r"\b((?:[A-Z][a-z]+){2,})\b(?=[\[`(\s,;:.])", text))
    missing |= {name for name in classes if not re.search(rf"\b{name}\b", source)}
    assert not missing


def test_no_folder_holds_more_than_a_reader_takes_in() -> None:
    folders = {path.parent for package in PACKAGES for path in package.rglob("*.py")}
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder in folders
        if (count := sum(1 for _ in _entries(folder))) > MOST_ENTRIES
    }
    assert not crowded


def test_no_module_holds_state() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in PACKAGES
        for path in package.rglob("*.py")
        for line in _state(
            _tree(path),
            has_tables=path.parent.name in ROOMS_OF_TABLES,
        )
    ]
    assert not offenders


def test_every_library_has_a_contract_that_says_where_it_is_imported() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    protected = {name for one in contracts for name in one.get("protected_modules", ())}
    imported = {
        name.partition(".")[0]
        for package in PACKAGES
        for path in package.rglob("*.py")
        for node in ast.walk(_tree(path))
        for name in _imported(node)
    }
    known = sys.stdlib_module_names | {package.name for package in PACKAGES} | {"_typeshed"}
    assert imported - known == {name for name in protected if "." not in name}


def test_a_public_method_is_documented_or_inherits_what_its_port_says() -> None:
    trees = {path: _tree(path) for path in (ROOT / "ibkr_sync").rglob("*.py")}
    ports = {
        port.name: port
        for path in (ROOT / "ibkr_sync" / "domain" / "ports").rglob("*.py")
        for port in trees[path].body
        if isinstance(port, ast.ClassDef)
    }
    silent = {
        f"{path.relative_to(ROOT)}:{method.lineno}"
        for path, tree in trees.items()
        for adapter in tree.body
        if isinstance(adapter, ast.ClassDef) and not adapter.name.startswith("_")
        for method in _methods(adapter)
        if not method.name.startswith("_")
        if method.name not in set(_documented(adapter, ports))
    }
    assert not silent


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""


def _methods(owner: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in owner.body if isinstance(node, ast.FunctionDef))


def _documented(owner: ast.ClassDef, ports: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    """The methods that a class documents, or one of the ports that it implements."""
    yield from (method.name for method in _methods(owner) if ast.get_docstring(method))
    for base in owner.bases:
        port = ports.get(ast.unparse(base).partition("[")[0])
        if port is not None:
            yield from _documented(port, ports)


def _rooms(package: Path, depth: int) -> Iterator[str]:
    indent = "    " * depth
    docstring = ast.get_docstring(_tree(package / "__init__.py")) or ""
    yield f"{indent}{package.name}/".ljust(31) + " " + docstring.partition("\n")[0]
    for child in sorted(package.iterdir()):
        if (child / "__init__.py").exists():
            yield from _rooms(child, depth + 1)


def _entries(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name not in {"__init__.py", "__pycache__", "py.typed"}:
            yield entry


def _state(module: ast.Module, *, has_tables: bool) -> Iterator[int]:
    """Lines that give a module something to change: an empty collection, `global`, or a singleton.

    That is, what a cached function without arguments makes, unless that is a table.
    """
    for node in module.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        is_empty = (
            isinstance(value, ast.List | ast.Dict | ast.Set)
            and not list(ast.iter_child_nodes(value))[1:]
        )
        made_by = value.func if isinstance(value, ast.Call) else None
        is_made = isinstance(made_by, ast.Name) and made_by.id in {"list", "dict", "set", "deque"}
        is_singleton = not has_tables and isinstance(node, ast.FunctionDef) and _is_singleton(node)
        if is_empty or is_made or is_singleton:
            yield node.lineno
    for inner in ast.walk(module):
        if isinstance(inner, ast.Global):
            yield inner.lineno


def _is_singleton(function: ast.FunctionDef) -> bool:
    decorators = "\n".join(map(ast.unparse, function.decorator_list))
    return "cache" in decorators and not any(ast.iter_child_nodes(function.args))
