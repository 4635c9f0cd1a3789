package soak

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"

	"dewpoint/test/harness"
)

// contentOf returns what a file of that name holds.
func contentOf(name string) []byte {
	content := make([]byte, fileSize)
	rand.NewChaCha8(sha256.Sum256([]byte(name))).Read(content)
	return content
}

// verifyBytes holds what can be downloaded against what was sent.
func verifyBytes(c *harness.Client, path, name string) {
	c.T.Helper()
	if got := c.Must(200, "GET", path, nil).Body; !bytes.Equal(got, contentOf(name)) {
		c.T.Errorf("%s is whole and holds something else than was sent", name)
	}
}

// resourceKinds are what one client of the resource API does.
func (l *ledger) resourceKinds() {
	l.add(l.computes(), l.networks(), l.tokens())
}

// member returns a function that reads what a create answered.
func member(path ...string) func(*harness.Reply) string {
	return func(r *harness.Reply) string {
		data := r.Data()
		for _, name := range path[:len(path)-1] {
			data, _ = data[name].(map[string]any)
		}
		return fmt.Sprint(data[path[len(path)-1]])
	}
}

// listOf lists a collection: its items' ids, names and values stand in the members named.
func listOf(c *harness.Client, path, collection, id, name, value string) (list []thing) {
	c.T.Helper()
	items, _ := c.Must(200, "GET", path, nil).Data()[collection].([]any)
	for _, item := range items {
		row, _ := item.(map[string]any)
		list = append(list, thing{id: fmt.Sprint(row[id]), name: fmt.Sprint(row[name]), value: fmt.Sprint(row[value])})
	}
	return list
}

func (l *ledger) computes() *kind {
	const path = "virtualization/computes"
	return &kind{
		name: "compute", most: 3, id: member("uuid"),
		create: func(name, value string) *harness.Reply {
			memory, _ := strconv.Atoi(value)
			disks := map[string]any{"disks": []any{map[string]any{"action": "create", "size": 1}}}
			return l.call("POST", path, map[string]any{"name": name, "memory": memory, "vcpus": 1, "storage": disks}, nil)
		},
		change: func(th *thing, value string) *harness.Reply {
			memory, _ := strconv.Atoi(value)
			return l.call("PUT", path+"/"+th.id, map[string]any{"memory": memory}, nil)
		},
		remove: func(th *thing) *harness.Reply { return l.call("DELETE", path+"/"+th.id, nil, nil) },
		value:  func(rng *rand.Rand, _ *thing) string { return strconv.Itoa(256 + rng.IntN(100)) },
		touch: func(rng *rand.Rand, th *thing) bool {
			action := []string{"start", "force-stop", "reset"}[rng.IntN(3)]
			return l.call("POST", path+"/"+th.id+"/action", map[string]any{"action": action}, nil) != nil
		},
		// memory is what a guest that runs has; what was acknowledged counts from its next start.
		list: func(c *harness.Client) []thing { return listOf(c, path, "vms", "uuid", "name", "max_memory") },
	}
}

func (l *ledger) networks() *kind {
	const path = "virtualization/networks"
	return &kind{
		name: "network", most: 2, id: member("network", "name"),
		create: func(name, value string) *harness.Reply {
			return l.call("POST", path, map[string]any{
				"name": name, "mode": "nat", "autostart": value == "true",
				"ip_range": map[string]any{"address": "10.80.0.1", "netmask": "255.255.255.0"},
			}, nil)
		},
		change: func(th *thing, value string) *harness.Reply {
			return l.call("PUT", path+"/"+th.id, map[string]any{"autostart": value == "true"}, nil)
		},
		remove: func(th *thing) *harness.Reply { return l.call("DELETE", path+"/"+th.id, nil, nil) },
		value:  func(rng *rand.Rand, _ *thing) string { return strconv.FormatBool(rng.IntN(2) == 0) },
		touch: func(rng *rand.Rand, th *thing) bool {
			return l.call("POST", path+"/"+th.id+"/"+[]string{"start", "stop"}[rng.IntN(2)], nil, nil) != nil
		},
		list: func(c *harness.Client) []thing { return listOf(c, path, "networks", "name", "name", "autostart") },
	}
}

func (l *ledger) tokens() *kind {
	const path = "auth/tokens"
	return &kind{
		name: "token", most: 5, id: member("token_info", "id"),
		create: func(name, _ string) *harness.Reply { return l.call("POST", path, map[string]any{"name": name}, nil) },
		remove: func(th *thing) *harness.Reply { return l.call("DELETE", path+"/"+th.id, nil, nil) },
		value:  func(*rand.Rand, *thing) string { return "" },
		list: func(c *harness.Client) (list []thing) {
			items, _ := c.Must(200, "GET", path, nil).Object()["data"].([]any)
			for _, item := range items {
				row, _ := item.(map[string]any)
				list = append(list, thing{id: fmt.Sprint(row["id"]), name: fmt.Sprint(row["name"])})
			}
			return list
		},
	}
}
