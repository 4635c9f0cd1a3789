#!/bin/bash
# uninstall.sh [--yes] [--data DIR] [--instance ID] removes from this host what Dewpoint made on it:
# the server, its domains, router namespaces, bridges and links, nftables tables, and the data directory.
#
#   --yes          do it; without it the things are only listed
#   --data DIR     the data directory (/var/lib/dewpoint), the server that has it open is stopped
#   --instance ID  the installation whose things go: four hex digits, as in the names of the things, or
#                  "all" for every one on this host; unless told, what the file DIR/instance says
#
# Only names of the exact shape that Dewpoint gives are touched (docs/design/0001-first-boot.md).
set -euo pipefail

readonly uri=qemu:///system
data=/var/lib/dewpoint instance= yes=

die() { printf 'uninstall: %s\n' "$*" >&2; exit 1; }

while (($#)); do
	case $1 in
	--yes) yes=1 ;;
	--data) data=${2:?--data needs a directory}; shift ;;
	--instance) instance=${2:?--instance needs an id}; shift ;;
	-h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
	*) die "unknown argument '$1'; --help lists those that there are" ;;
	esac
	shift
done
data=$(realpath -m "$data")
[[ $data == /*/* ]] || die "'$data' is no place for a data directory"
[[ $(id -u) == 0 ]] || die "must be root"

# Another installation's guests must not go by mistake, so no guess is made.
[[ -n $instance || ! -r $data/instance ]] || instance=$(<"$data/instance")
case $instance in
[0-9a-f][0-9a-f][0-9a-f][0-9a-f]) ;;
all) instance='[0-9a-f]{4}' ;;
'') die "$data does not say which installation it is: give --instance ID, or --instance all" ;;
*) die "an instance id is four hex digits, not '$instance'" ;;
esac

# does says what is to go and, with --yes, makes it go by the command that follows.
does() {
	printf '%s\n' "$1"
	[[ -z $yes ]] || "${@:2}" || printf 'uninstall: %s: failed\n' "$1" >&2
}

# holders prints the processes that have the database open: the server, whatever it is called.
holders() {
	find /proc/[0-9]*/fd -lname "$data/dewpoint.db" 2>/dev/null | cut -d/ -f3 | sort -u
}

# end_process asks a process to end, and makes it end after ten seconds.
end_process() {
	kill "$1" 2>/dev/null || return 0
	for _ in {1..100}; do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
}

remove_domain() {
	virsh -q -c "$uri" destroy "$1" >/dev/null 2>&1 || true
	if virsh -q -c "$uri" dominfo "$1" >/dev/null 2>&1; then
		virsh -q -c "$uri" undefine --nvram --managed-save --snapshots-metadata "$1" >/dev/null
	fi
}

remove_namespace() {
	local pid
	for pid in $(ip netns pids "$1"); do
		end_process "$pid"
	done
	ip netns delete "$1" 2>/dev/null || forget_name "$1"
}

# forget_name removes a name that ip calls busy: another mount over /run/netns covers the one that holds it. In a copy of the mounts nothing does.
forget_name() {
	unshare --mount --propagation private bash -c '
		for _ in {1..20}; do
			mapfile -t held < <(awk "\$5 == \"/run/netns\" || index(\$5, \"/run/netns/\") == 1 { print \$5 }" /proc/self/mountinfo | tac)
			((${#held[@]})) || break
			umount --lazy "${held[@]}" 2>/dev/null || true
		done
		rm -f "/run/netns/$1"' _ "$1"
}

if [[ -e /etc/systemd/system/dewpoint.service ]]; then
	does "service dewpoint" systemctl disable --now dewpoint.service
fi
for pid in $(holders); do
	does "server, process $pid" end_process "$pid"
done
if virsh -q -c "$uri" uri >/dev/null 2>&1; then
	for name in $(virsh -q -c "$uri" list --all --name | grep -xE "dp-$instance-[0-9]+" || true); do
		does "domain $name" remove_domain "$name"
	done
fi
for name in $(ip netns list | cut -d' ' -f1 | grep -xE "dp$instance-[0-9]+" || true); do
	does "namespace $name" remove_namespace "$name"
done
for name in $(ip -j link show | jq -r '.[].ifname' | grep -xE "dp$instance[btlw][0-9]+" || true); do
	# Its peer may have gone with the namespace, and taken it along.
	ip link show "$name" >/dev/null 2>&1 || continue
	does "link $name" ip link delete "$name"
done
for name in $(nft -j list tables | jq -r '.nftables[].table? | select(.family == "inet") | .name' | grep -xE "dewpoint_$instance" || true); do
	does "nftables table inet $name" nft delete table inet "$name"
done
if [[ -f $data/dewpoint.db ]]; then
	does "data $data" rm -rf --one-file-system "$data"
fi
[[ -n $yes ]] || echo "uninstall: nothing was removed; --yes removes what is listed"
