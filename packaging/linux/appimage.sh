#!/usr/bin/env bash
# Packs the built program as target/hangtag-VERSION-ARCH.AppImage.
# Needs appimagetool on the path, and what it brings along: mksquashfs and the runtime that mounts the image.
set -euo pipefail
cd "$(dirname "$0")/../.."
id=app.hangtag.Hangtag
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
folder=target/$id.AppDir

rm -rf "$folder"
packaging/linux/install.sh "$folder/usr"
ln -s usr/bin/hangtag "$folder/AppRun"
ln -s "usr/share/applications/$id.desktop" "$folder/$id.desktop"
ln -s "usr/share/icons/hicolor/256x256/apps/$id.png" "$folder/$id.png"
ln -s "$id.png" "$folder/.DirIcon"
if ! command -v appimagetool >/dev/null; then
  echo "$folder is laid out; appimagetool, which packs it, is not installed" >&2
  exit 1
fi
ARCH=$(uname -m) appimagetool "$folder" "target/hangtag-$version-$(uname -m).AppImage"
