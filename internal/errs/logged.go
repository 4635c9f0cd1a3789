package errs

// Logged returns an error as the log wants it, in pairs of name and value: what it says, and all that lies under the texts which are fit to
// be shown.
func Logged(err error) []any {
	attrs := []any{"err", err}
	for e := As(err); e != nil && e.cause != nil; e = As(e.cause) {
		attrs = append(attrs, "cause", e.cause)
	}
	return attrs
}
