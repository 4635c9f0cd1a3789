package guest

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/agent"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// visitLimit bounds all questions of a visit together, and the wait for its turn among the others.
const visitLimit = 2 * time.Minute

// answer is what a visit has come to.
type answer struct {
	state state
	able  agent.Abilities
	info  agent.Info
}

// visit makes the asking of one guest's agent ready. It never fails: a guest that lies or stalls is nothing that anybody here can put right.
func (c *Controller) visit(machine int64, d libvirt.Info) loop.Work {
	var got answer
	return loop.Work{
		Key: machine, Name: "visit", Limit: visitLimit,
		Do: func(ctx context.Context) error {
			release, err := c.asking.Take(ctx)
			if err != nil {
				return nil // too many others stall; its turn comes again
			}
			defer release()
			got = c.ask(ctx, d.Ref)
			return nil
		},
		Report: func(ctx context.Context, _ error) error {
			before := c.visits.note(machine, d.Run, got.state, c.Now())
			if got.state != before && got.state == stalls {
				c.Log.Warn("the agent in a guest doesn't answer, or not with sense", "machine", machine)
			}
			if got.state == unknown || got.state == stalls && before == talks {
				return nil // what it last said stays until it has missed two turns
			}
			return c.tell(ctx, machine, got)
		},
	}
}

// ask asks one agent.
func (c *Controller) ask(ctx context.Context, ref libvirt.Ref) answer {
	has, err := c.Host.HasAgent(ctx, ref)
	if err != nil {
		return answer{state: unknown} // libvirt's trouble isn't the guest's
	}
	if !has {
		return answer{state: absent}
	}
	ask := func(ctx context.Context, command string, limit time.Duration) (string, error) {
		return c.Host.AskAgent(ctx, ref, command, limit)
	}
	able, err := agent.Meet(ctx, ask)
	if err != nil {
		return answer{state: stalls}
	}
	info, err := agent.Look(ctx, ask, able)
	if err != nil {
		return answer{state: stalls}
	}
	info.Seen = c.Now().Unix()
	return answer{talks, able, info}
}

// tell writes what an agent said, or that none does, where the row says otherwise.
func (c *Controller) tell(ctx context.Context, machine int64, got answer) error {
	news := false
	look := func(tx *store.Tx) (has, want compute.MachineStatus, err error) {
		if has, err = store.GetRow[compute.MachineStatus](tx, machine); err == nil {
			want, err = wanted(has, got)
		}
		news = differ(has, want)
		return has, want, err
	}
	err := c.DB.View(ctx, func(tx *store.Tx) error {
		_, _, err := look(tx)
		return err
	})
	if err != nil || !news {
		return unlessGone(err)
	}
	return unlessGone(c.DB.Update(ctx, func(tx *store.Tx) error {
		has, want, err := look(tx)
		if err != nil {
			return err
		}
		return putAgent(tx, has, want)
	}))
}

// wanted is what a row is to say of an agent. An answer that differs from the last one in its time alone isn't worth a write, for a few minutes.
func wanted(has compute.MachineStatus, got answer) (compute.MachineStatus, error) {
	const stale = 5 * 60 // seconds
	if got.state != talks || !has.Running {
		return silent(has), nil
	}
	want := has
	features, err := json.Marshal(got.able.Features)
	if err != nil {
		return want, err
	}
	info, err := json.Marshal(got.info)
	if err != nil {
		return want, err
	}
	want.AgentVersion, want.AgentFeatures, want.AgentGuestInfo = cmp.Or(got.able.Version, "unknown"), string(features), string(info)
	if last := said(has); last != nil && got.info.Seen-last.Seen < stale {
		last.Seen = got.info.Seen
		if same, err := json.Marshal(last); err == nil && string(same) == string(info) {
			want.AgentGuestInfo = has.AgentGuestInfo
		}
	}
	return want, nil
}

// silent is the row of a machine whose guest has no agent that talks.
func silent(row compute.MachineStatus) compute.MachineStatus {
	row.AgentVersion, row.AgentFeatures, row.AgentGuestInfo = "", "[]", ""
	return row
}

func differ(a, b compute.MachineStatus) bool {
	return a.AgentVersion != b.AgentVersion || a.AgentFeatures != b.AgentFeatures || a.AgentGuestInfo != b.AgentGuestInfo
}

// putAgent writes the three columns that are this controller's.
func putAgent(tx *store.Tx, has, want compute.MachineStatus) error {
	set, of := compute.MachineStatusSet{}.AgentFeatures(want.AgentFeatures), compute.MachineStatusCol
	if want.AgentGuestInfo == "" {
		set = set.Null(of.AgentVersion, of.AgentGuestInfo)
	} else {
		set = set.AgentVersion(want.AgentVersion).AgentGuestInfo(want.AgentGuestInfo)
	}
	return unlessGone(store.Write(tx, has.Key, set))
}

// said is what a guest's agent said last, nil for nothing.
func said(row compute.MachineStatus) *agent.Info {
	var info agent.Info
	if row.AgentGuestInfo == "" || json.Unmarshal([]byte(row.AgentGuestInfo), &info) != nil {
		return nil
	}
	return &info
}

// unlessGone takes it for no error that a row is gone by now.
func unlessGone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
