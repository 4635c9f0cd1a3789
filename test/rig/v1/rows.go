package v1

import (
	"net/http"
	"slices"
	"testing"

	"dewpoint/internal/auth"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// AddUser makes an account without any rights, with the password that all have here.
func AddUser(name string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("users"))
		r.Put("name", schema.TextValue(name))
		r.Put("password", schema.TextValue(auth.HashPassword(Password)))
		r.Put("enabled", schema.BoolValue(true))
		_, err := tx.Create(r, nil)
		return err
	}
}

// AddISO makes a complete file, as an upload would.
func AddISO(name, uuid string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.PutAll(schema.Set{
			"name": schema.TextValue(name), "type": schema.TextValue("iso"), "uuid": schema.TextValue(uuid), "complete": schema.BoolValue(true),
			"allocated_bytes": schema.IntValue(1 << 20), "filesize": schema.IntValue(1 << 20),
		})
		_, err := tx.Create(r, nil)
		return err
	}
}

// UUIDs for files.
const (
	ISOUUID   = "11111111-2222-3333-4444-555555555555"
	OtherUUID = "11111111-2222-3333-4444-666666666666"
)

// MakeNetwork makes a network with DHCP and a reservation.
func MakeNetwork(a *API, name string) *Answer {
	a.T.Helper()
	return a.Post("/virtualization/networks", `{"name":"`+name+`","mode":"nat","ip_range":{"address":"10.1.0.1","netmask":"255.255.255.0"},
		"dhcp":{"start":"10.1.0.10","end":"10.1.0.99","hosts":[{"mac":"52:54:00:00:00:09","ip":"10.1.0.9","name":"printer"}]}}`).Want(http.StatusCreated)
}

// MakeVM makes a VM with a disk, an ISO and a card on the network lan.
func MakeVM(a *API, name string) *Answer {
	a.T.Helper()
	a.Update(AddISO(name+".iso", ISOUUID))
	return a.Post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":2,"os_type":"linux","os_variant":"debian12","autostart":true,"metadata":{"team":"blue","n":3},
		"storage":{"disks":[{"action":"create","size":10,"storage_pool":"default"},{"action":"attach","path":"`+name+`.iso"}]},
		"networks":[{"type":"network","source":"lan","model":"virtio","mac":"52:54:00:12:34:56"}],"graphics":[{"type":"vnc"}]}`).Want(http.StatusCreated)
}

// StartWithVM starts a server that has the network "lan" and on it the VM "box", and returns the answer to its making as well.
func StartWithVM(t testing.TB) (a *API, made *Answer) {
	t.Helper()
	a = Start(t)
	MakeNetwork(a, "lan")
	return a, MakeVM(a, "box")
}

// Holding returns the API as a new user with the rights on all rows of a table, or on the one with the key.
func (a *API) Holding(name, table string, key int64, rights ...perm.Right) *API {
	a.T.Helper()
	a.Update(AddUser(name))
	a.Update(func(tx *store.Tx) error {
		users, err := tx.Find("users", store.Eq("name", schema.TextValue(name)))
		if err != nil {
			return err
		}
		p := schema.NewRecord(tx.Schema().Table("permissions"))
		p.PutAll(schema.Set{"identity": users[0].Get("identity"), "table": schema.TextValue(table), "row": schema.IntValue(key)})
		for _, right := range perm.All {
			p.Put(right.String(), schema.BoolValue(slices.Contains(rights, right)))
		}
		_, err = tx.Create(p, nil)
		return err
	})
	return a.As(a.Login(name, Password))
}
