package load

import (
	"fmt"
	"math"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestChangeByAnOrdinaryUser measures PUTs by a user who may list, read and change one VM, against the administrator's, in turns.
func TestChangeByAnOrdinaryUser(t *testing.T) {
	needsFlag(t)
	const rounds, each = 10, 50
	s := harness.Start(t)
	admin := s.Table()
	vm := admin.Create("vms", map[string]any{"name": "mine"})
	user := admin.Create("users", map[string]any{"name": "bob", "password": harness.AdminPassword})
	identity := admin.Must(200, "GET", "users/"+user+"?fields=identity", nil).Object()["identity"]
	admin.Create("permissions", map[string]any{"identity": identity, "table": "vms", "row": number(vm), "list": true, "read": true, "modify": true})
	bob := admin.With(harness.Basic("bob", harness.AdminPassword))
	var one, other []time.Duration
	for round := range rounds {
		for i := range each {
			what := fmt.Sprint(round, " ", i)
			one = append(one, change(admin, vm, "admin "+what))
			other = append(other, change(bob, vm, "bob "+what))
		}
	}
	ratio := float64(median(other)) / float64(median(one))
	fmt.Printf("| change of a VM, by an ordinary user / the administrator (medians of %d) | %.2f ms / %.2f ms | | |\n", rounds*each, milliseconds(median(other)), milliseconds(median(one)))
	figure(t, "change of a VM, by an ordinary user ÷ the administrator", math.Round(ratio*100)/100, "×", ratio <= 1.5, "≤ 1.5 ×")
}

func change(c *harness.Client, vm, description string) time.Duration {
	began := time.Now()
	c.Must(200, "PUT", "vms/"+vm, map[string]any{"description": description})
	return time.Since(began)
}
