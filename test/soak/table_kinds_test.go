package soak

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"

	"dewpoint/test/harness"
)

// rowsOf is a kind that is one row of a table, whose description changes.
func (l *ledger) rowsOf(table, name string, most int, columns map[string]any) *kind {
	return &kind{
		name: name, most: most,
		create: func(name, value string) *harness.Reply {
			row := map[string]any{"name": name, "description": value}
			for column, value := range columns {
				row[column] = value
			}
			return l.call("POST", table, row, nil)
		},
		change: func(th *thing, value string) *harness.Reply {
			return l.call("PUT", table+"/"+th.id, map[string]any{"description": value}, nil)
		},
		remove: func(th *thing) *harness.Reply { return l.call("DELETE", table+"/"+th.id, nil, nil) },
		id:     func(r *harness.Reply) string { return fmt.Sprint(r.Object()["$key"]) },
		value:  func(rng *rand.Rand, _ *thing) string { return fmt.Sprintf("text %x", rng.Uint64()) },
		list:   func(c *harness.Client) []thing { return listRows(c, table, name, "description") },
	}
}

// listRows lists the rows of a table whose names begin with a text.
func listRows(c *harness.Client, table, prefix, column string) (list []thing) {
	c.T.Helper()
	query := "?fields=$key,name," + column + "&filter=" + url.QueryEscape("name bw '"+prefix+"-'")
	for _, row := range c.Must(200, "GET", table+query, nil).Rows() {
		list = append(list, thing{id: fmt.Sprint(row["$key"]), name: fmt.Sprint(row["name"]), value: fmt.Sprint(row[column])})
	}
	return list
}

// tableKinds are what one client of the table API does: VMs with drives and NICs on networks, which go on and off, files in chunks, and
// rows with nothing behind them.
func (l *ledger) tableKinds() {
	vnets := l.rowsOf("vnets", "vnet", 3, map[string]any{"network": "10.79.0.0/24", "dhcp_enabled": true})
	vnets.touch = func(rng *rand.Rand, th *thing) bool {
		action := []string{"poweron", "poweroff"}[rng.IntN(2)]
		return l.call("POST", "vnet_actions", map[string]any{"vnet": th.id, "action": action}, nil) != nil
	}
	vms := l.rowsOf("vms", "vm", 4, map[string]any{"ram": 256})
	vms.touch = func(rng *rand.Rand, th *thing) bool { return l.touchVM(rng, th, l.pick(vnets)) }
	l.add(vms, vnets, l.chunkedFiles(), l.rowsOf("groups", "group", 10, nil), l.rowsOf("tag_categories", "category", 10, nil))
}

func (l *ledger) touchVM(rng *rand.Rand, th, vnet *thing) bool {
	machine := l.call("GET", "vms/"+th.id+"?fields=machine", nil, nil)
	if machine == nil || machine.Status != 200 {
		return machine != nil
	}
	key := machine.Object()["machine"]
	switch n := rng.IntN(6); {
	case n == 0:
		return l.call("POST", "machine_drives", map[string]any{"machine": key, "disksize": 16 << 20}, nil) != nil
	case n == 1 && vnet != nil:
		return l.call("POST", "machine_nics", map[string]any{"machine": key, "vnet": vnet.id}, nil) != nil
	default:
		action := []string{"poweron", "kill", "reset"}[rng.IntN(3)]
		return l.call("POST", "vm_actions", map[string]any{"vm": th.id, "action": action}, nil) != nil
	}
}

// Of files that are sent in pieces: their size, and that of a piece.
const (
	fileSize  = 320 << 10
	pieceSize = 64 << 10
)

// grown draws how large a file is after the next piece: its value is the size that it has.
func grown(_ *rand.Rand, th *thing) string {
	if th == nil {
		return "0"
	}
	at, _ := strconv.Atoi(th.value)
	return strconv.Itoa(min(at+pieceSize, fileSize))
}

// partly tells whether a piece that wasn't answered can have come in as far as that.
func partly(before, asked, now string) bool {
	from, err1 := strconv.Atoi(before)
	to, err2 := strconv.Atoi(asked)
	at, err3 := strconv.Atoi(now)
	return err1 == nil && err2 == nil && err3 == nil && from <= at && at <= to
}

// piece returns what a file of that name holds from one value to the next.
func piece(name, from, to string) []byte {
	a, _ := strconv.Atoi(from)
	b, _ := strconv.Atoi(to)
	return contentOf(name)[a:b]
}

func (l *ledger) chunkedFiles() *kind {
	return &kind{
		name: "file", most: 3, settled: partly, value: grown,
		create: func(name, _ string) *harness.Reply {
			return l.call("POST", "files", map[string]any{"name": name, "allocated_bytes": strconv.Itoa(fileSize)}, nil)
		},
		change: func(th *thing, value string) *harness.Reply {
			if value == th.value { // nothing is left to send
				return l.call("GET", "files/"+th.id+"?download=1", nil, nil)
			}
			return l.call("PUT", "files/"+th.id+"?filepos="+th.value, piece(th.name, th.value, value), nil)
		},
		remove: func(th *thing) *harness.Reply { return l.call("DELETE", "files/"+th.id, nil, nil) },
		id:     func(r *harness.Reply) string { return fmt.Sprint(r.Object()["$key"]) },
		list:   func(c *harness.Client) []thing { return listRows(c, "files", "file", "filesize") },
		verify: func(th thing) {
			if th.value == strconv.Itoa(fileSize) {
				verifyBytes(l.c, "files/"+th.id+"?download=1", th.name)
			}
		},
	}
}
