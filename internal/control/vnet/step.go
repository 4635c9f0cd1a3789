package vnet

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"dewpoint/internal/host/dnsmasq"
)

// Step is one change of the host. Which fields count depends on the verb.
type Step struct {
	Verb    Verb
	Key     int64            // the network, 0 for a step about the host as a whole
	MTU     int              // SetBridge, SetLan
	MAC     net.HardwareAddr // SetLan
	Address netip.Prefix     // SetLan: the router's; SetWan: the host's end of the transit
	Text    string           // SetTable, SetHostTable, Announce
	Dir     string           // WriteFiles, StartDnsmasq, DropDir: the network's folder
	Files   dnsmasq.Files    // WriteFiles
	Process dnsmasq.Process  // StopDnsmasq, Announce
	Mends   bool             // SetTable: what is there was set by this text, and somebody has changed it since
}

// Verb says what a step does.
type Verb string

// The verbs, roughly in the order they are used.
const (
	SetForwarding Verb = "set forwarding"
	SetHostTable  Verb = "set host table"
	DropHostTable Verb = "drop host table"
	SetBridge     Verb = "set bridge"
	DropBridge    Verb = "drop bridge"
	SetNamespace  Verb = "set namespace"
	DropNamespace Verb = "drop namespace" // with its links
	SetTable      Verb = "set table"
	SetLan        Verb = "set lan"
	DropLan       Verb = "drop lan"
	SetWan        Verb = "set wan"
	DropWan       Verb = "drop wan"
	WriteFiles    Verb = "write files"
	StartDnsmasq  Verb = "start dnsmasq"
	StopDnsmasq   Verb = "stop dnsmasq"
	Announce      Verb = "announce hosts"
	DropDir       Verb = "drop directory"
)

// String describes the step in a line for logs and goldens, without the texts in it.
func (s Step) String() string {
	var b strings.Builder
	b.WriteString(string(s.Verb))
	if s.Key != 0 {
		fmt.Fprintf(&b, " of %d", s.Key)
	}
	if s.MTU != 0 {
		fmt.Fprintf(&b, " mtu %d", s.MTU)
	}
	if s.Address.IsValid() {
		fmt.Fprintf(&b, " %v", s.Address)
	}
	if s.Process.PID != 0 {
		fmt.Fprintf(&b, " pid %d", s.Process.PID)
	}
	if s.Mends {
		b.WriteString(" as it was")
	}
	return b.String()
}
