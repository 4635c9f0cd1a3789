package table

import (
	"encoding/json"
	"net/http"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// mostObjects bounds how many objects one request asks about.
const mostObjects = 1000

// rights is what the caller may do with an object.
type rights struct {
	Object string `json:"object"`
	List   bool   `json:"list"`
	Read   bool   `json:"read"`
	Create bool   `json:"create"`
	Modify bool   `json:"modify"`
	Delete bool   `json:"delete"`
}

// can serves POST /api/sys/can: for each of {"objects":["vms/42","vnets"]} what the caller may do with it. What the caller may not see
// looks like what isn't there: nothing may be done with it.
func (c *call) can() error {
	if c.method() != http.MethodPost {
		return c.notAllowed(http.MethodPost)
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	names, err := objectNames(in)
	if err != nil {
		return err
	}
	objects := make([]engine.Object, len(names))
	for i, name := range names {
		table, key, _ := strings.Cut(strings.TrimPrefix(name, "/v4/"), "/")
		objects[i] = engine.Object{Table: table, Key: key}
	}
	held, err := c.eng.Can(c.r.Context(), objects)
	if err != nil {
		return err
	}
	reply := make([]rights, len(names))
	for i, r := range held {
		reply[i] = rights{names[i], r.List, r.Read, r.Create, r.Modify, r.Delete}
	}
	send(c.w, c.r, http.StatusOK, reply)
	return nil
}

func objectNames(in schema.Input) ([]string, error) {
	var names []string
	if err := json.Unmarshal(in["objects"], &names); err != nil || names == nil {
		return nil, errs.Field("objects", `must be a list such as ["vms/42","vnets"]`)
	}
	if len(names) > mostObjects {
		return nil, errs.Field("objects", "at most %d objects can be asked about at once", mostObjects).Coded("too_many_objects")
	}
	return names, nil
}
