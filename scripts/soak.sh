#!/bin/sh
# The full dose of every promise (R1-R11, R14): hours are not needed, minutes are. Figures are printed.
# usage: sh scripts/soak.sh [pytest options]
set -eu
cd "$(dirname "$0")/.."
[ -x .venv-qgis/bin/python ] || { echo "run sh scripts/test.sh first: it makes the environment" >&2; exit 2; }
ONEMAP_DOSE=full exec .venv-qgis/bin/python -m pytest -p no:pytest_qgis -p no:pytest-qt -rA -s -k "test_r" tests/library "$@"
