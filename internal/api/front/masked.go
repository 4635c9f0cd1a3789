package front

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// longestName is the length in bytes up to which a word of a path or a query is taken for a name whatever it is made of: that of a UUID.
const longestName = 36

// credential recognises what may be a token, a key or a password in a place where none belongs: long runs of the letters that they are
// written in. Words of our own are shorter, or have signs between them that no token has.
var credential = regexp.MustCompile(`[A-Za-z0-9+_=-]{37,}|eyJ[A-Za-z0-9_.-]*|[0-9a-fA-F]{20,}`)

// masked hides what may be a secret in a text for the log. A UUID is no secret.
func masked(text string) string {
	return credential.ReplaceAllStringFunc(text, func(s string) string {
		if len(s) == longestName && strings.Count(s, "-") == 4 {
			return s
		}
		return "…"
	})
}

// loggedPath is the path for the log: without what may be a secret, and without all that stands behind "tokens", which is one.
func loggedPath(r *http.Request) string {
	parts := strings.Split(r.URL.Path, "/")
	for i, p := range parts {
		if i > 0 && p != "" && strings.EqualFold(parts[i-1], "tokens") {
			parts[i] = "…"
		} else {
			parts[i] = masked(p)
		}
	}
	return strings.Join(parts, "/")
}

// loggedQuery keeps the values of known harmless parameters, as far as they hold no secret by mistake; all others may be secrets.
func loggedQuery(raw string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	for i, p := range parts {
		name, value, given := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		switch name {
		case "fields", "filter", "sort", "limit", "offset", "count", "$count", "action", "filepos", "download", "page", "per_page":
			if plain, err := url.QueryUnescape(value); err != nil || masked(plain) != plain {
				value = masked(plain)
			}
			parts[i] = name + "=" + value
		default:
			parts[i] = masked(name)
			if given {
				parts[i] += "=…"
			}
		}
	}
	return strings.Join(parts, "&")
}
