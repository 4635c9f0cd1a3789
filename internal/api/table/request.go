package table

import (
	"net/url"
	"strings"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// params calls f with each query parameter. Only & separates them: net/url drops a parameter with a semicolon in it, and a list whose
// filter was dropped is a list of everything.
func (c *call) params(f func(name, value string)) error {
	if c.r.URL.RawQuery == "" {
		return nil
	}
	for pair := range strings.SplitSeq(c.r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return errs.New(errs.Malformed, "bad_query", "a query parameter can't be read: %s", err.Error())
		}
		f(name, value)
	}
	return nil
}

// param returns the first value of a query parameter, "" when there is none.
func (c *call) param(wanted string) (value string, given bool, err error) {
	err = c.params(func(name, v string) {
		if name == wanted && !given {
			value, given = v, true
		}
	})
	return value, given, err
}

// listRequest reads what a list is asked for. A column's name as parameter means that the column equals the value; names that nobody
// knows are ignored, since clients send their own.
func (c *call) listRequest() (query.Request, error) {
	var req query.Request
	err := c.params(func(name, value string) {
		switch name {
		case "fields":
			req.Fields = value
		case "filter":
			req.Filter = value
		case "sort":
			req.Sort = value // a + that arrived as a space is read as what it is, the default
		case "limit":
			req.Limit = value
		case "offset":
			req.Offset = value
		default:
			if f := c.t.Field(name); f != nil && !f.IsHidden {
				if req.Equals == nil {
					req.Equals = map[string]string{}
				}
				req.Equals[name] = value
			}
		}
	})
	return req, err
}

// wantsCount reports whether a list shall tell how many rows there are. In a table with a column of that name, count means the column.
func (c *call) wantsCount() (wants bool, err error) {
	column := c.t.Field("count") != nil
	err = c.params(func(name, value string) {
		if name == "$count" || name == "count" && !column {
			wants = wants || value != "" && value != "0" && value != "false"
		}
	})
	return wants, err
}

// body reads the request's JSON object.
func (c *call) body() (schema.Input, error) { return front.ReadJSON(c.w, c.r, front.MaxJSON) }
