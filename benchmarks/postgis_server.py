"""A PostGIS server of the benchmark's own: in a temporary folder, on a free loopback port, stopped afterwards."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_OWNER = "postgres"  # the server refuses to run as root


class UnavailableError(Exception):
    """There is no PostGIS here, and it cannot be installed."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    programs: Path
    port: int

    def ask(self, *statements: str) -> str:
        """Run statements in one session; return what they print: values separated by tabs."""
        command = [str(self.programs / "psql"), "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
                   str(self.port), "-U", _OWNER, "-d", "postgres"]  # fmt: skip
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def find_programs() -> Path | None:
    """Return the folder of the newest server whose PostGIS is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    for folder in reversed(folders):
        if Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists():
            return folder
    on_path = shutil.which("pg_ctl")
    if on_path is None:
        return None
    shared = subprocess.run(["pg_config", "--sharedir"], capture_output=True, text=True, check=False).stdout.strip()
    return Path(on_path).resolve().parent if (Path(shared) / "extension" / "postgis.control").exists() else None


def install() -> None:
    """Install PostGIS where this is Debian and we may.

    Raises
    ------
    UnavailableError
        It is not there and cannot be installed; says why.
    """
    if find_programs():
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise UnavailableError("PostGIS is not installed (apt-get install postgresql-postgis)")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "postgresql-postgis"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not find_programs():
        raise UnavailableError("apt-get could not install PostGIS: " + (done.stderr.strip().splitlines() or ["?"])[-1])


def _call(command: list[str], folder: Path) -> None:
    """Run a command as the user who may run servers."""
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgis(folder: Path) -> Iterator[Server]:
    """Run a server whose data lie in ``folder``, an empty one; stop it at the end.

    Raises
    ------
    UnavailableError
        There is no PostGIS here.
    """
    programs = find_programs()
    if programs is None:
        raise UnavailableError("PostGIS is not installed")
    data, port, cores = folder / "server", _free_port(), os.cpu_count() or 1
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, _OWNER, _OWNER)
    settings = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c jit=off "
        f"-c shared_buffers=1GB -c work_mem=256MB -c max_parallel_workers_per_gather={cores}"
    )
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    _call([str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", _OWNER, "-N"], data)
    _call([*control, "-l", str(data / "log"), "-o", settings, "start"], data)
    try:
        server = Server(programs, port)
        server.ask("CREATE EXTENSION postgis")
        yield server
    finally:
        _call([*control, "-m", "immediate", "stop"], data)
