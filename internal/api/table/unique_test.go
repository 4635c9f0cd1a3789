package table_test

import (
	"strings"
	"testing"
)

// TestNoRowTwice makes rows whose columns are unique together a second time: the answer is that of a column that is unique by itself.
func TestNoRowTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	s.make("groups", `{"name":"staff"}`)
	s.make("vnets", `{"name":"other","network":"10.1.0.0/24"}`)
	for _, c := range []struct{ table, first, again, text string }{
		{"members", `{"parent_group":2,"member":"users/1"}`, "", "another member has this parent_group and member; choose a different member"},
		{"tag_members", "", `{"tag":1,"member":"vms/1"}`, "another tag member has this member and tag; choose a different tag"},
		{"task_schedule_triggers", "", `{"task":1,"schedule":1}`, "another task trigger has this task and schedule; choose a different schedule"},
		{
			"permissions", `{"identity":1,"table":"vms"}`, `{"identity":1,"table":"/v4/vms","row":0,"read":true}`,
			"another permission has this identity, table and row; choose a different row",
		},
		{
			"machine_nics", `{"machine":1,"vnet":1,"ipaddress":"10.1.0.7"}`, "",
			"another NIC has this vnet and ipaddress; choose a different ipaddress",
		},
	} {
		if c.first != "" {
			s.make(c.table, c.first)
		}
		if c.again == "" {
			c.again = c.first
		}
		before := s.dump()
		if text := s.post("/api/v4/"+c.table, c.again).failed(t, 409); text != c.text {
			t.Errorf("%s twice: %s, want %s", c.table, text, c.text)
		}
		same(t, "rows after "+c.again, before, s.dump())
	}
}

// TestNICsKeepTheirAddresses: no NIC takes an address that another one asked for, neither by another network nor by another address.
func TestNICsKeepTheirAddresses(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	s.make("vnets", `{"name":"other","network":"10.1.0.0/24"}`)
	s.make("machine_nics", `{"machine":1,"vnet":1,"ipaddress":"10.1.0.7"}`)
	moved := s.make("machine_nics", `{"machine":1,"vnet":2,"ipaddress":"10.1.0.7"}`)
	for _, change := range []string{`{"vnet":1}`, `{"vnet":1,"ipaddress":"10.1.0.7"}`} {
		if text := s.put("/api/v4/machine_nics/"+moved, change).failed(t, 409); !strings.Contains(text, "vnet and ipaddress") {
			t.Errorf("%s: %s", change, text)
		}
	}
	s.put("/api/v4/machine_nics/"+moved, `{"vnet":1,"ipaddress":"10.1.0.8"}`).must(t, 200)
	s.put("/api/v4/machine_nics/"+moved, `{"ipaddress":"10.1.0.7"}`).failed(t, 409)
	s.put("/api/v4/machine_nics/"+moved, `{"ipaddress":""}`).must(t, 200)
	s.make("machine_nics", `{"machine":1,"vnet":1}`)
}
