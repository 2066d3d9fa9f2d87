#!/bin/sh
# All tests: makes its own environment, installs QGIS 3.40, a virtual screen, a browser, fonts, Java (for Spark) and
# PostGIS where they are missing (Debian 12), then lints, type-checks and tests library and plugin.   usage: sh scripts/test.sh [pytest options]
set -eu
cd "$(dirname "$0")/.."
venv=.venv-qgis
python=/usr/bin/python3 # QGIS is built for the system's Python, not for one that comes first on PATH

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

has_all() {
    $python -c 'import ensurepip; from qgis.core import Qgis; assert Qgis.QGIS_VERSION_INT >= 33400' 2>/dev/null &&
        command -v qgis_process >/dev/null && command -v qgis >/dev/null && command -v Xvfb >/dev/null &&
        command -v openbox >/dev/null && command -v import >/dev/null && command -v chromium >/dev/null &&
        command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ] &&
        $python -c 'import osgeo_utils.samples.validate_gpkg' 2>/dev/null && command -v java >/dev/null &&
        [ -n "$(ls /usr/share/postgresql/*/extension/postgis.control 2>/dev/null)" ]
}

install_all() {
    echo "installing QGIS, a virtual screen, a browser, fonts, Java and PostGIS ..."
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq -o Acquire::Check-Valid-Until=false
    if grep -qs bookworm /etc/os-release && [ -z "$(sh scripts/debian_archive.sh bookworm-backports)" ]; then
        printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
            "$(sh scripts/debian_archive.sh bookworm)" /usr/share/keyrings/debian-archive-keyring.gpg |
            as_root tee /etc/apt/sources.list.d/bookworm-backports.sources >/dev/null
        as_root apt-get update -qq -o Acquire::Check-Valid-Until=false
    fi
    release=""
    if grep -qs bookworm /etc/os-release; then release="-t bookworm-backports"; fi
    # shellcheck disable=SC2086
    as_root apt-get install -y -qq --no-install-recommends $release python3-qgis qgis qgis-providers python3-venv >/dev/null
    as_root apt-get install -y -qq --no-install-recommends python3-gdal xvfb xauth x11-utils openbox imagemagick \
        fontconfig fonts-wqy-microhei fonts-open-sans chromium default-jre-headless postgresql-postgis >/dev/null
}

has_all || install_all
has_all || { echo "QGIS 3.34 or newer and its companions could not be installed" >&2; exit 2; }

stamp="$venv/.made-from"
if [ ! -x "$venv/bin/python" ] || ! cmp -s pyproject.toml "$stamp"; then
    echo "making the environment in $venv ..."
    $python -m venv --system-site-packages "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --use-pep517 -e '.[test,qgis-test]'
    cp pyproject.toml "$stamp"
fi
bin=$venv/bin
if [ ! -x .venv-qt6/bin/python ]; then # no QGIS is to be had for Qt 6: the plugin's widgets are run on PyQt6 alone
    $python -m venv .venv-qt6
    .venv-qt6/bin/python -m pip install --quiet --disable-pip-version-check 'PyQt6>=6.6'
fi

echo "== lint and types"
"$bin/python" -m ruff check .
"$bin/python" -m ruff format --check .
"$bin/python" -m mypy

echo "== examples in the documentation strings"
"$bin/python" -m pytest -p no:pytest_qgis -p no:pytest-qt --doctest-modules onemap

echo "== library (no QGIS)"
"$bin/python" -m pytest -p no:pytest_qgis -p no:pytest-qt -n auto --dist loadfile \
    tests/library tests/test_repository.py tests/test_docs.py tests/test_scripts.py "$@"

echo "== plugin (QGIS, qgis_process, the desktop)"
QT_QPA_PLATFORM=offscreen "$bin/python" -m pytest tests/plugin "$@"
