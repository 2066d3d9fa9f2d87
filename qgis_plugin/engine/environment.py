"""Which Python runs the library, and in which environment. Standard library only.

QGIS's own interpreter is never used: on Linux its GDAL, PROJ and GEOS clash with those inside the wheels, and
`sys.executable` may be QGIS itself. QGIS also sets variables for its own libraries that must not reach a child.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "ONEMAP_PYTHON"
VENV_FOLDER = "onemap_engine"
UNWANTED = (
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "PROJ_LIB",
    "PROJ_DATA",
    "GDAL_DATA",
    "GDAL_DRIVER_PATH",
    "QT_PLUGIN_PATH",
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that may hold the library, and where its name came from."""

    path: str
    origin: str  # "setting" "variable" "profile" "path"


def interpreters(*, setting: str, profile: str, environment: Mapping[str, str]) -> Iterator[Interpreter]:
    """Yield the interpreters that exist, in the order in which they are to be believed.

    A name that somebody set (setting, variable) is yielded even when nothing is there, so that the mistake is
    told instead of silently using another interpreter.
    """
    if setting:
        yield Interpreter(setting, "setting")
        return
    if environment.get(VARIABLE):
        yield Interpreter(environment[VARIABLE], "variable")
        return
    own = python_inside(Path(profile) / VENV_FOLDER)
    if own.is_file():
        yield Interpreter(str(own), "profile")
    for name in ("python3", "python"):
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            yield Interpreter(found, "path")


def python_inside(environment: Path) -> Path:
    """Return where a virtual environment keeps its Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python3")


def base_python(path: str | None = None) -> str:
    """Return the Python on which an environment can be built; an empty text where there is none."""
    return next((found for name in ("python3", "python") if (found := shutil.which(name, path=path))), "")


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for the library's process: without the paths of QGIS's own libraries."""
    source = os.environ if environment is None else environment
    return {name: value for name, value in source.items() if name not in UNWANTED}
