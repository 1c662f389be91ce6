#!/bin/sh
# Install with apt what is missing to build and run rtmkit (run), to build its Python package
# (python), to test it all (test), to fuzz it (fuzz), or to make its reference (docs).
# Debian 12 and 13. Never upgrades what is there; silent when nothing is missing.
set -eu

run_packages="build-essential cmake ninja-build pkg-config libssl-dev libc-ares-dev libuv1-dev libsqlite3-dev libpq-dev libjansson-dev libinih-dev libmicrohttpd-dev uthash-dev"
test_packages="libevent-dev libcmocka-dev openssl python3 python3-pytest python3-hypothesis python3-msgpack python3-prometheus-client mandoc postgresql"
python_packages="build-essential libssl-dev libc-ares-dev python3 python3-dev python3-setuptools python3-wheel python3-pip python3-venv"
fuzz_packages="clang"
docs_packages="doxygen"

case "${1:-}" in
run) packages=$run_packages ;;
python) packages=$python_packages ;;
test) packages="$test_packages $python_packages" ;;
fuzz) packages=$fuzz_packages ;;
docs) packages=$docs_packages ;;
*)
    echo "usage: tools/deps.sh run|python|test|fuzz|docs" >&2
    exit 2
    ;;
esac

is_installed() {
    dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "tools/deps.sh knows only Debian. On Debian the packages are:" >&2
    echo "  $packages" >&2
    exit 1
fi

missing=
for package in $packages; do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends --no-upgrade$missing"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "Missing packages, and neither root nor sudo here. As root, run:" >&2
    echo "  apt-get update && $install" >&2
    exit 1
fi

echo "Missing packages:$missing"
echo "Running:${as_root:+ $as_root} apt-get update"
# Lists that cannot be refreshed may still do; the next step tells.
$as_root apt-get update -q || echo "apt-get update failed; trying with the lists there are" >&2
echo "Running:${as_root:+ $as_root} $install"
case " $missing " in
*" postgresql "*)
    # The tests start servers of their own. Installing must not start one for the system, which
    # this file says to Debian's scripts; it is there only while they run.
    drop_in=/etc/postgresql-common/createcluster.d/rtmkit-tests.conf
    trap '$as_root rm -f "$drop_in"' EXIT
    trap 'exit 1' HUP INT TERM
    $as_root mkdir -p "${drop_in%/*}"
    echo "create_main_cluster = false" | $as_root tee "$drop_in" >/dev/null
    ;;
esac
# shellcheck disable=SC2086  # the words of $install are meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive $install
