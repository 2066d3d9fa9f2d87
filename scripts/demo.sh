#!/bin/sh
# The main job on the sample city: makes its own environment, builds the one map, assigns the cases, proves the
# coverage, writes the report. Needs python3 (3.11 or newer); no QGIS. Speaks Chinese where the locale does, or
# ONEMAP_LANG=zh|en says so.   usage: sh scripts/demo.sh [OUT_DIR]
set -eu
cd "$(dirname "$0")/.."
out=${1:-out}
venv=.venv-demo

case "${ONEMAP_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in zh*) lang=zh ;; *) lang=en ;; esac
say() { if [ "$lang" = zh ]; then echo "$2"; else echo "$1"; fi; }
fail() {
    say "$1" "$2" >&2
    exit 2
}

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$(python3 --version 2>&1 || echo -)
    fail "onemap needs python3 3.11 or newer; found: $found" "onemap 需要 python3 3.11 或更高版本；当前：$found"
fi

# Debian's python3 comes without venv: ask apt for it when we may, say so when we may not
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing python3-venv ..." "正在安装 python3-venv ……"
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 ||
            fail "python3-venv could not be installed; run: apt-get install python3-venv" \
                "python3-venv 安装失败；请执行：apt-get install python3-venv"
    else
        fail "python3 has no venv here; run: sudo apt-get install python3-venv" \
            "此处的 python3 缺少 venv；请执行：sudo apt-get install python3-venv"
    fi
fi

# the environment is made once, and again when its list of libraries changes
stamp="$venv/.made-from"
if [ ! -x "$venv/bin/python" ] || ! cmp -s pyproject.toml "$stamp"; then
    say "making the environment in $venv (once) ..." "正在 $venv 中建立环境（仅此一次）……"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -e '.[excel]'
    cp pyproject.toml "$stamp"
    rm -rf "$out/sample" # made anew by what is now installed
fi

# the city is the same every time: it is made once; one that was left half written is made again
export ONEMAP_LANG="$lang"
[ -f "$out/sample/planted.json" ] || "$venv/bin/python" -m onemap sample "$out/sample" --force >/dev/null
exec "$venv/bin/python" -m onemap run "$out/sample/onemap.toml" --out "$out/onemap"
