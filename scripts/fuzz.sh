#!/bin/bash
# fuzz.sh [TIME] runs every fuzz target of the module for TIME each (30s unless told).
set -euo pipefail
cd "$(dirname "$0")/.."

readonly time=${1:-30s}

mapfile -t files < <(grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' cmd internal || true)
for file in "${files[@]}"; do
	mapfile -t targets < <(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file")
	for target in "${targets[@]}"; do
		printf '== %s %s\n' "$(dirname "$file")" "$target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")"
	done
done
printf 'fuzz: %d files with targets\n' "${#files[@]}"
