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
		{schema.Filename("f"), map[string]string{`"a b.iso"`: "a b.iso", `"../x"`: "!", `".."`: "!", `"a/b"`: "!", `"a\\b"`: "!", `""`: "!"}},
		{schema.Enum("f", "vnc", "none").Def("vnc"), map[string]string{`"none"`: "none", `"None"`: "!", `""`: "null"}},
		{schema.Enum("f", "1", "2"), map[string]string{`1`: "1", `"2"`: "2", `3`: "!"}},
		{schema.JSON("f"), map[string]string{`{"a": [1, 2]}`: `{"a":[1,2]}`, `"{\"a\":1}"`: `{"a":1}`, `"{}"`: `{}`, `""`: "null", `"text"`: `"text"`, `"{broken"`: `"{broken"`}},
		{schema.Row("f", "vms"), map[string]string{`42`: "42", `"42"`: "42", `0`: "null", `null`: "null", `-3`: "!", `"vms/42"`: "!"}},
		{schema.AnyRow("f"), map[string]string{`"vms/42"`: "vms/42", `"/v4/users/3"`: "users/3", `"vms"`: "!", `"vms/42/x"`: "!", `"vms/4'2"`: "!", `""`: "null"}},
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
	for what, tables := range map[string][]*schema.Table{
		"a table twice":            {a(), a()},
		"a column twice":           {a(schema.String("x"), schema.Bool("x"))},
		"rows of no table":         {a(schema.Rows("list", "b", "a"))},
		"rows without a way back":  {a(schema.Rows("list", "b", "a")), {Name: "b"}},
		"an owner that is missing": {{Name: "a", Owner: "owner"}},
		"a twin of no table":       {a(schema.Row("s", "b").Twin("a"))},
	} {
		if _, err := schema.New(tables...); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if _, err := schema.New(a(schema.Row("later", "not_there_yet"))); err != nil {
		t.Errorf("a reference to a table that will come: %v", err)
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
