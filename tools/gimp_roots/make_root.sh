#!/bin/sh
# Makes a Debian root with a real GIMP 3 in it, for tests, and keeps it outside the repository.
#
#   tools/gimp_roots/make_root.sh trixie     GIMP 3.0
#   tools/gimp_roots/make_root.sh forky      GIMP 3.2
#
# Prints the root's path as its last line. A root that is already there is left alone, so a second
# call takes no time; one that lacks packages named here gets them; delete the folder to make it
# anew. Needs Debian, root and debootstrap.
set -eu

suite=${1:?usage: make_root.sh trixie|forky}
cache=${AUTO_ENHANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auto-enhance-rl}
root=$cache/gimp-$suite
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# GIMP, the interpreter that the plug-in's helper runs in, and what a window needs.
packages="gimp gegl python3-gi gir1.2-gimp-3.0 python3-numpy python3-onnxruntime
 python3-pil python3-click python3-rich python3-tifffile python3-venv
 xvfb xauth xdotool openbox dbus-x11 at-spi2-core gir1.2-atspi-2.0 imagemagick fonts-dejavu-core
 adwaita-icon-theme gsettings-desktop-schemas"
# Here the host in C++ is compiled too.
[ "$suite" = trixie ] && packages="$packages g++ libc6-dev libonnxruntime-dev"

# Into the root named. A mount namespace of its own: whatever happens, no mount is left behind.
install_packages() {
    unshare --mount sh -eu -c '
        mount --bind /dev "$1/dev"; mount -t proc proc "$1/proc"
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
        # A mirror that lags behind serves a Release file that has run out; its signature is checked all the same.
        chroot "$1" apt-get update -q -o Acquire::Check-Valid-Until=false
        # shellcheck disable=SC2086
        chroot "$1" apt-get install -q -y --no-install-recommends $2
        chroot "$1" apt-get clean
    ' - "$1" "$packages" >>"$cache/$suite.log" 2>&1 ||
        { tail -n 20 "$cache/$suite.log" >&2; exit 1; }
}

# shellcheck disable=SC2086
if [ -e "$root/.complete" ] && dpkg --root="$root" -s $packages >/dev/null 2>&1; then
    echo "$root"
    exit 0
fi
[ "$(id -u)" = 0 ] || { echo "make_root.sh: needs root, for debootstrap and chroot" >&2; exit 1; }
mkdir -p "$cache"
if [ -e "$root/.complete" ]; then
    echo "make_root.sh: adding packages to $root" >&2
    install_packages "$root"
    echo "$root"
    exit 0
fi
command -v debootstrap >/dev/null || {
    echo "make_root.sh: debootstrap is missing; install it: apt-get install debootstrap" >&2
    exit 1
}

# Build aside and rename, so that an interrupted run never looks complete.
partial=$root.partial
rm -rf "$partial"
echo "make_root.sh: installing GIMP from Debian $suite into $root (about 2 minutes)" >&2
# The script named at the end is the one that every Debian suite uses; an older debootstrap has no name for a newer suite.
debootstrap --variant=minbase "$suite" "$partial" "$mirror" /usr/share/debootstrap/scripts/sid >"$cache/$suite.log" 2>&1 ||
    { tail -n 20 "$cache/$suite.log" >&2; exit 1; }
cp /etc/resolv.conf "$partial/etc/resolv.conf" 2>/dev/null || true
install_packages "$partial"
touch "$partial/.complete"
rm -rf "$root"
mv "$partial" "$root"
echo "$root"
