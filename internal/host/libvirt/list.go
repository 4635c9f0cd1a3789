package libvirt

import (
	"context"
	"strings"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// State is what libvirt says that a domain does.
type State string

// The states. A domain that is not Off or Crashed has a QEMU process.
const (
	Running   State = "running"
	Paused    State = "paused"
	Stopping  State = "stopping" // the guest is shutting down
	Off       State = "off"
	Crashed   State = "crashed"
	Suspended State = "suspended" // by the guest's own power management
	Unknown   State = "unknown"
)

// Active reports whether the domain has a QEMU process.
func (s State) Active() bool { return s != Off && s != Crashed }

// Info is a domain as a list shows it.
type Info struct {
	Ref
	State State
	Run   int32 // libvirt's number of this run of the domain, another one after each start; -1 when it is off
}

// List returns the domains whose names begin with prefix, in one call that asks no QEMU and so never waits for one.
func (c *Client) List(ctx context.Context, prefix string) ([]Info, error) {
	records, err := call(ctx, c, readLimit, "listing domains", func(l *golibvirt.Libvirt) ([]golibvirt.DomainStatsRecord, error) {
		return l.ConnectGetAllDomainStats(nil, uint32(golibvirt.DomainStatsState), uint32(golibvirt.ConnectGetAllDomainsStatsNowait))
	})
	if err != nil {
		return nil, err
	}
	var found []Info
	for _, record := range records {
		if strings.HasPrefix(record.Dom.Name, prefix) {
			found = append(found, Info{Ref: refOf(record.Dom), State: stateOf(record.Params), Run: record.Dom.ID})
		}
	}
	return found, nil
}

func stateOf(params []golibvirt.TypedParam) State {
	for _, p := range params {
		if p.Field != "state.state" {
			continue
		}
		if n, ok := p.Value.I.(int32); ok {
			return stateNamed(golibvirt.DomainState(n))
		}
	}
	return Unknown
}

func stateNamed(n golibvirt.DomainState) State {
	switch n {
	case golibvirt.DomainRunning, golibvirt.DomainBlocked:
		return Running
	case golibvirt.DomainPaused:
		return Paused
	case golibvirt.DomainShutdown:
		return Stopping
	case golibvirt.DomainShutoff:
		return Off
	case golibvirt.DomainCrashed:
		return Crashed
	case golibvirt.DomainPmsuspended:
		return Suspended
	}
	return Unknown
}
