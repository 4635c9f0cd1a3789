#!/bin/bash
# setup.sh [GROUP...] installs what is missing on Debian 12, and fetches the Go that go.mod asks for into .cache where there is none or an
# older one.
#
#   run    what the server needs on the host it manages (default)
#   guest  what making the small guest of demo and tests needs
#   test   what checking and testing need besides: the guest's tools, compiler for -race, probes, servers and clients of others
#   bench  what the benchmarks need besides
#
# Running it again is quick and changes nothing. It never removes or upgrades a package.
set -euo pipefail

home=$(cd "$(dirname "$0")/.." && pwd)
readonly home

packages_run=(
	libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu
	qemu-system-x86 qemu-utils ovmf swtpm swtpm-tools osinfo-db
	dnsmasq-base nftables iproute2 iputils-ping curl jq ca-certificates
)
packages_guest=(
	busybox-static cpio kmod zstd                       # its root
	xorriso mtools grub-common grub-pc-bin grub-efi-amd64-bin # and its ISO
)
packages_test=(
	gcc libc6-dev                                       # go test -race
	bind9-dnsutils                                      # dig, to ask a network's DNS
	postgresql                                          # the tests start a server of their own
	slapd                                               # and an LDAP server
	chromium                                            # a page that calls the APIs
	strace                                              # ends a server as it enters a system call
	qemu-guest-agent                                    # which guests of tests run
	debootstrap                                         # a fresh machine, for make soak
)
packages_bench=(wrk websockify)

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# wanted prints the packages of the groups named, one a line.
wanted() {
	local group
	for group; do
		case $group in
		run) printf '%s\n' "${packages_run[@]}" ;;
		guest) printf '%s\n' "${packages_guest[@]}" ;;
		test)
			printf '%s\n' "${packages_guest[@]}" "${packages_test[@]}"
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

# wanted_go is the version in go.mod, as in 1.26.8.
wanted_go() { awk '$1 == "go" { print $2; exit }' "$home/go.mod"; }

# new_enough VERSION: whether Go VERSION can build the module.
new_enough() { [[ $(printf '%s\n' "$(wanted_go)" "$1" | sort -V | head -n1) == "$(wanted_go)" ]]; }

# need_go sees to a Go toolchain that can build the module: one on the PATH, or the one of go.mod, which any older Go fetches as a module.
need_go() {
	local version=none
	PATH=$home/.cache/go/bin:$PATH # where the Makefile looks first, too
	if command -v go >/dev/null; then
		version=$(GOTOOLCHAIN=local go env GOVERSION)
		if new_enough "${version#go}"; then
			say "go: $version"
			return
		fi
	fi
	say "go: $version is there, go$(wanted_go) is needed"
	[[ $version != none ]] || install_packages golang-go
	fetch_go
	say "go: $("$home/.cache/go/bin/go" env GOVERSION)"
}

# fetch_go downloads the toolchain into .cache with the Go that is there, through its ordinary module proxy, and checks its hash.
fetch_go() {
	local arch version sum dir got
	arch=$(go env GOARCH)
	version=v0.0.1-go$(wanted_go).linux-$arch
	sum=$(awk -v version="$version" '$2 == version { print $3 }' "$home/scripts/toolchain.sum")
	[[ -n $sum ]] || die "scripts/toolchain.sum has no $version; install Go $(wanted_go) or newer yourself: https://go.dev/dl/"
	dir=$home/.cache/toolchain
	mkdir -p "$dir"
	say "go: fetching $version (60 MB)"
	# From elsewhere than the module: an older Go can't read its go.mod.
	got=$(cd / && GOTOOLCHAIN=local GOFLAGS=-modcacherw GOMODCACHE=$dir go mod download -json "golang.org/toolchain@$version") ||
		die "fetching Go failed: $got"
	[[ $got == *"\"Sum\": \"$sum\""* ]] || {
		rm -rf "$dir"
		die "what was fetched as $version is not what scripts/toolchain.sum says; it was removed"
	}
	dir=$dir/golang.org/toolchain@$version
	chmod -R u+x "$dir/bin" "$dir/pkg/tool" # files of modules are none that can be run
	ln -sfn "$dir" "$home/.cache/go"
}

# packages_judge is Debian's cloud-init with all that its Python needs.
packages_judge=(
	cloud-init python3-yaml python3-configobj python3-six python3-jinja2 python3-markupsafe python3-jsonpatch python3-json-pointer python3-jsonschema
	python3-attr python3-pyrsistent python3-requests python3-urllib3 python3-idna python3-certifi python3-chardet python3-oauthlib python3-netifaces
)

# unpack_cloudinit puts Debian's cloud-init into .cache, for tests to judge by. It is never installed: it would take over the host.
unpack_cloudinit() {
	local dir=$home/.cache/cloud-init debs deb
	[[ ! -d $dir/usr ]] || return 0
	debs=$(mktemp -d)
	chmod 777 "$debs" # apt gives up root's rights to download
	if (cd "$debs" && apt-get -qq download "${packages_judge[@]}") >"$debs/log" 2>&1; then
		mkdir -p "$dir.new"
		for deb in "$debs"/*.deb; do dpkg -x "$deb" "$dir.new"; done
		mv "$dir.new" "$dir"
		say "cloud-init: unpacked"
	else
		say "cloud-init: can't be downloaded, so the test that needs it is skipped: $(tail -n1 "$debs/log")"
	fi
	rm -rf "$debs"
}

# fetch_ui_sources installs what the web UI is bundled from, for the tests that bundle and check it. Building the program needs none of it.
fetch_ui_sources() {
	local have=$home/ui/node_modules/.package-lock.json log
	[[ ! -e $have || $have -ot $home/ui/package-lock.json ]] || return 0
	log=$(mktemp)
	if npm --prefix "$home/ui" ci --ignore-scripts --no-audit --no-fund --prefer-offline >"$log" 2>&1; then
		say "web UI: its sources are there"
	else
		say "web UI: its sources can't be fetched, so the tests that bundle it can't run: $(tail -n1 "$log")"
	fi
	rm -f "$log"
}

groups=("$@")
((${#groups[@]})) || groups=(run)
for group in "${groups[@]}"; do
	case $group in
	run | guest | test | bench) ;;
	*) die "no group '$group': run, guest, test, bench" ;;
	esac
done
mapfile -t packages < <(wanted "${groups[@]}")
install_packages "${packages[@]}"
need_go
[[ " ${groups[*]} " != *" test "* ]] || unpack_cloudinit
[[ " ${groups[*]} " != *" test "* ]] || fetch_ui_sources
