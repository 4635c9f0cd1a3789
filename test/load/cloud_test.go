package load

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/test/harness"
)

// The table API is measured on a cloud of this size, where nothing else is said: each VM has two drives, two NICs and three snapshots, and the VMs run on ten other nodes,
// so that this one has their rows but nothing to do about them.
const (
	cloudVMs      = 20_000
	cloudNodes    = 10
	drivesEach    = 2
	nicsEach      = 2
	snapshotsEach = 3
	moreSnapshots = 50_000
	moreOn        = 15 // VMs that have those
	cloudBlock    = 1_000_000
)

// The first keys of what is copied.
const (
	firstVM       = cloudBlock
	firstSnapshot = 2 * cloudBlock
	firstMore     = 3 * cloudBlock
	firstNode     = 9 * cloudBlock
)

// pattern holds the keys of the rows that are copied, as they were made through the API.
type pattern struct{ node, nodeMachine, vm, machine, drives, nics int64 }

// buildCloud makes one VM through the API, and copies of its rows in the database until there are that many with their snapshots; the
// server is stopped meanwhile.
func buildCloud(t *testing.T, s *harness.Server, vms int) pattern {
	t.Helper()
	p := makePattern(t, s.Table())
	s.Stop()
	withDatabase(t, s, func(c cloner) {
		c.nodes(p)
		c.vms(p, firstVM, vms-1, "'vm-' || substr('0000' || ((n + 1) * 7919 % 20000), -5)", "0")
		c.exec(`UPDATE machine_status SET node = ? + _key % ?, running = 1, status = 'running', state = 'online', powerstate = 1, settled = 0
			WHERE _key BETWEEN ? AND ?`, firstNode, cloudNodes, firstVM, firstVM+vms)
		c.children("machine_drives", p.drives, drivesEach, vms-1, nil)
		c.children("machine_nics", p.nics, nicsEach, vms-1, map[string]string{
			"macaddress": "printf('52:54:00:%02x:%02x:%02x', KEY >> 16 & 255, KEY >> 8 & 255, KEY & 255)",
		})
		c.snapshots(p, firstSnapshot, vms*snapshotsEach, vms-1)
	})
	s.Run()
	return p
}

// addSnapshots gives a few VMs of the cloud very many snapshots.
func addSnapshots(t *testing.T, s *harness.Server, p pattern) {
	t.Helper()
	s.Stop()
	withDatabase(t, s, func(c cloner) { c.snapshots(p, firstMore, moreSnapshots, moreOn) })
	s.Run()
}

// removeSnapshots takes those away again.
func removeSnapshots(t *testing.T, s *harness.Server) {
	t.Helper()
	s.Stop()
	withDatabase(t, s, func(c cloner) {
		c.exec("DELETE FROM machine_snapshots WHERE snap_machine >= ? AND snap_machine < ?", firstMore, firstNode)
		for _, table := range []string{"vms", "machines", "machine_status", "machine_stats", "machine_console"} {
			c.exec("DELETE FROM "+table+" WHERE _key >= ? AND _key < ?", firstMore, firstNode)
		}
	})
	s.Run()
}

// makePattern makes what is copied. Its machine was on once, and is settled.
func makePattern(t *testing.T, c *harness.Client) (p pattern) {
	t.Helper()
	vnet := c.Create("vnets", map[string]any{"name": "lab", "type": "internal", "network": "10.20.0.0/16", "ipaddress": "10.20.0.1"})
	made := c.Must(201, "POST", "vms", map[string]any{"name": "vm-00000", "description": "made for a measurement", "ram": 2048, "cpu_cores": 2}).Object()
	machine := made["response"].(map[string]any)["machine"]
	p.vm, p.machine = number(made["$key"]), number(machine)
	for i := range drivesEach {
		p.drives = number(c.Create("machine_drives", map[string]any{"machine": machine, "name": fmt.Sprint("disk", i), "disksize": 10 << 30})) - int64(i)
	}
	for i := range nicsEach {
		p.nics = number(c.Create("machine_nics", map[string]any{"machine": machine, "name": fmt.Sprint("nic", i), "vnet": vnet})) - int64(i)
	}
	node := c.Must(200, "GET", "nodes?fields=$key,machine", nil).Rows()[0]
	p.node, p.nodeMachine = int64(node["$key"].(float64)), int64(node["machine"].(float64))
	harness.Eventually(t, 30*time.Second, "the drives have their files", func() (bool, string) {
		r := c.Must(200, "GET", "machine_drive_status?fields=status&filter=progress_pct%20eq%20100", nil)
		return len(r.Rows()) == drivesEach, string(r.Body)
	})
	return p
}

func number(key any) int64 { return schema.TextValue(key.(string)).Int() }

// withDatabase runs f in a transaction on the database of a server that doesn't run.
func withDatabase(t *testing.T, s *harness.Server, f func(cloner)) {
	t.Helper()
	db, err := sql.Open("sqlite", s.Data+"/dewpoint.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	f(cloner{t, tx, model.Schema()})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// cloner copies rows by SQL: that makes a million in seconds.
type cloner struct {
	t      *testing.T
	tx     *sql.Tx
	tables *schema.Schema
}

func (c cloner) exec(text string, args ...any) {
	c.t.Helper()
	if _, err := c.tx.Exec(text, args...); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
}

// rows makes count copies of the row with a key. What set names is computed from n, which counts from 0.
func (c cloner) rows(table string, key int64, count int, set map[string]string) {
	c.t.Helper()
	columns := []string{`"_key"`}
	for _, f := range c.tables.Table(table).Fields {
		if f.Stored() {
			columns = append(columns, `"`+f.Name+`"`)
		}
	}
	values := slices.Clone(columns)
	for name, value := range set {
		i := slices.Index(columns, `"`+name+`"`)
		if i < 0 {
			c.t.Fatalf("%s has no column %s", table, name)
		}
		values[i] = value
	}
	c.exec(fmt.Sprintf(`WITH RECURSIVE counter(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n + 1 < ?)
		INSERT INTO %s (%s) SELECT %s FROM counter CROSS JOIN %s WHERE _key = ?`,
		table, strings.Join(columns, ", "), strings.Join(values, ", "), table), count, key)
}

// machines makes copies of a machine with its twins.
func (c cloner) machines(from, first int64, count int, set map[string]string) {
	key := fmt.Sprintf("%d + n", first)
	set["_key"] = key
	c.rows("machines", from, count, set)
	c.twins("machines", from, count, key)
}

func (c cloner) nodes(p pattern) {
	key := fmt.Sprintf("%d + n", firstNode)
	name := "'node' || (2 + n)"
	c.machines(p.nodeMachine, firstNode, cloudNodes, map[string]string{"name": name, "owner": "'nodes/' || (" + key + ")"})
	c.rows("nodes", p.node, cloudNodes, map[string]string{"_key": key, "machine": key, "name": name, "machine_id": name})
}

// vms makes copies of the VM and its machine.
func (c cloner) vms(p pattern, first int64, count int, name, snapshot string) {
	key := fmt.Sprintf("%d + n", first)
	uuid := fmt.Sprintf("printf('00000000-0000-4000-8%03x-%%012x', n)", first/cloudBlock)
	c.rows("vms", p.vm, count, map[string]string{
		"_key": key, "machine": key, "name": name, "is_snapshot": snapshot, "uuid": uuid, "ram": "1024 * (1 + n % 4)",
	})
	c.machines(p.machine, first, count, map[string]string{"name": name, "owner": "'vms/' || (" + key + ")", "uuid": uuid})
	c.exec(`UPDATE machine_status SET settled = 1 WHERE _key >= ? AND _key < ?`, first, first+int64(count))
}

// children makes copies of a machine's drives or NICs, with their twins, for each of the VMs that are copies.
func (c cloner) children(table string, from int64, each, vms int, set map[string]string) {
	for i := range each {
		key := fmt.Sprintf("%d + n * %d + %d", firstVM, each, i)
		columns := map[string]string{"_key": key, "machine": fmt.Sprintf("%d + n", firstVM)}
		for name, value := range set {
			columns[name] = strings.ReplaceAll(value, "KEY", "("+key+")")
		}
		c.rows(table, from+int64(i), vms, columns)
		c.twins(table, from+int64(i), vms, key)
	}
}

// twins makes copies of the twins of a row.
func (c cloner) twins(table string, from int64, count int, key string) {
	for _, f := range c.tables.Table(table).Fields {
		if f.Bond == schema.Twin {
			c.rows(f.Ref, from, count, map[string]string{"_key": key, f.Back: key})
		}
	}
}

// snapshots makes snapshots of the first VMs, in turn.
func (c cloner) snapshots(p pattern, first int64, count, vms int) {
	c.vms(p, first, count, "'daily'", "1")
	c.exec(`INSERT INTO machine_snapshots (name, created, expires, expires_type, machine, snap_machine)
		SELECT 'daily', created, 0, 'never', ? + (_key - ?) % ?, _key FROM machines WHERE _key >= ? AND _key < ?`,
		firstVM, first, vms, first, first+int64(count))
}
