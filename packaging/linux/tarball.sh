#!/usr/bin/env bash
# Packs the built program as target/hangtag-VERSION-linux-ARCH.tar.gz, which runs from any folder as bin/hangtag.
# PROGRAM names another program than target/release/hangtag, and VARIANT what to add to the name.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=hangtag-$version-linux-$(uname -m)${VARIANT:-}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

packaging/linux/install.sh "$staging/$name"
if [ "${VARIANT:-}" = -cuda ]; then
  # Kept by packaging/cuda/build.sh; with a toolkit that brings none, it has to be laid there by hand.
  install -Dm644 -t "$staging/$name/share/doc/hangtag" target/cuda/LICENSE-CUDA.txt
fi
mkdir -p target
# One order, owner and date, so that the same program gives the same archive.
date=$(git log -1 --format=%cI 2>/dev/null || date -Iseconds)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$date" -C "$staging" -cf - "$name" |
  gzip -9n >"target/$name.tar.gz"
echo "target/$name.tar.gz"
