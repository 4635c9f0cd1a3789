// Package explain says in words why a VM doesn't run, has no address or shows nothing, and what to do about it. It knows what controllers have written into
// rows, and asks no host: an answer costs a few reads, also while libvirt hangs.
package explain

import (
	"context"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/query"
)

// What a check is about.
const (
	Power   = "power"
	Address = "address"
	Console = "console"
)

// How a check came out. A note is worth knowing, and no fault.
const (
	OK      = "ok"
	Note    = "note"
	Problem = "problem"
)

// Check is one thing that was looked at.
type Check struct {
	About string `json:"about" enum:"power,address,console"`
	Code  string `json:"code" doc:"stable, such as network_off"`
	State string `json:"state" enum:"ok,note,problem"`
	Text  string `json:"text"`
	Next  string `json:"next,omitempty" doc:"what to do"`
	Row   string `json:"row,omitempty" doc:"that it is about, as in machine_nics/5"`
}

// Answer explains a VM.
type Answer struct {
	VM      int64   `json:"vm"`
	Name    string  `json:"name"`
	Running bool    `json:"running"`
	Text    string  `json:"text" doc:"the problems, with what to do, in words; that all is well where there is none"`
	AsOf    int64   `json:"as_of" doc:"when the machine's state was last written, in seconds since 1970"`
	Checks  []Check `json:"checks" doc:"in the order in which things have to be right"`
}

// VM explains the VM with that key to the caller, who must be able to read it. What it hangs on is told whether or not the caller can see it.
func VM(ctx context.Context, eng *engine.Engine, key string) (Answer, error) {
	may := query.Request{Key: key, Fields: "$key"}
	if _, err := one[struct{}](ctx, eng, "vms", may); err != nil {
		return Answer{}, err
	}
	f, err := read(ctx, eng, key)
	if err != nil {
		return Answer{}, err
	}
	return f.answer(), nil
}

// answer looks at everything. It is pure.
func (f *facts) answer() Answer {
	a := Answer{VM: f.VM.Key, Name: f.VM.Name, Running: f.status().Running, AsOf: f.status().LastUpdate, Checks: []Check{}}
	for _, checks := range [][]Check{f.power(), f.address(), f.console()} {
		a.Checks = append(a.Checks, checks...)
	}
	var words []string
	for _, c := range a.Checks {
		if c.State == Problem {
			words = append(words, c.Text, c.Next)
		}
	}
	if a.Text = strings.TrimSpace(strings.Join(words, " ")); a.Text == "" {
		a.Text = "Nothing is wrong with the VM as far as the host knows."
	}
	return a
}
