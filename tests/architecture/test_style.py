"""The house rules that a machine can hold: where transactions end, what domains are made of, what templates may contain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
MODULES = sorted(APP.rglob("*.py"))
TEMPLATES = sorted((APP / "templates").rglob("*.html"))
LONGEST = 450
FRAMEWORKS = {"flask", "flask_wtf", "wtforms", "stripe", "flask_mail", "flask_login"}
MIXINS = {("app/accounts/models.py", "flask_login")}
FOREIGN_MODELS = re.compile(r"app\.(\w+)\.models(?:\.\w+)?")
STATEMENTS = {"select", "insert", "update", "delete", "insert_rows", "insert_once", "put_rows", "exists", "get"}
RULE_FILES = {"services", "queries", "models", "events"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(node: ast.AST) -> Iterator[str]:
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from (name.name for name in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module:
            yield found.module


def test_only_the_database_module_ends_a_transaction():
    enders = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if path != APP / "core/db.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
    ]
    assert enders == []


def test_rules_know_nothing_of_the_web_or_of_providers():
    strays = [
        f"{relative(path)}: {module}"
        for path in MODULES
        if RULE_FILES & {path.stem, path.parent.name} and path.parent != APP / "core"
        for module in imports(tree(path))
        if module.split(".")[0] in FRAMEWORKS and (relative(path), module) not in MIXINS
    ]
    assert strays == []


def test_only_one_file_speaks_to_stripe():
    speakers = {
        relative(path) for path in MODULES if any(name.split(".")[0] == "stripe" for name in imports(tree(path)))
    }
    assert speakers <= {"app/payments/providers/stripe.py"}


def test_no_domain_makes_or_queries_rows_of_another():
    assert [stray for path in MODULES if APP / "demo" not in path.parents for stray in foreign_rows(path)] == []


def foreign_rows(path: Path) -> Iterator[str]:
    """Statements on, and constructions of, model classes of a domain that is not the file's own."""
    home = path.relative_to(APP).parts[0]
    parsed = tree(path)
    foreign = {
        alias.asname or alias.name
        for node in ast.walk(parsed)
        if isinstance(node, ast.ImportFrom)
        and (match := FOREIGN_MODELS.fullmatch(node.module or ""))
        and match[1] != home
        for alias in node.names
        if not is_enum(node.module or "", alias.name)
    }
    for call in ast.walk(parsed):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        arguments = [argument for argument in call.args if isinstance(argument, ast.Name | ast.Attribute)]
        roots = {root(argument) for argument in arguments}
        asked = name in STATEMENTS and bool(roots) and roots <= foreign
        if name in foreign or asked:
            yield f"{relative(path)}:{call.lineno}"


def root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_enum(module: str, name: str) -> bool:
    found = getattr(import_module(module), name, None)
    return isinstance(found, type) and issubclass(found, Enum)


def test_no_import_of_our_own_hides_inside_a_function():
    hidden = [
        f"{relative(path)}:{inner.lineno}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and (inner.level or (inner.module or "").split(".")[0] == "app")
    ]
    assert hidden == []


def test_time_comes_from_the_clock():
    askers = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if path != APP / "core/clock.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "today", "utcnow"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert askers == []


def test_no_module_is_a_drawer_for_leftovers():
    assert [relative(path) for path in MODULES if path.stem in {"utils", "helpers", "misc", "common"}] == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_templates_hold_no_inline_style_or_script():
    inline = re.compile(
        r"<script(?![^>]*\b(src|type=\"application/ld\+json\"))|\sstyle=|<style|\son[a-z]+=|javascript:"
    )
    strays = [
        relative(path) for path in TEMPLATES if "/mail/" not in relative(path) and inline.search(path.read_text())
    ]
    assert strays == []


def test_nothing_names_a_machine_or_an_index():
    named = re.compile(
        r"/(?:work|farm|root)/[a-z]|" + "py" + r"pi\.org|" + "python" + r"hosted|registry\." + "npm" + "js"
    )
    files = [
        path for pattern in ("*.py", "*.md", "*.txt", "*.toml", "*.html", "*.css", "*.js") for path in tracked(pattern)
    ]
    assert [relative(path) for path in files if named.search(path.read_text())] == []


def tracked(pattern: str) -> list[Path]:
    skipped = {".venv", ".git", "instance", "node_modules"}
    return [path for path in ROOT.rglob(pattern) if not skipped & set(path.relative_to(ROOT).parts)]
