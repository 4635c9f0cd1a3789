package system

import (
	"path/filepath"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
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
		return store.Write(w.Tx, r.Key, system.QuarantineSet{}.Wish(system.WishDelete))
	},
	"keep": keepThing,
}}

// idle refuses what can't be done to a thing: there is nothing in a domain, and one wish at a time is carried out.
func idle(r *schema.Record) error {
	switch {
	case system.QuarantineCol.Kind.Of(r).Text() == system.FoundDomain:
		return errs.New(errs.Conflict, "domain_left_alone", "domain %s stays in place, so there is nothing to keep or delete; inspect it with virsh on its host", system.QuarantineCol.Path.Of(r).Text())
	case !system.QuarantineCol.Wish.Of(r).IsNull():
		return errs.New(errs.Conflict, "under_way", "the action %s is in progress", system.QuarantineCol.Wish.Of(r).Text())
	}
	return nil
}

// wishes tells whether the action was asked for before: asking again is no conflict.
func wishes(r *schema.Record, wish string) bool {
	return system.QuarantineCol.Wish.Of(r).Text() == wish
}

// restoreThing makes the row of the file that the bytes become, and tells its key; the quarantine's controller brings the bytes.
func restoreThing(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	if wishes(r, system.WishRestore) {
		w.Answers["file"] = system.QuarantineCol.File.Of(r).Int()
		return nil
	}
	if err := idle(r); err != nil {
		return err
	}
	name := restoredName(r)
	of := storage.FileCol
	made, err := w.Create("files", schema.Input{
		of.Name.Name(): engine.Text(name), of.AllocatedBytes.Name(): engine.Number(system.QuarantineCol.Size.Of(r).Int()),
		of.Description.Name(): engine.Text("found at " + system.QuarantineCol.Path.Of(r).Text() + " without a row"),
	})
	if err != nil {
		return err
	}
	w.Answers["file"] = made.Key.Int()
	return store.Write(w.Tx, r.Key, system.QuarantineSet{}.Wish(system.WishRestore).File(made.Key.Int()))
}

// restoredName makes a file's name of where a thing lay: "pools/1/6f1c…/7-0badcafe.qcow2" becomes "found-pools-1-6f1c…-7-0badcafe.qcow2".
func restoredName(r *schema.Record) string {
	name := "found-" + strings.ReplaceAll(system.QuarantineCol.Path.Of(r).Text(), string(filepath.Separator), "-")
	switch system.QuarantineCol.Kind.Of(r).Text() {
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
	return store.Write(w.Tx, r.Key, system.QuarantineSet{}.KeepUntil(until))
}
