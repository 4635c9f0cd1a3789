package cloudinit

import (
	"bytes"
	"strconv"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
)

// jinja is the first line by which cloud-init knows a text that it shall render itself, in the guest, with what it knows of the instance.
const jinja = "## template: jinja\n"

// render is a file's text as its column render says: as it is, with our variables replaced, or marked for cloud-init to render.
func render(f compute.CloudinitFile, vm VM) ([]byte, error) {
	switch f.Render {
	case "variables":
		return []byte(variables(vm).Replace(f.Contents)), nil
	case "jinja2":
		if place := Place(f.Name); place != UserData && place != VendorData {
			return nil, errs.Field("render", "jinja2 is what cloud-init renders in the guest, and only in user-data and vendor-data; use variables or no for %s", place)
		}
		if !bytes.HasPrefix([]byte(strings.ToLower(f.Contents)), []byte("## template:")) {
			return []byte(jinja + f.Contents), nil
		}
	}
	return []byte(f.Contents), nil
}

// variables replaces what docs/design/0032-cloud-init-and-guest.md lists; a shell's own ${...} stays.
func variables(vm VM) *strings.Replacer {
	return strings.NewReplacer("${VM_NAME}", vm.Name, "${VM_HOSTNAME}", Hostname(vm), "${VM_UUID}", vm.UUID, "${VM_KEY}", strconv.FormatInt(vm.Key, 10))
}

// Hostname is the VM's name as a host name: what can't stand in one becomes a hyphen.
func Hostname(vm VM) string {
	const longest, most = 63, 200
	var labels []string
	for label := range strings.SplitSeq(strings.ToLower(vm.Name), ".") {
		label = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, label)
		if label = strings.Trim(label[:min(len(label), longest)], "-"); label != "" {
			labels = append(labels, label)
		}
	}
	name := strings.Join(labels, ".")
	if name == "" || len(name) > most {
		return "vm-" + strconv.FormatInt(vm.Key, 10)
	}
	return name
}
