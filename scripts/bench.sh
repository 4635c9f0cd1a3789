#!/usr/bin/env bash
# bench.sh: measures what users wait for and holds it against the budgets (test/load). Each figure stands beside a peer of the same run.
# The figures of the last recorded run are in docs/benchmarks.md; RECORD=1 writes them anew.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
go test -count=1 -timeout 30m -v ./test/load -args -budgets | tee "$out" || status=$?
if [[ ${RECORD:-} == 1 ]]; then
	{
		echo "# Benchmarks"
		echo
		echo "Recorded by \`make bench RECORD=1\` on $(date -u +%F), $(nproc) cores, $(awk '/MemTotal/ { printf "%d GiB", $2 / 1048576 }' /proc/meminfo) of memory, guests by emulation. Client and server share the machine."
		echo
		echo "| what | measured | budget | |"
		echo "| --- | --- | --- | --- |"
		grep '^|' "$out"
	} >docs/benchmarks.md
fi
exit $status
