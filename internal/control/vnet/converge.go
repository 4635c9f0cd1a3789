package vnet

import (
	"net/netip"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/nft"
)

// converge lists the steps that bring one network to its target.
func converge(v Vnet, t target, has Have, transit netip.Prefix) []Step {
	var steps []Step
	if has.Bridge != (Bridge{MTU: t.mtu, Up: true}) {
		steps = append(steps, Step{Verb: SetBridge, Key: v.Key, MTU: t.mtu})
	}
	if t.router == nil || v.Restart {
		steps = append(steps, dropRouter(v.Key, has)...)
		has = Have{Dir: has.Dir, Files: has.Files}
	}
	if t.router == nil {
		return steps
	}
	if lanDiffers(t, has) { // the sockets of a running dnsmasq are bound to the link and the address that were
		steps = append(steps, stopAll(v.Key, has.Dnsmasq)...)
		has.Dnsmasq = nil
	}
	steps = append(steps, setRouter(v.Key, t, has, transit)...)
	return append(steps, setDnsmasq(v.Key, t, has)...)
}

// setRouter builds namespace, rules and legs; the rules stand before the first packet can come.
func setRouter(key int64, t target, has Have, transit netip.Prefix) []Step {
	var steps []Step
	if has.Router.Inode == 0 {
		steps = append(steps, Step{Verb: SetNamespace, Key: key})
	}
	if has.Table != nft.Fingerprint(t.router.table) {
		steps = append(steps, Step{Verb: SetTable, Key: key, Text: t.router.table})
	}
	switch {
	case lanDiffers(t, has):
		steps = append(steps, Step{Verb: SetLan, Key: key, Address: t.router.lan, MTU: t.mtu})
	case !t.router.lan.IsValid() && has.Lan.Exists:
		steps = append(steps, Step{Verb: DropLan, Key: key})
	}
	switch {
	case t.router.nat && has.Wan != (Leg{Exists: true, Whole: true, Address: transit, MTU: defaultMTU}):
		steps = append(steps, Step{Verb: SetWan, Key: key, Address: transit, MTU: defaultMTU})
	case !t.router.nat && has.Wan.Exists:
		steps = append(steps, Step{Verb: DropWan, Key: key})
	}
	return steps
}

func lanDiffers(t target, has Have) bool {
	lan := t.router.lan
	return lan.IsValid() && has.Lan != (Leg{Exists: true, Whole: true, Address: lan, MTU: t.mtu})
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

// dropRouter takes the router down and leaves its directory, for the leases outlive it.
func dropRouter(key int64, has Have) []Step {
	steps := stopAll(key, has.Dnsmasq)
	if has.Router.Inode != 0 || has.Remnant || has.Lan.Exists || has.Wan.Exists {
		steps = append(steps, Step{Verb: DropNamespace, Key: key})
	}
	return steps
}

// clear takes down all of a network, in reverse order.
func clear(key int64, dir string, has Have) []Step {
	steps := dropRouter(key, has)
	if has.Bridge != (Bridge{}) {
		steps = append(steps, Step{Verb: DropBridge, Key: key})
	}
	if has.Dir {
		steps = append(steps, Step{Verb: DropDir, Key: key, Dir: dir})
	}
	return steps
}

func stopAll(key int64, list []dnsmasq.Process) (steps []Step) {
	for _, p := range list {
		steps = append(steps, Step{Verb: StopDnsmasq, Key: key, Process: p})
	}
	return steps
}
