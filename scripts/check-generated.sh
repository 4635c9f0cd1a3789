#!/bin/bash
# check-generated.sh fails if `go generate` would change a file. It works on a copy of the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/now"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
	[[ ! -e $file ]] || printf '%s\0' "$file" # deleted, but not yet committed
done | xargs -0 cp --parents -t "$work/now"
cp -r "$work/now" "$work/generated"
(cd "$work/generated" && go generate ./...)

if ! changed=$(cd "$work" && diff -rq --exclude node_modules now generated); then
	printf 'generated files are out of date; run make generate:\n%s\n' "$changed" >&2
	exit 1
fi
echo "generated files: up to date"
