package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func open(t *testing.T, d driver) *store.DB {
	t.Helper()
	return d.connect(t, d.place(t), model.Schema())
}

func update(t *testing.T, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func record(tx *store.Tx, table string, set schema.Set) *schema.Record {
	r := schema.NewRecord(tx.Schema().Table(table))
	r.PutAll(set)
	return r
}

// makeVM creates a VM with one drive from a file and one NIC on a network.
func makeVM(t *testing.T, db *store.DB, name string) (vm, machine, drive, file, vnet schema.Value) {
	t.Helper()
	update(t, db, func(tx *store.Tx) (err error) {
		r := record(tx, "vms", schema.Set{"name": schema.TextValue(name)})
		if vm, err = tx.Create(r, schema.Set{"on_power_loss": schema.TextValue("leave_off")}); err != nil {
			return err
		}
		machine = r.Get("machine")
		if file, err = tx.Create(record(tx, "files", schema.Set{"name": schema.TextValue(name + ".iso"), "uuid": schema.TextValue(name)}), nil); err != nil {
			return err
		}
		if vnet, err = tx.Create(record(tx, "vnets", schema.Set{"name": schema.TextValue(name + "-net"), "uuid": schema.TextValue(name)}), nil); err != nil {
			return err
		}
		if drive, err = tx.Create(record(tx, "machine_drives", schema.Set{"machine": machine, "media_source": file}), nil); err != nil {
			return err
		}
		_, err = tx.Create(record(tx, "machine_nics", schema.Set{"machine": machine, "vnet": vnet}), nil)
		return err
	})
	return vm, machine, drive, file, vnet
}

func TestCreateMakesWhatComesWithARow(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		vm, machine, drive, _, _ := makeVM(t, db, "web")
		err := db.View(context.Background(), func(tx *store.Tx) error {
			m, err := store.GetRow[compute.Machine](tx, machine)
			if err != nil {
				return err
			}
			if m.Name != "web" || m.Type != "vm" || m.OnPowerLoss != "leave_off" {
				t.Errorf("the owned machine is %+v", m)
			}
			status, err := store.GetRow[compute.MachineStatus](tx, machine)
			if err != nil {
				return err
			}
			if status.Machine != machine.Int() || status.Status != "stopped" || status.Running {
				t.Errorf("the machine's status is %+v", status)
			}
			ds, err := store.GetRow[compute.MachineDriveStatus](tx, drive)
			if err == nil && ds.ParentDrive != drive.Int() {
				t.Errorf("the drive's status points at %d, want %d", ds.ParentDrive, drive.Int())
			}
			row, err2 := store.GetRow[compute.VM](tx, vm)
			if err2 == nil && (row.Created == 0 || row.RAM != 1024 || !row.Enabled) {
				t.Errorf("defaults and stamps are missing: %+v", row)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeleteBuriesTheTreeAndFreesTheName(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		vm, machine, drive, file, vnet := makeVM(t, db, "web")
		del := func(table string, key schema.Value) error {
			return db.Update(context.Background(), func(tx *store.Tx) error { return tx.Delete(table, key) })
		}
		for table, key := range map[string]schema.Value{"files": file, "vnets": vnet} {
			if err := del(table, key); !errs.Is(err, errs.Conflict) {
				t.Fatalf("deleting %s in use: %v, want a conflict", table, err)
			}
		}
		if err := del("vms", vm); err != nil {
			t.Fatal(err)
		}
		if err := del("vms", vm); !errs.Is(err, errs.NotFound) {
			t.Fatalf("deleting twice: %v", err)
		}
		got := map[string]int64{}
		if err := db.View(context.Background(), func(tx *store.Tx) error {
			for _, table := range []string{"vms", "machines", "machine_drives", "machine_nics", "machine_nic_status"} {
				n, err := tx.Count(table, store.Everything())
				if err != nil {
					return err
				}
				got[table] = n
			}
			if _, err := tx.Get("machine_status", machine); !errs.Is(err, errs.NotFound) {
				t.Errorf("the status of a deleted machine: %v", err)
			}
			if _, err := tx.Get("machine_status", machine, store.Everything()); err != nil {
				t.Errorf("the status of a deleted machine is gone for its controller too: %v", err)
			}
			n, err := tx.Count("machines", store.Tombstones())
			got["dead machines"] = n
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{"vms": 0, "machines": 2, "dead machines": 1, "machine_drives": 1, "machine_nics": 0, "machine_nic_status": 0}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("rows after the delete (-want +got):\n%s", d)
		}
		for table, key := range map[string]schema.Value{"files": file, "vnets": vnet} {
			if err := del(table, key); err != nil {
				t.Errorf("deleting %s afterwards: %v", table, err)
			}
		}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.Purge("machine_drives", drive); err != nil {
				return err
			}
			return tx.Purge("machines", machine)
		})
		again, machine2, _, _, _ := makeVM(t, db, "web")
		if again == vm || machine2 == machine {
			t.Errorf("keys were given out again: vm %v, machine %v", again.Int(), machine2.Int())
		}
	})
}

func TestUniqueIsAConflictThatNamesTheColumn(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		makeVM(t, db, "web")
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Create(record(tx, "vms", schema.Set{"name": schema.TextValue("web")}), nil)
			return err
		})
		if e := errs.As(err); e == nil || e.Kind != errs.Conflict || e.Field != "name" {
			t.Fatalf("got %#v, want a conflict on name", err)
		}
		if err := db.View(context.Background(), func(tx *store.Tx) error {
			n, err := tx.Count("machines", store.Eq("type", schema.TextValue("vm")))
			if n != 1 {
				t.Errorf("%d machines, want 1: the refused create left its machine behind", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWatchersHearCommittedChangesOnly(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		var heard []string
		db.Watch(func(cs []store.Change) {
			for _, c := range cs {
				heard = append(heard, c.Table.Name)
			}
		})
		failed := errs.New(errs.Invalid, "no", "no")
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			if _, err := tx.Create(record(tx, "clusters", schema.Set{"name": schema.TextValue("a")}), nil); err != nil {
				return err
			}
			return failed
		})
		if err != failed || len(heard) != 0 {
			t.Fatalf("after a rollback: %v, heard %v", err, heard)
		}
		update(t, db, func(tx *store.Tx) error {
			_, err := tx.Create(record(tx, "clusters", schema.Set{"name": schema.TextValue("a")}), nil)
			return err
		})
		if d := cmp.Diff([]string{"clusters", "cluster_status"}, heard); d != "" {
			t.Error(d)
		}
	})
}

func TestOpenTwiceAndAddAColumn(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		place := d.place(t)
		declare := func(fields ...*schema.Field) *schema.Schema {
			s, err := schema.New(&schema.Table{Name: "things", Title: "Thing", Fields: fields})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		for i, s := range []*schema.Schema{
			declare(schema.String("name")),
			declare(schema.String("name")),
			declare(schema.String("name"), schema.Enum("color", "red", "blue").Default("red")),
		} {
			db, err := d.open(context.Background(), place, s)
			if err != nil {
				t.Fatalf("opening for the %d. time: %v", i+1, err)
			}
			update(t, db, func(tx *store.Tx) error {
				_, err := tx.Create(record(tx, "things", schema.Set{"name": schema.TextValue("x")}), nil)
				return err
			})
			if i == 2 {
				var colors []string
				if err := db.View(context.Background(), func(tx *store.Tx) error {
					rows, err := tx.Find("things")
					for _, r := range rows {
						colors = append(colors, r.Get("color").Text())
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff([]string{"red", "red", "red"}, colors); d != "" {
					t.Error(d)
				}
			}
			db.Close()
		}
	})
}
