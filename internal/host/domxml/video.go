package domxml

import "libvirt.org/go/libvirtxml"

// videoModels maps the contract's video cards to libvirt's.
var videoModels = map[string]string{"": "vga", "std": "vga", "cirrus": "cirrus", "vmware": "vmvga", "qxl": "qxl", "virtio": "virtio", "none": "none"}

// video attaches the video card. "none" has to be said, or libvirt adds one by itself.
func video(vm *VM, domain *libvirtxml.Domain) error {
	model, known := videoModels[vm.Row.Video]
	if !known {
		return invalid("video", "%q is not a video card: use std, cirrus, vmware, qxl, virtio or none", vm.Row.Video)
	}
	card := libvirtxml.DomainVideo{Model: libvirtxml.DomainVideoModel{Type: model}}
	if model != "none" {
		card.Model.Heads, card.Model.Primary = 1, "yes"
	}
	domain.Devices.Videos = []libvirtxml.DomainVideo{card}
	return nil
}
