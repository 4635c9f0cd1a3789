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

// Apply hands a text of Render to the kernel: the table is replaced in one transaction, or nothing changes. Counters that the new text has too go on
// counting. Then it seals the table with what the kernel made of it. Without the seal, as after a crash between the two, Read says that the table isn't
// whole, and it is applied again.
func (t Tool) Apply(ctx context.Context, namespace, text string) error {
	table := tableOf(text)
	if err := t.replace(ctx, namespace, table, text); err != nil || table == "" {
		return err
	}
	l, err := t.list(ctx, namespace, table)
	if err != nil {
		return err
	}
	_, err = t.run(ctx, namespace, "", "add", "chain", "inet", table, seenMark+l.digest)
	return err
}

// replace makes the table that is there into the one of the text, around the counters that both have where that can be done.
func (t Tool) replace(ctx context.Context, namespace, table, text string) error {
	if counters := countersOf(text); table != "" && len(counters) > 0 {
		l, err := t.list(ctx, namespace, table)
		if around, can := l.around(text, counters); err == nil && can {
			if _, err = t.run(ctx, namespace, around, "-f", "-"); err == nil {
				return nil
			}
		}
		if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Internal) {
			return err
		}
	}
	_, err := t.run(ctx, namespace, text, "-f", "-")
	return err
}

// Check asks nft whether it would take the text, and changes nothing.
func (t Tool) Check(ctx context.Context, namespace, text string) error {
	_, err := t.run(ctx, namespace, text, "-c", "-f", "-")
	return err
}

// Delete removes the table if it exists.
func (t Tool) Delete(ctx context.Context, namespace, table string) error {
	if !validName.MatchString(table) {
		return refuse("%q can't name an nftables table", table)
	}
	return t.Apply(ctx, namespace, fmt.Sprintf("add table inet %s\ndelete table inet %s\n", table, table))
}

// Read returns what the kernel has of the table, NotFound when it doesn't exist.
func (t Tool) Read(ctx context.Context, namespace, table string) (State, error) {
	l, err := t.Count(ctx, namespace, table)
	return l.State, err
}

// Counted is a table with what its counters have counted, by their names.
type Counted struct {
	State
	Counters map[string]Count
}

// Count is how much met a rule since its counter was made.
type Count struct{ Packets, Bytes uint64 }

// Count is Read with the counters.
func (t Tool) Count(ctx context.Context, namespace, table string) (Counted, error) {
	if !validName.MatchString(table) {
		return Counted{}, refuse("%q can't name an nftables table", table)
	}
	l, err := t.list(ctx, namespace, table)
	return l.Counted, err
}

// list reads a table, and hashes all that is in it.
func (t Tool) list(ctx context.Context, namespace, table string) (listing, error) {
	out, err := t.run(ctx, namespace, "", "-j", "-a", "list", "table", "inet", table)
	if err != nil {
		return listing{}, err
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
