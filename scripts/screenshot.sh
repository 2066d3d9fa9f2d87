#!/bin/sh
# Open the real QGIS desktop on a virtual screen with the plugin from the zip, show a one map, take a picture.
# usage: sh scripts/screenshot.sh ONEMAP.gpkg|- OUT.png [SCRIPT.py]
#   SCRIPT.py  runs inside QGIS once the map is open; it finds `iface` and `plugin`
# environment: SIZE=1600x900  LOCALE=zh-Hans|en  THEME=default|'Night Mapping'  LIMIT=120 (seconds)  ZIP=dist/onemap_center.zip  QGIS_BIN=qgis
# needs: qgis, xvfb, openbox, imagemagick, a Chinese font
set -eu
here=$(cd "$(dirname "$0")" && pwd)
one_map=${1:?a one map, or - for none}
picture=$(realpath -m "${2:?where to write the picture}")
script=${3:-}
size=${SIZE:-1600x900}
locale=${LOCALE:-zh-Hans}
zip=${ZIP:-$here/../dist/onemap_center.zip}
[ -f "$zip" ] || python3 "$here/package_plugin.py" "$zip" >/dev/null

room=$(mktemp -d)
profile=$room/profiles/hall
mkdir -p "$profile/QGIS" "$profile/python/plugins" "$room/run" "$(dirname "$picture")"
chmod 700 "$room/run"
python3 -m zipfile -e "$zip" "$profile/python/plugins"
cat >"$profile/QGIS/QGIS3.ini" <<INI
[PythonPlugins]
onemap_center=true
processing=true
[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
[locale]
overrideFlag=true
userLocale=$locale
globalLocale=$locale
[UI]
UITheme=${THEME:-default}
[qgis]
checkVersion=false
showTips=false
firstRunVersionFlag=99999
[plugin-manager]
automatically-check-for-updates=false
INI

screen_pid=""
window_pid=""
cleanup() {
    for pid in $window_pid $screen_pid; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$room"
}
trap cleanup EXIT INT TERM

# Xvfb chooses a free display and tells its number on descriptor 9
Xvfb -displayfd 9 -screen 0 "${size}x24" -nolisten tcp 9>"$room/display" 2>/dev/null &
screen_pid=$!
tries=0
while [ ! -s "$room/display" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
DISPLAY=:$(head -n 1 "$room/display")
export DISPLAY
openbox >/dev/null 2>&1 &
window_pid=$!

export XDG_RUNTIME_DIR="$room/run" QT_QPA_PLATFORM=xcb LIBGL_ALWAYS_SOFTWARE=1 LANG=C.UTF-8
export ONEMAP_PICTURE="$picture" ONEMAP_SHOWN="$one_map" ONEMAP_SCRIPT="$script"
code=0
timeout "${LIMIT:-120}" "${QGIS_BIN:-qgis}" --nologo --noversioncheck --skipbadlayers --hide-browser \
    --profiles-path "$room" --profile hall --code "$here/screenshot_inside.py" >"$room/qgis.log" 2>&1 || code=$?
grep -aE "Traceback|Error|ONEMAP" -A 6 "$room/qgis.log" | grep -av "libEGL" | head -n 40 || true
[ -s "$picture" ] || {
    echo "no picture (exit code $code)" >&2
    exit 1
}
echo "$picture (exit code $code)"
exit "$code"
