// Package network has the operations on virtual networks.
package network

import "dewpoint/internal/api/resource/frame"

type service struct {
	*frame.Server
	instance string // the database's mark
}

// Operations registers all operations of the area.
func Operations(on *frame.Server, instance string) {
	for _, add := range []func(*service){addReads, addWrites, addDelete, addPower, addLeases, addPorts} {
		add(&service{Server: on, instance: instance})
	}
}

func operation(id, method, path, summary string) frame.Operation {
	return frame.Operation{ID: id, Method: method, Path: "/virtualization/networks" + path, Summary: summary, Tag: "networks", Codes: networkCodes}
}

var networkCodes = frame.Codes{Invalid: "INVALID_NETWORK_REQUEST", NotFound: "NETWORK_NOT_FOUND", Exists: "NETWORK_ALREADY_EXISTS", InUse: "NETWORK_IN_USE", Members: map[string]string{
	"network": "ip_range", "ipaddress": "ip_range.address", "gateway": "ip_range.gateway", "dhcp_start": "dhcp.start", "dhcp_stop": "dhcp.end",
	"ip": "dhcp.hosts.ip", "mac": "dhcp.hosts.mac", "hostname": "dhcp.hosts.name", "on_power_loss": "autostart",
}}
