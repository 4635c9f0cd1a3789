package guest

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/agent"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/pause"
)

// WorkHost is what the operations ask of libvirt.
type WorkHost interface {
	Find(ctx context.Context, name string) (libvirt.Ref, error)
	HasAgent(ctx context.Context, ref libvirt.Ref) (bool, error)
	AskAgent(ctx context.Context, ref libvirt.Ref, command string, limit time.Duration) (string, error)
}

// Opener reads what lies sealed; *auth.Service is one.
type Opener interface {
	// Open returns the secret in a text that was sealed for a column of the row with that key.
	Open(table, key, column, text string) (string, error)
}

// Works are the operations of this area.
type Works struct {
	Instance string
	Host     WorkHost
	Secrets  Opener
}

// Operations are the kinds of this area.
func Operations(w *Works) []operation.Kind {
	const atOnce = 16
	return []operation.Kind{
		operation.Define(operation.Spec[command]{AtOnce: atOnce, Steps: []operation.Step[command]{
			{Name: "starting the command", Once: true, Do: w.begin}, // which may do anything, and so not twice
			{Name: "waiting for its end", Do: w.await},
		}}),
		operation.Define(operation.Spec[password]{AtOnce: atOnce, Steps: []operation.Step[password]{
			{Name: "setting the password", Do: w.setPassword},
		}}),
	}
}

// command is compute.GuestCommand as the operation keeps it: people put secrets into commands, so all but what has to be known is dropped once it was started.
type command struct{ compute.GuestCommand }

// MarshalJSON implements json.Marshaler.
func (c command) MarshalJSON() ([]byte, error) {
	return json.Marshal(compute.GuestCommand{Machine: c.Machine, Path: c.Path, Timeout: c.Timeout, PID: c.PID})
}

// password is compute.GuestPassword as the operation keeps it.
type password struct{ compute.GuestPassword }

// MarshalJSON implements json.Marshaler.
func (p password) MarshalJSON() ([]byte, error) {
	kept := p.GuestPassword
	kept.Password = ""
	return json.Marshal(kept)
}

// agentOf returns how to ask the agent of a machine's guest.
func (w *Works) agentOf(ctx context.Context, machine int64) (agent.Ask, error) {
	ref, err := w.Host.Find(ctx, mark.Instance(w.Instance).Domain(machine))
	if err != nil {
		return nil, err
	}
	has, err := w.Host.HasAgent(ctx, ref)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, errs.New(errs.Conflict, "no_agent", "no agent is connected in the guest; install qemu-guest-agent in it and start its service")
	}
	return func(ctx context.Context, command string, limit time.Duration) (string, error) {
		return w.Host.AskAgent(ctx, ref, command, limit)
	}, nil
}

func (w *Works) begin(ctx context.Context, r *operation.Run[command]) (operation.Commit, error) {
	ask, err := w.agentOf(ctx, r.Params.Machine)
	if err != nil {
		return nil, err
	}
	p := &r.Params
	p.PID, err = agent.Start(ctx, ask, agent.Command{Path: p.Path, Args: p.Args, Env: p.Env, Input: p.Input})
	return nil, err
}

// await asks until the command has ended. It can be repeated: the agent keeps the outcome until it has told it.
func (w *Works) await(ctx context.Context, r *operation.Run[command]) (operation.Commit, error) {
	const lookAgain = 500 * time.Millisecond
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(r.Params.Timeout)*time.Second, errs.New(errs.Conflict, "command_goes_on",
		"the command hasn't ended within %d seconds. It goes on in the guest, as its process %d", r.Params.Timeout, r.Params.PID))
	defer cancel()
	ask, err := w.agentOf(ctx, r.Params.Machine)
	if err != nil {
		return nil, err
	}
	for {
		o, err := agent.Ended(ctx, ask, r.Params.PID)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && !errs.Is(err, errs.Unavailable): // a guest that is busy may answer later
			return nil, err
		case o.Exited:
			r.Result(o)
			return nil, nil
		}
		if err := pause.For(ctx, lookAgain); err != nil {
			return nil, err
		}
	}
}

func (w *Works) setPassword(ctx context.Context, r *operation.Run[password]) (operation.Commit, error) {
	p := &r.Params
	secret, err := w.Secrets.Open("vms", strconv.FormatInt(p.VM, 10), compute.SealedPassword, p.Password)
	if err != nil {
		return nil, errs.Wrap(err, errs.Conflict, "password_unreadable", "the server's key was replaced meanwhile; set the password again")
	}
	ask, err := w.agentOf(ctx, p.Machine)
	if err != nil {
		return nil, err
	}
	return nil, agent.SetPassword(ctx, ask, p.User, secret, p.Crypted)
}
