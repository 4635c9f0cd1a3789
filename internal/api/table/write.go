package table

import (
	"net/http"
	"strconv"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// created is the reply to a POST. Clients want the key as a string here, where rows have numbers too.
type created struct {
	Location string `json:"location"`
	DBPath   string `json:"dbpath"`
	Row      int64  `json:"$row"`
	Key      string `json:"$key"`
	// APIKey repeats an API key that was made, where some clients look for it.
	APIKey   string            `json:"key,omitempty"`
	Response map[string]string `json:"response,omitempty"`
	// Operation is the key of the operation that makes the row whole; a create begins one at most.
	Operation string `json:"operation,omitempty"`
}

func (c *call) create() error {
	if name, _, err := c.param("action"); err != nil || name != "" && name != "create" {
		return orElse(err, func() error { return c.notToATable(name) })
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	return c.change("", in, func(w *engine.Write) (outcome, error) {
		made, err := w.Create(c.t.Name, in)
		if err != nil {
			return outcome{}, err
		}
		return outcome{http.StatusCreated, replyOf(made, w)}, nil
	})
}

// notToATable says where an action goes that was sent to the path of the table: a row takes it, and only actions of tables that have some.
func (c *call) notToATable(action string) error {
	c.w.Header().Set("Allow", "GET, POST")
	if len(builtActions(c.t)) == 0 {
		return errs.New(errs.NotAllowed, "not_allowed", "%s have no actions; POST without ?action= to create a row", c.t.Name)
	}
	return errs.New(errs.NotAllowed, "not_allowed",
		"the action '%s' is not possible on '%s', since actions are done to a row; possible: PUT /api/v4/%[3]s/{key}?action=NAME, PUT or POST /api/v4/%[3]s/{key}/NAME",
		action, c.r.URL.Path, c.t.Name)
}

func replyOf(made *schema.Record, w *engine.Write) created {
	key := made.Key.Text()
	path := made.Table.Name + "/" + key
	return created{
		Location: "/v4/" + path, DBPath: path, Row: made.Row, Key: key, APIKey: w.Response["private_key"], Response: w.Response, Operation: operationOf(w),
	}
}

// operationOf names the operation that a write has begun, as replies have keys; "" for none.
func operationOf(w *engine.Write) string {
	if len(w.Operations) == 0 {
		return ""
	}
	return strconv.FormatInt(w.Operations[0], 10)
}

// put changes a row, does an action to it or takes a chunk of a file's bytes, depending on the query parameters.
func (c *call) put() error {
	if c.t.Bytes == schema.SentBytes {
		if at, given, err := c.param("filepos"); err != nil || given {
			return orElse(err, func() error { return c.upload(at) })
		}
	}
	action, given, err := c.param("action")
	if err != nil {
		return err
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	if given && action != "" {
		return c.act(c.key, action, in, http.StatusOK)
	}
	if c.t.ReadOnly {
		return errs.New(errs.Invalid, "no_action", "rows of %s can't be changed; name an action, as in ?action=%s", c.t.Name, builtActions(c.t)[0]).On("action")
	}
	return c.change(c.key, in, func(w *engine.Write) (outcome, error) {
		return outcome{}, w.Update(c.t.Name, c.key, in)
	})
}

func (c *call) remove() error {
	return c.change(c.key, nil, func(w *engine.Write) (outcome, error) {
		return outcome{}, w.Delete(c.t.Name, c.key)
	})
}

// done answers 200 without a body, the only reply to a PUT or DELETE that all clients take for success.
func (c *call) done() {
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusOK)
}
