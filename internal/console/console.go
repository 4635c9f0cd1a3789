// Package console lets people at the screens and serial lines of running machines: it opens them, bounds how many look, tells who does in rows, and
// gives out tickets. Whether somebody may look is for the caller to decide. docs/design/0031-consoles.md has the reasons.
package console

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Kind is what a console carries.
type Kind string

// The kinds, in the words of machine_console.type.
const (
	VNC    Kind = "vnc"
	SPICE  Kind = "spice"
	Serial Kind = "serial"
	Any    Kind = "" // that of machine_console.type
)

// Host has the guests' sockets and logs. Folder is the name of a machine's folder.
type Host interface {
	// Dial connects to a console; Unavailable when nobody listens there.
	Dial(ctx context.Context, folder string, kind Kind) (net.Conn, error)
	// Log opens the last bytes that a guest wrote to its serial line, at most that many; NotFound when there are none.
	Log(folder string, most int64) (io.ReadCloser, error)
	// Screenshot returns what is on the screen of a machine, as a PNG.
	Screenshot(ctx context.Context, machine int64) ([]byte, error)
}

// Config is what the service is made of.
type Config struct {
	DB   *store.DB
	Host Host
	Node int64 // key of the node this is
	Log  *slog.Logger
}

// Service is the consoles of one node. It is safe for concurrent use. Run must run for its rows to be true.
type Service struct {
	Config
	*Tickets
	mu     sync.Mutex
	closed bool
	open   map[*Session]bool
	of     map[seat]int // how many look, or are about to
	total  int
	lines  map[int64]*line // of machines whose serial line somebody looks at

	pictures chan struct{} // holds one for each that is being taken
}

// New makes a service.
func New(c Config) *Service {
	return &Service{Config: c, Tickets: newTickets(), open: map[*Session]bool{}, of: map[seat]int{}, lines: map[int64]*line{}, pictures: make(chan struct{}, mostPictures)}
}

// Viewer is who wants to look.
type Viewer struct {
	User     int64 // key in users
	Address  string
	ReadOnly bool // what comes from him is thrown away; serial lines only
	// MostOfMachine and Most bound how many connections there may be with this one, to the same console and in all.
	MostOfMachine, Most int
}

// Open opens a console of a machine: NotFound when there is no such machine, Conflict when it doesn't run here or hasn't that console, TooMany when too
// many look already. The caller closes the session.
func (s *Service) Open(ctx context.Context, machine int64, kind Kind, v Viewer) (*Session, error) {
	at, err := s.find(ctx, machine, kind)
	if err != nil {
		return nil, err
	}
	session := &Session{service: s, Machine: machine, Kind: at.kind, Viewer: v}
	if err := s.enter(session); err != nil {
		return nil, err
	}
	if at.kind == Serial {
		session.stream, err = s.sit(ctx, machine, at.folder, v.ReadOnly)
	} else {
		session.stream, err = s.Host.Dial(ctx, at.folder, at.kind)
	}
	if err != nil {
		s.leave(session)
		return nil, err
	}
	if err := s.begin(session); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return session, nil
}

// place is where a console is.
type place struct {
	folder string
	kind   Kind
}

// find says where the console of a machine is, by its rows: the host isn't asked.
func (s *Service) find(ctx context.Context, machine int64, kind Kind) (at place, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		row, err := store.GetRow[compute.Machine](tx, machine)
		if err != nil {
			return err
		}
		status, err := store.GetRow[compute.MachineStatus](tx, machine)
		if err != nil {
			return err
		}
		has, err := store.GetRow[compute.MachineConsole](tx, machine)
		if err != nil {
			return err
		}
		at, err = s.place(row, status, has, kind)
		return err
	})
	return at, err
}

func (s *Service) place(row compute.Machine, status compute.MachineStatus, has compute.MachineConsole, kind Kind) (place, error) {
	at := place{folder: column.StorageName(row.Key, row.StorageID), kind: kind}
	if kind == Any {
		at.kind = Kind(has.Type)
	}
	switch {
	case row.Type != "vm":
		return at, none("%q isn't a VM, so it has no console", row.Name)
	case !status.Running:
		return at, none("VM %q isn't running; power it on first", row.Name)
	case s.Host == nil || status.Node != s.Node:
		return at, none("VM %q runs on another node; open its console there", row.Name)
	case at.kind == Any:
		return at, none("VM %q has no console; set console to vnc, spice or serial and start it again", row.Name)
	case at.kind != Serial && at.kind != Kind(has.Type):
		return at, none("VM %q runs without a console of type %s; set console and start it again", row.Name, string(kind))
	}
	return at, nil
}

func none(format string, args ...any) error {
	return errs.New(errs.Conflict, "no_console_available", format, args...)
}

// mostPictures is how many screenshots are taken at the same time: each is a picture in memory.
const mostPictures = 4

// Screenshot returns a PNG of what is on the screen of a machine; its errors are those of Open. It waits for its turn.
func (s *Service) Screenshot(ctx context.Context, machine int64) ([]byte, error) {
	at, err := s.find(ctx, machine, Any)
	if err != nil {
		return nil, err
	}
	if at.kind == Serial {
		return nil, none("the VM's console is its serial line, which has no screen")
	}
	select {
	case s.pictures <- struct{}{}:
		defer func() { <-s.pictures }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return s.Host.Screenshot(ctx, machine)
}
