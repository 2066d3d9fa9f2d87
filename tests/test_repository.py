"""The rules of the house, checked: who imports whom, what is carried where, what is never written."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from onemap.translation import sentences

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "onemap").rglob("*.py"))
PLUGIN = sorted((ROOT / "qgis_plugin").rglob("*.py"))
PRODUCT = LIBRARY + PLUGIN

# From the ground up: a room imports from its own and from lower ones only.
ROOMS = {
    "translation": 0, "errors": 1, "progress": 1, "domain": 2, "geo": 3, "sources": 4, "store": 4, "grids": 5,
    "manifest": 5, "manifest_rules": 5, "terrain": 5, "completeness": 5, "basemap": 5, "responsibility": 6, "cases": 6, "gaps": 6, "report": 7, "pipeline": 8,
    "scale": 7, "worker": 9, "testing": 9, "cli": 10,
}  # fmt: skip
HEAVY = {"numpy", "pandas", "shapely", "geopandas", "pyproj", "pyogrio", "fiona", "rasterio", "pyarrow"}
STDLIB = set(sys.stdlib_module_names)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> list[tuple[int, str]]:
    """Return every imported module of a file with its line; relative ones made absolute below `onemap`."""
    package = path.relative_to(ROOT).with_suffix("").parts
    package = package if path.name == "__init__.py" else package[:-1]
    package = package[:-1] if path.name == "__init__.py" and package[-1] == "__init__" else package
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                module = ".".join([*base, node.module] if node.module else base)
                names = [f"{module}.{alias.name}" for alias in node.names] if not node.module else [module]
                found += [(node.lineno, name) for name in names]
            else:
                found.append((node.lineno, node.module or ""))
    return found


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_every_module_is_in_a_room():
    unknown = {room(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in LIBRARY} - set(ROOMS)
    assert unknown <= {"__init__", "__main__", ""}


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_imports_go_one_way(path: Path):
    own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own in ("__init__", "__main__"):
        return
    wrong = [
        f"{relative(path)}:{line} imports {module}"
        for line, module in imports(path)
        if module.startswith("onemap.") and room(module) in ROOMS and ROOMS[room(module)] > ROOMS[own]
    ]
    assert not wrong


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_the_library_never_imports_qgis(path: Path):
    wrong = [module for _, module in imports(path) if module.split(".")[0] in ("qgis", "PyQt5", "PyQt6", "osgeo")]
    assert not wrong


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in LIBRARY
        if room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        in ("domain", "errors", "translation", "progress")
    ],
    ids=relative,
)
def test_the_domain_is_standard_library_only(path: Path):
    wrong = [module for _, module in imports(path) if module.split(".")[0] not in STDLIB | {"onemap"}]
    assert not wrong
    absolute = [
        node.module
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("onemap")
    ]
    assert not absolute, "the plugin carries these modules under another name: import relatively"


@pytest.mark.parametrize("path", PLUGIN, ids=relative)
def test_the_plugin_imports_qgis_and_the_standard_library_only(path: Path):
    allowed = STDLIB | {"qgis", "qgis_plugin", "onemap", "processing", ""}
    wrong = [
        f"{relative(path)}:{line} {module}" for line, module in imports(path) if module.split(".")[0] not in allowed
    ]
    assert not wrong


def test_importing_onemap_is_instant_and_loads_no_numpy():
    code = (
        "import sys, time; start = time.perf_counter(); import onemap; "
        "print(time.perf_counter() - start, sorted(set(sys.modules) & {'numpy', 'pandas', 'shapely', 'geopandas'}))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            " ", 1
        )
        for _ in range(3)
    ]
    assert all(loaded.strip() == "[]" for _, loaded in runs)
    fastest = min(float(seconds) for seconds, _ in runs)
    print(f"import onemap: {fastest * 1000:.0f} ms")
    assert fastest < 0.1


def test_public_names_resolve():
    import onemap

    assert onemap.__all__ == sorted(onemap.__all__)
    missing = [name for name in onemap.__all__ if not hasattr(onemap, name)]
    assert not missing


def templates() -> list[tuple[str, str]]:
    """Return (place, template) of every error that the library raises."""
    errors = {"OnemapError", "SourceError", "CrsError", "SchemaError", "GeometryError", "StoreError", "Cancelled"}
    found = []
    for path in LIBRARY:
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in errors
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                found.append((f"{relative(path)}:{node.lineno}", node.args[0].value))
    return found


def test_every_error_speaks_chinese():
    missing = [f"{place}: {template}" for place, template in templates() if template not in sentences()]
    assert not missing


def test_errors_have_templates_that_are_literals():
    """An f-string as template could never be translated."""
    errors = {"OnemapError", "SourceError", "CrsError", "SchemaError", "GeometryError", "StoreError"}
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in LIBRARY
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in errors
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert not wrong


def test_translations_keep_their_fields():
    field = re.compile(r"\{(\w+)")
    wrong = [
        english for english, chinese in sentences().items() if set(field.findall(english)) < set(field.findall(chinese))
    ]
    assert not wrong


def test_each_template_is_translated_once():
    seen: dict[str, str] = {}
    twice = []
    for path in sorted((ROOT / "onemap" / "translations").glob("*.toml")):
        for english, chinese in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if seen.get(english, chinese) != chinese:
                twice.append(english)
            seen[english] = chinese
    assert not twice


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_no_forbidden_constructs(path: Path):
    banned = {"exec", "eval"}
    wrong = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned:
            wrong.append(f"{relative(path)}:{node.lineno} {node.func.id}")
        if isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", None) is True:
            wrong.append(f"{relative(path)}:{node.value.lineno} shell=True")
    wrong += [
        f"{relative(path)}:{line} {module}" for line, module in imports(path) if module in ("pickle", "marshal", "yaml")
    ]
    assert not wrong


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_modules_and_functions_stay_readable(path: Path):
    """A module is one idea (about 400 lines), a function one step (about 40 lines of body)."""
    wrong = []
    if path.read_text(encoding="utf-8").count("\n") > 450:
        wrong.append(f"{relative(path)} is too long")
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1
            if lines > 60:
                wrong.append(f"{relative(path)}:{node.lineno} {node.name} has {lines} lines")
    assert not wrong


def test_rooms_have_telling_names():
    vague = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
    assert not [relative(path) for path in PRODUCT if path.stem in vague or path.parent.name in vague]


def test_layers_styles_and_catalogue_agree():
    from onemap.domain.catalogue import load_catalogue

    catalogue = load_catalogue()
    assert {path.stem for path in (ROOT / "layers").glob("*.toml")} == set(catalogue)
    styles = {path.stem for path in (ROOT / "styles").glob("*.qml")}
    wanted = {spec.style for spec in catalogue.values() if spec.style}
    assert styles == wanted


def test_the_project_speaks_only_of_itself():
    """No machine paths, package hosts or workplace words in what is shipped or documented."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    words = re.compile(
        r"/work/|/root/|\.pyenv|\bdeb\.debian\.org|\bpypi\.org|files\.pythonhosted|registry\.npmjs|\bsubagent|\bfarm-(?:bench|studio)"
    )
    own = relative(Path(__file__).resolve())
    found = []
    for name in listed:
        path = ROOT / name
        if (
            not name
            or name == own
            or not path.is_file()
            or path.suffix in (".png", ".gz", ".zip", ".tif")
            or "assets" in path.parts
        ):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            if words.search(line):
                found.append(f"{name}:{number} {line.strip()[:100]}")
    assert not found


def test_plugin_metadata_and_library_share_one_version():
    import onemap

    metadata = (ROOT / "metadata.txt").read_text(encoding="utf-8")
    assert f"version={onemap.__version__}" in metadata.replace(" ", "")
    assert f"[{onemap.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
