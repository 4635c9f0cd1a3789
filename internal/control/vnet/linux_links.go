package vnet

import (
	"context"
	"net/netip"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/mark"
)

// links looks at bridges and veth ends. Taps carry our mark too, but belong to the VMs' controller.
func (l *Linux) links(_ context.Context, o *Observed) error {
	list, err := link.List(l.marks.Links())
	if err != nil {
		return err
	}
	bridges := make(map[int]string) // names by index
	for _, found := range list {
		if found.Kind == "bridge" {
			bridges[found.Index] = found.Name
		}
	}
	for _, found := range list {
		kind, n, ok := l.sort(found.Name)
		if !ok {
			continue
		}
		switch kind {
		case 'b':
			o.edit(n, func(h *Have) { h.Bridge = Bridge{MTU: found.MTU, Up: found.Up} })
		case 'l':
			leg, err := l.lanLeg(n, found, bridges[found.Master])
			if err != nil {
				return err
			}
			o.edit(n, func(h *Have) { h.Lan = leg })
		case 'w':
			leg, err := l.wanLeg(n, found)
			if err != nil {
				return err
			}
			o.edit(n, func(h *Have) { h.Wan = leg })
		}
	}
	return nil
}

// sort takes a link name apart into the letter for its kind and the network's key.
func (l *Linux) sort(name string) (kind byte, n int64, ok bool) {
	rest := strings.TrimPrefix(name, l.marks.Links())
	if rest == "" {
		return 0, 0, false
	}
	n, ok = mark.Key(rest, rest[:1])
	return rest[0], n, ok
}

// pair looks at both ends of a veth pair, and calls more inside when the inner one exists. A missing end is no error.
func (l *Linux) pair(n int64, outer link.Link, inner string, more func(*Leg) error) (Leg, error) {
	leg := Leg{Exists: true}
	err := link.In(l.marks.Namespace(n), func() error {
		in, err := link.Get(inner)
		if err != nil {
			return err
		}
		leg.Whole = outer.Up && in.Up && outer.Peer == in.Index && in.Peer == outer.Index
		if outer.MTU == in.MTU {
			leg.MTU = in.MTU
		}
		return more(&leg)
	})
	if errs.Is(err, errs.NotFound) {
		return Leg{Exists: true}, nil
	}
	return leg, err
}

// onlyAddress returns the address of a link that has exactly one, else the zero Prefix.
func onlyAddress(name string) (netip.Prefix, error) {
	list, err := link.Addresses(name)
	if err != nil || len(list) != 1 {
		return netip.Prefix{}, err
	}
	return list[0], nil
}
