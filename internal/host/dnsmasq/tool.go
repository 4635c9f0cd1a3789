package dnsmasq

import (
	"context"
	"errors"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

// timeLimit is for a start, which takes tens of milliseconds: dnsmasq leaves the foreground when its sockets are bound.
const timeLimit = 10 * time.Second

// Tool runs the dnsmasq program in a network namespace.
type Tool struct {
	// In calls f inside the named namespace, or where it is when the name is empty.
	In func(namespace string, f func() error) error
}

// Start runs a dnsmasq by the files in dir, in the namespace. It returns when its sockets are bound, and the process then
// lives in a session of its own, whatever becomes of the caller. A faulty configuration or a taken port is an error.
func (t Tool) Start(ctx context.Context, namespace, dir string) error {
	return t.run(ctx, namespace, dir, confFlag+Conf(dir))
}

// Check asks dnsmasq whether it can read the files in dir.
func (t Tool) Check(ctx context.Context, dir string) error {
	return t.run(ctx, "", dir, "--test", confFlag+Conf(dir))
}

func (t Tool) run(ctx context.Context, namespace, dir string, args ...string) error {
	u, err := findUser()
	if err != nil {
		return err
	}
	err = t.In(namespace, func() error {
		_, err := child.Command{Name: "dnsmasq", Args: args, Limit: timeLimit, Cage: u.cage(dir)}.Run(ctx)
		return err
	})
	var failed *child.Failure
	if !errors.As(err, &failed) {
		return err
	}
	return errs.Wrap(err, errs.Unavailable, "dnsmasq_failed", "dnsmasq could not be started; the server's log has its complaint")
}
