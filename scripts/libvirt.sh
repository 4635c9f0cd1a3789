#!/bin/bash
# libvirt.sh sees to it that libvirt answers on qemu:///system: by its systemd unit, or, on a machine
# without systemd, by starting its daemons by hand. They are left running.
set -euo pipefail

readonly uri=qemu:///system patience_seconds=30

say() { printf 'libvirt: %s\n' "$*"; }
die() { printf 'libvirt: %s\n' "$*" >&2; exit 1; }

# answers asks for what needs no look at QEMU, and is quick for that.
answers() { timeout 5 virsh -q -c "$uri" uri >/dev/null 2>&1; }

# open_kvm gives /dev/kvm the group and mode that udev gives it elsewhere. libvirt probes QEMU with root's
# rights and finds KVM; with the device closed to QEMU's own user it then takes what it learned for out of
# date and probes again, some seconds for each look-up, so that defining one domain takes over a minute.
open_kvm() {
	[[ -c /dev/kvm && ! -e /run/udev/control && $(id -u) == 0 ]] || return 0
	getent group kvm >/dev/null || return 0
	if [[ $(stat -c %G:%a /dev/kvm) == root:600 ]]; then
		say "/dev/kvm: giving it to the group kvm, as udev does"
		chgrp kvm /dev/kvm
		chmod 660 /dev/kvm
	fi
}

start() {
	[[ $(id -u) == 0 ]] || die "$uri does not answer; as root run: systemctl start libvirtd"
	if [[ -d /run/systemd/system ]]; then
		systemctl start libvirtd
	else
		# One that runs already keeps its pid file locked, and a second one then gives up.
		virtlogd -d 2>/dev/null || true
		libvirtd -d || true
	fi
}

open_kvm
if ! answers; then
	say "starting it"
	start
	deadline=$((SECONDS + patience_seconds))
	until answers; do
		((SECONDS < deadline)) || die "$uri still does not answer after $patience_seconds s"
		sleep 0.2
	done
fi
say "$(virsh -q -c "$uri" version --daemon | awk -F': ' '/Running against daemon|Running hypervisor/ { print $2 }' | paste -sd' ')"
