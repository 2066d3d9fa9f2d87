"""Finding the library, hearing it, stopping it."""

import os
import stat
import time

import pytest
from qgis.core import QgsProcessingFeedback, QgsSettings


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Return a function that makes a `python` out of a shell script and lets the plugin find it."""

    def make(script):
        path = tmp_path / "python"
        path.write_text(f'#!/bin/sh\ncase "$*" in *--version*) echo onemap 0.1.99; exit 0;; esac\n{script}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("ONEMAP_PYTHON", str(path))
        return path

    return make


def found(plugin, **given):
    environment = given.pop("environment", {"PATH": "/nowhere"})
    made = plugin("engine.environment").interpreters(
        setting=given.get("setting", ""), profile=given.get("profile", "/nowhere"), environment=environment
    )
    return [(item.path, item.origin) for item in made]


def test_setting_comes_first_and_is_believed(plugin):
    environment = {"ONEMAP_PYTHON": "/b/python", "PATH": os.environ["PATH"]}
    assert found(plugin, setting="/a/python", environment=environment) == [("/a/python", "setting")]
    assert found(plugin, environment=environment) == [("/b/python", "variable")]


def test_then_the_profile_then_the_path(plugin, tmp_path):
    own = tmp_path / "onemap_engine" / "bin" / "python3"
    own.parent.mkdir(parents=True)
    own.write_text("")
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    environment = {"PATH": str(python.parent)}
    assert found(plugin, profile=str(tmp_path), environment=environment) == [
        (str(own), "profile"),
        (str(python), "path"),
    ]


def test_child_sees_none_of_qgis_libraries(plugin):
    unwanted = plugin("engine.environment").UNWANTED
    given = dict.fromkeys(unwanted, "x") | {"HOME": "/home/x"}
    assert plugin("engine.environment").child_environment(given) == {"HOME": "/home/x"}


def test_progress_and_words_are_told_apart(plugin):
    listener = plugin("engine.protocol").Listener()
    steps = listener.feed('{"share": 0.4, "text": "读取"}\nonemap: no such'.encode())
    steps += listener.feed(b' file\n{"not": "progress"}\n{"share": 7}')
    steps += listener.finish()
    assert [(step.share, step.text) for step in steps] == [(0.4, "读取"), (1.0, "")]
    assert listener.words == ["no such file", '{"not": "progress"}']


def test_the_library_is_found(plugin, library):
    engine = plugin("engine.client").find_engine()
    assert (engine.version, engine.interpreter.origin) == (plugin("onemap").__version__, "variable")


def test_without_it_the_sentence_says_what_to_do(plugin, english):
    QgsSettings().setValue("onemap/python", "/nowhere/python")
    client = plugin("engine.client")
    with pytest.raises(client.EngineError, match=r"was not found.*ONEMAP_PYTHON.*/nowhere/python"):
        client.find_engine()


def test_what_was_tried_is_told_in_plain_words(plugin, english, tmp_path):
    client = plugin("engine.client")
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho '/usr/bin/python3: No module named onemap' >&2; exit 1\n")
    bare.chmod(0o755)
    for path, words in ((bare, "the library is not installed there"), ("/nowhere/python", "it cannot be started")):
        with pytest.raises(client.EngineError) as caught:
            client.find_engine(str(path))
        assert str(caught.value).endswith(f"{path}: {words}")


@pytest.mark.parametrize("version", ["0.0.9", "1.1.0", "9"])
def test_a_library_of_another_version_is_not_used_and_both_are_told(plugin, english, tmp_path, version):
    client = plugin("engine.client")
    other = tmp_path / "python"
    other.write_text(f"#!/bin/sh\necho onemap {version}\n")
    other.chmod(0o755)
    with pytest.raises(client.EngineError, match=f"it holds onemap {version}, this plugin needs 0.1"):
        client.find_engine(str(other))
    other.write_text(f"#!/bin/sh\necho onemap {plugin('onemap').__version__}.post1\n")
    assert client.find_engine(str(other)).interpreter.path == str(other)


def test_an_empty_dock_without_engine_offers_to_set_it_up(plugin, desktop, english):
    controller = plugin("console.controller").Controller(desktop)
    try:
        dock = controller.dock
        assert dock.setup.isHidden()
        dock.offer_setup(True)
        wanted = []
        dock.setup_wanted.connect(lambda: wanted.append(1))
        dock.setup.click()
        assert wanted == [1]
        assert not dock.setup.isHidden()
        assert not dock.setup_below.isHidden()  # with a map, the foot leads there
        dock.setup_below.click()
        assert wanted == [1, 1]
        assert "not set up" in dock.setup_words.text()
        dock.offer_setup(False)
        assert dock.setup.isHidden()
        assert dock.setup_below.isHidden()
    finally:
        controller.close()


def test_bad_input_is_the_library_s_own_sentence(plugin, library, english, tmp_path):
    client = plugin("engine.client")
    with pytest.raises(client.EngineError) as caught:
        client.run_verb("check", [str(tmp_path / "no.gpkg")], QgsProcessingFeedback())
    assert "no.gpkg" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_progress_reaches_the_feedback(plugin, fake, qgis_app):
    fake("""echo '{"share": 0.25, "text": "half of the half"}' >&2; echo '{"ok": true}'""")
    told = []

    class Feedback(QgsProcessingFeedback):  # its own log leaves the words of progress out before 3.36
        def setProgressText(self, text):
            told.append(text)

    feedback = Feedback()
    assert plugin("engine.client").run_verb("check", [], feedback) == {"ok": True}
    assert feedback.progress() == 25.0
    assert told == ["half of the half"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'onemap: row 7 has no code' >&2; exit 2", "row 7 has no code"),
        ("echo boom >&2; exit 3", "code 3"),
        ("kill -9 $$", "code -1"),
        ("echo not json", "cannot be read"),
        ("echo '[1]'", "cannot be read"),
    ],
    ids=["bad-input", "internal", "killed", "no-json", "no-object"],
)
def test_failures_become_sentences(plugin, fake, english, script, told):
    fake(script)
    client = plugin("engine.client")
    with pytest.raises(client.EngineError, match=told):
        client.run_verb("check", [], QgsProcessingFeedback())


def test_library_runs_isolated_with_its_language(plugin, fake, chinese, tmp_path):
    log = tmp_path / "log"
    fake(f'echo "$@" > {log}; echo "{{}}"')
    plugin("engine.client").run_verb("gaps", ["a.gpkg"], QgsProcessingFeedback())
    assert log.read_text().split() == [
        "-I",
        "-X",
        "utf8",
        "-m",
        "onemap",
        "gaps",
        "--json",
        "--progress",
        "json",
        "--lang",
        "zh",
        "a.gpkg",
    ]


@pytest.mark.parametrize("stubborn", [False, True], ids=["polite", "deaf"])
def test_cancel_stops_it_within_seconds(plugin, fake, english, stubborn):
    fake(
        ("trap '' INT TERM\n" if stubborn else "")
        + "echo start >&2; i=0; while [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done"
    )
    client = plugin("engine.client")
    feedback = QgsProcessingFeedback()
    asked = iter([False] * 3 + [True] * 1000)
    feedback.isCanceled = lambda: next(asked)
    started = time.monotonic()
    with pytest.raises(client.EngineCancelled):
        client.run_verb("run", [], feedback)
    assert time.monotonic() - started < client.GRACE_SECONDS + 2


def test_real_run_is_cancelled_and_leaves_the_old_map(plugin, library, built, tmp_path):
    client = plugin("engine.client")
    old = tmp_path / "onemap.gpkg"
    old.write_bytes(b"the old map")
    feedback = QgsProcessingFeedback()
    feedback.progressChanged.connect(lambda share: feedback.cancel() if share > 5 else None)
    with pytest.raises(client.EngineCancelled):
        client.run_verb("run", [str(built / "city" / "onemap.toml"), "--out", str(tmp_path)], feedback)
    assert old.read_bytes() == b"the old map"
