package vnet

import (
	"context"
	"path/filepath"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/column"
)

// dnsmasqFacet answers DHCP and DNS in the network.
var dnsmasqFacet = facet{
	name:  "dnsmasq",
	read:  reservations,
	want:  wantDnsmasq,
	build: func(b *build) { b.add(setDnsmasq(b.key, b.target, b.has)...) },
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		WriteFiles: func(_ *Linux, _ context.Context, s Step) error { return dnsmasq.Write(s.Dir, s.Files) },
		StartDnsmasq: func(l *Linux, ctx context.Context, s Step) error {
			return l.dnsmasq.Start(ctx, l.marks.Namespace(s.Key), s.Dir)
		},
		StopDnsmasq: func(_ *Linux, ctx context.Context, s Step) error { return dnsmasq.Stop(ctx, s.Process) },
		Announce:    func(_ *Linux, _ context.Context, s Step) error { return dnsmasq.Reload(s.Process, s.Text) },
		DropDir:     func(_ *Linux, _ context.Context, s Step) error { return dnsmasq.Remove(s.Dir) },
	},
}

// setDnsmasq leaves exactly one dnsmasq running by the wanted files. A process can't be asked by which configuration it runs, so
// the old one ends before the new text is written: then the text on disk is that of whatever runs.
func setDnsmasq(key int64, t target, has Have) []Step {
	files := t.router.files
	keep, strays := sortProcesses(t.dir, has)
	if keep != nil && (files == nil || files.Conf != has.Files.Conf) {
		strays, keep = append(strays, *keep), nil
	}
	steps := stopAll(key, strays)
	switch {
	case files == nil:
		return steps
	case keep == nil:
		if has.Files != *files {
			steps = append(steps, Step{Verb: WriteFiles, Key: key, Dir: t.dir, Files: *files})
		}
		return append(steps, Step{Verb: StartDnsmasq, Key: key, Dir: t.dir})
	case files.Hosts != has.Files.Hosts || !has.Announced:
		return append(steps, Step{Verb: Announce, Key: key, Text: files.Hosts, Process: *keep})
	}
	return steps
}

// sortProcesses picks the dnsmasq that lives in the router by the files of the network's folder, and those that have no business to live.
func sortProcesses(dir string, has Have) (keep *dnsmasq.Process, strays []dnsmasq.Process) {
	for _, p := range has.Dnsmasq {
		if keep == nil && has.Router.Inode != 0 && p.Namespace == has.Router.Inode && p.Dir == dir {
			keep = &p
			continue
		}
		strays = append(strays, p)
	}
	return keep, strays
}

func stopAll(key int64, list []dnsmasq.Process) (steps []Step) {
	for _, p := range list {
		steps = append(steps, Step{Verb: StopDnsmasq, Key: key, Process: p})
	}
	return steps
}

func (l *Linux) processes(_ context.Context, o *Observed) error {
	list, err := dnsmasq.List(l.marks.dir)
	if err != nil {
		return err
	}
	for _, p := range list {
		if n, _, ok := column.ReadStorageName(filepath.Base(p.Dir)); ok {
			o.edit(n, func(h *Have) { h.Dnsmasq = append(h.Dnsmasq, p) })
		}
	}
	return nil
}
