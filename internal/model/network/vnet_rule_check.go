package network

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// checkVnetRule holds the lists of a rule against what they can hold, and columns against each other.
func checkVnetRule(r *schema.Record) error {
	text := func(name string) string { return r.Get(name).Text() }
	for _, name := range []string{"source_ip", "destination_ip"} {
		if _, err := ReadPlaces(text(name)); err != nil {
			return errs.Field(name, "%v", err)
		}
	}
	for _, name := range []string{"source_ports", "destination_ports"} {
		ports, err := ReadPorts(text(name))
		if err != nil {
			return errs.Field(name, "%v", err)
		}
		if len(ports) > 0 && !HasPorts(text("protocol")) {
			return errs.Field(name, "only TCP and UDP have ports; set %s to tcp, udp or tcpudp", errs.Column("protocol"))
		}
	}
	if text("throttle") == "" && r.Get("drop_throttle").Bool() {
		return errs.Field("drop_throttle", "needs a number of packets in %s", errs.Column("throttle"))
	}
	if text("action") == "translate" {
		return checkTranslation(text)
	}
	return nil
}

// checkTranslation is about rules that translate.
func checkTranslation(text func(string) string) error {
	target, err := ReadPlaces(text("target_ip"))
	switch {
	case err != nil:
		return errs.Field("target_ip", "%v", err)
	case len(target) != 1 || !target[0].CanBeOne():
		return errs.Field("target_ip", "must be one address, an alias of one, router or vmnic:VM.NIC, where packets are translated to")
	}
	ports, err := ReadPorts(text("target_ports"))
	switch {
	case err != nil:
		return errs.Field("target_ports", "%v", err)
	case len(ports) > 0 && !HasPorts(text("protocol")):
		return errs.Field("target_ports", "only TCP and UDP have ports; set %s to tcp, udp or tcpudp", errs.Column("protocol"))
	case len(ports) > 1:
		return errs.Field("target_ports", "must be one port")
	case len(ports) == 1 && ports[0].First != ports[0].Last && text("direction") == "incoming":
		return errs.Field("target_ports", "must be one port: it isn't said which of a range a packet would go to")
	}
	if state := text("ct_state"); state != "" && state != "new" {
		return errs.Field("ct_state", "only new connections are translated; those that are open stay as they are")
	}
	if text("throttle") != "" {
		return errs.Field("throttle", "a translation can't be throttled; throttle a rule that accepts what was translated")
	}
	return nil
}
