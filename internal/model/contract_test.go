package model_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/test/golden"
)

// column is a line of testdata/fields.tsv: what real clients know of a column.
type column struct {
	table, name, typ, ref, enum, create, update, required, notes string
}

func contractColumns(t *testing.T) (columns []column) {
	t.Helper()
	raw, err := os.ReadFile("testdata/fields.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n") {
		cells := strings.Split(line, "\t")
		if len(cells) != 11 {
			t.Fatalf("line %d has %d cells", i+1, len(cells))
		}
		if i > 0 { // the heading
			columns = append(columns, column{cells[0], cells[1], cells[2], cells[3], cells[4], cells[6], cells[7], cells[8], cells[9]})
		}
	}
	return columns
}

// TestDeclaredColumnsAreThoseOfTheContract holds every table that is declared against what clients expect of it. What is known to differ
// stands in a golden file, one difference a line.
func TestDeclaredColumnsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	s := model.Schema()
	var differ []string
	held := 0
	for _, c := range contractColumns(t) {
		table := s.Table(c.table)
		if table == nil || table.Internal {
			continue
		}
		held++
		for _, d := range c.differences(s, table) {
			differ = append(differ, fmt.Sprintf("%s.%s: %s", c.table, c.name, d))
		}
	}
	if held < 500 {
		t.Errorf("only %d columns were looked at", held)
	}
	golden.Equal(t, "testdata/differences.golden", strings.Join(differ, "\n")+"\n")
}

// differences says in what a declaration is not what clients expect.
func (c column) differences(s *schema.Schema, table *schema.Table) (all []string) {
	if c.name == "$key" {
		if (c.typ == "string") != (table.Key != schema.NumberKey) {
			all = append(all, "the key is no "+c.typ)
		}
		return all
	}
	f := table.Field(c.name)
	if f == nil || f.IsHidden {
		return []string{"missing"}
	}
	if !c.fits(s, f) {
		all = append(all, fmt.Sprintf("%s instead of %s", f.Type.Name(), c.typ))
	}
	if want := c.target(); want != "" && f.Ref != want {
		all = append(all, fmt.Sprintf("leads to %q instead of %s", f.Ref, want))
	}
	if lacks := c.lacks(f); len(lacks) > 0 {
		all = append(all, "lacks the values "+strings.Join(lacks, ","))
	}
	if c.create == "yes" && (f.IsReadOnly || table.ReadOnly || table.NoCreate) {
		all = append(all, "clients write it in a create, and it is read-only")
	}
	switch {
	case c.update == "yes" && f.NotBuilt != "":
		all = append(all, "clients write it in an update, which is answered with 501")
	case c.update == "yes" && (f.IsReadOnly || f.IsCreateOnly || table.ReadOnly):
		all = append(all, "clients write it in an update, and it is read-only")
	}
	if f.IsRequired && c.required != "yes" {
		all = append(all, "required, which clients don't know")
	}
	return all
}

// fits tells whether clients read and write the column as the contract has it.
func (c column) fits(s *schema.Schema, f *schema.Field) bool {
	if f.Type.Name() == c.typ || strings.Contains(c.notes, "type inferred from the name") {
		return true
	}
	if !f.IsRow() {
		return c.typ == "row" && f.Type.Name() == "string" && strings.Contains(c.ref, "reads back as the string")
	}
	switch to := s.Table(f.Ref); {
	case f.Ref == "" || to != nil && to.Key != schema.NumberKey: // "table/key", or a key that is a text
		return c.typ == "string"
	default:
		return c.typ == "uint32"
	}
}

// target is the table that the column leads to; "" where the contract names none.
func (c column) target() string {
	if strings.HasPrefix(c.ref, "(") {
		return "" // prose
	}
	return strings.TrimPrefix(c.ref, "/sys/")
}

// lacks lists the values that the contract has and the column doesn't take.
func (c column) lacks(f *schema.Field) (missing []string) {
	if c.enum == "" || strings.HasPrefix(c.enum, "(") && !strings.HasPrefix(c.enum, "(empty)") {
		return nil // none, or prose
	}
	for v := range strings.SplitSeq(c.enum, ",") {
		if v != "(empty)" && !takes(f, v) { // every column can be empty
			missing = append(missing, v)
		}
	}
	return missing
}

// takes tells whether the column declares the value: in its list, by its pattern, or a number in its range. "a..b" is all between two.
func takes(f *schema.Field, value string) bool {
	if first, last, many := strings.Cut(value, ".."); many {
		return takes(f, first) && takes(f, last)
	}
	if pattern, _ := f.Pattern(); pattern != "" {
		return regexp.MustCompile(pattern).MatchString(value)
	}
	for _, e := range f.Enum {
		if e.Value == value {
			return true
		}
	}
	least, most, bounded := f.Bounds()
	n, err := strconv.ParseInt(value, 10, 64)
	return err == nil && bounded && least <= n && n <= most
}

// TestKnownTablesAreThoseOfTheContract holds the list of tables that clients know against the contract: grants on those that aren't declared are
// kept. With -update it is made anew.
func TestKnownTablesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/tables.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(line, "\t")
		if name, kind := cells[0], cells[2]; name != "table" && kind != "actions" {
			known = append(known, name)
		}
	}
	golden.Equal(t, "known.txt", strings.Join(known, "\n")+"\n")
}
