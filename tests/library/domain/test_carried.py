"""The domain works where the plugin carries it: under another name, on the standard library alone."""

import shutil
import subprocess
import sys

from tests.conftest import ROOT

USE = """
import sys
sys.path.insert(0, {folder!r})
from carrier.onemap.domain import catalogue, codes
from carrier.onemap.errors import SchemaError
assert len(catalogue.load_catalogue()) == {layers}
assert catalogue.layer_title("grid_cell", "zh") == "单元网格"
assert codes.profile("GBT30428").validate("110102007012035") == []
assert codes.profile("ADMIN6").validate("99")[0].text("zh") != codes.profile("ADMIN6").validate("99")[0].text("en")
foreign = {{name.split(".")[0] for name in sys.modules}} & {{"numpy", "pandas", "shapely", "geopandas", "onemap"}}
assert not foreign, foreign
print("carried")
"""


def test_the_domain_runs_under_another_name_on_the_standard_library(tmp_path):
    target = tmp_path / "carrier" / "onemap"
    target.mkdir(parents=True)
    (tmp_path / "carrier" / "__init__.py").touch()
    for name in ("__init__.py", "errors.py", "translation.py"):
        shutil.copy(ROOT / "onemap" / name, target)
    for name in ("domain", "translations"):
        shutil.copytree(ROOT / "onemap" / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "layers", target / "layers")
    code = USE.format(folder=str(tmp_path), layers=len(list((ROOT / "layers").glob("*.toml"))))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "carried\n"), done.stderr
