#!/usr/bin/env bash
# Makes target/Hangtag.app and target/hangtag-VERSION-macos-ARCH.dmg of the built program, on a Mac.
# Signs where MACOS_SIGN_IDENTITY names a Developer ID, and has Apple notarise where NOTARY_PROFILE names a profile that
# `xcrun notarytool store-credentials` keeps. PROGRAM names another program than target/release/hangtag.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
app=target/Hangtag.app
image=target/hangtag-$version-macos-$(uname -m).dmg

rm -rf "$app" "$image"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp "${PROGRAM:-target/release/hangtag}" "$app/Contents/MacOS/hangtag"
cp assets/icons/hangtag.icns assets/icons/catalogue.icns assets/NOTICE.txt LICENSE LICENSE-MIT LICENSE-APACHE \
  "$app/Contents/Resources/"
sed "s/VERSION/$version/" packaging/macos/Info.plist >"$app/Contents/Info.plist"
if [ -n "${MACOS_SIGN_IDENTITY:-}" ]; then
  codesign --force --options runtime --timestamp --sign "$MACOS_SIGN_IDENTITY" "$app"
else
  # A bundle whose parts are not sealed is called damaged once it was downloaded, and cannot even be allowed.
  codesign --force --sign - "$app"
fi
codesign --verify --deep --strict "$app"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
cp -R "$app" "$staging/"
ln -s /Applications "$staging/Applications"
hdiutil create -volname Hangtag -srcfolder "$staging" -format UDZO -ov "$image"
if [ -n "${MACOS_SIGN_IDENTITY:-}" ]; then
  codesign --timestamp --sign "$MACOS_SIGN_IDENTITY" "$image"
fi
if [ -n "${NOTARY_PROFILE:-}" ]; then
  xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
  xcrun stapler staple "$image"
fi
echo "$image"
