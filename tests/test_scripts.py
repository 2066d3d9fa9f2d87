"""The scripts that set a machine up, with a real apt in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def archive(folder: Path, *, origin: str, codename: str) -> str:
    """Make an empty archive of packages that apt takes lists from; returns its line of sources."""
    binary = folder / "dists" / codename / "main" / "binary-amd64"
    binary.mkdir(parents=True)
    (binary / "Packages").write_text("Package: none\nArchitecture: all\nVersion: 1\nFilename: none\n\n")
    (folder / "dists" / codename / "Release").write_text(
        f"Origin: {origin}\nSuite: {codename}\nCodename: {codename}\nComponents: main\nArchitectures: amd64\n"
        "Date: Sat, 17 May 2025 09:00:00 UTC\n"
    )
    return f"deb [arch=amd64 trusted=yes] file:{folder} {codename} main\n"


@pytest.mark.skipif(
    not shutil.which("apt-get") and "CI" not in os.environ, reason="apt-get is not here: the script is for Debian"
)
def test_debian_s_archive_is_found_beside_those_of_others(tmp_path):
    """The first address in apt's files was taken once: that of a source for Node, and a switched-off one at that."""
    lists, sources = tmp_path / "lists", tmp_path / "sources"
    lists.mkdir()
    sources.mkdir()
    node = archive(tmp_path / "a_node", origin="Node", codename="nodistro")
    (sources / "a_node.list").write_text(node)
    (sources / "b_old.list.disabled").write_text("deb file:/nowhere bookworm main\n")
    (sources / "c.list").write_text(archive(tmp_path / "debian", origin="Debian", codename="bookworm"))
    conf = tmp_path / "apt.conf"
    conf.write_text(
        f'Dir::State::lists "{lists}";\nDir::Cache "{tmp_path / "cache"}";\nDir::Etc::sourcelist "/dev/null";\n'
        f'Dir::Etc::sourceparts "{sources}";\nAcquire::Languages "none";\nAPT::Sandbox::User "";\n'
    )
    env = {**os.environ, "APT_CONFIG": str(conf)}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=True)

    def asked(codename):
        command = ["sh", str(ROOT / "scripts/debian_archive.sh"), codename]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

    assert asked("bookworm").rstrip("/") == f"file:{tmp_path / 'debian'}"
    assert asked("bookworm-backports") == ""
