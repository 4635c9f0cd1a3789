package table_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// TestNodeActions asks for them in the three ways that clients do.
func TestNodeActions(t *testing.T) {
	t.Parallel()
	s, _ := alarmed(t)
	for _, style := range []struct{ method, path, body string }{
		{"POST", "/api/v4/node_actions", `{"node":1,"action":"enable_maintenance"}`},
		{"POST", "/api/v4/node_actions/disable_maintenance", `{"node":1}`},
		{"POST", "/api/v4/nodes/1/maintenance_reboot", `{}`},
		{"PUT", "/api/v4/nodes/1?action=maintenance", `{}`},
		{"POST", "/api/v4/node_actions", `{"node":1,"action":"leavemaintenance"}`},
	} {
		if text := s.send(style.method, style.path, strings.NewReader(style.body)).failed(t, 501); !strings.Contains(text, "maintenance mode") {
			t.Errorf("%s: %q doesn't say why", style.path, text)
		}
	}
	s.post("/api/v4/node_actions", `{"node":1,"action":"dance"}`).failed(t, 422)
	s.post("/api/v4/node_actions", `{"node":9,"action":"maintenance"}`).failed(t, 404)
	s.put("/api/v4/nodes/1", `{"ipmi_password":"secret","note":"rack 3"}`).must(t, 200)
	same(t, "the note alone was taken", `{"ipmi_password":null,"note":"rack 3"}`, s.get("/api/v4/nodes/1?fields=ipmi_password,note").body)
	nudged := make(chan struct{}, 1)
	s.bus.OnWake("node", func() {
		select {
		case nudged <- struct{}{}:
		default:
		}
	})
	s.post("/api/v4/node_actions", `{"node":"1","action":"refresh"}`).must(t, 201)
	select {
	case <-nudged:
	default:
		t.Error("refresh woke nobody")
	}
}

// TestNodesTakeNoWishThatIsNotBuilt: a client that sends a whole row back changes nothing; one that asks for something else hears why not.
func TestNodesTakeNoWishThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	s, _ := alarmed(t)
	s.put("/api/v4/nodes/1", `{"maintenance":false,"verify_maintenance":"","overcommit":0,"vm_ram":null,"note":"rack 3"}`).must(t, 200)
	before := s.dump()
	for body, why := range map[string]string{
		`{"maintenance":true}`: "maintenance mode", `{"note":"x","maintenance":"1"}`: "maintenance mode", `{"vm_ram":1}`: "reserving memory", `{"overcommit":"512"}`: "overcommitted",
	} {
		if text := s.put("/api/v4/nodes/1", body).failed(t, 501); !strings.Contains(text, why) {
			t.Errorf("%s: %q doesn't say why", body, text)
		}
	}
	same(t, "what the refused requests left", before, s.dump())
}

// What a column may hold can depend on the hosts that there are.
func TestListOfWhatHostsHave(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, types := range []string{`["pc","q35"]`, `["pc-q35-9.0","q35"]`} {
		err := s.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := store.Create(tx, cluster.NodeSet{}.Name("n").MachineTypes(types))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list := s.get("/api/v4/vms/$table").must(t, 200).object(t)["fields"].(map[string]any)["machine_type"].(map[string]any)["list"]
	if d := cmp.Diff(map[string]any{"pc": "pc", "pc-q35-9.0": "pc-q35-9.0", "q35": "q35"}, list); d != "" {
		t.Error(d)
	}
}
