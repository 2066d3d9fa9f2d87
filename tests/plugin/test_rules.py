"""Rules that the plugin's source keeps: Qt 6, no foreign Python, every sentence in Chinese."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SOURCES = sorted((ROOT / "qgis_plugin").rglob("*.py"))
IDS = [str(path.relative_to(ROOT / "qgis_plugin")) for path in SOURCES]
every_file = pytest.mark.parametrize("path", SOURCES, ids=IDS)

# Enum values of Qt and QGIS that Qt 6 knows only with their enum's name before them.
UNSCOPED = re.compile(
    r"\bQt\.(?:Align(?!ment)\w+|Horizontal|Vertical|DisplayRole|UserRole|DecorationRole|ToolTipRole|LeftDock\w+|RightDock\w+|"
    r"Checked|Unchecked|Key_\w+|ItemIs\w+|SolidLine|DashLine|NoPen|NoBrush|AscendingOrder|DescendingOrder)\b"
    r"|\bQgsProcessing\.Type\w+|\bQgis\.(?:Info|Warning|Critical|Success)\b"
    r"|\bQFrame\.(?:NoFrame|HLine)\b|\bQgsTask\.(?:CanCancel|Silent)\b|\bQProcess\.(?:NotRunning|CrashExit)\b"
    r"|\bQAbstractItemView\.(?:SelectRows|SelectItems|NoEditTriggers|SingleSelection)\b|\bQHeaderView\.(?:Stretch|Interactive)\b"
)


@every_file
def test_qt6_ready(path):
    text = path.read_text(encoding="utf-8")
    assert UNSCOPED.findall(text) == []
    assert re.findall(r"\bPyQt[56]\b|\bexec_\(|QVariant\.\w+|resources_rc", text) == []


@every_file
def test_no_statement_numbers_its_places(path):
    """Python 3.14 refuses them with a sequence of values; live cases were lost there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            numbered = re.search(r"\?\d", node.value) and re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", node.value)
            assert not numbered, node.value


@every_file
def test_imports_only_qgis_and_standard_library(path):
    allowed = set(sys.stdlib_module_names) | {"qgis"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        assert [name for name in names if name.split(".")[0] not in allowed] == []


@every_file
def test_never_qgis_own_interpreter(path):
    code = ast.parse(path.read_text(encoding="utf-8"))
    used = [node for node in ast.walk(code) if isinstance(node, ast.Attribute) and node.attr == "executable"]
    assert used == []


@every_file
def test_modules_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and not isinstance(node.body[0], ast.Pass):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 60, f"{node.name}: {lines} lines"


def sentences():
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: tr() takes a literal"
                found.add(node.args[0].value)
    return found


def test_every_sentence_has_its_chinese_and_no_chinese_is_left_over():
    chinese = tomllib.loads((ROOT / "qgis_plugin" / "i18n" / "zh.toml").read_text(encoding="utf-8"))
    assert sentences() == set(chinese)


def test_chinese_fills_the_same_fields():
    chinese = tomllib.loads((ROOT / "qgis_plugin" / "i18n" / "zh.toml").read_text(encoding="utf-8"))
    fields = re.compile(r"\{(\w+)\}")
    assert [key for key, text in chinese.items() if set(fields.findall(key)) != set(fields.findall(text))] == []
