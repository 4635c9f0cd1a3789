package table

import (
	"encoding/json"
	"net/http"

	"dewpoint/internal/api/front"
	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
)

// version tells who we are, to everybody.
func (c *call) version() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	send(c.w, c.r, http.StatusOK, struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Hash    string `json:"hash"`
	}{"v4", c.info.Version, c.info.Hash})
	return nil
}

// system serves /api/sys: sessions. It looks at no credential: a login has none, and who holds a token may end it.
func (c *call) system() error {
	switch {
	case len(c.path) == 1 && c.path[0] == "tokens":
		if c.method() != http.MethodPost {
			return c.notAllowed(http.MethodPost)
		}
		return c.login()
	case c.r.URL.Path == sessionPath:
		return c.browserSession()
	case len(c.path) == 2 && c.path[0] == "tokens":
		if c.method() != http.MethodDelete {
			return c.notAllowed(http.MethodDelete)
		}
		return c.logout()
	}
	return c.nowhere()
}

func (c *call) login() error {
	_, token, err := c.begin()
	if err != nil {
		return err
	}
	send(c.w, c.r, http.StatusOK, created{Location: "/sys/tokens/" + token, DBPath: "tokens/" + token, Row: 1, Key: token})
	return nil
}

// begin opens a session for whoever the body names.
func (c *call) begin() (user access.User, token string, err error) {
	a, err := c.attempt()
	if err != nil {
		return user, "", err
	}
	if user, err = c.auth.Login(c.r.Context(), a); err != nil {
		return user, "", err
	}
	token, err = c.auth.NewSession(c.r.Context(), user, a.Address)
	return user, token, err
}

// attempt reads what somebody typed to log in.
func (c *call) attempt() (a auth.Attempt, err error) {
	in, err := c.body()
	if err != nil {
		return a, err
	}
	a.Address = front.Of(c.r.Context()).Address
	for name, into := range map[string]*string{"login": &a.Name, "password": &a.Password} {
		if json.Unmarshal(in[name], into) != nil {
			return a, errs.Field(name, "must be a string")
		}
	}
	for _, name := range []string{"otp", "code"} {
		if _, given := in[name]; !given {
			continue
		}
		if a.Code, err = word(in, name); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (c *call) logout() error {
	err := c.auth.EndSession(c.r.Context(), c.path[1])
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "not_found", "there is no such session; it may have ended already") // without the token
	}
	if err != nil {
		return err
	}
	c.done()
	return nil
}
