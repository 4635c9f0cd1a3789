package table

import (
	"context"
	"net/http"
	"strconv"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/console"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// consoleTable has the consoles, by the keys of their machines.
const consoleTable = "machine_console"

// openConsole upgrades the request to a websocket that relays a console: RFB, SPICE or the bytes of the serial line, as the row's type says, or the
// serial line with ?type=serial. To look at a screen is to work at it, so it takes the right to change the VM; who may only read it may look at
// what its serial line says.
func (c *call) openConsole() error {
	if len(c.path) == 1 {
		return errs.New(errs.Conflict, "no_console_available", "the address has no key of a console: the VM had none when it was made; start the VM, and open /api/v4/machine_console/KEY")
	}
	kind, err := c.consoleKind()
	if err != nil {
		return err
	}
	machine, may, err := c.mayLook(c.r.Context())
	if err != nil {
		return err
	}
	readOnly := !may.Modify
	if readOnly && kind != console.Serial {
		return errs.New(errs.Denied, "denied", "you may read this console's row but not use it; that takes the right to modify the VM. Its serial line can be read with ?type=serial")
	}
	actor := c.actor()
	opening, cancel := context.WithTimeout(c.r.Context(), ws.OpenLimit)
	defer cancel()
	session, err := c.consoles.Open(opening, machine, kind, console.Viewer{
		User: actor.User, Address: actor.Address, ReadOnly: readOnly, MostOfMachine: ws.MostOfMachine, Most: ws.Most,
	})
	if err != nil {
		return err
	}
	conn, err := ws.Accept(c.w, c.r)
	if err != nil {
		session.Close()
		if errs.Is(err, errs.Denied) {
			return err
		}
		return nil // it has been answered
	}
	ws.Relay(c.r.Context(), conn, session, c.stillLooks(readOnly))
	return nil
}

// consoleKind is what the client asks for; the kind of the row where it doesn't say.
func (c *call) consoleKind() (console.Kind, error) {
	text, _, err := c.param("type")
	switch kind := console.Kind(text); {
	case err != nil:
		return "", err
	case kind == console.Any, kind == console.VNC, kind == console.SPICE, kind == console.Serial:
		return kind, nil
	}
	return "", errs.Field("type", "must be vnc, spice or serial")
}

// mayLook returns the machine whose console the path names, and what the caller may do with it; NotFound when he may not see it.
func (c *call) mayLook(ctx context.Context) (machine int64, may engine.Rights, err error) {
	key, err := strconv.ParseInt(c.path[1], 10, 64)
	if err != nil {
		return 0, may, errs.NoRow(c.t.Word(errs.Wired), c.path[1])
	}
	rights, err := c.eng.Can(ctx, []engine.Object{{Table: consoleTable, Key: c.path[1]}})
	if err == nil && !rights[0].Read {
		err = errs.NoRow(c.t.Word(errs.Wired), c.path[1])
	}
	if err != nil {
		return 0, may, err
	}
	return key, rights[0], nil
}

// stillLooks is asked while somebody looks.
func (c *call) stillLooks(readOnly bool) func(context.Context) error {
	was := c.actor()
	return func(ctx context.Context) error {
		ctx, err := front.Again(ctx)
		if err != nil {
			return err
		}
		_, may, err := c.mayLook(ctx)
		if err == nil && (!may.Modify && !readOnly || perm.ActorOf(ctx).User != was.User) {
			err = errs.New(errs.Denied, "denied", "you can no longer use this console")
		}
		return err
	}
}

// screenshot answers with what is on a screen, for who may read the machine.
func (c *call) screenshot() error {
	machine, _, err := c.mayLook(c.r.Context())
	if err != nil {
		return err
	}
	picture, err := c.consoles.Screenshot(c.r.Context(), machine)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "image/png")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	c.w.WriteHeader(http.StatusOK)
	c.w.Write(picture) // a client that has gone needs no answer
	return nil
}
