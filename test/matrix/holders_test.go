package matrix_test

import (
	"fmt"
	"strings"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// holdings are the sets of rights that every operation is tried with: each alone, and those that change something on rows that are seen.
var holdings = []perm.Rights{
	0, perm.RightsOf(perm.List), perm.RightsOf(perm.Read), perm.RightsOf(perm.Create), perm.RightsOf(perm.Modify), perm.RightsOf(perm.Delete),
	perm.RightsOf(perm.List, perm.Modify), perm.RightsOf(perm.Read, perm.Modify), perm.RightsOf(perm.List, perm.Delete), perm.RightsOf(perm.Read, perm.Delete),
}

// scopes are what rights are granted on.
var scopes = []string{"row", "table", "all"}

// holder is a user who holds some rights on one thing.
type holder struct {
	rights perm.Rights
	scope  string
	token  string
	user   *schema.Record
	grant  schema.Value // row of permissions
	group  schema.Value // identity of a group that the user is in: what is lent goes there, since nobody has two permissions on one thing
}

func nameOf(set perm.Rights) string {
	var names []string
	for _, right := range perm.All {
		if set.Has(right) {
			names = append(names, right.String())
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, "+")
}

// holder makes a user who holds rights on nothing yet, or in the scope all on everything.
func (s *server) holder(rights perm.Rights, scope string) *holder {
	s.Helper()
	h := &holder{rights: rights, scope: scope}
	s.update(func(tx *store.Tx) error {
		h.user = schema.NewRecord(tx.Schema().Table("users"))
		h.user.PutAll(schema.Set{"name": schema.TextValue(fmt.Sprintf("u%d-%s", s.next(), scope)), "enabled": schema.BoolValue(true)})
		_, err := tx.Create(h.user, nil)
		if err == nil {
			h.user, err = tx.Get("users", h.user.Key)
		}
		if err != nil {
			return err
		}
		if h.grant, err = grant(tx, h.user.Get("identity"), "/", 0, rights); err != nil {
			return err
		}
		group := schema.NewRecord(tx.Schema().Table("groups"))
		group.PutAll(schema.Set{"name": h.user.Get("name"), "enabled": schema.BoolValue(true)})
		if _, err := tx.Create(group, nil); err != nil {
			return err
		}
		h.group = group.Get("identity")
		member := schema.NewRecord(tx.Schema().Table("members"))
		member.PutAll(schema.Set{"parent_group": group.Key, "member": schema.TextValue("users/" + h.user.Key.Text())})
		_, err = tx.Create(member, nil)
		return err
	})
	h.token = s.jwt(h.user.Key.Int(), h.user.Get("name").Text())
	return h
}

func grant(tx *store.Tx, identity schema.Value, table string, row int64, rights perm.Rights) (schema.Value, error) {
	p := schema.NewRecord(tx.Schema().Table("permissions"))
	p.PutAll(schema.Set{"identity": identity, "table": schema.TextValue(table), "row": schema.IntValue(row)})
	for _, right := range perm.All {
		p.Put(right.String(), schema.BoolValue(rights.Has(right)))
	}
	_, err := tx.Create(p, nil)
	return p.Key, err
}

// aim puts what the holders hold on a row, or on its table. A row with an owner has its rights from there. To make rows the table is theirs.
func (s *server) aim(at object, op *operation, holders ...*holder) {
	s.Helper()
	s.update(func(tx *store.Tx) error {
		r, err := source(tx, at)
		if err != nil {
			return err
		}
		for _, h := range holders {
			set := schema.Set{"table": schema.TextValue(r.Table.Name), "row": schema.IntValue(0)}
			switch h.scope {
			case "all":
				continue
			case "row":
				set["row"] = schema.IntValue(r.Row)
			case "table":
				if op.kind == creates {
					set["table"] = schema.TextValue(op.table)
				}
			}
			if err := tx.Change("permissions", h.grant, set); err != nil {
				return err
			}
		}
		return nil
	})
}

// source is the row that a row has its rights from.
func source(tx *store.Tx, o object) (*schema.Record, error) {
	r, err := tx.Get(o.table, o.key)
	if err != nil || r.Table.Owner == "" || r.Get(r.Table.Owner).IsNull() {
		return r, err
	}
	t, key := r.Table.Field(r.Table.Owner).Target(tx.Schema(), r.Get(r.Table.Owner))
	return source(tx, object{t.Name, key})
}

// lend gives holders rights on rows beside what they hold, and takes back what was lent before.
func (s *server) lend(to []*holder, on []object, rights perm.Rights) {
	s.Helper()
	s.update(func(tx *store.Tx) error {
		for _, key := range s.lent {
			if err := tx.Purge("permissions", key); err != nil {
				return err
			}
		}
		s.lent = nil
		for _, o := range on {
			r, err := source(tx, o)
			if err != nil {
				return err
			}
			for _, h := range to {
				key, err := grant(tx, h.group, r.Table.Name, r.Row, rights)
				if err != nil {
					return err
				}
				s.lent = append(s.lent, key)
			}
		}
		return nil
	})
}
