// Package agent speaks with the agent that runs in a guest (QEMU's guest agent protocol, docs/interop/qemu-ga-ref in QEMU). Who answers is the guest's owner, or
// whoever broke into the guest: replies may be false, broken, huge, or never come. So each command has a time limit, replies have bounds, and what is kept of them is
// as small and as printable as what an honest agent sends. Nothing that an agent says is a reason to allow anything.
package agent

import (
	"context"
	"encoding/json"
	"time"

	"dewpoint/internal/errs"
)

// Ask carries a command to the agent of one guest and returns its reply. It returns by the limit at the latest, or soon after. Errors: Conflict where the agent
// refuses or none is connected, Unavailable where it doesn't answer in time.
type Ask func(ctx context.Context, command string, limit time.Duration) (reply string, err error)

// Bounds of one command.
const (
	askLimit  = 5 * time.Second
	mostReply = 1 << 20 // bytes of a reply that says what a guest is
)

// request is a command on the wire.
type request struct {
	Execute   string `json:"execute"`
	Arguments any    `json:"arguments,omitempty"`
}

// call has the agent execute a command and reads what it returns into a T. A reply that is none is Invalid.
func call[T any](ctx context.Context, ask Ask, limit time.Duration, most int, name string, arguments any) (value T, err error) {
	command, err := json.Marshal(request{name, arguments})
	if err != nil {
		return value, err
	}
	reply, err := ask(ctx, string(command), limit)
	if err != nil {
		return value, err
	}
	if len(reply) > most {
		return value, errs.New(errs.Invalid, "agent_reply_too_large", "the guest's agent answered %q with %d bytes; at most %d are read", name, len(reply), most)
	}
	var answer struct {
		Return *T `json:"return"`
	}
	if err := json.Unmarshal([]byte(reply), &answer); err != nil || answer.Return == nil {
		return value, errs.New(errs.Invalid, "agent_reply_broken", "the guest's agent answered %q with something else than was asked", name)
	}
	return *answer.Return, nil
}
