#!/bin/sh
# The plugin's tests on another QGIS than the system's, in a root folder of its own: the newest of Debian (sid: 3.44 with
# Python 3.14 when this was written) or the oldest that the plugin takes (noble: 3.34 with Python 3.12).
# usage: sudo sh scripts/test_other_qgis.sh [SUITE] [pytest arguments]     about 5 minutes the first time, 3 GB
#   pytest arguments  what to run (default: tests/plugin), e.g. tests/plugin/test_desktop.py
# environment: ROOM=build/qgis-SUITE  the root folder, made where it is missing and kept for the next time
#              MIRROR=...             a mirror of the suite's distribution (default: the one that apt has here)
#              COMPONENTS=main        "main universe" for Ubuntu
# needs: root, mmdebstrap, git (and the distribution's keyring, for Ubuntu: ubuntu-archive-keyring)
set -eu
cd "$(dirname "$0")/.."
suite=${1:-sid}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- tests/plugin
room=${ROOM:-$PWD/build/qgis-$suite}
mirror=${MIRROR:-$(sh scripts/debian_archive.sh "$(. /etc/os-release && echo "$VERSION_CODENAME")")}
[ "$(id -u)" = 0 ] || { echo "a root folder can be made by root only: sudo sh $0" >&2; exit 2; }
command -v mmdebstrap >/dev/null || { echo "mmdebstrap is missing: apt-get install mmdebstrap" >&2; exit 2; }

if [ ! -x "$room/usr/bin/qgis" ]; then
    echo "== making $room with the QGIS of $suite ..."
    mkdir -p "$(dirname "$room")"
    # Recommended packages stay away: fonts and proj-data must be named. The archive may be an old copy: no expiry.
    mmdebstrap --quiet --mode=root --variant=apt --components="${COMPONENTS:-main}" \
        --include=ca-certificates,python3-qgis,qgis,qgis-providers,python3-venv,python3-pip,proj-data,gdal-bin,python3-gdal \
        --include=xvfb,xauth,openbox,imagemagick,fontconfig,fonts-wqy-microhei,fonts-open-sans,postgresql-postgis \
        --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$room" "$mirror"
fi

ours=""
leave() { for folder in $ours; do umount "$folder" || true; done; }
trap leave EXIT INT TERM
for folder in proc sys dev; do
    mountpoint -q "$room/$folder" || { mount --bind "/$folder" "$room/$folder" && ours="$room/$folder $ours"; }
done
cp /etc/resolv.conf "$room/etc/resolv.conf"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$room/etc/pip.conf"
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$room/etc/ssl/certs/ca-certificates.crt"

echo "== putting the project into it ..."
rm -rf "$room/srv/onemap"
mkdir -p "$room/srv/onemap"
git ls-files -z | tar --null --files-from=- -cf - | tar -C "$room/srv/onemap" -xf -

cat >"$room/srv/run" <<'INSIDE'
set -eu
cd /srv/onemap
qgis_process --version 2>/dev/null | head -n 4
python=/opt/onemap/bin/python
if [ ! -x $python ] || ! cmp -s pyproject.toml /opt/onemap/made-from; then
    /usr/bin/python3 -m venv --system-site-packages /opt/onemap
    # the distribution's pyproj finds no data of its own beside the wheels of the others
    $python -m pip install --quiet --disable-pip-version-check --ignore-installed pyproj
    $python -m pip install --quiet --disable-pip-version-check --use-pep517 -e '.[excel,parquet,atlas,qgis-test]' \
        'pytest>=8' hypothesis pypdf zxing-cpp
    cp pyproject.toml /opt/onemap/made-from
fi
QT_QPA_PLATFORM=offscreen exec $python -m pytest -p no:cacheprovider "$@"
INSIDE
code=0
chroot "$room" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/bin:/bin:/usr/sbin:/sbin ${CI:+CI="$CI"} \
    sh /srv/run "$@" || code=$?
if [ -d "$room/srv/onemap/out" ]; then
    mkdir -p "out/$suite"
    cp -r "$room/srv/onemap/out/." "out/$suite/"
    echo "pictures: out/$suite"
fi
exit "$code"
