"""The library set up by the plugin in an environment of the profile's own, without network; the page that tells it."""

import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsSettings
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject

from .test_worker import until

PROGRAM = """import sys
print("onemap {version}")
"""


def make_wheel(folder: Path, version: str) -> None:
    """Write a wheel that pip installs: a library that only tells its version."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"onemap-{version}.dist-info"
    files = {
        "onemap/__init__.py": "",
        "onemap/__main__.py": PROGRAM.format(version=version),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: onemap\nVersion: {version}\n"
        "Provides-Extra: excel\nProvides-Extra: parquet\nProvides-Extra: atlas\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"onemap-{version}-py3-none-any.whl", "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)


@pytest.fixture
def setup(plugin, tmp_path, qgis_app):
    made = plugin("engine.setup").EngineSetup(profile=tmp_path / "profile")
    (tmp_path / "profile").mkdir()
    made.lines, made.ends = [], []
    made.told.connect(made.lines.append)
    made.ended.connect(lambda well, sentence: made.ends.append((well, sentence)))
    yield made
    made.stop()


@pytest.fixture
def wheels(plugin, tmp_path):
    make_wheel(tmp_path / "wheels", plugin("onemap").__version__)
    return str(tmp_path / "wheels")


def old_environment(tmp_path) -> Path:
    """Put something where a working environment would be."""
    old = tmp_path / "profile" / "onemap_engine" / "bin" / "python3"
    old.parent.mkdir(parents=True)
    old.write_text("what worked before")
    return old


def test_from_a_folder_of_wheels(setup, wheels, plugin, tmp_path, english):
    old_environment(tmp_path)
    setup.start(wheels=wheels)
    until(lambda: setup.ends, 120)
    assert setup.ends == [(True, f"The library is set up in {tmp_path / 'profile' / 'onemap_engine'}.")]
    environment = plugin("engine.environment")
    (first, *_) = environment.interpreters(setting="", profile=str(tmp_path / "profile"), environment={})
    assert first.origin == "profile"
    QgsSettings().setValue("onemap/python", first.path)
    assert plugin("engine.client").find_engine().version == plugin("onemap").__version__
    assert any("Successfully installed onemap" in line for line in setup.lines)
    assert sorted(path.name for path in (tmp_path / "profile").iterdir()) == ["onemap_engine"]


@pytest.mark.parametrize("version", [None, "0.0.1"], ids=["empty", "another-version"])
def test_a_folder_that_lacks_it_leaves_what_worked(setup, tmp_path, english, version):
    folder = tmp_path / "wheels"
    folder.mkdir()
    if version:
        make_wheel(folder, version)
    old = old_environment(tmp_path)
    setup.start(wheels=str(folder))
    until(lambda: setup.ends, 120)
    assert setup.ends == [(False, "The set-up failed (code 1); the last lines above say why.")]
    assert any("No matching distribution" in line for line in setup.lines)
    assert old.read_text() == "what worked before"
    assert sorted(path.name for path in (tmp_path / "profile").iterdir()) == ["onemap_engine"]


def test_no_such_folder_is_said_at_once(setup, english):
    setup.start(wheels="/nowhere/wheels")
    assert setup.ends == [(False, "/nowhere/wheels: no such folder")]


SOURCE = Path(__file__).parents[2]


def test_from_its_own_folder_the_library_is_named_by_its_path(setup, english):
    setup.start(source=str(SOURCE))
    until(lambda: any("pip install" in line for line in setup.lines), 120)
    setup.stop()
    (asked,) = (line for line in setup.lines if "pip install" in line)
    assert asked.endswith(f" {SOURCE}[excel,parquet,atlas]")


@pytest.mark.parametrize("name", ["", "onemap", "another"])
def test_another_folder_is_refused_before_anything_runs(setup, tmp_path, english, name):
    """On the public index the name belongs to strangers: neither it nor their folder may ever be installed."""
    folder = tmp_path / "source"
    folder.mkdir()
    if name:
        (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    setup.start(source=str(folder))
    assert setup.ends == [(False, f"{folder}: this is not onemap's folder; it lacks onemap's pyproject.toml")]
    assert setup.lines == []
    setup.start()
    assert setup.ends[1] == (False, ": no such folder")


def test_stopped_half_way_leaves_what_worked(setup, wheels, tmp_path, english):
    old = old_environment(tmp_path)
    setup.start(wheels=wheels)
    until(lambda: setup.running and setup.lines)
    setup.stop()
    until(lambda: setup.ends)
    assert not setup.ends[0][0]
    assert old.read_text() == "what worked before"
    assert not (tmp_path / "profile" / "onemap_engine.new").exists()


class TestThePlace:
    """One environment takes the place of another; whatever fails, one that works is there."""

    @pytest.fixture
    def place(self, plugin, tmp_path):
        made = plugin("engine.place").Place(tmp_path / "onemap_engine")
        for folder in (made.home, made.ready):
            folder.mkdir()
            (folder / "python").write_text(folder.suffix or "old")
        return made

    @staticmethod
    def held(monkeypatch, *names):
        """Let folders of these names be renamed by nobody, as those are on Windows whose files are open."""
        rename = Path.rename

        def refuse(self, target):
            if self.name in names:
                raise PermissionError(13, "in use", str(self))
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", refuse)

    @staticmethod
    def there(place):
        return {path.name: (path / "python").read_text() for path in place.home.parent.iterdir()}

    def test_the_new_one_is_there_and_nothing_beside_it(self, place):
        place.exchange()
        assert self.there(place) == {"onemap_engine": ".ready"}

    @pytest.mark.parametrize("step", ["onemap_engine", "onemap_engine.ready"], ids=["old-locked", "new-locked"])
    def test_a_step_that_fails_leaves_both(self, place, monkeypatch, step):
        self.held(monkeypatch, step)
        with pytest.raises(PermissionError):
            place.exchange()
        assert self.there(place) == {"onemap_engine": "old", "onemap_engine.ready": ".ready"}

    def test_one_that_cannot_be_put_back_is_healed_the_next_time(self, place, monkeypatch):
        with monkeypatch.context() as locked:
            self.held(locked, "onemap_engine.ready", "onemap_engine.old")
            with pytest.raises(PermissionError):
                place.exchange()
            assert self.there(place) == {"onemap_engine.old": "old", "onemap_engine.ready": ".ready"}
        with monkeypatch.context() as locked:
            self.held(locked, "onemap_engine.ready")
            with pytest.raises(PermissionError):
                place.settle()
        assert self.there(place) == {"onemap_engine": "old", "onemap_engine.ready": ".ready"}

    def test_what_a_crash_left_is_settled_when_qgis_starts(self, place, plugin):
        place.home.rename(place.aside)
        plugin("engine.setup").EngineSetup(profile=place.home.parent)
        assert self.there(place) == {"onemap_engine": ".ready"}

    def test_the_old_one_is_put_back_after_a_crash_without_a_new_one(self, place, plugin):
        place.home.rename(place.aside)
        (place.ready / "python").unlink()
        place.ready.rmdir()
        plugin("engine.setup").EngineSetup(profile=place.home.parent)
        assert self.there(place) == {"onemap_engine": "old"}

    @pytest.mark.parametrize(
        ("step", "sentence", "left"),
        [
            ("onemap_engine", "The old environment is in use and stays.", {"onemap_engine", "onemap_engine.ready"}),
            ("onemap_engine.ready", "The old environment is in use", {"onemap_engine", "onemap_engine.ready"}),
            ("onemap_engine.new", "The new environment cannot be kept; what worked before stays", {"onemap_engine"}),
        ],
    )
    def test_a_set_up_says_what_to_do(
        self, setup, wheels, plugin, tmp_path, english, monkeypatch, step, sentence, left
    ):
        old = old_environment(tmp_path)
        with monkeypatch.context() as locked:
            self.held(locked, step)
            setup.start(wheels=wheels)
            until(lambda: setup.ends, 120)
        ((well, said),) = setup.ends
        assert (well, said.startswith(sentence)) == (False, True)
        assert old.read_text() == "what worked before"
        assert {path.name for path in (tmp_path / "profile").iterdir()} == left
        plugin("engine.setup").EngineSetup(profile=tmp_path / "profile")  # QGIS is started again
        assert [path.name for path in (tmp_path / "profile").iterdir()] == ["onemap_engine"]
        assert (old.read_bytes() == b"what worked before") == ("onemap_engine.ready" not in left)


def test_the_page_tells_the_state_in_words(plugin, setup, library, english):
    changes = []
    page = plugin("options").OptionsPage(setup, lambda: changes.append(1))
    until(lambda: "ready" in page.answer.text())
    assert page.offline.isEnabled()
    assert not page.halt.isEnabled()
    page.python.setFilePath("/nowhere/python")
    page.look()
    until(lambda: "not found" in page.answer.text())
    assert QgsSettings().value("onemap/python", "") == ""
    page.apply()
    assert QgsSettings().value("onemap/python") == "/nowhere/python"
    assert changes == [1]


def test_the_page_shows_what_the_set_up_says(plugin, setup, wheels, english, monkeypatch, tmp_path):
    monkeypatch.setattr("qgis.core.QgsApplication.qgisSettingsDirPath", lambda: str(tmp_path / "profile"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    page = plugin("options").OptionsPage(setup, lambda: None)
    page._start(wheels=wheels)
    assert page.halt.isEnabled()
    until(lambda: setup.ends, 120)
    assert "Successfully installed onemap" in page.log.toPlainText()
    assert page.log.toPlainText().endswith("onemap_engine.")
    until(lambda: plugin("onemap").__version__ in page.answer.text())


def test_a_set_up_that_ends_after_the_options_were_closed_is_heard(plugin, qgis_app, monkeypatch):
    """Only the page listened, and it goes with the dialog: the dock went on to say that there was no engine."""
    changes, warned, parent = [], [], QObject()
    monkeypatch.setattr(plugin("options"), "warn", warned.append)
    factory = plugin("options").OptionsFactory(lambda: changes.append(1), parent)
    page = factory.createWidget(None)
    sip.delete(page)
    factory._setup.ended.emit(False, "no room on the disk")
    assert (changes, warned) == ([], ["no room on the disk"])
    factory._setup.ended.emit(True, "The library is there.")
    assert changes == [1]
