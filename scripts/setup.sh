#!/bin/bash
# setup.sh [GROUP...] installs what is missing on Debian 12.
#
#   run    what the server needs on the host it manages (default)
#   test   what building, checking and testing need besides: compiler for -race, guest image tools, probes
#   bench  what the benchmarks need besides
#
# Running it again is quick and changes nothing. It never removes or upgrades a package.
set -euo pipefail

readonly go_min_major=1 go_min_minor=26

packages_run=(
	libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu
	qemu-system-x86 qemu-utils ovmf swtpm
	dnsmasq-base nftables iproute2 iputils-ping curl jq ca-certificates
)
packages_test=(
	gcc libc6-dev                                       # go test -race
	busybox-static cpio kmod zstd                       # the test guest: its root
	xorriso mtools grub-common grub-pc-bin grub-efi-amd64-bin # and its ISO
	bind9-dnsutils                                      # dig, to ask a network's DNS
	postgresql                                          # the tests start a server of their own
	slapd                                               # and an LDAP server
	chromium                                            # a page that calls the APIs
	strace                                              # ends a server as it enters a system call
)
packages_bench=(wrk)

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# wanted prints the packages of the groups named, one a line.
wanted() {
	local group
	for group; do
		case $group in
		run) printf '%s\n' "${packages_run[@]}" ;;
		test)
			printf '%s\n' "${packages_test[@]}"
			# Only where there is no Node.js at all: one from elsewhere is as good.
			command -v node >/dev/null || printf '%s\n' nodejs npm
			;;
		bench) printf '%s\n' "${packages_bench[@]}" ;;
		esac
	done
}

# missing prints those of the packages given that are not installed.
missing() {
	local installed
	installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" { print $2 }')
	printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

install_packages() {
	local -a lack
	command -v dpkg-query >/dev/null || die "this is not Debian; install the counterparts of: $*"
	mapfile -t lack < <(missing "$@")
	if ((${#lack[@]} == 0)); then
		say "packages: all there"
		return
	fi
	[[ $(id -u) == 0 ]] || die "these packages are missing; as root run: apt-get install ${lack[*]}"
	say "packages: installing ${lack[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	[[ " ${lack[*]} " != *" postgresql "* ]] || without_cluster
	[[ " ${lack[*]} " != *" slapd "* ]] || without_directory
	apt-get install -y -qq --no-install-recommends "${lack[@]}" >/dev/null
	say "packages: done"
}

# without_cluster keeps the package postgresql from making a database that nobody asked for, and from serving it, now that it is
# installed for its programs alone.
without_cluster() {
	local conf=/etc/postgresql-common/createcluster.d/dewpoint.conf
	install -d "${conf%/*}"
	printf 'create_main_cluster = false\n' >"$conf"
	trap 'rm -f '"$conf" EXIT
}

# without_directory does the same for the package slapd: it makes no directory and, without one, serves none.
without_directory() { printf 'slapd slapd/no_configuration boolean true\n' | debconf-set-selections; }

# check_go asks for a Go toolchain that can build the module; it installs none.
check_go() {
	local version major minor
	command -v go >/dev/null || die "Go $go_min_major.$go_min_minor or newer is needed: https://go.dev/dl/"
	version=$(go env GOVERSION)
	IFS=. read -r major minor _ <<<"${version#go}"
	minor=${minor%%[!0-9]*}
	if ((major < go_min_major || (major == go_min_major && minor < go_min_minor))); then
		die "$version is too old: Go $go_min_major.$go_min_minor or newer is needed: https://go.dev/dl/"
	fi
	say "go: $version"
}

groups=("$@")
((${#groups[@]})) || groups=(run)
for group in "${groups[@]}"; do
	case $group in
	run | test | bench) ;;
	*) die "no group '$group': run, test, bench" ;;
	esac
done
mapfile -t packages < <(wanted "${groups[@]}")
install_packages "${packages[@]}"
check_go
