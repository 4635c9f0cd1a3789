#!/bin/bash
# make-guest.sh OUT.iso builds the guest that the tests and the demo start: a Linux that boots from CD
# or disk, BIOS or UEFI, within seconds, made of Debian's kernel, its busybox and test/guest.
#
# The result is kept: an OUT.iso made from the same inputs is left as it is. Needs the packages of
# `setup.sh test`, and Debian's package registry for the kernel; root is not needed.
set -euo pipefail

readonly home=$(cd "$(dirname "$0")/.." && pwd)
readonly parts=$home/test/guest
readonly grub_modules=(
	normal linux iso9660 part_gpt part_msdos search search_fs_file search_fs_uuid
	serial terminal test echo
)

say() { printf 'guest: %s\n' "$*"; }
die() { printf 'guest: %s\n' "$*" >&2; exit 1; }

# inputs_hash stands for everything in this repository that the image is made from.
inputs_hash() {
	cat "$0" "$parts"/* | sha256sum | cut -d' ' -f1
}

# fetch_kernel DIR unpacks Debian's current kernel package below DIR; nothing is installed.
fetch_kernel() {
	local dir=$1
	mkdir "$dir"
	chmod 777 "$dir" # apt gives up root's rights to download
	if ! download_kernel "$dir"; then
		# No package lists yet, or lists so old that the registry has moved on.
		[[ $(id -u) == 0 ]] || die "cannot download the kernel; as root run: apt-get update; $(cat "$dir/apt.log")"
		apt-get update -qq
		download_kernel "$dir" || die "cannot download the kernel: $(cat "$dir/apt.log")"
	fi
	dpkg -x "$dir"/*.deb "$dir"
}

# download_kernel DIR puts the package there; linux-image-amd64 itself is empty and names it.
download_kernel() {
	local package
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image/ { print $2; exit }')
	: >"$1/apt.log"
	[[ -n $package ]] && (cd "$1" && apt-get -qq download "$package" 2>apt.log)
}

# copy_modules KERNEL ROOT copies the modules listed in test/guest/modules with what they need, and
# writes the order of loading to etc/modules.order.
copy_modules() {
	local kernel=$1 root=$2 version name file
	version=$(basename "$kernel"/lib/modules/*)
	depmod -b "$kernel" "$version"
	grep -v '^#' "$parts/modules" | while read -r name; do
		# Built into some kernels, hence no module: then there is nothing to load.
		modprobe -d "$kernel" -S "$version" --show-depends "$name" 2>/dev/null || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$root/lib/modules/"
		echo "/lib/modules/$(basename "$file")"
	done >"$root/etc/modules.order"
	[[ -s $root/etc/modules.order ]] || die "no kernel modules found below $kernel"
}

# make_root KERNEL ROOT lays out the guest's root file system.
make_root() {
	local kernel=$1 root=$2 applet
	mkdir -p "$root"/{bin,dev,etc,lib/modules,proc,sys,tmp,www/cgi-bin}
	cp /bin/busybox "$root/bin/busybox"
	for applet in $(/bin/busybox --list); do
		[[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
	done
	install -m 755 "$parts/init" "$root/init"
	install -m 755 "$parts/say" "$parts/udhcpc.sh" "$root/bin/"
	install -m 755 "$parts/facts.cgi" "$root/www/cgi-bin/facts"
	ln -s /tmp/facts "$root/www/index.html"
	copy_modules "$kernel" "$root"
}

# make_iso KERNEL ROOT OUT packs both with a boot loader.
make_iso() {
	local kernel=$1 root=$2 out=$3 tree log
	tree=$(dirname "$root")/iso
	log=$(dirname "$root")/grub.log
	mkdir -p "$tree/boot/grub"
	cp "$kernel"/boot/vmlinuz-* "$tree/boot/vmlinuz"
	cp "$parts/grub.cfg" "$tree/boot/grub/grub.cfg"
	(cd "$root" && find . | cpio --quiet -o -H newc | zstd -q -19) >"$tree/boot/initrd"
	grub-mkrescue -o "$out" "$tree" \
		--install-modules="${grub_modules[*]}" --locales= --fonts= --themes= \
		-volid GUEST >"$log" 2>&1 || die "grub-mkrescue: $(cat "$log")"
}

[[ $# == 1 ]] || die "usage: make-guest.sh OUT.iso"
out=$(realpath -m "$1")
hash=$(inputs_hash)
if [[ -f $out && $(cat "$out.inputs" 2>/dev/null) == "$hash" ]]; then
	say "$1 is up to date"
	exit
fi
mkdir -p "$(dirname "$out")"
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
fetch_kernel "$work/kernel"
make_root "$work/kernel" "$work/root"
make_iso "$work/kernel" "$work/root" "$work/guest.iso"
mv "$work/guest.iso" "$out.new"
mv "$out.new" "$out"
echo "$hash" >"$out.inputs"
say "$1: $(stat -c %s "$out") bytes"
