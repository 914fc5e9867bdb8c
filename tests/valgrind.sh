#!/usr/bin/env bash
# Looks at every read and write of the engine's kernels and of what packs their weights: tests/valgrind.sh [TEST]; all of
# the room's tests unless some are named. Needs valgrind, whose processor has AVX2 at most: the tests run that level where
# this one has it, and plain Rust. Nothing is suppressed.
# In tests the engine's memory is from the heap, so that the end of each piece is known (src/vision/cpu/heap.rs). A plan's
# memory is one piece: a kernel that runs over the end of one of its buffers into the next is seen by wrong numbers alone.
# What a batch reads of it without having written it is spoilt beforehand, so that results are wrong (`Memory::spoil`).
set -euo pipefail
cd "$(dirname "$0")/.."

grep -qw avx2 /proc/cpuinfo || echo "this processor has no AVX2: plain Rust alone is looked at"
binary=$(cargo test --lib --no-run --message-format=json | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
# Each case takes some fifty times as long as it does alone. Threads that wait for others leave them a turn.
PROPTEST_CASES=${PROPTEST_CASES:-2} valgrind --error-exitcode=1 --fair-sched=yes "$binary" "${1:-vision::cpu}" \
  --test-threads=1
