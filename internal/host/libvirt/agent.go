package libvirt

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// agentSync is how long libvirt, before each command, gives an agent to show that it listens.
const agentSync = 5 * time.Second

// freezeLimit is how long an agent has to answer a call of libvirt's own, such as the one that holds file systems for a snapshot. Without it libvirt waits for ever,
// and with it everything else that is asked of the domain. A Windows guest may take a minute.
const freezeLimit = time.Minute

// AskAgent has the agent in a guest execute a command (JSON, as in QEMU's guest agent protocol) and returns its reply as it came: believe nothing of it. libvirt reads
// at most 10 MiB of it, and passes on 4 MiB. The domain's other calls don't wait for it. Conflict: the agent refuses, the domain is off. Unavailable: no agent is connected,
// or it doesn't answer.
func (c *Client) AskAgent(ctx context.Context, ref Ref, command string, limit time.Duration) (string, error) {
	d, err := ref.domain()
	if err != nil {
		return "", err
	}
	seconds := max(int32(limit.Round(time.Second)/time.Second), 1)
	return call(ctx, c, agentSync+limit+2*time.Second, "asking the agent in domain "+ref.Name, func(l *golibvirt.Libvirt) (string, error) {
		reply, err := l.QEMUDomainAgentCommand(d, command, seconds, 0)
		if err != nil || len(reply) == 0 {
			return "", agentError(err)
		}
		return reply[0], nil
	})
}

// boundAgent has libvirt wait no longer than that for the agent in a domain, in all calls of its own.
func (c *Client) boundAgent(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "bounding the agent of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		_, err := l.DomainAgentSetResponseTimeout(d, int32(freezeLimit/time.Second), 0)
		return err
	})
}

// agentError is why an agent didn't do what it was asked. Some of libvirt's texts repeat what the guest said, which may be megabytes, and anything.
func agentError(err error) error {
	var remote golibvirt.Error
	if !errors.As(err, &remote) {
		return err
	}
	const most = 300
	remote.Message = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, remote.Message[:min(len(remote.Message), most)])
	switch golibvirt.ErrorNumber(remote.Code) {
	case golibvirt.ErrInternalError, golibvirt.ErrAgentCommandFailed:
		return errs.Wrap(remote, errs.Conflict, "agent_refused", "the guest's agent refused: %s", errs.Ours(remote.Message))
	case golibvirt.ErrAgentUnresponsive, golibvirt.ErrAgentCommandTimeout, golibvirt.ErrAgentUnsynced:
		return errs.Wrap(remote, errs.Unavailable, "agent_silent", "the guest's agent doesn't answer: %s", errs.Ours(remote.Message))
	}
	return remote
}
