#!/bin/bash
# fresh.sh ROOT: in mount and pid namespaces of its own, makes ROOT, a bare Debian with the project in /src, the root directory, and runs the
# README's first commands there as they stand, the first two with nothing but make installed. The network is the host's: packages are fetched.
set -euo pipefail
root=$1
mount --bind "$root" "$root"
cd "$root"
mkdir -p old
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
pivot_root . old
umount -l old
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd /src
! command -v go && ! command -v virsh && ! command -v jq

# until_says TEXT SECONDS COMMAND...: runs the command until it says the text, and ends it then.
until_says() {
	local text=$1 limit=$2 out=/tmp/out start=$SECONDS job
	shift 2
	setsid "$@" >$out 2>&1 &
	job=$!
	until grep -q "$text" $out; do
		if ! kill -0 $job 2>/dev/null || ((SECONDS - start > limit)); then
			cat $out
			grep -v 'msg=served' /var/lib/dewpoint/demo.log || true
			echo "fresh: '$*' did not say '$text'"
			exit 1
		fi
		sleep 1
	done
	echo "fresh: '$*' said '$text' after $((SECONDS - start)) s"
	kill -TERM -- -$job
	wait $job || true
}

fetched() { du -cBM /var/cache/apt/archives /root/go/pkg/mod/cache/download /src/.cache/toolchain/cache/download 2>/dev/null | awk 'END { print $1 }'; }

export LISTEN=127.0.0.1:17970 DEWPOINT_LISTEN=127.0.0.1:17970
until_says '# Done' 3000 make demo
echo "fresh: fetched $(fetched)"
until_says 'ready on https' 600 make run DATA=/var/lib/dewpoint
instance=$(</var/lib/dewpoint/instance)
make uninstall YES=1
if ip -br link | grep "^dp$instance" || [[ -e /var/lib/dewpoint ]]; then
	echo "fresh: that is left behind"
	exit 1
fi
