package nft

import (
	"context"
	"encoding/json"
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

// State is what the kernel has of one table.
type State struct {
	Text  string // fingerprint of the text that made it, empty when it was not made by Apply
	Rules int    // how many rules it holds, so that one that was added or deleted by hand shows
}

// Fingerprint returns what Read says right after Apply of a rendered text.
func Fingerprint(text string) State {
	var s State
	for line := range strings.Lines(text) {
		if rest, sealed := strings.CutPrefix(strings.TrimSpace(line), "chain "+seal); sealed {
			s.Text = strings.TrimSuffix(rest, " {")
		}
		if fields := strings.Fields(line); len(fields) > 0 {
			switch Verdict(fields[len(fields)-1]) {
			case Accept, Drop, Masquerade: // a policy ends in a semicolon
				s.Rules++
			}
		}
	}
	return s
}

// Apply hands a text of Render to the kernel: the table is replaced in one transaction, or nothing changes.
func (t Tool) Apply(ctx context.Context, namespace, text string) error {
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
	out, err := t.run(ctx, namespace, "", "-j", "list", "table", "inet", table)
	if err != nil {
		return State{}, err
	}
	return parse(out)
}

// listing is the part of `nft -j list table` that Read looks at; see libnftables-json(5).
type listing struct {
	Nftables []struct {
		Chain *struct {
			Name string `json:"name"`
		} `json:"chain"`
		Rule *struct{} `json:"rule"`
	} `json:"nftables"`
}

func parse(out []byte) (State, error) {
	var l listing
	if err := json.Unmarshal(out, &l); err != nil {
		return State{}, errs.Wrap(err, errs.Internal, "nft_output", "nft printed JSON that can't be read")
	}
	var s State
	for _, object := range l.Nftables {
		if object.Rule != nil {
			s.Rules++
		}
		if object.Chain != nil && strings.HasPrefix(object.Chain.Name, seal) {
			s.Text = strings.TrimPrefix(object.Chain.Name, seal)
		}
	}
	return s, nil
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
