package table

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// rowTag makes the strong tag of one row: the version of what clients can write of it, and the digest of the reply. A write looks at the
// version alone, so it doesn't matter with which fields the row was read, nor do facts in the reply that change by themselves.
func rowTag(version string, body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + version + "-" + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// listTag makes the weak tag of a list.
func listTag(tag string, pretty bool) string {
	if pretty {
		tag += ".pretty"
	}
	return `W/"` + tag + `"`
}

// unchanged puts the tag on the reply; when the client has what it names already, it answers that with 304 and is true.
func (c *call) unchanged(tag string) bool {
	c.w.Header().Set("ETag", tag)
	for _, t := range tagsOf(c.r.Header.Values("If-None-Match")) {
		if t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
			c.w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// tagsOf splits headers that list tags. Ours hold neither commas nor quotes.
func tagsOf(values []string) []string {
	var tags []string
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if t = strings.TrimSpace(t); t != "" {
				tags = append(tags, t)
			}
		}
	}
	return tags
}

// wantedVersions are those one of which a row must have to be written; any says that there is no such condition. Weak tags match nothing.
func wantedVersions(h http.Header) (versions []string, any bool) {
	values := h.Values("If-Match")
	for _, t := range tagsOf(values) {
		if t == "*" {
			return nil, true
		}
		if strong, ok := strings.CutPrefix(t, `"`); ok {
			version, _, _ := strings.Cut(strings.TrimSuffix(strong, `"`), "-")
			versions = append(versions, version)
		}
	}
	return versions, len(values) == 0
}
