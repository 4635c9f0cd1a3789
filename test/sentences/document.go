package sentences

import "encoding/json"

// Document returns what is wrong with the summaries and descriptions of an OpenAPI document in JSON, each with its text.
func Document(raw []byte) (faults []string, err error) {
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, err
	}
	walk(tree, func(text string) {
		if fault := Odd(text); fault != "" {
			faults = append(faults, fault+": "+text)
		}
	})
	return faults, nil
}

// walk calls f with all summaries and descriptions.
func walk(tree any, f func(string)) {
	switch t := tree.(type) {
	case []any:
		for _, x := range t {
			walk(x, f)
		}
	case map[string]any:
		for name, x := range t {
			if text, ok := x.(string); ok && (name == "summary" || name == "description") {
				f(text)
			}
			walk(x, f)
		}
	}
}
