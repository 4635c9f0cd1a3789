package errs

// MostRepeated is how many characters of a text an error repeats: what a client sent is told back to show what is meant, not to be sent again.
const MostRepeated = 100

// Ours is a text of the program itself, such as a list of what is possible: errors repeat it whole.
type Ours string

// Clip shortens a text that an error is to repeat.
func Clip(s string) string {
	n := 0
	for i := range s {
		if n++; n > MostRepeated {
			return s[:i] + "…"
		}
	}
	return s
}

// clipped returns the arguments of a format with all texts shortened. Errors among them are made of texts that were.
func clipped(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok && len(s) > MostRepeated {
			args = append([]any(nil), args...)
			for j := i; j < len(args); j++ {
				if s, ok := args[j].(string); ok {
					args[j] = Clip(s)
				}
			}
			return args
		}
	}
	return args
}
