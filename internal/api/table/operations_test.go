package table_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"testing"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// importer is a VM to which drives are given that are made from a file.
type importer struct {
	*server
	vm, file string
	machine  int64
}

func importing(t *testing.T) (s *server, vm string, machine int64, make func() (drive, operation string)) {
	t.Helper()
	s = start(t)
	i := s.importingVM("a")
	return s, i.vm, i.machine, i.drive
}

func (s *server) importingVM(name string) importer {
	s.t.Helper()
	made := s.post("/api/v4/vms", `{"name":"`+name+`"}`).must(s.t, 201).object(s.t)
	i := importer{server: s, vm: made["$key"].(string), file: s.make("files", `{"name":"`+name+`.qcow2","allocated_bytes":"3"}`)}
	i.machine = number(s.t, made["response"].(map[string]any)["machine"])
	s.write("files", number(s.t, i.file), schema.Set{"complete": schema.BoolValue(true)})
	return i
}

func number(t testing.TB, text any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text.(string), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// drive gives the VM a drive and returns it with its operation.
func (i importer) drive() (drive, operation string) {
	i.t.Helper()
	reply := i.post("/api/v4/machine_drives", fmt.Sprintf(`{"machine":%d,"media":"import","media_source":%s}`, i.machine, i.file)).must(i.t, 201).object(i.t)
	return reply["$key"].(string), reply["operation"].(string)
}

// A create that begins an operation names it; the drive says so from then on, and others of the machine stand behind it.
func TestOperationsAreNamedAndQueued(t *testing.T) {
	t.Parallel()
	s, _, _, make := importing(t)
	drive, first := make()
	_, second := make()
	same(t, "the drive's status", `{"s":"importing"}`, s.get("/api/v4/machine_drives/"+drive+"?fields=status%23status+as+s").must(t, 200).body)
	for op, place := range map[string]string{first: "0", second: "1"} {
		same(t, "operation", `{"kind":"drive_import","status":"queued","place":`+place+`,"creator":"admin"}`,
			s.get("/api/v4/operations/"+op+"?fields=kind,status,place,creator").must(t, 200).body)
	}
	s.post("/api/v4/operation_actions", `{"operation":`+first+`,"action":"cancel"}`).must(t, 201)
	same(t, "the one behind", `{"status":"queued","place":0}`, s.get("/api/v4/operations/"+second+"?fields=status,place").must(t, 200).body)
	s.send("DELETE", "/api/v4/operations/"+first, nil).must(t, 405)
}

// A file that isn't whole begins nothing yet.
func TestNoOperationBeforeTheFileIsWhole(t *testing.T) {
	t.Parallel()
	s, _, machine, _ := importing(t)
	file := s.make("files", `{"name":"b.qcow2","allocated_bytes":"3"}`)
	reply := s.post("/api/v4/machine_drives", fmt.Sprintf(`{"machine":%d,"media":"import","media_source":%s}`, machine, file)).must(t, 201).object(t)
	if op, begun := reply["operation"]; begun {
		t.Errorf("operation %v", op)
	}
}

// The feed of operations shows those whose object the caller may see, and how they go on.
func TestOperationsFeed(t *testing.T) {
	t.Parallel()
	s, vm, _, make := importing(t)
	with, key := map[string]credential{}, map[string]string{}
	for _, name := range []string{"ann", "bob"} {
		key[name] = s.make("users", `{"name":"`+name+`","password":"`+adminPassword+`"}`)
		with[name] = basic(name, adminPassword)
	}
	other := s.importingVM("b")
	s.grantRow(key["ann"], "vms", vm)
	s.grantRow(key["bob"], "vms", other.vm)
	const path = "/api/v4/operations?watch=1&fields=$key,status,place"
	ann, bob := s.follow(path, "", with["ann"]), s.follow(path, "", with["bob"])
	_, op := make()
	same(t, "created", `created {"$key":`+op+`,"status":"queued","place":0}`, ann.event())
	s.send("PUT", "/api/v4/operations/"+op+"?action=cancel", nil, with["bob"]).must(t, 404)
	s.send("PUT", "/api/v4/operations/"+op+"?action=cancel", nil, with["ann"]).must(t, 200)
	same(t, "cancelled", `changed {"$key":`+op+`,"status":"cancelled","place":0}`, ann.event())
	_, op = other.drive()
	same(t, "the first that bob reads", `created {"$key":`+op+`,"status":"queued","place":0}`, bob.event())
}

// Power that is asked for waits for the operations that were begun before it, and those begun later wait for the power.
func TestPowerStandsInTheQueue(t *testing.T) {
	t.Parallel()
	s, vm, machine, make := importing(t)
	_, first := make()
	s.post("/api/v4/vm_actions", `{"vm":`+vm+`,"action":"poweron"}`).must(t, 201)
	_, second := make()
	before := func() (keys []string) {
		t.Helper()
		if err := s.db.View(t.Context(), func(tx *store.Tx) error {
			m, err := store.GetRow[compute.Machine](tx, schema.IntValue(machine))
			if err != nil {
				return err
			}
			ahead, err := operation.BeforePower(tx, []compute.Machine{m}, func(int64) int64 { return 0 })
			for _, row := range ahead[machine] {
				keys = append(keys, strconv.FormatInt(row.Key, 10))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if got := before(); len(got) != 1 || got[0] != first {
		t.Errorf("power waits for %v, want %s", got, first)
	}
	s.post("/api/v4/operation_actions", `{"operation":`+first+`,"action":"cancel"}`).must(t, 201)
	if got := before(); len(got) != 0 {
		t.Errorf("power waits for %v", got)
	}
	kind := operation.Define(operation.Spec[compute.DriveImport]{Steps: []operation.Step[compute.DriveImport]{{
		Name: "nothing", Do: func(context.Context, *operation.Run[compute.DriveImport]) (operation.Commit, error) { return nil, nil },
	}}})
	runner := operation.New(s.db, 1, []operation.Kind{kind}, func() {}, slog.New(slog.DiscardHandler))
	pass := func(want string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := runner.Reconcile(ctx); err != nil {
			t.Fatal(err)
		}
		runner.Wait()
		same(t, "the operation behind", want, s.get("/api/v4/operations/"+second+"?fields=status,status_info").must(t, 200).body)
	}
	pass(`{"status":"queued","status_info":"waits until the poweron that was asked for before is done"}`)
	s.write("machine_status", machine, schema.Set{"done_seq": schema.IntValue(1), "status": schema.TextValue("running")})
	pass(`{"status":"complete","status_info":null}`)
}
