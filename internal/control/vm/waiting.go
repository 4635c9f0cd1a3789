package vm

import (
	"context"
	"fmt"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
)

// behind tells people the operations that power waits for.
func behind(before []system.Operation) string {
	first := fmt.Sprintf("waits for operation %d (%s)", before[0].Key, before[0].Kind)
	if more := len(before) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", first, more)
	}
	return first
}

// explainWaiting tells in the status of each machine with an operation not carried out yet why it waits: libvirt gave cause. All else that
// is known of the machines stays; the next pass that libvirt answers replaces the explanation.
func (c *Controller) explainWaiting(ctx context.Context, machines []Machine, pass *loop.Pass, cause error) error {
	if ctx.Err() != nil {
		return nil
	}
	why := errs.Shown(cause)
	var facts []Fact
	for i := range machines {
		m := &machines[i]
		waits := m.Deleted || m.PowerSeq > m.Last.DoneSeq
		if !waits || pass.Busy(m.Key) || m.Last.Info == why {
			continue
		}
		status := m.Last
		status.Info = why
		facts = append(facts, Fact{Machine: m.Key, Status: status})
	}
	if len(facts) == 0 {
		return nil
	}
	return c.rows.Report(ctx, facts)
}
