package domxml

import "libvirt.org/go/libvirtxml"

// clock sets the time base. The timer policies are those that libvirt's and KVM's guides give for guests that count ticks.
func clock(vm *VM, domain *libvirtxml.Domain) error {
	c := &libvirtxml.DomainClock{Timer: []libvirtxml.DomainTimer{
		{Name: "rtc", TickPolicy: "catchup"},
		{Name: "pit", TickPolicy: "delay"},
		{Name: "hpet", Present: "no"},
	}}
	switch vm.Row.RTCBase {
	case "", "utc":
		c.Offset = "utc"
	case "localtime":
		c.Offset = "localtime"
	default:
		return invalid("rtc_base", "%q is not a clock base: use utc or localtime", vm.Row.RTCBase)
	}
	domain.Clock = c
	return nil
}

// power says what ends the domain: a guest that crashed stays off, and is seen to be off, until someone asks for it.
func power(vm *VM, domain *libvirtxml.Domain) error {
	domain.OnPoweroff, domain.OnReboot, domain.OnCrash = "destroy", "restart", "destroy"
	if vm.Row.DisablePowercycle {
		domain.OnReboot = "destroy"
	}
	return nil
}
