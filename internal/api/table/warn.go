package table

import (
	"net/url"
	"strings"

	"dewpoint/internal/schema"
)

// Warnings stand in the header of that name by code 299 of RFC 7234, section 5.5: what was asked for is done, and there is something to know.

// mostWarned is how many names a warning has: what a client sends must not come back as headers without an end.
const mostWarned = 20

// warn tells which names in fields were left out of the reply.
func (c *call) warn(unknown []string) {
	if len(unknown) == 0 {
		return
	}
	names := make([]string, 0, mostWarned)
	for _, name := range unknown[:min(len(unknown), mostWarned)] {
		names = append(names, url.PathEscape(name[:min(len(name), 80)]))
	}
	if len(unknown) > mostWarned {
		names = append(names, "...")
	}
	c.w.Header().Set("Warning", `299 dewpoint "left out of fields, because there are no such columns: `+strings.Join(names, ", ")+`"`)
}

// warnIdle tells which values are kept without an effect.
func (c *call) warnIdle(idle []*schema.Field) {
	c.w.Header().Del("Warning")
	var texts []string
	for _, f := range idle {
		texts = append(texts, f.Name+" counts only while "+f.Only.String())
	}
	if len(texts) > 0 {
		c.w.Header().Set("Warning", `299 dewpoint "kept without an effect: `+strings.Join(texts, "; ")+`"`)
	}
}
