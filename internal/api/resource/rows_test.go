package resource_test

import (
	"net/http"

	"dewpoint/internal/auth"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// addUser makes an account without any rights, with the password that all have here.
func addUser(name string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("users"))
		r.Put("name", schema.TextValue(name))
		r.Put("password", schema.TextValue(auth.HashPassword(password)))
		r.Put("enabled", schema.BoolValue(true))
		_, err := tx.Create(r, nil)
		return err
	}
}

// addISO makes a complete file, as an upload would.
func addISO(name, uuid string) func(*store.Tx) error {
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

const (
	isoUUID   = "11111111-2222-3333-4444-555555555555"
	otherUUID = "11111111-2222-3333-4444-666666666666"
)

func makeNetwork(a *api, name string) *answer {
	a.t.Helper()
	return a.post("/virtualization/networks", `{"name":"`+name+`","mode":"nat","ip_range":{"address":"10.1.0.1","netmask":"255.255.255.0"},
		"dhcp":{"start":"10.1.0.10","end":"10.1.0.99","hosts":[{"mac":"52:54:00:00:00:09","ip":"10.1.0.9","name":"printer"}]}}`).want(http.StatusCreated)
}

// makeVM makes a VM with a disk, an ISO and a card on the network lan.
func makeVM(a *api, name string) *answer {
	a.t.Helper()
	a.update(addISO(name+".iso", isoUUID))
	return a.post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":2,"os_type":"linux","autostart":true,"metadata":{"team":"blue","n":3},
		"storage":{"disks":[{"action":"create","size":10,"storage_pool":"default"},{"action":"attach","path":"`+name+`.iso"}]},
		"networks":[{"type":"network","source":"lan","model":"virtio","mac":"52:54:00:12:34:56"}],"graphics":[{"type":"vnc"}]}`).want(http.StatusCreated)
}
