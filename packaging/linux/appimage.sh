#!/usr/bin/env bash
# Packs the built program as target/hangtag-VERSION-x86_64.AppImage, one file that is started as it is.
# Needs mksquashfs, of Debian's squashfs-tools. PROGRAM names another program than target/release/hangtag.
set -euo pipefail
# The part that mounts the rest is held to a checksum, and that is one for x86-64.
[ "$(uname -m)" = x86_64 ] || { echo "an AppImage is made on x86-64 only" >&2; exit 1; }
cd "$(dirname "$0")/../.."
id=app.hangtag.Hangtag
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
image=target/hangtag-$version-x86_64.AppImage
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

# What mounts the rest of the file is its first part. The crate `appimage` brings it along; nothing of that crate is built.
mkdir -p "$staging/runtime/src"
touch "$staging/runtime/src/lib.rs"
printf '%s\n' '[package]' 'name = "runtime"' 'edition = "2024"' '[dependencies]' 'appimage = "=0.4.0"' \
  >"$staging/runtime/Cargo.toml"
cargo vendor --quiet --manifest-path "$staging/runtime/Cargo.toml" "$staging/crates" >/dev/null
runtime=$staging/crates/appimage/assets/runtime-x86_64
sha256sum --check --quiet <<<"328e0d745c5c6817048c27bc3e8314871703f8f47ffa81a37cb06cd95a94b323  $runtime"

folder=$staging/folder
packaging/linux/install.sh "$folder/usr"
install -Dm644 -t "$folder/usr/share/doc/hangtag" packaging/linux/LICENSE-runtime.txt
ln -s usr/bin/hangtag "$folder/AppRun"
ln -s "usr/share/applications/$id.desktop" "$folder/$id.desktop"
ln -s "usr/share/icons/hicolor/256x256/apps/$id.png" "$folder/$id.png"
ln -s "$id.png" "$folder/.DirIcon"

# One owner and date, so that the same program gives the same file.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
mksquashfs "$folder" "$staging/rest" -root-owned -quiet -no-progress
mkdir -p target
cat "$runtime" "$staging/rest" >"$image"
chmod +x "$image"
echo "$image"
