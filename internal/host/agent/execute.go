package agent

import (
	"context"
	"encoding/base64"
	"strings"

	"dewpoint/internal/errs"
)

// Command is what a guest is to run.
type Command struct {
	Path  string   `json:"path"`
	Args  []string `json:"arg,omitempty"`
	Env   []string `json:"env,omitempty"`
	Input string   `json:"input,omitempty"` // on its standard input
}

// MostOutput is how many bytes of each of its outputs are kept.
const MostOutput = 64 << 10

// mostOutcome bounds the reply that brings them: an agent keeps more than we do, and has no way to be asked for less. libvirt lets no more than that through.
const mostOutcome = 4 << 20

// Outcome is how a command ended.
type Outcome struct {
	Exited   bool   `json:"-"`
	ExitCode *int64 `json:"exitcode,omitempty"`
	Signal   *int64 `json:"signal,omitempty"` // that ended it; on Windows an exception
	Out      string `json:"stdout"`           // bytes that are no UTF-8 are replaced
	Err      string `json:"stderr"`
	OutCut   bool   `json:"stdout_truncated"`
	ErrCut   bool   `json:"stderr_truncated"`
}

// Start has the guest run a command, and returns the guest's number of its process.
func Start(ctx context.Context, ask Ask, c Command) (pid int64, err error) {
	args := map[string]any{"path": c.Path, "capture-output": true}
	if len(c.Args) > 0 {
		args["arg"] = c.Args
	}
	if len(c.Env) > 0 {
		args["env"] = c.Env
	}
	if c.Input != "" {
		args["input-data"] = base64.StdEncoding.EncodeToString([]byte(c.Input))
	}
	said, err := call[struct {
		PID *int64 `json:"pid"`
	}](ctx, ask, askLimit, mostReply, "guest-exec", args)
	if err == nil && said.PID == nil {
		err = errs.New(errs.Invalid, "agent_reply_broken", "the guest's agent doesn't say which process it started")
	}
	if err != nil {
		return 0, err
	}
	return *said.PID, nil
}

// Ended asks whether a command has ended, and how. The agent forgets it once it has said so.
func Ended(ctx context.Context, ask Ask, pid int64) (Outcome, error) {
	said, err := call[struct {
		Exited   bool   `json:"exited"`
		ExitCode *int64 `json:"exitcode"`
		Signal   *int64 `json:"signal"`
		Out      string `json:"out-data"`
		Err      string `json:"err-data"`
		OutCut   bool   `json:"out-truncated"`
		ErrCut   bool   `json:"err-truncated"`
	}](ctx, ask, askLimit, mostOutcome, "guest-exec-status", map[string]int64{"pid": pid})
	if err != nil || !said.Exited {
		return Outcome{}, err
	}
	o := Outcome{Exited: true, ExitCode: said.ExitCode, Signal: said.Signal, OutCut: said.OutCut, ErrCut: said.ErrCut}
	if o.Out, err = output(said.Out, &o.OutCut); err == nil {
		o.Err, err = output(said.Err, &o.ErrCut)
	}
	return o, err
}

// output decodes what a command has written, and cuts it off.
func output(data string, cut *bool) (string, error) {
	bytes, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return "", errs.New(errs.Invalid, "agent_reply_broken", "the guest's agent sent an output that isn't in base 64")
	}
	if len(bytes) > MostOutput {
		bytes, *cut = bytes[:MostOutput], true
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(bytes), "\uFFFD"), "\x00", "\uFFFD"), nil
}

// SetPassword gives a user of the guest another password. One that is crypted is in the form of the guest's own file of passwords.
func SetPassword(ctx context.Context, ask Ask, user, password string, crypted bool) error {
	_, err := call[struct{}](ctx, ask, 4*askLimit, mostReply, "guest-set-user-password", map[string]any{
		"username": user, "password": base64.StdEncoding.EncodeToString([]byte(password)), "crypted": crypted,
	})
	return err
}
