#!/bin/bash
# check-generated.sh fails if `go generate` would change a file, and leaves the tree as it found it.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy" 2>/dev/null || true
(cd "$copy" && go generate ./...)

if ! changed=$(diff -rq --exclude=.git --exclude=bin --exclude=.cache . "$copy"); then
	printf 'generated files are out of date; run make generate:\n%s\n' "$changed" >&2
	exit 1
fi
echo "generated files: up to date"
