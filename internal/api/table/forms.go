package table

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

// formsPath is not the contract's: $table stays what its clients know, and is for administrators.
const formsPath = "/api/sys/forms"

// form is what a form for the rows of a table needs.
type form struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	Doc      string       `json:"doc"`
	Area     string       `json:"area"`
	Key      string       `json:"key"`
	Display  string       `json:"display,omitempty"`
	Owner    string       `json:"owner,omitempty"`
	Parent   string       `json:"parent,omitempty"`
	Below    string       `json:"below,omitempty"` // the table that parent leads to
	NotBuilt string       `json:"not_built,omitempty"`
	ReadOnly bool         `json:"read_only,omitempty"`
	Aside    string       `json:"aside,omitempty"`
	Unique   [][]string   `json:"unique,omitempty"`
	May      formRights   `json:"may"`
	Sections []string     `json:"sections,omitempty"`
	Fields   []formField  `json:"fields,omitempty"`
	Actions  []formAction `json:"actions,omitempty"`
}

type formRights struct {
	List   bool `json:"list"`
	Read   bool `json:"read"`
	Create bool `json:"create"`
	Modify bool `json:"modify"`
	Delete bool `json:"delete"`
}

type formAction struct {
	Name     string      `json:"name"`
	Doc      string      `json:"doc,omitempty"`
	NotBuilt string      `json:"not_built,omitempty"`
	Params   []formField `json:"params,omitempty"`
}

type formField struct {
	Name       string          `json:"name"`
	Label      string          `json:"label"`
	Section    string          `json:"section,omitempty"`
	Type       string          `json:"type"`
	Required   bool            `json:"required,omitempty"`
	Filled     bool            `json:"filled,omitempty"` // by the server, when it is left out
	ReadOnly   bool            `json:"read_only,omitempty"`
	CreateOnly bool            `json:"create_only,omitempty"`
	AtStart    bool            `json:"at_start,omitempty"` // of a running machine, a change waits for its next start
	Summary    bool            `json:"summary,omitempty"`
	Secret     bool            `json:"secret,omitempty"`
	Unique     bool            `json:"unique,omitempty"`
	Default    json.RawMessage `json:"default,omitempty"`
	Values     []formValue     `json:"values,omitempty"`
	LeadsTo    []string        `json:"leads_to,omitempty"`
	Back       string          `json:"back,omitempty"` // of a list of rows: their column that leads here
	Min        *int64          `json:"min,omitempty"`
	Max        *int64          `json:"max,omitempty"`
	MinLength  int             `json:"min_length,omitempty"`
	MaxLength  int             `json:"max_length,omitempty"`
	Pattern    string          `json:"pattern,omitempty"`
	Hint       string          `json:"hint,omitempty"`
	Example    string          `json:"example,omitempty"`
	Unit       string          `json:"unit,omitempty"`
	Doc        string          `json:"doc,omitempty"`
	OnlyWhen   *formCondition  `json:"only_when,omitempty"`
	NotBuilt   string          `json:"not_built,omitempty"`
}

type formValue struct {
	Value    string `json:"value"`
	Label    string `json:"label"`
	NotBuilt string `json:"not_built,omitempty"`
}

type formCondition struct {
	Column string   `json:"column"`
	Is     []string `json:"is,omitempty"` // one of these; any value where none is given
}

// forms serves GET /api/sys/forms: the declarations of all tables with rows that the caller may have a right on, as forms need them; of some
// tables alone with ?tables=vms,vnets, and without columns and actions with ?brief=1.
func (c *call) forms() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	wanted, some, err := c.param("tables")
	if err != nil {
		return err
	}
	brief, _, err := c.param("brief")
	if err != nil {
		return err
	}
	reached, err := c.eng.Reach(c.r.Context())
	if err != nil {
		return err
	}
	maker := formMaker{schema: c.eng.Schema(), known: make([]string, len(reached))}
	for i, r := range reached {
		maker.known[i] = r.Table.Name
	}
	all := []form{}
	for _, r := range reached {
		switch {
		case some && !slices.Contains(strings.Split(wanted, ","), r.Table.Name):
		case brief == "1":
			all = append(all, maker.head(r))
		default:
			all = append(all, maker.form(r))
		}
	}
	send(c.w, c.r, http.StatusOK, map[string]any{"tables": all})
	return nil
}

// formMaker makes the forms of somebody who knows of some tables alone.
type formMaker struct {
	schema *schema.Schema
	known  []string
}

// head is what a form says of the table as a whole.
func (m formMaker) head(r engine.Reach) form {
	t := r.Table
	f := form{
		Name: t.Name, Title: t.Title, Doc: t.Doc, Area: t.Area, Key: t.Key.String(), Owner: t.Owner, Parent: t.Parent, NotBuilt: t.NotBuilt,
		ReadOnly: t.ReadOnly, Aside: t.Aside, May: formRights(r.May),
	}
	if d := t.DisplayField(); d != nil {
		f.Display = d.Name
	}
	if t.Parent != "" && slices.Contains(m.known, t.Field(t.Parent).Ref) {
		f.Below = t.Field(t.Parent).Ref
	}
	return f
}

func (m formMaker) form(r engine.Reach) form {
	t, f := r.Table, m.head(r)
	f.Fields = m.fields(t.Fields)
	for _, u := range t.Unique {
		if !slices.ContainsFunc(u.Columns, func(name string) bool { return t.Field(name).IsHidden }) {
			f.Unique = append(f.Unique, u.Columns)
		}
	}
	for _, field := range f.Fields {
		if field.Section != "" && !slices.Contains(f.Sections, field.Section) {
			f.Sections = append(f.Sections, field.Section)
		}
	}
	for _, a := range t.Actions {
		f.Actions = append(f.Actions, formAction{a.Name, a.Doc, a.NotBuilt, m.fields(a.Params)})
	}
	return f
}

func (m formMaker) fields(fields schema.Fields) []formField {
	made := []formField{}
	for _, f := range fields {
		if !f.IsHidden {
			made = append(made, m.field(f))
		}
	}
	return made
}

func (m formMaker) field(f *schema.Field) formField {
	made := formField{
		Name: f.Name, Label: f.Caption(), Section: f.SectionName, Type: f.Type.Name(), Required: f.IsRequired && !f.IsFilled, Filled: f.IsFilled,
		ReadOnly: f.IsReadOnly, CreateOnly: f.IsCreateOnly, AtStart: f.IsAtStart, Summary: f.IsSummary, Secret: f.IsSecret, Unique: f.IsUnique, Example: f.ExampleText, Unit: f.UnitName, Doc: f.DocText,
	}
	if !f.DefaultValue.IsNull() {
		made.Default = defaultOf(f)
	}
	if least, most, ok := f.Bounds(); ok {
		made.Min, made.Max = &least, &most
	}
	made.MinLength, made.MaxLength = f.Lengths()
	if expr, hint := f.Pattern(); expr != "" {
		made.Pattern, made.Hint = ecmaPattern(expr), hint
	}
	if f.Only != nil {
		made.OnlyWhen = &formCondition{f.Only.Column, f.Only.Values}
	}
	if f.IsRows() && f.Link == nil {
		made.Back = f.Back
	}
	if f.IsRow() || f.IsRows() {
		for _, to := range f.Targets(m.schema) {
			if slices.Contains(m.known, to.Name) {
				made.LeadsTo = append(made.LeadsTo, to.Name)
			}
		}
	}
	made.Values, made.NotBuilt = values(f)
	return made
}

// values lists what a column can be, and what of it can't be had yet; what is left is said of the column as a whole.
func values(f *schema.Field) (made []formValue, notBuilt string) {
	for _, e := range f.Enum {
		v := formValue{Value: e.Value, Label: e.Label}
		if f.NotBuilt != "" && len(f.Built) > 0 && !slices.Contains(f.Built, e.Value) {
			v.NotBuilt = f.NotBuilt
		}
		made = append(made, v)
	}
	if len(f.Enum) == 0 || len(f.Built) == 0 {
		notBuilt = f.NotBuilt
	}
	return made, notBuilt
}
