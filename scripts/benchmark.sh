#!/bin/sh
# Time onemap beside its rivals in one run on the same data; make the environments, the data, the tables, the picture.
# usage: sh scripts/benchmark.sh [--size tiny|small|full] [--only ROW ...] [--resume]   (sh scripts/benchmark.sh --help)
#   small (default)  minutes; to out/benchmark        full  about 25 minutes on two idle cores; to docs/performance.md
# Each row is kept as soon as it is measured: --resume goes on where a run was cut off, --only measures single rows anew.
# A rival that cannot be installed is named in the tables as left out, with the reason. PostGIS comes from apt-get.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-bench

# the environment is made once, and again when its list of libraries changes
stamp="$venv/.made-from"
if [ ! -x "$venv/bin/python" ] || ! cmp -s pyproject.toml "$stamp"; then
    echo "making the environment in $venv (once) ..."
    python3 -m venv "$venv"
    pip="$venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile"
    $pip -e '.[bench]' || $pip -e '.[parquet]' # one rival without a release for this machine shall not stop the others
    cp pyproject.toml "$stamp"
fi
exec "$venv/bin/python" -m benchmarks "$@"
