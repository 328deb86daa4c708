#!/usr/bin/env bash
# Builds the coverage-guided targets into $OUT, each with its seeds and its settings.
# FUZZ_FLAGS says how cargo-fuzz builds; without it as ClusterFuzzLite wants it.
set -euo pipefail

target_dir=${TARGET_DIR:-$PWD/target/fuzz}
read -r -a flags <<<"${FUZZ_FLAGS:--O --debug-assertions}"
cargo fuzz build "${flags[@]}" --fuzz-dir ci/fuzz --target-dir "$target_dir"

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
cargo run --quiet --package ci -- fuzz --seeds "$seeds"
for folder in "$seeds"/*; do
    name=$(basename "$folder")
    cp "$target_dir"/x86_64-unknown-linux-gnu/release/"$name" "$OUT"/
    (cd "$folder" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
    printf '[libfuzzer]\nmax_len = 4096\ntimeout = 10\n' >"$OUT/$name.options"
done
