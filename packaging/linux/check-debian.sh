#!/usr/bin/env bash
# Proves a Debian package in a Debian that has never seen this program:
#   packaging/linux/check-debian.sh target/debian/hangtag_*.deb [SUITE]
# Installs it into a fresh root, opens the window there as a person would, and removes it again. Needs root and debootstrap;
# takes some minutes and 1.5 GB below TMPDIR, which is given back. SUITE is the host's own unless named.
set -euo pipefail
fail() { echo "FAILED: $*" >&2; exit 1; }
passed() { echo "passed: $*"; }

if [ "${1:-}" = --person ]; then
  # ---- in the fresh root, as an ordinary user ----
  export DISPLAY=:7 XDG_RUNTIME_DIR=$HOME/run LANG=C.UTF-8
  unset WAYLAND_DISPLAY
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  recent=$HOME/.local/share/hangtag/recent.txt
  id=app.hangtag.Hangtag

  # Runs a command again until it works, for a minute.
  patiently() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 120 ] || fail "$what"
      sleep 0.5
    done
    passed "$what"
  }
  num_windows() { xdotool search --onlyvisible --class "$id" 2>/dev/null | wc -l; }
  is_one_window() { [ "$(num_windows)" = 1 ] && [ "$(pgrep -c -x hangtag)" = 1 ]; }

  Xvfb :7 -screen 0 1280x900x24 >/dev/null 2>&1 &
  patiently "a display" xdotool getdisplaygeometry
  openbox >/dev/null 2>&1 &

  mkdir -p "$HOME/photos/杯子"
  cp /tmp/photos/*.jpg "$HOME/photos/杯子/"
  hangtag import "$HOME/photos" --catalogue "$HOME/shop.hangtag" --labels-from last-folder
  cp "$HOME/shop.hangtag" "$HOME/without-ending"
  [ "$(xdg-mime query filetype "$HOME/shop.hangtag")" = application/x-hangtag ] || fail "the type of a catalogue"
  [ "$(mimetype -b "$HOME/without-ending")" = application/x-hangtag ] || fail "the type of a catalogue by its content"
  [ "$(xdg-mime query default application/x-hangtag)" = "$id.desktop" ] || fail "the program of a catalogue"
  passed "a catalogue is known by its name and by its content, and belongs to Hangtag"

  gio launch "/usr/share/applications/$id.desktop" >/dev/null 2>&1 &
  patiently "the window opens from the desktop entry" is_one_window

  xdg-open "$HOME/shop.hangtag" >/dev/null 2>&1 &
  patiently "xdg-open opens a catalogue" grep -q "$HOME/shop.hangtag" "$recent"
  patiently "in the window that is open" is_one_window

  # What a desktop does when a folder is dropped on the icon.
  gio launch "/usr/share/applications/$id.desktop" "$HOME/photos" >/dev/null 2>&1 &
  patiently "a folder dropped on the icon opens" grep -q "catalogues/photos-" "$recent"
  patiently "in the same window" is_one_window

  xdotool search --onlyvisible --class "$id" windowclose 2>/dev/null || true
  pkill -x hangtag || true
  for page in hangtag hangtag-import; do
    man -w $page >/dev/null || fail "the manual page $page"
  done
  passed "manual pages"
  bash -c 'source /usr/share/bash-completion/bash_completion; _comp_load hangtag 2>/dev/null || __load_completion hangtag;
    complete -p hangtag' >/dev/null || fail "completion"
  passed "completion"
  # Large ones are compressed in a package.
  for file in copyright LICENSE-MIT LICENSE-APACHE NOTICE.txt; do
    ls /usr/share/doc/hangtag/$file* >/dev/null || fail "the licences: $file"
  done
  passed "licences"
  exit 0
fi

if [ "${1:-}" = --inside ]; then
  # ---- in the fresh root ----
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends /tmp/hangtag.deb >/tmp/install.log 2>&1 || {
    cat /tmp/install.log
    fail "the dependencies do not resolve"
  }
  passed "dependencies resolve"
  # What a desktop would have: a display, a window manager, and the tools that open things.
  apt-get -qq install -y --no-install-recommends xvfb openbox xdotool xdg-utils shared-mime-info desktop-file-utils \
    libglib2.0-bin perl-base libfile-mimeinfo-perl man-db bash-completion procps >/tmp/install.log 2>&1
  useradd --create-home --shell /bin/bash shop

  su shop -c "timeout 400 /tmp/check-debian.sh --person"

  apt-get -qq remove -y hangtag >/dev/null
  ! command -v hangtag >/dev/null || fail "the program is still there"
  [ ! -e /usr/share/applications/app.hangtag.Hangtag.desktop ] || fail "the desktop entry is still there"
  [ -s /home/shop/shop.hangtag ] || fail "the catalogue is gone"
  ls /home/shop/.local/share/hangtag/catalogues/*.hangtag >/dev/null || fail "the catalogue of the folder is gone"
  passed "removing the package leaves the catalogues"
  exit 0
fi

deb=$(realpath "$1")
suite=${2:-$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)}
if [ "${IN_OWN_NAMESPACE:-}" != 1 ]; then
  # Mounts and processes end with the script, however it ends.
  exec env IN_OWN_NAMESPACE=1 unshare --mount --pid --fork --kill-child "$0" "$deb" "$suite"
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
# Whoever fetches packages does so without root's rights.
chmod 755 "$root"
trap 'umount -l "$root/proc" "$root/dev/shm" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT

debootstrap --variant=minbase "$suite" "$root" >"$root.log" 2>&1 || { tail "$root.log"; exit 1; }
rm -f "$root.log"
# It is thrown away: no need to wait for the disk at every file.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm" 2>/dev/null || true
# How this computer reaches packages, the other root does too.
cp -L /etc/resolv.conf "$root/etc/"
{ grep -l Acquire /etc/apt/apt.conf.d/* || true; } | xargs -r cp -t "$root/etc/apt/apt.conf.d/"
cp "$deb" "$root/tmp/hangtag.deb"
mkdir "$root/tmp/photos"
cp "$here"/../../assets/demo/mugs/*.jpg "$root/tmp/photos/"
cp "$here/check-debian.sh" "$root/tmp/"
chroot "$root" /tmp/check-debian.sh --inside
