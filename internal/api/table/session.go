package table

import (
	"net/http"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// sessionPath is not the contract's: a page gets its session in a cookie there, and never sees a token.
const sessionPath = "/api/sys/session"

// person is who a session is for.
type person struct {
	User  int64  `json:"user"`
	Name  string `json:"name"`
	Admin bool   `json:"admin"`
}

// whoIs tells who asks, by whatever credential.
func (c *call) whoIs() error {
	a := perm.ActorOf(c.r.Context())
	send(c.w, c.r, http.StatusOK, person{a.User, a.Name, a.Admin})
	return nil
}

// browserSession begins or ends the session of a browser. Only the server's own pages may do either: others would have somebody work in an account of theirs.
func (c *call) browserSession() error {
	if c.r.Method != http.MethodPost && c.r.Method != http.MethodDelete {
		return c.notAllowed(http.MethodGet, http.MethodPost, http.MethodDelete)
	}
	if err := auth.FromOwnPage(c.r); err != nil {
		return err
	}
	if c.r.Method == http.MethodDelete {
		return c.leave()
	}
	if err := auth.KeepsCookies(c.r); err != nil {
		return err
	}
	user, token, err := c.begin()
	if err != nil {
		return err
	}
	if err := c.endCookie(); err != nil {
		return err
	}
	http.SetCookie(c.w, auth.Cookie(token))
	send(c.w, c.r, http.StatusOK, person{user.Key, user.Name, user.Admin})
	return nil
}

// leave ends the session and takes the cookie away.
func (c *call) leave() error {
	if err := c.endCookie(); err != nil {
		return err
	}
	http.SetCookie(c.w, auth.Cookie(""))
	c.done()
	return nil
}

// endCookie ends the session that the cookie names, if there is one.
func (c *call) endCookie() error {
	token, ok := auth.CookieToken(c.r)
	if !ok {
		return nil
	}
	err := c.auth.EndSession(c.r.Context(), token)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
