"""The pages about the domain say what the library does, and every sentence of the domain has its Chinese."""

import ast
import importlib.util
import re

from onemap.domain.catalogue import load_catalogue
from onemap.domain.codes import profiles
from onemap.translation import sentences
from tests.conftest import ROOT


def test_the_catalogue_page_is_written_from_the_definitions():
    spec = importlib.util.spec_from_file_location("write_catalogue", ROOT / "scripts" / "write_catalogue.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8") == script.page(), (
        "run python scripts/write_catalogue.py"
    )


def test_the_data_model_names_every_layer_once_and_no_other():
    text = (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8")
    catalogue = load_catalogue()
    named = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)*)`", text))
    assert set(catalogue) <= named
    classes = {spec.class_id for spec in catalogue.values()} - {"case", "grid", "duty"}
    layer_like = {word for word in named if word.split("_")[0] in classes and "_" in word}
    assert layer_like <= set(catalogue)


def test_the_page_on_codes_names_every_profile():
    text = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    assert [name for name in profiles() if f"`{name}`" not in text] == []


def test_every_sentence_of_the_domain_has_its_chinese():
    known = sentences()
    templates = set()
    for path in sorted((ROOT / "onemap" / "domain").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
                values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
                templates |= {v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note":
                templates |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    sentences_found = {text for text in templates if " " in text and text != "0-9 A-Z"}
    assert len(sentences_found) == 70
    assert sorted(sentences_found - set(known)) == []
