package schema_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// TestParse gives each type what real clients send, and what nobody may. "!" stands for a refusal that names the field, "null" for
// "use the default".
func TestParse(t *testing.T) {
	t.Parallel()
	lower := regexp.MustCompile(`^[a-z]+$`)
	tests := []struct {
		field *schema.Field
		cases map[string]string // JSON → stored value as text
	}{
		{schema.Bool("f"), map[string]string{
			`true`: "1", `"true"`: "1", `1`: "1", `"1"`: "1", `false`: "0", `"False"`: "0", `0`: "0", `""`: "null", `null`: "null", `2`: "!", `"maybe"`: "!", `[]`: "!", `{}`: "!",
		}},
		{schema.Uint8("f"), map[string]string{`255`: "255", `"7"`: "7", `256`: "!", `-1`: "!", `1.0`: "1", `1.5`: "!", `"x"`: "!", `true`: "!", `""`: "null", `[1]`: "!"}},
		{schema.Int8("f"), map[string]string{`-128`: "-128", `127`: "127", `128`: "!"}},
		{schema.Int16("f"), map[string]string{`-32768`: "-32768", `32768`: "!"}},
		{schema.Int32("f"), map[string]string{`2147483647`: "2147483647", `2147483648`: "!"}},
		{schema.Uint32("f").Range(256, 1024), map[string]string{`256`: "256", `"1024"`: "1024", `255`: "!", `1025`: "!"}},
		{schema.Uint64("f"), map[string]string{`9223372036854775807`: "9223372036854775807", `9223372036854775808`: "!", `1e3`: "1000"}},
		{schema.Num("f"), map[string]string{`1.25`: "1.25", `"80"`: "80", `1e999`: "!", `"NaN"`: "!", `""`: "null"}},
		{schema.String("f").Len(1, 5), map[string]string{`"abc"`: "abc", `"äöüßé"`: "äöüßé", `"abcdef"`: "!", `12`: "12", `true`: "!", `"a\nb"`: "!", `"a\u0000"`: "!", `"a\u007f"`: "!", `null`: "null", `["a"]`: "!"}},
		{schema.LongText("f"), map[string]string{`"a\nb\tc"`: "a\nb\tc", `"a\u0001"`: "!"}},
		{schema.String("f").Match(lower, "lower case"), map[string]string{`"abc"`: "abc", `"ABC"`: "!", `""`: ""}},
		{schema.Filename("f"), map[string]string{
			`"a b.iso"`: "a b.iso", `"../x"`: "!", `".."`: "!", `"a/b"`: "!", `"a\\b"`: "!", `""`: "!",
			"\"a\u0085b\"": "!", "\"a\u202eb\"": "!", "\"a\u2066b\"": "!", "\"a\u2028b\"": "!", "\"\u00ad\u202f\u200c\u00a0\U0001F9CA\"": "\u00ad\u202f\u200c\u00a0\U0001F9CA",
		}},
		{schema.Enum("f", "vnc", "none").Default("vnc"), map[string]string{`"none"`: "none", `"None"`: "!", `""`: "null"}},
		{schema.Enum("f", "1", "2"), map[string]string{`1`: "1", `"2"`: "2", `3`: "!"}},
		{schema.JSON("f"), map[string]string{`{"a": [1, 2]}`: `{"a":[1,2]}`, `"{\"a\":1}"`: `{"a":1}`, `"{}"`: `{}`, `""`: "null", `"text"`: `"text"`, `"{broken"`: `"{broken"`}},
		{schema.Row("f", "vms"), map[string]string{`42`: "42", `"42"`: "42", `0`: "null", `null`: "null", `-3`: "!", `"vms/42"`: "!"}},
		{schema.TextRow("f", "volumes"), map[string]string{`"3f2a"`: "3f2a", `"\u0061\"b"`: `a"b`, `7`: "7", `""`: "null", `null`: "null", `true`: "!", `{"a":1}`: "!", `["a"]`: "!"}},
		{schema.String("f").AsKey(), map[string]string{`"web-1_a.b:c"`: "web-1_a.b:c", `"-a"`: "!", `"$table"`: "!", `"a/b"`: "!", `".."`: "!", `"a b"`: "!", `"ä"`: "!", `""`: "!"}},
		{schema.AnyRow("f").AnyTable(), map[string]string{`"vms/42"`: "vms/42", `"/v4/users/3"`: "users/3", `"\/v4\/users\/3"`: "users/3", `"vms"`: "!", `"vms/42/x"`: "!", `"vms/4'2"`: "!", `""`: "null"}},
		{schema.Created("f"), map[string]string{`1700000000`: "1700000000", `"soon"`: "!"}},
	}
	for _, tt := range tests {
		for raw, want := range tt.cases {
			v, err := tt.field.Parse(json.RawMessage(raw))
			got := v.Text()
			switch {
			case err != nil:
				got = "!"
				if e := errs.As(err); e == nil || e.Kind != errs.Invalid || e.Field != "f" || !strings.Contains(e.Text, "'f'") {
					t.Errorf("%s %s: the error %v isn't about the field", tt.field.Type.Name(), raw, err)
				}
			case v.IsNull():
				got = "null"
			}
			if got != want {
				t.Errorf("%s takes %s as %q, want %q (%v)", tt.field.Type.Name(), raw, got, want, err)
			}
		}
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 123_456_789)
	for _, tt := range []struct {
		field          *schema.Field
		create, change int64 // 0: not touched
	}{
		{schema.Created("f"), 1_700_000_000, 0},
		{schema.CreatedMillis("f"), 1_700_000_000_123, 0},
		{schema.CreatedMicros("f"), 1_700_000_000_123_456, 0},
		{schema.Modified("f"), 1_700_000_000, 1_700_000_000},
		{schema.ModifiedMillis("f"), 1_700_000_000_123, 1_700_000_000_123},
		{schema.ModifiedMicros("f"), 1_700_000_000_123_456, 1_700_000_000_123_456},
		{schema.FileModified("f"), 1_700_000_000, 1_700_000_000},
		{schema.Int64("f"), 0, 0},
	} {
		created, _ := tt.field.Stamp(now, true)
		changed, _ := tt.field.Stamp(now, false)
		if created.Int() != tt.create || changed.Int() != tt.change {
			t.Errorf("%s is stamped %d and %d, want %d and %d", tt.field.Type.Name(), created.Int(), changed.Int(), tt.create, tt.change)
		}
	}
}

func TestBadDeclarationsAreRefused(t *testing.T) {
	t.Parallel()
	a := func(fields ...*schema.Field) *schema.Table { return &schema.Table{Name: "a", Fields: fields} }
	keyed := func(name string, kind schema.KeyKind, fields ...*schema.Field) *schema.Table {
		t := &schema.Table{Name: name, Key: kind, Fields: fields}
		if kind == schema.NameKey {
			t.KeyField, t.Fields = "name", append(schema.Fields{schema.String("name").AsKey()}, fields...)
		}
		return t
	}
	with := func(t *schema.Table, set func(*schema.Table)) *schema.Table {
		set(t)
		return t
	}
	tied := &schema.Table{Name: "b", Fields: schema.Fields{schema.Row("x", "a"), schema.Row("y", "c")}}
	for what, tables := range map[string][]*schema.Table{
		"a table twice":            {a(), a()},
		"a column twice":           {a(schema.String("x"), schema.Bool("x"))},
		"rows of no table":         {a(schema.Rows("list", "b", "a"))},
		"rows without a way back":  {a(schema.Rows("list", "b", "a")), {Name: "b"}},
		"rows by another way":      {a(schema.Rows("list", "b", "c")), {Name: "b", Fields: schema.Fields{schema.Row("c", "c")}}},
		"no rows of a table":       {a(schema.Void("list", "b")), {Name: "b"}},
		"ties of no table":         {a(schema.Linked("list", "a", schema.Link{Table: "b", From: "x", To: "y"}))},
		"ties that miss the row":   {a(schema.Linked("list", "c", schema.Link{Table: "b", From: "y", To: "y"})), tied, {Name: "c"}},
		"ties that miss the list":  {a(schema.Linked("list", "c", schema.Link{Table: "b", From: "x", To: "x"})), tied, {Name: "c"}},
		"an owner that is missing": {{Name: "a", Owner: "owner"}},
		"a twin of no table":       {a(schema.Row("s", "b").Twin("a"))},

		"a number for a hash":             {a(schema.Row("b", "b")), keyed("b", schema.HashKey)},
		"a text for a number":             {a(schema.TextRow("b", "b")), keyed("b", schema.NumberKey)},
		"a number for a name":             {a(schema.Row("b", "b")), keyed("b", schema.NameKey)},
		"twins of a hash and a number":    {keyed("a", schema.HashKey, schema.Row("s", "b").Twin("")), keyed("b", schema.NumberKey)},
		"twins of a hash and a UUID":      {keyed("a", schema.HashKey, schema.TextRow("s", "b").Twin("")), keyed("b", schema.UUIDKey)},
		"an owned row without a name":     {a(schema.TextRow("s", "b").Owned(nil)), keyed("b", schema.NameKey)},
		"a key shown as a number":         {keyed("a", schema.UUIDKey, schema.Uint32("id").Via("$key"))},
		"a key shown as a text":           {keyed("a", schema.NumberKey, schema.String("id").Via("$key"))},
		"names without a column":          {{Name: "a", Key: schema.NameKey}},
		"names in a column of their own":  {{Name: "a", Key: schema.NameKey, KeyField: "name", Fields: schema.Fields{schema.String("name").Required()}}},
		"names that nobody can give":      {{Name: "a", Key: schema.NameKey, KeyField: "name", Fields: schema.Fields{schema.String("name").Via("$key")}}},
		"names that are kept and free":    {with(keyed("a", schema.NameKey), func(t *schema.Table) { t.Tombstone = true })},
		"a hash that clients choose":      {keyed("a", schema.HashKey, schema.String("id").AsKey())},
		"a key column that isn't the key": {with(keyed("a", schema.HashKey, schema.String("id")), func(t *schema.Table) { t.KeyField = "id" })},

		"an owner in any table":  {{Name: "a", Owner: "owner", Fields: schema.Fields{schema.AnyRow("owner").AnyTable().Forgets()}}},
		"a row of no table said": {a(schema.AnyRow("x").Forgets())},
		"what becomes unsaid":    {a(schema.AnyRow("x", "a"))},
		"emptied and required":   {a(schema.AnyRow("x", "a").Required().Forgets())},

		"one column together":                 {{Name: "a", Fields: schema.Fields{schema.Int64("x")}, Unique: []schema.Unique{schema.Together("x")}}},
		"a missing column unique with others": {{Name: "a", Fields: schema.Fields{schema.Int64("x")}, Unique: []schema.Unique{schema.Together("x", "y")}}},
		"unique where a number holds": {{Name: "a", Fields: schema.Fields{schema.Int64("x"), schema.Int64("y")}, Unique: []schema.Unique{
			schema.Together("x", "y").When("x"),
		}}},
	} {
		if _, err := schema.New(tables...); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	for what, tables := range map[string][]*schema.Table{
		"twins with hashes":      {keyed("a", schema.HashKey, schema.TextRow("s", "b").Twin("a")), keyed("b", schema.HashKey, schema.TextRow("a", "a"))},
		"an owned row by a UUID": {a(schema.TextRow("s", "b").Owned(nil)), keyed("b", schema.UUIDKey)},
		"names by the system":    {{Name: "a", Key: schema.NameKey, KeyField: "name", NoCreate: true, Fields: schema.Fields{schema.String("name").Via("$key")}}},
		"names by clients":       {keyed("a", schema.NameKey, schema.TextRow("next", "a"), schema.Rows("before", "a", "next"))},
	} {
		if _, err := schema.New(tables...); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := schema.New(a(schema.Row("later", "not_there_yet"))); err != nil {
		t.Errorf("a reference to a table that will come: %v", err)
	}
}

func TestReadKey(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0123456789abcdef", 3)[:40]
	const id = "0b5c5f7e-3f0a-4c57-9d0e-6a1f2b3c4d5e"
	for kind, texts := range map[schema.KeyKind]map[string]bool{
		schema.NumberKey: {"1": true, "9223372036854775807": true, "0": false, "-1": false, "+1": false, "01": false, "1.0": false, "9223372036854775808": false, "": false, hash: false},
		schema.HashKey:   {hash: true, strings.Repeat("0", 40): true, strings.ToUpper(hash): false, hash[1:]: false, hash + "0": false, "g" + hash[1:]: false, hash + "\n": false, id: false, "1": false, "": false},
		schema.UUIDKey:   {id: true, strings.ToUpper(id): false, strings.ReplaceAll(id, "-", ""): false, "{" + id + "}": false, id + "\n": false, hash: false, "1": false, "": false},
		schema.NameKey:   {"web": true, "Web": true, "1": true, "": false},
	} {
		table := &schema.Table{Name: "a", Key: kind}
		for text, want := range texts {
			key, ok := table.ReadKey(text)
			if ok != want || ok && key.Text() != text {
				t.Errorf("%s: %q is read as %q, %t", kind, text, key.Text(), ok)
			}
			if text, isText := key.Any().(string); ok && (isText != (kind.Storage() == schema.Chars)) {
				t.Errorf("%s: %q is kept as %T", kind, text, key.Any())
			}
		}
	}
}

// TestTargetOfAReference: what can't be a key leads nowhere, so that nobody asks the database for it.
func TestTargetOfAReference(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("ab", 20)
	s, err := schema.New(
		&schema.Table{Name: "hashes", Key: schema.HashKey},
		&schema.Table{Name: "numbers", Fields: schema.Fields{schema.AnyRow("any").AnyTable().Forgets(), schema.TextRow("hash", "hashes"), schema.Row("number", "numbers"), schema.TextRow("later", "not_there_yet")}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		field string
		value schema.Value
		want  string
	}{
		{"any", schema.TextValue("numbers/7"), "numbers 7"},
		{"any", schema.TextValue("numbers/07"), ""},
		{"any", schema.TextValue("hashes/" + hash), "hashes " + hash},
		{"any", schema.TextValue("hashes/" + strings.ToUpper(hash)), ""},
		{"any", schema.TextValue("hashes/7"), ""},
		{"any", schema.TextValue("nowhere/7"), ""},
		{"hash", schema.TextValue(hash), "hashes " + hash},
		{"hash", schema.TextValue("7"), ""},
		{"number", schema.IntValue(7), "numbers 7"},
		{"later", schema.TextValue("x"), ""},
	} {
		got := ""
		if to, key := s.Table("numbers").Field(c.field).Target(s, c.value); to != nil {
			got = to.Name + " " + key.Text()
		}
		if got != c.want {
			t.Errorf("%s = %s leads to %q, want %q", c.field, c.value.Text(), got, c.want)
		}
	}
}

// TestTwinsOfTombstones: the facts of a row are to vanish for clients with it.
func TestTwinsOfTombstones(t *testing.T) {
	t.Parallel()
	s, err := schema.New(
		&schema.Table{Name: "a", Tombstone: true, Fields: schema.Fields{schema.Row("status", "b").Twin("a")}},
		&schema.Table{Name: "b", Fields: schema.Fields{schema.Row("a", "a")}},
	)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Table("b").Tombstone {
		t.Error("the twin of a table with tombstones has none")
	}
}
