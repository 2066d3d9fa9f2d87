"""A PostGIS server of the benchmark's own: in a temporary folder, on a free port of the loopback, stopped afterwards."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_OWNER = "postgres"  # the server refuses to run as root


class Unavailable(Exception):
    """There is no PostGIS here, and it cannot be installed."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    programs: Path
    port: int

    def ask(self, *statements: str) -> str:
        """Run statements in one session; return what they print: values separated by tabs."""
        command = [self.programs / "psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
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
    Unavailable
        It is not there and cannot be installed; says why.
    """
    if find_programs():
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise Unavailable("PostGIS is not installed (apt-get install postgresql-postgis)")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "postgresql-postgis"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not find_programs():
        raise Unavailable("apt-get could not install PostGIS: " + (done.stderr.strip().splitlines() or ["?"])[-1])


def _as_owner(command: list[str]) -> list[str]:
    return ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups", *command] if os.geteuid() == 0 else command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgis(folder: Path) -> Iterator[Server]:
    """Run a server whose data lie in ``folder``, an empty one; stop it at the end.

    Raises
    ------
    Unavailable
        There is no PostGIS here.
    """
    programs = find_programs()
    if programs is None:
        raise Unavailable("PostGIS is not installed")
    data, port, cores = folder / "server", _free_port(), os.cpu_count() or 1
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, _OWNER, _OWNER)
    settings = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c jit=off "
        f"-c shared_buffers=1GB -c work_mem=256MB -c max_parallel_workers_per_gather={cores}"
    )
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": data}
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run(_as_owner([str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", _OWNER, "-N"]), **quiet)
    subprocess.run(_as_owner([*control, "-l", str(data / "log"), "-o", settings, "start"]), **quiet)
    try:
        server = Server(programs, port)
        server.ask("CREATE EXTENSION postgis")
        yield server
    finally:
        subprocess.run(_as_owner([*control, "-m", "immediate", "stop"]), **quiet)
