package vm

import (
	"context"
	"fmt"
	"time"

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

// explainWaiting tells in the status of each machine with an operation not carried out yet why it waits: libvirt gave cause; and in that of one that runs, of
// when the rest of it is. All else that is known of the machines stays; the next pass that libvirt answers replaces the explanation.
func (c *Controller) explainWaiting(ctx context.Context, machines []Machine, pass *loop.Pass, cause error) error {
	if ctx.Err() != nil {
		return nil
	}
	if c.away.IsZero() {
		c.away = time.Now()
	}
	why := errs.Shown(cause)
	stale := fmt.Sprintf("%s; the state is that of %s", why, c.away.UTC().Format(time.RFC3339))
	var facts []Fact
	for i := range machines {
		m := &machines[i]
		status := m.Last
		switch waits := m.Deleted || m.PowerSeq > m.Last.DoneSeq; {
		case waits:
			status.Info = why
		case m.Last.Running:
			status.Info = stale
		}
		if pass.Busy(m.Key) || m.Last.Info == status.Info {
			continue
		}
		facts = append(facts, Fact{Machine: m.Key, Status: status})
	}
	if len(facts) == 0 {
		return nil
	}
	return c.rows.Report(ctx, facts)
}
