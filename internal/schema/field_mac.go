package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// macType is the address of a network card. It is kept in lower case with colons, however it was written.
type macType struct{ textType }

var macAddress = regexp.MustCompile(`^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$`)

// MAC is the address of a network card, written with colons, hyphens or neither.
func MAC(name string) *Field {
	return (&Field{Name: name, Type: macType{textType{name: "string"}}}).Match(macAddress, "a MAC address")
}

// Parse leaves what is no address to the pattern, and refuses group addresses, which no card can have.
func (t macType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	v, err := t.textType.Parse(f, raw)
	if err != nil || v.IsNull() || !macAddress.MatchString(v.Text()) {
		return v, err
	}
	form := t.Form(v.Text())
	var first byte
	if _, err := fmt.Sscanf(form, "%02x", &first); err != nil || first&1 == 1 || form == "00:00:00:00:00:00" {
		return Value{}, f.invalid("%s isn't the address of a single card", form)
	}
	return TextValue(form), nil
}

// Form writes an address, or a part of one, as those that are kept.
func (macType) Form(text string) string {
	text = strings.ToLower(text)
	if !macAddress.MatchString(text) {
		return strings.ReplaceAll(text, "-", ":")
	}
	digits := strings.NewReplacer(":", "", "-", "").Replace(text)
	var parts []string
	for i := 0; i < len(digits); i += 2 {
		parts = append(parts, digits[i:i+2])
	}
	return strings.Join(parts, ":")
}
