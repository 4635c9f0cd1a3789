package libvirt

import (
	"context"

	"dewpoint/internal/errs"
)

// powers are the calls that carry out what is asked of a running machine's power, by the words of machines.power_op.
var powers = map[string]func(*Client, context.Context, Ref) error{
	"poweroff":      (*Client).Shutdown,
	"kill":          (*Client).Destroy,
	PowerOffByAgent: (*Client).ShutdownByAgent,
	"reset":         (*Client).Reset,
	"reboot":        (*Client).Reboot,

	"pause":     (*Client).Suspend,
	"resume":    (*Client).Resume,
	"hibernate": (*Client).Save,
}

// PowerOffByAgent is the power operation of a guest that runs an agent.
const PowerOffByAgent = "poweroff_by_agent"

// Power does to a running domain what the word asks. Conflict when the domain is off.
func (c *Client) Power(ctx context.Context, ref Ref, op string) error {
	call, known := powers[op]
	if !known {
		return errs.New(errs.NotBuilt, "not_built", "this server can't do %q to a VM", op)
	}
	return call(c, ctx, ref)
}

// Powers reports whether Power knows the word.
func Powers(op string) bool { return powers[op] != nil }
