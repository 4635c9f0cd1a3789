package system

import (
	"path/filepath"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
)

var quarantineHooks = engine.Hooks{Actions: map[string]engine.Action{
	"restore": restoreThing,
	"delete": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
		if wishes(r, system.WishDelete) {
			return nil
		}
		if err := idle(r); err != nil {
			return err
		}
		return w.Tx.Change("quarantine", r.Key, schema.Set{"wish": schema.TextValue(system.WishDelete)})
	},
	"keep": keepThing,
}}

// idle refuses what can't be done to a thing: there is nothing in a domain, and one wish at a time is carried out.
func idle(r *schema.Record) error {
	switch {
	case r.Get("kind").Text() == system.FoundDomain:
		return errs.New(errs.Conflict, "domain_left_alone", "domain %s is left alone and no bytes of it are kept; look at it with virsh on its host", r.Get("path").Text())
	case !r.Get("wish").IsNull():
		return errs.New(errs.Conflict, "under_way", "the action %s is under way", r.Get("wish").Text())
	}
	return nil
}

// wishes tells whether the action was asked for before: asking again is no conflict.
func wishes(r *schema.Record, wish string) bool { return r.Get("wish").Text() == wish }

// restoreThing makes the row of the file that the bytes become, and tells its key; the quarantine's controller brings the bytes.
func restoreThing(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	if wishes(r, system.WishRestore) {
		w.Answers["file"] = r.Get("file").Int()
		return nil
	}
	if err := idle(r); err != nil {
		return err
	}
	name := restoredName(r)
	made, err := w.Create("files", schema.Input{
		"name": engine.Text(name), "allocated_bytes": engine.Number(r.Get("size").Int()),
		"description": engine.Text("found at " + r.Get("path").Text() + " without a row"),
	})
	if err != nil {
		return err
	}
	w.Answers["file"] = made.Key.Int()
	return w.Tx.Change("quarantine", r.Key, schema.Set{"wish": schema.TextValue(system.WishRestore), "file": made.Key})
}

// restoredName makes a file's name of where a thing lay: "pools/1/6f1c…/7-0badcafe.qcow2" becomes "found-pools-1-6f1c…-7-0badcafe.qcow2".
func restoredName(r *schema.Record) string {
	name := "found-" + strings.ReplaceAll(r.Get("path").Text(), string(filepath.Separator), "-")
	switch r.Get("kind").Text() {
	case system.FoundMachine, system.FoundNetwork:
		name += ".tar"
	}
	return name
}

func keepThing(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if err := idle(r); err != nil {
		return err
	}
	now := w.Tx.Now().Unix()
	until := params["until"].Int()
	switch {
	case until != 0 && until <= now:
		return errs.Field("until", "must be in the future; use the action delete to remove it now")
	case until == 0 && params["days"].Int() != 0:
		const day = 24 * 60 * 60
		until = now + params["days"].Int()*day
	}
	return w.Tx.Change("quarantine", r.Key, schema.Set{"keep_until": schema.IntValue(until)})
}
