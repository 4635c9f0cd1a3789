package agent

import (
	"context"
	"regexp"
	"slices"

	"dewpoint/internal/errs"
)

// Info is what an agent says of its guest, within bounds. Its JSON is machine_status.agent_guest_info.
type Info struct {
	OS       map[string]string `json:"osinfo"` // id, name, pretty-name, version, version-id, machine, kernel-release …
	Network  []Interface       `json:"network"`
	Files    []FileSystem      `json:"fsinfo"`
	Hostname string            `json:"hostname"`
	Users    []User            `json:"users"` // who is logged in
	Seen     int64             `json:"last_refresh"`
}

// Interface is a network card as the guest names it.
type Interface struct {
	Name      string    `json:"name"`
	MAC       string    `json:"hardware-address,omitempty"`
	Addresses []Address `json:"ip-addresses"`
}

// Address is one of an interface.
type Address struct {
	Type   string `json:"ip-address-type"` // ipv4 or ipv6
	IP     string `json:"ip-address"`
	Prefix int    `json:"prefix"` // length, in bits
}

// FileSystem is one that the guest has mounted.
type FileSystem struct {
	Name  string `json:"name"`
	Mount string `json:"mountpoint"`
	Type  string `json:"type"`
	Used  int64  `json:"used-bytes"`
	Total int64  `json:"total-bytes"`
}

// User is somebody who is logged in.
type User struct {
	Name   string  `json:"user"`
	Domain string  `json:"domain,omitempty"`
	Since  float64 `json:"login-time"` // seconds since 1970
}

// Abilities are an agent's version, and the commands that it takes.
type Abilities struct {
	Version  string
	Features []string // sorted
}

// Has reports whether the agent takes a command.
func (a Abilities) Has(command string) bool {
	_, has := slices.BinarySearch(a.Features, command)
	return has
}

// feature is the form of a command's name.
var feature = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// Meet asks an agent who it is.
func Meet(ctx context.Context, ask Ask) (Abilities, error) {
	type command struct {
		Name    string
		Enabled bool
	}
	said, err := call[struct {
		Version  string
		Commands []command `json:"supported_commands"`
	}](ctx, ask, askLimit, mostReply, "guest-info", nil)
	a := Abilities{Version: text(said.Version, 64), Features: []string{}}
	for _, c := range first(said.Commands, 256) {
		if c.Enabled && feature.MatchString(c.Name) {
			a.Features = append(a.Features, c.Name)
		}
	}
	slices.Sort(a.Features)
	a.Features = slices.Compact(a.Features)
	return a, err
}

// Look asks an agent for all that it tells of its guest. What it doesn't know, or answers with nonsense, stays empty. An agent that stops answering is
// Unavailable, and asked no further.
func Look(ctx context.Context, ask Ask, able Abilities) (Info, error) {
	info := Info{OS: map[string]string{}, Network: []Interface{}, Files: []FileSystem{}, Users: []User{}}
	for _, part := range []struct {
		command string
		read    func(context.Context, Ask, string, *Info) error
	}{
		{"guest-get-osinfo", readOS},
		{"guest-get-host-name", readHostname},
		{"guest-network-get-interfaces", readNetwork},
		{"guest-get-fsinfo", readFiles},
		{"guest-get-users", readUsers},
	} {
		if !able.Has(part.command) {
			continue
		}
		if err := part.read(ctx, ask, part.command, &info); errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
			return info, err
		}
	}
	return info, nil
}

// How much of each kind is kept.
const (
	mostTexts      = 16
	mostInterfaces = 64
	mostAddresses  = 32 // of one interface
	mostFiles      = 128
	mostUsers      = 64
)

func readOS(ctx context.Context, ask Ask, command string, info *Info) error {
	said, err := call[map[string]any](ctx, ask, askLimit, mostReply, command, nil)
	for _, key := range []string{"id", "name", "pretty-name", "version", "version-id", "machine", "kernel-release", "kernel-version", "variant", "variant-id"} {
		if value, is := said[key].(string); is && len(info.OS) < mostTexts {
			info.OS[key] = text(value, 256)
		}
	}
	return err
}

func readHostname(ctx context.Context, ask Ask, command string, info *Info) error {
	said, err := call[struct {
		Name string `json:"host-name"`
	}](ctx, ask, askLimit, mostReply, command, nil)
	info.Hostname = text(said.Name, 253)
	return err
}

func readNetwork(ctx context.Context, ask Ask, command string, info *Info) error {
	said, err := call[[]Interface](ctx, ask, askLimit, mostReply, command, nil)
	for _, one := range first(said, mostInterfaces) {
		info.Network = append(info.Network, checked(one))
	}
	return err
}

func readFiles(ctx context.Context, ask Ask, command string, info *Info) error {
	said, err := call[[]FileSystem](ctx, ask, askLimit, mostReply, command, nil)
	for _, f := range first(said, mostFiles) {
		f.Name, f.Mount, f.Type = text(f.Name, 256), text(f.Mount, 256), text(f.Type, 32)
		f.Used, f.Total = max(f.Used, 0), max(f.Total, 0)
		info.Files = append(info.Files, f)
	}
	return err
}

func readUsers(ctx context.Context, ask Ask, command string, info *Info) error {
	said, err := call[[]User](ctx, ask, askLimit, mostReply, command, nil)
	for _, u := range first(said, mostUsers) {
		u.Name, u.Domain = text(u.Name, 256), text(u.Domain, 256)
		info.Users = append(info.Users, u)
	}
	return err
}
