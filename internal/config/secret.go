package config

// Secret is a value that is never printed or logged.
type Secret string

// String implements fmt.Stringer by dots.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "•••"
}

// GoString implements fmt.GoStringer by dots.
func (s Secret) GoString() string { return s.String() }

// MarshalText implements encoding.TextMarshaler by dots, which is what slog and JSON print.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal is the value itself.
func (s Secret) Reveal() string { return string(s) }
