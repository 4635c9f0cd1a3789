package compute

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/console"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// consoleTicket is the way to one console, for one connection.
type consoleTicket struct {
	Type      string `json:"type,omitempty" enum:"vnc,spice,serial"`
	Host      string `json:"host,omitempty" doc:"of the server that relays the console; the console itself has no port"`
	Port      int64  `json:"port,omitempty"`
	Token     string `json:"token,omitempty" doc:"a ticket that is good for one connection within five minutes"`
	Path      string `json:"ws_path,omitempty" doc:"where to open the websocket, with the ticket"`
	ExpiresAt string `json:"expires_at,omitempty" format:"date-time"`
}

// consoleSet has a ticket for each screen of a VM.
type consoleSet struct {
	Name      string                   `json:"vm_name,omitempty"`
	UUID      string                   `json:"vm_uuid,omitempty"`
	Available []string                 `json:"available,omitempty"`
	Consoles  map[string]consoleTicket `json:"consoles,omitempty"`
	Preferred string                   `json:"preferred,omitempty"`
}

// consoleEither is a set, or the one ticket that was asked for.
type consoleEither struct {
	consoleSet
	consoleTicket
}

type consoleQuery struct {
	ID   string `path:"id"`
	Type string `query:"type" enum:"vnc,spice,serial"`
}

func addConsole(s *service, f Family) {
	get := func(id, path, summary string) frame.Operation {
		return f.operation(id, http.MethodGet, "/{id}"+path, summary)
	}
	frame.Add(s.Server, get("list-consoles", "/consoles", "Give out a ticket for each screen of a virtual machine"), func(ctx context.Context, in *frame.ByID) (consoleSet, error) {
		return s.consoleSet(ctx, f, in.ID)
	})
	frame.Add(s.Server, get("get-console", "/console", "Give out a ticket for a console, or one for each screen"), func(ctx context.Context, in *consoleQuery) (out consoleEither, err error) {
		if in.Type == "" {
			out.consoleSet, err = s.consoleSet(ctx, f, in.ID)
		} else {
			out.consoleTicket, err = s.consoleTicket(ctx, f, in.ID, console.Kind(in.Type))
		}
		return out, err
	})
	for _, kind := range []console.Kind{console.VNC, console.SPICE, console.Serial} {
		summary := "Give out a ticket for the console of type " + string(kind)
		frame.Add(s.Server, get("get-"+string(kind)+"-console", "/console/"+string(kind), summary), func(ctx context.Context, in *frame.ByID) (consoleTicket, error) {
			return s.consoleTicket(ctx, f, in.ID, kind)
		})
		s.addSocket(f, "/console/"+string(kind)+"/ws", kind)
	}
	s.addSocket(f, "/console/ws", console.Any)
	frame.Add(s.Server, get("get-console-stats", "/console/stats", "Count the connections to a virtual machine's consoles"), s.consoleStats)
	s.Handle(get("get-screenshot", "/console/screenshot", "Take a picture of a virtual machine's screen"), http.HandlerFunc(s.screenshot), frame.Wire{
		Params: []frame.Param{{Name: "id", In: "path", Required: true}}, Replies: []frame.Reply{{Status: "200", Text: "the picture", Type: "image/png"}},
	})
}

// consoleSet mints tickets for all screens that a VM has: guests have one.
func (s *service) consoleSet(ctx context.Context, f Family, id string) (consoleSet, error) {
	v, err := s.vm(ctx, id, perm.Read, perm.Modify)
	if err != nil {
		return consoleSet{}, err
	}
	kind := console.Kind(v.Machine.Console.Type)
	if kind != console.VNC && kind != console.SPICE {
		return consoleSet{}, noConsole(&v)
	}
	ticket, err := s.mint(ctx, f, &v, kind)
	name := string(kind)
	return consoleSet{Name: v.Name, UUID: v.UUID, Available: []string{name}, Consoles: map[string]consoleTicket{name: ticket}, Preferred: name}, err
}

func (s *service) consoleTicket(ctx context.Context, f Family, id string, kind console.Kind) (consoleTicket, error) {
	rights := []perm.Right{perm.Modify}
	if kind == console.Serial {
		rights = nil // to read along takes no more than to read
	}
	v, err := s.vm(ctx, id, perm.Read, rights...)
	if err != nil {
		return consoleTicket{}, err
	}
	if !v.Machine.Console.has(kind, v.Machine.Status) {
		return consoleTicket{}, noConsole(&v)
	}
	return s.mint(ctx, f, &v, kind)
}

// has reports whether a running VM has a console of that kind. Each has a serial line.
func (c consoleRow) has(kind console.Kind, status *shape.MachineStatus) bool {
	return c.Type == string(kind) || kind == console.Serial && status != nil && status.Running
}

func noConsole(v *vmRow) error {
	return errs.New(errs.Conflict, "no_console_available", "VM %q has no such console now; start it, with the console set to the type that you want", v.Name)
}

func (s *service) mint(ctx context.Context, f Family, v *vmRow, kind console.Kind) (consoleTicket, error) {
	token, expires, err := s.consoles.Mint(console.Grant{Machine: v.Machine.Key, Kind: kind, User: perm.ActorOf(ctx).User, Again: front.Remember(ctx)})
	return consoleTicket{
		Type: string(kind), Host: v.Machine.Console.Host, Port: v.Machine.Console.Port, Token: token, ExpiresAt: expires.UTC().Format(time.RFC3339),
		Path: frame.Prefix + f.Path + "/" + v.UUID + "/console/" + string(kind) + "/ws?token=" + token,
	}, err
}

// consoleConnection is somebody who looks.
type consoleConnection struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	Established  string `json:"established" format:"date-time"`
	LastActivity string `json:"last_activity" format:"date-time"`
	Sent         int64  `json:"bytes_sent"`
	Received     int64  `json:"bytes_received"`
}

type consoleStats struct {
	VM          string              `json:"vm_id"`
	Total       int                 `json:"total_connections" doc:"to this VM's consoles"`
	Tokens      int                 `json:"total_tokens" doc:"tickets that are out and good"`
	PerVM       map[string]int      `json:"connections_per_vm"`
	Active      int                 `json:"active_connections"`
	Sent        int64               `json:"total_bytes_sent" doc:"over the connections that are open"`
	Received    int64               `json:"total_bytes_received"`
	Connections []consoleConnection `json:"connections"`
}

func (s *service) consoleStats(ctx context.Context, in *frame.ByID) (consoleStats, error) {
	v, err := s.vm(ctx, in.ID, perm.Read)
	if err != nil {
		return consoleStats{}, err
	}
	out := consoleStats{VM: v.UUID, Tokens: s.consoles.Out(), Connections: []consoleConnection{}}
	for _, session := range s.consoles.Sessions() {
		if session.Machine != v.Machine.Key {
			continue
		}
		out.Sent, out.Received = out.Sent+session.Sent(), out.Received+session.Got()
		out.Connections = append(out.Connections, consoleConnection{
			ID: session.ID, Type: string(session.Kind), Established: session.Since.UTC().Format(time.RFC3339),
			LastActivity: session.LastActivity().UTC().Format(time.RFC3339), Sent: session.Sent(), Received: session.Got(),
		})
	}
	slices.SortFunc(out.Connections, func(a, b consoleConnection) int { return strings.Compare(a.Established+a.ID, b.Established+b.ID) })
	out.Total, out.Active = len(out.Connections), len(out.Connections)
	out.PerVM = map[string]int{v.UUID: out.Total}
	return out, nil
}

func (s *service) screenshot(w http.ResponseWriter, r *http.Request) {
	v, err := s.vm(r.Context(), r.PathValue("id"), perm.Read)
	var picture []byte
	if err == nil {
		picture, err = s.consoles.Screenshot(r.Context(), v.Machine.Key)
	}
	if err != nil {
		s.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Write(picture) // a client that has gone needs no answer
}

// mayType reports whether somebody may do more than look.
func (s *service) mayType(ctx context.Context, v *vmRow) (bool, error) {
	can, err := s.Engine.Can(ctx, []engine.Object{{Table: "vms", Key: shape.Key(v.Key)}})
	return err == nil && can[0].Modify, err
}
