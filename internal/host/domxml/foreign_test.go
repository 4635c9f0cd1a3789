package domxml_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/domxml"
)

func TestParseForeign(t *testing.T) {
	t.Parallel()
	got := domxml.ParseForeign(`<domain type='kvm'>
  <name>web</name><title>Web &amp; mail</title><memory unit='GiB'>2</memory><vcpu placement='static' current='1'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><cpu mode='host-model'/><clock offset='localtime'/>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/srv/web.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/data.img'/><target dev='sda' bus='sata'/><readonly/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/srv/cd.iso'/><target dev='sdb' bus='sata'/><readonly/></disk>
    <interface type='bridge'><mac address='52:54:00:01:02:03'/><source bridge='br0'/><model type='e1000e'/></interface>
    <graphics type='spice'/><video><model type='qxl'/></video><sound model='ich9'/>
  </devices></domain>`)
	want := domxml.Foreign{
		Title: "Web & mail", Cores: 4, RAM: 2048, MachineType: "pc-q35-7.2", CPUType: "host", Console: "spice", Video: "qxl", Sound: "hda", LocalTime: true,
		Disks: []domxml.ForeignDisk{
			{Interface: "virtio", Path: "/srv/web.qcow2", Format: "qcow2", Serial: "S1"},
			{Interface: "ahci", Path: "/srv/data.img", Format: "raw", ReadOnly: true},
			{Interface: "ahci", CDROM: true, Format: "raw", ReadOnly: true},
		},
		NICs:      []domxml.ForeignNIC{{Interface: "e1000e", MAC: "52:54:00:01:02:03", Source: "bridge br0"}},
		Obstacles: []string{}, Changes: []string{"the medium in sdb is taken out"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Whatever a VM of ours can't have is told, so that a domain with it isn't adopted.
func TestForeignObstacles(t *testing.T) {
	t.Parallel()
	whole := func(os, devices string) string {
		return `<domain type='qemu'><memory>1048576</memory><os>` + os + `</os><devices>` + devices + `</devices></domain>`
	}
	pc := `<type arch='x86_64' machine='pc'>hvm</type>`
	for text, want := range map[string]string{
		"no XML": "its definition can't be read",
		whole(`<type arch='aarch64'>hvm</type>`, ``):                                                                                     "it is a machine of the architecture aarch64",
		whole(pc+`<kernel>/boot/vmlinuz</kernel>`, ``):                                                                                   "it boots a kernel of the host's",
		whole(pc+`<loader type='pflash'>/x</loader>`, ``):                                                                                "it has UEFI, whose variables can't be taken over",
		whole(pc, `<disk type='block' device='disk'><target dev='vda' bus='virtio'/></disk>`):                                            "disk vda isn't a file",
		whole(pc, `<disk type='file' device='floppy'><target dev='fda' bus='fdc'/></disk>`):                                              "disk fda is attached by fdc",
		whole(pc, `<disk type='file' device='disk'><driver type='vmdk'/><source file='/x'/><target dev='vda' bus='virtio'/></disk>`):     "disk vda has the format vmdk",
		whole(pc, `<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>`): "it has devices of the host, which can't be taken over",
		whole(pc, `<tpm model='tpm-crb'><backend type='emulator'/></tpm>`):                                                               "it has TPMs, which can't be taken over",
		whole(pc, `<interface type='user'><model type='usb-net'/></interface>`):                                                          "the network card  is a usb-net",
		`<domain type='lxc'><memory unit='MiB'>128</memory><os><type>hvm</type></os></domain>`:                                           "it has 128 MiB of memory; a VM has at least 256",
	} {
		got := domxml.ParseForeign(text).Obstacles
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s\nhas the obstacles %q, want %q", text, got, want)
		}
	}
}
