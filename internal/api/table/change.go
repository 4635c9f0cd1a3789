package table

import (
	"encoding/json"
	"net/http"
	"strconv"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// mostIdempotencyKey bounds the header Idempotency-Key in bytes.
const mostIdempotencyKey = 255

// outcome is what a write is answered with; without a body it is empty, the only reply to a PUT or DELETE that all clients take for success.
type outcome struct {
	status int
	body   any
}

// change does a write and answers it. If-Match is looked at in the write's own transaction, on the row with that key; a POST with an
// Idempotency-Key is done once; dry_run only tells what would happen.
func (c *call) change(key string, in schema.Input, do func(*engine.Write) (outcome, error)) error {
	once, err := c.once(in)
	if err != nil {
		return err
	}
	versions, any := wantedVersions(c.r.Header)
	checked := func(w *engine.Write) (outcome, error) {
		if !any && key != "" {
			if err := w.Match(c.t.Name, key, versions); err != nil {
				return outcome{}, err
			}
		}
		out, err := do(w)
		c.warnIdle(w.Idle)
		return out, err
	}
	dry, err := c.dryRun()
	switch {
	case err != nil:
		return err
	case dry:
		return c.try(checked)
	case once != nil:
		return c.doOnce(*once, checked)
	}
	var a outcome
	err = c.eng.Do(c.r.Context(), func(w *engine.Write) (err error) {
		a, err = checked(w)
		return err
	})
	if err != nil {
		return err
	}
	if a.body == nil {
		c.done()
		return nil
	}
	send(c.w, c.r, a.status, a.body)
	return nil
}

// dryRun reports whether the client only wants to know what would happen.
func (c *call) dryRun() (bool, error) {
	v, _, err := c.param("dry_run")
	return v != "" && v != "0" && v != "false", err
}

// refuseDryRun is for writes that can't be tried.
func (c *call) refuseDryRun(what string) error {
	dry, err := c.dryRun()
	if err == nil && dry {
		err = errs.New(errs.Malformed, "no_dry_run", "%s doesn't support dry_run; leave it out", what).On("dry_run")
	}
	return err
}

// effect is an engine's effect as clients read it: the key is a number where the table's keys are.
type effect struct {
	engine.Effect
	Key any `json:"key"`
}

// try answers with what a write would do. The key of a row that would be created is only likely, as nobody reserves it, and none where keys
// are drawn at random.
func (c *call) try(do func(*engine.Write) (outcome, error)) error {
	effects, err := c.eng.Try(c.r.Context(), func(w *engine.Write) error {
		_, err := do(w)
		return err
	})
	if err != nil {
		return err
	}
	would := make([]effect, len(effects))
	for i, e := range effects {
		would[i] = effect{e, e.Key.Any()}
	}
	send(c.w, c.r, http.StatusOK, struct {
		DryRun bool     `json:"dry_run"`
		Would  []effect `json:"would"`
	}{true, would})
	return nil
}

// once reads the header Idempotency-Key, which counts for POST only: the other methods may be repeated anyway.
func (c *call) once(in schema.Input) (*engine.Once, error) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" || c.r.Method != http.MethodPost {
		return nil, nil
	}
	if len(key) > mostIdempotencyKey {
		return nil, errs.New(errs.Malformed, "bad_idempotency_key", "Idempotency-Key may have at most %d characters", mostIdempotencyKey)
	}
	body, err := json.Marshal(in) // sorted by name
	if err != nil {
		return nil, err
	}
	request := strconv.AppendQuote(nil, c.r.URL.Path)
	request = strconv.AppendQuote(request, c.r.URL.RawQuery)
	return &engine.Once{Key: key, Request: append(request, body...)}, nil
}

// doOnce does a write unless it was done already; then it is answered as it was.
func (c *call) doOnce(once engine.Once, do func(*engine.Write) (outcome, error)) error {
	var out *engine.Answer
	replayed := false
	err := c.eng.Do(c.r.Context(), func(w *engine.Write) error {
		kept, err := w.Recall(once)
		if err != nil || kept != nil {
			out, replayed = kept, true
			return err
		}
		a, err := do(w)
		if err != nil {
			return err
		}
		body, err := json.Marshal(a.body)
		out = &engine.Answer{Status: a.status, Body: body}
		if err == nil {
			err = w.Remember(once, *out)
		}
		return err
	})
	if err != nil {
		return err
	}
	if replayed {
		c.w.Header().Set("Idempotent-Replayed", "true")
	}
	send(c.w, c.r, out.Status, json.RawMessage(out.Body))
	return nil
}
