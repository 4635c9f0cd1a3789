package table

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
)

// browserSession describes the session of a page.
func (d *describer) browserSession() {
	who := textObject("name")
	who.Properties["user"], who.Properties["admin"] = &huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: "key in `users`"}, &huma.Schema{Type: huma.TypeBoolean}
	who.Required = append(who.Required, "user", "admin")
	reply := &huma.Response{Description: "Whose session it is.", Content: asJSON(who, person{1, "admin", true})}
	credentials := textObject("login", "password")
	credentials.AdditionalProperties = true
	credentials.Properties["password"].Format = "password"
	credentials.Properties["code"] = &huma.Schema{Type: huma.TypeString, Description: "of the second factor, for accounts that have one"}
	const path = sessionPath
	d.add(endpoint{
		method: http.MethodPost, path: path, id: "begin_session", tag: sessionsTag, summary: "Log in from a page", public: true,
		doc: "Opens a session whose token is in a cookie that no page can read. Only pages of this server can use it: requests that the browser marks as coming from elsewhere, and all requests but GET and HEAD " +
			"that have neither `Sec-Fetch-Site` nor `Origin`, are refused. The address must begin with `https://`, or name the browser's own machine.",
		body: requestBody(credentials, map[string]string{"login": "admin", "password": "secret"}), status: http.StatusOK, reply: reply,
		fails: []errs.Kind{errs.Malformed, errs.Unauthenticated, errs.Denied, errs.TooLarge, errs.Invalid, errs.TooMany},
	})
	d.add(endpoint{method: http.MethodGet, path: path, id: "session", tag: sessionsTag, summary: "Ask who you are", status: http.StatusOK, reply: reply})
	d.add(endpoint{
		method: http.MethodDelete, path: path, id: "leave_session", tag: sessionsTag, summary: "Log out from a page", public: true, doc: "Ends the session that the cookie names, if there is one, and removes the cookie.",
		status: http.StatusOK, reply: empty("The session is over."), fails: []errs.Kind{errs.Denied},
	})
}
