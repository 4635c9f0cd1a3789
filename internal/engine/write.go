package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Create makes a row: unknown members are ignored, read-only columns too; defaults, hooks and checks apply.
func (w *Write) Create(table string, in schema.Input) (*schema.Record, error) {
	return w.CreateWith(table, in, nil)
}

// CreateWith is Create with columns that no client can write: what a dialect keeps beside the row, such as the id that it knows a file by.
func (w *Write) CreateWith(table string, in schema.Input, inner schema.Set) (*schema.Record, error) {
	t, err := w.eng.served(table)
	if err != nil {
		return nil, err
	}
	if !t.Creatable() {
		return nil, errs.New(errs.NotAllowed, "not_allowed", "%s come with the system and can't be created", t.Word(errs.Many))
	}
	if err := perm.MayCreate(w.actor, t); err != nil && len(w.made) == 0 {
		return nil, err
	}
	if t.NotBuilt != "" {
		return nil, errs.New(errs.NotBuilt, "not_built", "%s", errs.Ours(t.NotBuilt))
	}
	set, forwarded, err := w.parse(schema.NewRecord(t), in, true)
	if err != nil {
		return nil, err
	}
	r := schema.NewRecord(t)
	if err := w.checkReferences(r, set, forwarded); err != nil {
		return nil, err
	}
	r.PutAll(set)
	if err := w.mayCreate(r); err != nil {
		return nil, err
	}
	if err := checkRequired(r, set, forwarded, true); err != nil {
		return nil, err
	}
	r.PutAll(innerOf(t, inner))
	err = w.insert(r, w.inside(in, inner), forwarded)
	w.noteIdle(r, set)
	return r, err
}

// innerOf holds inner columns against the declaration: a column that clients can write would go past what is asked of theirs.
func innerOf(t *schema.Table, inner schema.Set) schema.Set {
	for name := range inner {
		if t.Stored(name).Writable(true) {
			panic("engine: clients can write " + t.Name + "." + name)
		}
	}
	return inner
}

// insert completes, checks and writes a new row.
func (w *Write) insert(r *schema.Record, in *Inside, forwarded schema.Set) error {
	t := r.Table
	for i, f := range t.Fields {
		if f.IsCreator {
			r.PutAt(i, f.CreatorOf(w.actor.User, w.actor.Name))
		}
	}
	h := w.eng.hooks[t.Name]
	if h.Create != nil {
		if err := h.Create(in, r); err != nil {
			return err
		}
	}
	for i, f := range t.Fields {
		if f.Stored() && r.At(i).IsNull() {
			r.PutAt(i, f.DefaultValue)
		}
		if err := keepsRequired(f, r.At(i)); err != nil {
			return err
		}
	}
	if t.Check != nil {
		if err := t.Check(r); err != nil {
			return err
		}
	}
	plain := takeSealed(r)
	if _, err := w.tx.Create(r, forwarded); err != nil {
		return err
	}
	if err := w.sealInto(r, plain); err != nil {
		return err
	}
	w.made.add(r)
	w.tellOwned(r)
	if h.Created != nil {
		if err := h.Created(in, r); err != nil {
			return err
		}
	}
	if err := w.settle(t, nil, r); err != nil {
		return err
	}
	return w.logRow(r, "created")
}

// tellOwned tells the client the keys of the rows that were made with r, as far as clients can address them.
func (w *Write) tellOwned(r *schema.Record) {
	for _, f := range r.Table.Fields {
		if f.Bond == schema.Owned && !w.tx.Schema().Table(f.Ref).Internal {
			w.Response[f.Name] = r.Get(f.Name).Text()
		}
	}
}

// Update changes columns of a live row.
func (w *Write) Update(table, key string, in schema.Input) error {
	return w.UpdateWith(table, key, in, nil)
}

// UpdateWith is Update with columns that no client can write, as CreateWith has them.
func (w *Write) UpdateWith(table, key string, in schema.Input, inner schema.Set) error {
	t, old, held, err := w.live(table, key, perm.Modify)
	if err != nil {
		return err
	}
	if t.ReadOnly {
		return errs.New(errs.NotAllowed, "not_allowed", "%s are facts and can't be changed", t.Word(errs.Many))
	}
	set, forwarded, err := w.parse(old, in, false)
	if err != nil {
		return err
	}
	if err := held.CheckModify(slices.Sorted(maps.Keys(in))); err != nil {
		return err
	}
	if err := keepsKey(old, set); err != nil {
		return err
	}
	if err := checkRequired(old, set, forwarded, false); err != nil {
		return err
	}
	if err := w.checkReferences(old, set, forwarded); err != nil {
		return err
	}
	given := maps.Clone(set)
	maps.Copy(set, innerOf(t, inner))
	if h := w.eng.hooks[t.Name]; h.Update != nil {
		if err := h.Update(w.inside(in, inner), old, set); err != nil {
			return err
		}
	}
	w.noteIdle(old.With(set), given)
	return w.change(old, set, forwarded)
}

// keepsKey is Invalid when the changes give the row another key. Clients that send whole rows back send it as it is.
func keepsKey(old *schema.Record, set schema.Set) error {
	f := old.Table.Field(old.Table.KeyField)
	if f == nil || !f.IsKey {
		return nil
	}
	if v, given := set[f.Name]; given && v != old.Key {
		return errs.Field(f.Name, "is the key and can't be changed; make another %s", old.Table.Word(errs.One))
	}
	return nil
}

// change writes what differs from the old row, checks the row as a whole, and passes forwarded values on to the rows that it owns.
func (w *Write) change(old *schema.Record, set, forwarded schema.Set) error {
	t := old.Table
	changed, updated := old.Changes(set), old.With(set)
	passed, err := w.passOn(old, forwarded)
	if err != nil || len(changed)+len(passed) == 0 {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if err := keepsRequired(t.Field(name), changed[name]); err != nil {
			return err
		}
	}
	if t.Check != nil {
		if err := t.Check(updated); err != nil {
			return err
		}
	}
	if err := perm.CheckMove(w.tx, w.actor, old, updated); err != nil {
		return err
	}
	w.seal(old, changed)
	if err := w.tx.Change(t.Name, old.Key, changed); err != nil {
		return err
	}
	if err := w.settle(t, old, updated); err != nil {
		return err
	}
	if err := w.renameOwned(old, changed); err != nil {
		return err
	}
	maps.Copy(changed, passed)
	return w.logRow(updated, "changed "+columnList(t, changed)+" of")
}

// passOn writes what differs of the forwarded values into the rows that old owns, and returns it.
func (w *Write) passOn(old *schema.Record, forwarded schema.Set) (passed schema.Set, err error) {
	passed = schema.Set{}
	for name, v := range forwarded {
		f := old.Table.Field(name)
		before, err := w.forwarded(old, f)
		if err != nil {
			return nil, err
		}
		if v == before {
			continue
		}
		passed[name] = v
		owner := f.Owner(old.Table)
		if err := w.tx.Change(owner.Ref, old.Get(owner.Name), schema.Set{name: v}); err != nil {
			return nil, err
		}
	}
	return passed, nil
}

// renameOwned keeps the name of owned rows (a VM's machine) the same as the row's own.
func (w *Write) renameOwned(old *schema.Record, changed schema.Set) error {
	name, renamed := changed["name"]
	for _, f := range old.Table.Fields {
		if !renamed || f.Bond != schema.Owned || old.Get(f.Name).IsNull() || w.tx.Schema().Table(f.Ref).Field("name") == nil {
			continue
		}
		if err := w.tx.Change(f.Ref, old.Get(f.Name), schema.Set{"name": name}); err != nil {
			return err
		}
	}
	return nil
}

// Delete deletes a live row and what goes with it.
func (w *Write) Delete(table, key string) error {
	t, r, held, err := w.live(table, key, perm.Delete)
	if err != nil {
		return err
	}
	if !t.Creatable() {
		return errs.New(errs.NotAllowed, "not_allowed", "%s come with the system and can't be deleted", t.Word(errs.Many))
	}
	if err := held.Check(perm.Delete); err != nil {
		return err
	}
	if h := w.eng.hooks[t.Name]; h.Remove != nil {
		if err := h.Remove(w.inside(nil, nil), r); err != nil {
			return err
		}
	}
	if err := w.tx.Delete(t.Name, r.Key); err != nil {
		return err
	}
	if err := w.settle(t, r, nil); err != nil {
		return err
	}
	return w.logRow(r, "deleted")
}

// live reads the row that a client addressed, with what the actor holds of the rights on it.
func (w *Write) live(table, text string, rights ...perm.Right) (*schema.Table, *schema.Record, perm.Held, error) {
	t, r, err := w.addressed(table, text)
	if err != nil {
		return nil, nil, perm.Held{}, err
	}
	held, err := perm.Ask(w.tx, w.actor, r, rights...)
	if err == nil && !w.made.has(r) {
		err = held.See()
		if h := w.eng.hooks[t.Name]; err == nil && h.Live != nil {
			err = h.Live(w.inside(nil, nil), r)
		}
	}
	return t, r, held, err
}

// addressed reads the row, whoever asks.
func (w *Write) addressed(table, text string) (*schema.Table, *schema.Record, error) {
	t, err := w.eng.served(table)
	if err != nil {
		return nil, nil, err
	}
	key, err := keyOf(t, text)
	if err != nil {
		return nil, nil, err
	}
	r, err := w.tx.Get(t.Name, key)
	return t, r, err
}

// parse coerces what a client sent into column values. Values for forwarded columns come back apart; read-only and unknown members are
// left out, and so are create-only ones on update: real clients send them.
func (w *Write) parse(old *schema.Record, in schema.Input, create bool) (set, forwarded schema.Set, err error) {
	set, forwarded = schema.Set{}, schema.Set{}
	for name, raw := range in {
		f := old.Table.Field(name)
		if f != nil && f.NotBuilt != "" && (f.IsReadOnly || f.Writable(create)) {
			if err := notYet(f, raw, old.Get(name)); err != nil {
				return nil, nil, err
			}
		}
		if f == nil || !f.Writable(create) && !f.IsKey {
			continue
		}
		v, err := f.Parse(raw)
		if err != nil {
			return nil, nil, err
		}
		if v.IsNull() && !create && !f.IsRow() {
			v = f.DefaultValue
		}
		if f.Bond == schema.Forwarded {
			forwarded[name] = v
		} else if !(create && v.IsNull()) {
			set[name] = v
			if f.Long != nil {
				set[f.Long.Name] = schema.BoolValue(schema.WrittenLong(raw))
			}
		}
	}
	return set, forwarded, nil
}

// logRow writes the line of the change log that says who did what to which row.
func (w *Write) logRow(r *schema.Record, what string) error {
	if r.Table.LogType == "" {
		return nil
	}
	return w.logLine(r, fmt.Sprintf("%s %s %q", what, r.Table.Title, nameOf(r)))
}

func (w *Write) logLine(r *schema.Record, text string) error {
	line := store.RecordOf(w.tx, system.LogSet{}.Level(system.LogAudit).Text(text).User(w.actor.Name).ObjectType(r.Table.LogType).ObjectName(nameOf(r)).
		Object(r.Table.Name+"/"+r.Key.Text()).Address(w.actor.Address).Request(w.actor.Request))
	if _, err := w.tx.Insert(line); err != nil {
		return err
	}
	return w.copyLine(line, r)
}

func nameOf(r *schema.Record) string {
	if f := r.Table.DisplayField(); f != nil && f.Stored() {
		return r.Get(f.Name).Text()
	}
	return r.Key.Text()
}

// columnList names the changed columns, never their values: some are secret.
func columnList(t *schema.Table, set schema.Set) string {
	names := slices.Sorted(maps.Keys(set))
	for i, name := range names {
		if f := t.Field(name); f.IsHidden {
			names[i] = "internal state"
		}
	}
	text := ""
	for i, name := range slices.Compact(names) {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

// Text makes the JSON of a string, for code that writes rows as a client would.
func Text(s string) json.RawMessage {
	raw, err := json.Marshal(s)
	if err != nil { // a Go string always marshals
		panic(err)
	}
	return raw
}

// Number makes the JSON of a number.
func Number(n int64) json.RawMessage { return json.RawMessage(strconv.FormatInt(n, 10)) }

// Flag makes the JSON of a boolean.
func Flag(b bool) json.RawMessage { return json.RawMessage(strconv.FormatBool(b)) }
