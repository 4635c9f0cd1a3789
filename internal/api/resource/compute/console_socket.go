package compute

import (
	"context"
	"encoding/json"
	"net/http"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/console"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// Connections of this dialect to one screen and to all, as its clients know them.
const mostOfScreen, mostScreens = 5, 100

// socketCodes are those that clients know a refused connection by; any other is INTERNAL_ERROR.
var socketCodes = map[string]string{
	"invalid_token": "INVALID_TOKEN", "token_expired": "TOKEN_EXPIRED", "token_already_used": "TOKEN_ALREADY_USED", "vm_not_found": "VM_NOT_FOUND",
	"no_console_available": "NO_CONSOLE_AVAILABLE", "connection_failed": "CONNECTION_FAILED", "max_connections_reached": "MAX_CONNECTIONS_REACHED",
}

// addSocket serves the websocket that takes tickets of a kind. The ticket is all that a client needs.
func (s *service) addSocket(f Family, path string, kind console.Kind) {
	id := "open-console"
	if kind != console.Any {
		id = "open-" + string(kind) + "-console"
	}
	o := f.operation(id, http.MethodGet, "/{id}"+path, "Open a console by a websocket: its bytes in binary frames, both ways")
	o.Public = true
	s.Handle(o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.socket(w, r, kind) }), frame.Wire{
		Params: []frame.Param{{Name: "id", In: "path", Required: true}, {Name: "token", In: "query", Required: true}}, Replies: []frame.Reply{
			{Status: "101", Text: "a websocket"},
			{Status: "400", Text: "the request is not for a websocket; the body has code and error", Type: "application/json"},
			{Status: "401", Text: "there is no ticket; the body has code and error", Type: "application/json"},
			{Status: "403", Text: "pages of this origin may not look; the body has code and error", Type: "application/json"},
		},
	})
}

func (s *service) socket(w http.ResponseWriter, r *http.Request, kind console.Kind) {
	token := r.URL.Query().Get("token")
	switch {
	case token == "":
		refuse(w, http.StatusUnauthorized, "MISSING_TOKEN", "missing token")
		return
	case !ws.Wanted(r):
		refuse(w, http.StatusBadRequest, "UPGRADE_FAILED", "this address is for a websocket")
		return
	}
	conn, err := ws.Accept(w, r)
	if errs.Is(err, errs.Denied) {
		refuse(w, http.StatusForbidden, "UNAUTHORIZED", err.Error())
	}
	if err != nil {
		return
	}
	session, still, err := s.redeem(r.Context(), r.PathValue("id"), kind, token)
	if err != nil {
		ws.Refuse(conn, codeOf(err), errs.Shown(err))
		return
	}
	ws.Relay(r.Context(), conn, session, still)
}

// redeem takes a ticket in: it must be good for this VM, this kind, and somebody who still may look.
func (s *service) redeem(ctx context.Context, id string, kind console.Kind, token string) (*console.Session, func(context.Context) error, error) {
	ctx, cancel := context.WithTimeout(ctx, ws.OpenLimit)
	defer cancel()
	grant, err := s.consoles.Find(token)
	if err != nil {
		return nil, nil, err
	}
	if kind != console.Any && kind != grant.Kind {
		return nil, nil, console.ErrTicket()
	}
	readOnly, err := s.mayUse(ctx, id, grant)
	if err != nil {
		return nil, nil, err
	}
	if err := s.consoles.Use(token); err != nil {
		return nil, nil, err
	}
	viewer := console.Viewer{User: grant.User, Address: front.Of(ctx).Address, ReadOnly: readOnly, MostOfMachine: mostOfScreen, Most: mostScreens}
	if grant.Kind == console.Serial {
		viewer.MostOfMachine, viewer.Most = ws.MostOfMachine, ws.Most
	}
	session, err := s.consoles.Open(ctx, grant.Machine, grant.Kind, viewer)
	return session, func(ctx context.Context) error {
		now, err := s.mayUse(ctx, id, grant)
		if err == nil && now != readOnly {
			err = console.ErrTicket()
		}
		return err
	}, err
}

// mayUse looks at who a ticket was given to, as he is now: whether he may look, and no more than look, at the VM that the path names.
func (s *service) mayUse(ctx context.Context, id string, grant console.Grant) (readOnly bool, err error) {
	as, err := grant.Again(ctx)
	if err != nil {
		return false, err
	}
	v, err := s.vm(as, id, perm.Read)
	if errs.Is(err, errs.NotFound) || err == nil && v.Machine.Key != grant.Machine {
		return false, console.ErrTicket()
	}
	if err != nil {
		return false, err
	}
	typing, err := s.mayType(as, &v)
	if err == nil && !typing && grant.Kind != console.Serial {
		err = errs.New(errs.Denied, "denied", "you can no longer use this console")
	}
	return !typing, err
}

func codeOf(err error) string {
	e := errs.As(err)
	if e == nil {
		return "INTERNAL_ERROR"
	}
	if code := socketCodes[e.Code]; code != "" {
		return code
	}
	if e.Kind == errs.Unauthenticated || e.Kind == errs.Denied {
		return "UNAUTHORIZED"
	}
	return "INTERNAL_ERROR"
}

// refuse answers before the upgrade, in the form that clients of these sockets know.
func refuse(w http.ResponseWriter, status int, code, text string) {
	body, err := json.Marshal(map[string]string{"error": text, "code": code})
	if err != nil { // strings always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}
