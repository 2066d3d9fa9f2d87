#!/bin/sh
# The address from which apt takes a release of Debian here; nothing where apt has no list of it. Asking apt, not its
# files, passes over the archives of others, and over sources that were switched off.
# usage: sh scripts/debian_archive.sh bookworm     after apt-get update: the name is read from the fetched lists
set -eu
# shellcheck disable=SC2016
apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Codename: $1" 'Component: main' 'Identifier: Packages' |
    head -n 1
