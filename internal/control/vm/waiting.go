package vm

import (
	"context"

	"dewpoint/internal/errs"
)

// explainWaiting tells in the status of each machine with an operation not carried out yet why it waits: libvirt gave cause. All else that
// is known of the machines stays; the next pass that libvirt answers replaces the explanation.
func (c *Controller) explainWaiting(ctx context.Context, machines []Machine, busy map[int64]bool, cause error) error {
	typed := errs.As(cause)
	if typed == nil || ctx.Err() != nil {
		return nil
	}
	var facts []Fact
	for i := range machines {
		m := &machines[i]
		waits := m.Deleted || m.PowerSeq > m.Last.DoneSeq
		if !waits || busy[m.Key] || m.Last.Info == typed.Text {
			continue
		}
		status := m.Last
		status.Info = typed.Text
		facts = append(facts, Fact{Machine: m.Key, Status: status})
	}
	if len(facts) == 0 {
		return nil
	}
	return c.rows.Report(ctx, facts)
}
