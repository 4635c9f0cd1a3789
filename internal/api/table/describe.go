package table

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// index lists the tables, for people who look around.
func (c *call) index() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	type entry struct {
		Name    string `json:"name"`
		Title   string `json:"title"`
		Doc     string `json:"doc"`
		Actions string `json:"actions,omitempty"`
	}
	var list []entry
	for _, name := range c.eng.Schema().Names() {
		t := c.eng.Schema().Table(name)
		list = append(list, entry{t.Name, t.Title, t.Doc, t.ActionTable})
	}
	send(c.w, c.r, http.StatusOK, list)
	return nil
}

// describe answers with a table's declaration.
func (c *call) describe() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	if !c.actor().Admin {
		return errs.New(errs.Denied, "denied", "only administrators can read the schema of a table")
	}
	doc := tableDoc(c.t)
	for i, m := range doc.Fields {
		f := c.t.Field(m.name)
		if f == nil || f.ListTable == "" { // the columns of actions are no table's
			continue
		}
		list, err := c.listed(f)
		if err != nil {
			return err
		}
		d := m.value.(fieldDoc)
		d.List = list
		doc.Fields[i].value = d
	}
	send(c.w, c.r, http.StatusOK, doc)
	return nil
}

// listed are the values of a column that stand in another table.
func (c *call) listed(f *schema.Field) (list members, err error) {
	rows, err := engine.List[map[string][]string](c.r.Context(), c.eng, f.ListTable, query.Request{Fields: f.ListColumn})
	var values []string
	for _, row := range rows {
		values = append(values, row[f.ListColumn]...)
	}
	slices.Sort(values)
	for _, v := range slices.Compact(values) {
		list = append(list, member{v, v})
	}
	return list, err
}

// tableDescription is a declaration as clients see it.
type tableDescription struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Doc      string            `json:"doc,omitempty"`
	KeyField string            `json:"keyfield"`
	KeyType  string            `json:"keytype"` // "number" or "string", as rows show it
	KeyKind  string            `json:"keykind"` // "number", "hash", "uuid" or "name"
	Display  string            `json:"display,omitempty"`
	Owner    *string           `json:"owner"`
	Parent   *string           `json:"parent"`
	ReadOnly bool              `json:"readonly"`
	NoCreate bool              `json:"nocreate"`
	Views    map[string]string `json:"views"`
	Actions  []actionDoc       `json:"actions"`
	Fields   members           `json:"fields"`
}

type actionDoc struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc,omitempty"`
	Aliases  []string `json:"aliases,omitempty"`
	Table    string   `json:"table"`
	Ref      string   `json:"ref"`
	Params   members  `json:"params"`
	Answers  members  `json:"answers,omitempty"`
	NotBuilt string   `json:"not_built,omitempty"`
}

type fieldDoc struct {
	Type       string          `json:"type"`
	List       members         `json:"list,omitempty"` // value → label
	Required   bool            `json:"required"`
	Default    json.RawMessage `json:"default"`
	ReadOnly   bool            `json:"readonly"`
	CreateOnly bool            `json:"createonly,omitempty"`
	Unique     bool            `json:"unique,omitempty"`
	Secret     bool            `json:"secret,omitempty"`
	Argument   bool            `json:"argument,omitempty"`
	Summary    bool            `json:"summary,omitempty"`
	Ref        string          `json:"ref,omitempty"`
	Back       string          `json:"back,omitempty"`
	Path       string          `json:"path,omitempty"`
	Min        *int64          `json:"min,omitempty"`
	Max        *int64          `json:"max,omitempty"`
	MaxLength  int             `json:"maxlength,omitempty"`
	Unit       string          `json:"unit,omitempty"`
	Doc        string          `json:"doc,omitempty"`
}

// members is a JSON object that keeps the order of the declaration.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (ms members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range ms {
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.WriteByte("{,"[min(i, 1)])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if len(ms) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func tableDoc(t *schema.Table) tableDescription {
	d := tableDescription{
		Name: t.Name, Title: t.Title, Doc: t.Doc, KeyField: "$key", KeyType: "number", KeyKind: t.Key.String(), Owner: orNull(t.Owner), Parent: orNull(t.Parent),
		ReadOnly: t.ReadOnly, NoCreate: t.NoCreate, Views: map[string]string{}, Actions: []actionDoc{}, Fields: fieldDocs(t.Fields),
	}
	if t.KeyField != "" {
		d.KeyField = t.KeyField
	}
	if t.Key != schema.NumberKey {
		d.KeyType = "string"
	}
	if f := t.DisplayField(); f != nil {
		d.Display = f.Name
	}
	for name, fields := range t.Views {
		d.Views[name] = fields
	}
	for _, a := range t.Actions {
		d.Actions = append(d.Actions, actionDoc{a.Name, a.Doc, a.Aliases, t.ActionTable, t.ActionRef, fieldDocs(a.Params), fieldDocs(a.Answers), a.NotBuilt})
	}
	return d
}

// actionsAsTable declares what is posted to a table's actions, for its description.
func actionsAsTable(t *schema.Table) *schema.Table {
	var names []string
	for _, a := range t.Actions {
		names = append(append(names, a.Name), a.Aliases...)
	}
	return &schema.Table{
		Name: t.ActionTable, Title: t.Title + " action", Doc: "What can be done to a row of " + t.Name + "; rows are posted, and never read.",
		Fields: schema.Fields{
			actionRef(t),
			schema.Enum("action", names...).Required(),
			schema.JSON("params").Doc("the action's arguments, as " + t.Name + "/$table lists them"),
		},
	}
}

// actionRef is the column that names the row which an action is done to.
func actionRef(t *schema.Table) *schema.Field {
	if t.Key == schema.NumberKey {
		return schema.Row(t.ActionRef, t.Name).Required()
	}
	return schema.TextRow(t.ActionRef, t.Name).Required()
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func fieldDocs(fields schema.Fields) members {
	docs := members{}
	for _, f := range fields {
		if !f.IsHidden {
			docs = append(docs, member{f.Name, describeField(f)})
		}
	}
	return docs
}

func describeField(f *schema.Field) fieldDoc {
	d := fieldDoc{
		Type: f.Type.Name(), Required: f.IsRequired, Default: defaultOf(f), ReadOnly: f.IsReadOnly, CreateOnly: f.IsCreateOnly, Unique: f.IsUnique,
		Secret: f.IsSecret, Argument: f.IsArgument, Summary: f.IsSummary, Ref: f.Ref, Back: f.Back, Path: f.Path, Unit: f.UnitName, Doc: f.DocText,
	}
	if least, most, ok := f.Bounds(); ok {
		d.Min, d.Max = &least, &most
	}
	_, d.MaxLength = f.Lengths()
	for _, e := range f.Enum {
		d.List = append(d.List, member{e.Value, e.Label})
	}
	return d
}

// defaultOf writes a default as rows show the column.
func defaultOf(f *schema.Field) json.RawMessage { return f.Show(f.DefaultValue) }
