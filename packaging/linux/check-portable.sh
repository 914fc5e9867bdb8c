#!/usr/bin/env bash
# Proves that what needs no installing runs from any folder, for a person who has nothing of it yet:
#   packaging/linux/check-portable.sh target/hangtag-*.tar.gz
#   packaging/linux/check-portable.sh target/hangtag-*.AppImage
# The folder has spaces and Chinese in its name and may not be written, the home is elsewhere, and nothing is left beside it.
set -euo pipefail
package=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
passed() { echo "passed: $*"; }

folder="$place/new folder 新建文件夹"
mkdir -p "$folder" "$place/home" "$place/photos/杯子" "$place/tmp"
cp "$here"/../../assets/demo/mugs/*.jpg "$place/photos/杯子/"
case $package in
  *.tar.gz)
    tar -xzf "$package" -C "$folder"
    program=$(echo "$folder"/*/bin/hangtag)
    ;;
  *)
    cp "$package" "$folder/hangtag.AppImage"
    program=$folder/hangtag.AppImage
    ;;
esac
chmod -R a-w "$folder"
files() { find "$place" -path "$place/home" -prune -o -path "$place/tmp" -prune -o -print | sort; }
before=$(files)

# Nothing of the caller's surroundings; where nothing can be mounted, an AppImage unpacks itself.
hangtag() {
  env -i HOME="$place/home" TMPDIR="$place/tmp" PATH=/usr/bin:/bin LANG=C.UTF-8 \
    ${EXTRACT:+APPIMAGE_EXTRACT_AND_RUN=1} "$program" "$@"
}
run() {
  hangtag --version | grep '^hangtag [0-9]' >/dev/null || fail "hangtag --version"
  hangtag import "$place/photos" --catalogue "$place/home/shop.hangtag" --labels-from last-folder >/dev/null
  hangtag labels --catalogue "$place/home/shop.hangtag" | grep 杯子 >/dev/null || fail "the labels of the photos"
  hangtag check --catalogue "$place/home/shop.hangtag" >/dev/null
  [ "$(files)" = "$before" ] || fail "something was left beside the home: $(diff <(echo "$before") <(files))"
  passed "$1"
}
run "from a folder that may not be written"
if [[ $package == *.AppImage ]]; then
  EXTRACT=1
  rm -rf "$place/home/shop.hangtag"*
  run "unpacking itself, where nothing can be mounted"
fi
