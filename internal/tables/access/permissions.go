package access

import (
	"slices"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

var permissionHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		access.PermissionCol.Table.Put(r, tableIn(access.PermissionCol.Table.Of(r).Text()))
		for _, right := range perm.All {
			if f := r.Table.Field(right.String()); r.Get(f.Name).IsNull() {
				r.Put(f.Name, f.DefaultValue)
			}
		}
		if err := findTarget(w, r); err != nil {
			return err
		}
		if perm.RightsIn(r) != 0 {
			if err := bounds.MayOutlast(w, "grant rights"); err != nil {
				return err
			}
		}
		return mayGrant(w, r, perm.RightsIn(r))
	},
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		granted := old.Clone()
		granted.PutAll(set)
		more := perm.RightsIn(granted) &^ perm.RightsIn(old)
		if more == 0 {
			return nil
		}
		if err := bounds.MayOutlast(w, "grant rights"); err != nil {
			return err
		}
		return mayGrant(w, granted, more)
	},
}

// tableIn takes a table's name out of the forms that clients write it in: vms, /vms, /v4/vms, and / or /v4 for all.
func tableIn(text string) string {
	text = strings.Trim(text, "/")
	if text == "v4" {
		text = ""
	}
	text = strings.TrimPrefix(text, "v4/")
	if text == "" {
		return access.AllTables
	}
	return text
}

// findTarget checks that the table and row of a permission are there.
func findTarget(w *engine.Inside, r *schema.Record) error {
	name, row := access.PermissionCol.Table.Of(r).Text(), access.PermissionCol.Row.Of(r)
	if row.IsNull() {
		row = schema.IntValue(0)
		access.PermissionCol.Row.Put(r, 0)
	}
	t := w.Tx.Schema().Table(name)
	switch {
	case name == access.AllTables && row.Int() != 0:
		return errs.Field("row", "must be 0 if the table is /")
	case name == access.AllTables:
		return nil
	case w.Tx.Schema().Expects(name) && row.Int() == 0:
		return nil // it counts once the table is there
	case t == nil || t.Internal:
		return errs.Field("table", "there is no table %s", name)
	case row.Int() == 0:
		return nil
	}
	readable, err := w.Tx.Judge(t, query.Eq("$row", row), perm.Guard(w.Actor, perm.Read)(t))
	if err != nil || readable == nil || !readable[0] {
		return orElse(err, errs.Field("row", "there is no row %s in %s", row.Text(), name).Coded("no_row"))
	}
	target, err := w.Tx.Find(name, store.Numbered(row))
	if err == nil {
		access.PermissionCol.Target.Put(r, engine.PathOf(target[0]).Text())
	}
	return err
}

func orElse(err, instead error) error {
	if err != nil {
		return err
	}
	return instead
}

// mayGrant lets nobody grant what they don't have.
func mayGrant(w *engine.Inside, r *schema.Record, rights perm.Rights) error {
	name, row := access.PermissionCol.Table.Of(r).Text(), access.PermissionCol.Row.Of(r)
	var asked []perm.Right
	var tests []query.Expr
	for _, right := range perm.All {
		if !w.Actor.Admin && rights.Has(right) && !w.Actor.Grants.Whole(name).Has(right) {
			asked = append(asked, right)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	held := make([]bool, len(asked))
	if row.Int() != 0 {
		t := w.Tx.Schema().Table(name)
		for _, right := range asked {
			tests = append(tests, perm.Guard(w.Actor, right)(t))
		}
		found, err := w.Tx.Judge(t, query.Eq("$row", row), tests...)
		if err != nil {
			return err
		}
		copy(held, found)
	}
	if i := slices.Index(held, false); i >= 0 {
		return errs.New(errs.Denied, "denied", "you can't grant the right %q on %s, because you don't have it", asked[i], name).On(asked[i].String())
	}
	return nil
}
