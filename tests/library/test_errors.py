"""What a message says to do can be done."""

import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from onemap.errors import SourceError, StoreError
from onemap.sources.layer import read_layer
from onemap.store.tables import write_tables
from onemap.translation import sentences

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def extras() -> set[str]:
    return set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])


def test_a_missing_package_is_installed_from_the_source_or_from_wheels(tmp_path, monkeypatch, extras):
    (tmp_path / "rows.xlsx").write_bytes(b"PK")
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    with monkeypatch.context() as patch:
        patch.setattr("onemap.sources.workbooks.find_spec", lambda _: None)
        with pytest.raises(SourceError, match=r"rows\.xlsx: cannot be read, since python-calamine") as excel:
            read_layer(tmp_path / "rows.xlsx", "holder")
    for name in ("pyarrow", "pyarrow.parquet", "openpyxl"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SourceError, match=r"rows\.parquet: cannot be read, since pyarrow") as parquet:
        read_layer(tmp_path / "rows.parquet", "holder")
    with pytest.raises(StoreError, match="openpyxl is not installed") as written:
        write_tables({"case": pd.DataFrame({"a": [1]})}, tmp_path / "out.xlsx")
    for error, extra in ((excel, "excel"), (parquet, "parquet"), (written, "excel")):
        assert extra in extras
        for language, where in (("en", "in the folder of onemap's source"), ("zh", "在 onemap 源码目录中")):
            said = error.value.text(language)
            assert where in said
            assert f'pip install ".[{extra}]"' in said
            assert "pip install --no-index --find-links" in said
            assert said.endswith(f'"onemap[{extra}]"')


def test_no_message_names_a_package_index_that_has_no_onemap():
    assert not [english for english in sentences() if "pip install onemap" in english or "install onemap[" in english]


def test_every_extra_that_is_asked_for_exists(extras):
    asked = {
        part.partition('"')[2].partition('"')[0]
        for path in (ROOT / "onemap").rglob("*.py")
        for part in path.read_text(encoding="utf-8").split(".missing(")[1:]
        for part in [part.partition(", ")[2]]
    }
    assert asked - {""} <= extras
