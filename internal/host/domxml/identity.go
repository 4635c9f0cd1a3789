package domxml

import (
	"fmt"
	"strings"
	"unicode"

	"dewpoint/internal/mark"

	"github.com/google/uuid"
	"libvirt.org/go/libvirtxml"
)

// Namespace is the XML namespace of our metadata element.
const Namespace = "https://dewpoint.dev/domain/1"

// identity sets everything by which the domain is known: name, uuid, title, our mark, and the accelerator as its type.
func identity(vm *VM, domain *libvirtxml.Domain) error {
	if !isInstance(vm.Instance) {
		return fmt.Errorf("instance id %q is not four hex digits", vm.Instance)
	}
	id, err := uuid.Parse(vm.UUID)
	if err != nil {
		return invalid("uuid", "%q is not a UUID", vm.UUID)
	}
	if err := plainText("name", vm.Title); err != nil {
		return err
	}
	switch vm.Accelerator {
	case "kvm", "qemu":
		domain.Type = vm.Accelerator
	default:
		return fmt.Errorf("unknown accelerator %q", vm.Accelerator)
	}
	domain.Name, domain.UUID, domain.Title = mark.Instance(vm.Instance).Domain(vm.MachineKey), id.String(), vm.Title
	mark := fmt.Sprintf(`<dewpoint xmlns=%q instance=%q machine="%d"/>`, Namespace, vm.Instance, vm.MachineKey)
	domain.Metadata = &libvirtxml.DomainMetadata{XML: mark}
	return nil
}

func isInstance(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789abcdef") == ""
}

// plainText refuses what XML or libvirt can't carry: control characters (a title has no line breaks) and broken UTF-8.
func plainText(field, s string) error {
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff' {
			return invalid(field, "%s %q holds a character that can't be used", field, s)
		}
	}
	return nil
}
