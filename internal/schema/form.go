package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Condition is met by rows in which a column has one of the values, or any value where none is given.
type Condition struct {
	Column string
	Values []string
}

// Label sets the words that people read in front of the column; without it they are made of its name.
func (f *Field) Label(words string) *Field { f.label = words; return f }

// Section names the part of a form that the column stands in; without it, that is the first.
func (f *Field) Section(name string) *Field { f.SectionName = name; return f }

// When says that the column counts only while another one has one of the values, or any where none is given. Booleans are "true" and "false".
// Forms ask for it only then. A value that is given all the same is kept for the time when it counts, and the reply warns of it.
func (f *Field) When(column string, values ...string) *Field {
	f.Only = &Condition{column, values}
	return f
}

// Holds reports whether a row meets the condition.
func (c *Condition) Holds(r *Record) bool {
	v := r.Get(c.Column)
	text := v.Text()
	if f := r.Table.Field(c.Column); f.Type.Shape() == AsBool {
		text = strconv.FormatBool(v.Bool())
	}
	return slices.Contains(c.Values, text) || len(c.Values) == 0 && text != ""
}

// String says the condition, as in "media is disk, import or clone".
func (c *Condition) String() string {
	if len(c.Values) == 0 {
		return c.Column + " has a value"
	}
	last := len(c.Values) - 1
	first := strings.Join(c.Values[:last], ", ")
	if first != "" {
		first += " or "
	}
	return c.Column + " is " + first + c.Values[last]
}

// InSection puts all columns that stand in no section into one.
func (fs Fields) InSection(name string) Fields {
	for _, f := range fs {
		if f.SectionName == "" {
			f.SectionName = name
		}
	}
	return fs
}

// Caption is what people read in front of the column: its label, or its name in words.
func (f *Field) Caption() string {
	if f.label != "" {
		return f.label
	}
	words := strings.Split(f.Name, "_")
	for i, w := range words {
		switch {
		case slices.Contains(initials, w):
			words[i] = strings.ToUpper(w)
		case i == 0 && w != "":
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// initials are words of names that are written in capitals.
var initials = []string{
	"api", "asn", "bgp", "cpu", "dhcp", "dmz", "dns", "ha", "id", "ip", "ipmi", "iommu", "ipsec", "kvm", "lldp", "mac", "mtu", "nic", "os", "pxe", "ram",
	"rtc", "ssh", "smt", "tftp", "uefi", "url", "usb", "uuid", "vm", "vsan", "vxlan",
}

// checkForms refuses conditions that no row can meet.
func checkForms(t *Table) error {
	for _, f := range t.Fields {
		if f.Only == nil {
			continue
		}
		on := t.Field(f.Only.Column)
		if on == nil || on == f || on.IsHidden || !on.Stored() {
			return fmt.Errorf("%s.%s counts only while %s has a value, which is no other column of the table that clients see", t.Name, f.Name, f.Only.Column)
		}
		for _, v := range f.Only.Values {
			if len(on.Enum) > 0 && !on.inEnum(v) || on.Type.Shape() == AsBool && v != "true" && v != "false" {
				return fmt.Errorf("%s.%s counts only while %s is %q, which it never is", t.Name, f.Name, on.Name, v)
			}
		}
	}
	return nil
}
