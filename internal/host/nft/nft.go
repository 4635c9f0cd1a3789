package nft

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

// timeLimit is for one run of nft, which takes milliseconds; it waits for the kernel's transaction lock.
const timeLimit = 10 * time.Second

// Tool runs the nft program in a network namespace.
type Tool struct {
	// In calls f inside the named namespace, or where it is when the name is empty.
	In func(namespace string, f func() error) error
}

// Apply hands a text of Render to the kernel: the table is replaced in one transaction, or nothing changes. Then it seals the table with what the
// kernel made of it. Without the seal, as after a crash between the two, Read says that the table isn't whole, and it is applied again.
func (t Tool) Apply(ctx context.Context, namespace, text string) error {
	if _, err := t.run(ctx, namespace, text, "-f", "-"); err != nil {
		return err
	}
	table := tableOf(text)
	if table == "" {
		return nil
	}
	_, digest, err := t.list(ctx, namespace, table)
	if err != nil {
		return err
	}
	_, err = t.run(ctx, namespace, "", "add", "chain", "inet", table, seenMark+digest)
	return err
}

// Check asks nft whether it would take the text, and changes nothing.
func (t Tool) Check(ctx context.Context, namespace, text string) error {
	_, err := t.run(ctx, namespace, text, "-c", "-f", "-")
	return err
}

// Delete removes the table if it exists.
func (t Tool) Delete(ctx context.Context, namespace, table string) error {
	if !validTable.MatchString(table) {
		return refuse("%q can't name an nftables table", table)
	}
	return t.Apply(ctx, namespace, fmt.Sprintf("add table inet %s\ndelete table inet %s\n", table, table))
}

// Read returns what the kernel has of the table, NotFound when it doesn't exist.
func (t Tool) Read(ctx context.Context, namespace, table string) (State, error) {
	if !validTable.MatchString(table) {
		return State{}, refuse("%q can't name an nftables table", table)
	}
	state, _, err := t.list(ctx, namespace, table)
	return state, err
}

// list reads a table, and hashes all that is in it.
func (t Tool) list(ctx context.Context, namespace, table string) (s State, digest string, err error) {
	out, err := t.run(ctx, namespace, "", "-j", "-a", "list", "table", "inet", table)
	if err != nil {
		return s, "", err
	}
	return parse(out)
}

func (t Tool) run(ctx context.Context, namespace, stdin string, args ...string) (out []byte, err error) {
	err = t.In(namespace, func() (err error) {
		out, err = child.Command{Name: "nft", Args: args, Input: stdin, Limit: timeLimit}.Run(ctx)
		return err
	})
	if err != nil {
		return nil, failure(err, args)
	}
	return out, nil
}

// failure sorts out why nft failed. It has one exit code for everything, so its message must tell what is missing.
func failure(err error, args []string) error {
	var failed *child.Failure
	if !errors.As(err, &failed) {
		return err
	}
	switch stderr := failed.Stderr; {
	case strings.Contains(stderr, "No such file or directory"):
		return errs.Wrap(err, errs.NotFound, "nft_missing", "the host has no such nftables table")
	case strings.Contains(stderr, "Operation not permitted"):
		return errs.Wrap(err, errs.Unavailable, "nft_not_permitted", "the server is not permitted to change the host's firewall rules")
	case strings.Contains(stderr, "Resource busy"):
		return errs.Wrap(err, errs.Unavailable, "nft_busy", "the host's firewall rules are in use; they are set again soon")
	}
	return errs.New(errs.Internal, "nft_failed", "nft %s: %w", errs.Ours(strings.Join(args, " ")), err)
}
