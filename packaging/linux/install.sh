#!/usr/bin/env bash
# Lays the built program and everything that a desktop looks for below a folder:
#   packaging/linux/install.sh FOLDER     such as /usr/local, or the staging folder of a package
# PROGRAM names another program than target/release/hangtag.
set -euo pipefail
to=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/../.."
id=app.hangtag.Hangtag

install -Dm755 "${PROGRAM:-target/release/hangtag}" "$to/bin/hangtag"
install -Dm644 "packaging/linux/$id.desktop" "$to/share/applications/$id.desktop"
install -Dm644 "packaging/linux/$id.metainfo.xml" "$to/share/metainfo/$id.metainfo.xml"
install -Dm644 "packaging/linux/$id.mime.xml" "$to/share/mime/packages/$id.xml"
for folder in assets/icons/*x*; do
  size=$(basename "$folder")
  install -Dm644 "$folder/hangtag.png" "$to/share/icons/hicolor/$size/apps/$id.png"
  install -Dm644 "$folder/catalogue.png" "$to/share/icons/hicolor/$size/mimetypes/application-x-hangtag.png"
done
install -Dm644 assets/icons/hangtag.svg "$to/share/icons/hicolor/scalable/apps/$id.svg"
install -Dm644 assets/icons/catalogue.svg "$to/share/icons/hicolor/scalable/mimetypes/application-x-hangtag.svg"
install -Dm644 -t "$to/share/man/man1" packaging/manual/*.1
install -Dm644 packaging/manual/hangtag.bash "$to/share/bash-completion/completions/hangtag"
install -Dm644 packaging/manual/_hangtag "$to/share/zsh/site-functions/_hangtag"
install -Dm644 packaging/manual/hangtag.fish "$to/share/fish/vendor_completions.d/hangtag.fish"
install -Dm644 -t "$to/share/doc/hangtag" README.md CHANGELOG.md LICENSE LICENSE-MIT LICENSE-APACHE assets/NOTICE.txt
