#!/bin/sh
# The main job on the sample city: makes its own environment, builds the one map, assigns the cases, proves the
# coverage, writes the report. Needs python3 (3.11 or newer); no QGIS.   usage: sh scripts/demo.sh [OUT_DIR]
set -eu
cd "$(dirname "$0")/.."
out=${1:-out}
venv=.venv-demo

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "onemap needs python3 3.11 or newer; found: $(python3 --version 2>&1 || echo none)" >&2
    exit 2
fi

# Debian's python3 comes without venv: ask apt for it when we may, say so when we may not
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing python3-venv ..."
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 || {
            echo "python3-venv could not be installed; run: apt-get install python3-venv" >&2
            exit 2
        }
    else
        echo "python3 has no venv here; run: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi

# the environment is made once, and again when its list of libraries changes
stamp="$venv/.made-from"
if [ ! -x "$venv/bin/python" ] || ! cmp -s pyproject.toml "$stamp"; then
    echo "making the environment in $venv (once) ..."
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -e '.[excel]'
    cp pyproject.toml "$stamp"
    rm -rf "$out/sample" # made anew by what is now installed
fi

# the city is the same every time: it is made once
[ -f "$out/sample/planted.json" ] || "$venv/bin/python" -m onemap sample "$out/sample"
exec "$venv/bin/python" -m onemap run "$out/sample/onemap.toml" --out "$out/onemap"
