package table_test

import (
	"strings"
	"testing"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// TestResourceGroups makes groups and their rules, and reads them as clients do.
func TestResourceGroups(t *testing.T) {
	t.Parallel()
	s := start(t)
	cards := s.make("resource_groups", `{"name":"cards","type":"node_host_gpu_devices","class":"gpu","description":"for AI"}`)
	sticks := s.make("resource_groups", `{"name":"sticks","type":"node_usb_devices","enabled":false}`)
	for filter, want := range map[string]string{
		"$key eq '" + cards + "'":    "cards",
		"uuid eq '" + sticks + "'":   "sticks",
		"class eq 'gpu'":             "cards",
		"class eq 'unknown'":         "sticks",
		"enabled eq true":            "cards",
		"enabled eq false":           "sticks",
		"name ct 'stick'":            "sticks",
		"name eq 'cards'":            "cards",
		"type eq 'node_usb_devices'": "sticks",
	} {
		same(t, filter, `[{"name":"`+want+`"}]`, s.list("resource_groups?fields=name&filter="+filter))
	}
	same(t, "the group", `{"$key":"`+cards+`","uuid":"`+cards+`","type":"node_host_gpu_devices","type_display":"Host GPU","class_display":"GPU","enabled":true,"resource_count":0}`,
		s.list("resource_groups/"+cards+"?fields=$key,uuid,type,display(type) as type_display,display(class) as class_display,enabled,count(resources) as resource_count"))
	s.post("/api/v4/resource_groups", `{"name":"cards","type":"node_usb_devices"}`).must(t, 409)
	s.post("/api/v4/resource_groups", `{"name":"drives","type":"machine_drives"}`).failed(t, 422)
	s.put("/api/v4/resource_groups/"+cards, `{"settings_args":{"a":1}}`).failed(t, 501)
	s.put("/api/v4/resource_groups/"+cards, `{"description":"for games","enabled":false}`).must(t, 200)
	same(t, "changed", `{"description":"for games","enabled":false}`, s.list("resource_groups/"+cards+"?fields=description,enabled"))
}

// TestResourceRules: a rule's filter is one of the table that its group is made of.
func TestResourceRules(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := store.Create(tx, cluster.NodeSet{}.Name("alpha"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	group := s.make("resource_groups", `{"name":"sticks","type":"node_usb_devices"}`)
	body := func(filter string) string {
		return `{"resource_group":"` + group + `","name":"r","node":1,"filter":"` + filter + `"}`
	}
	rule := s.make("resource_rules", body("vendor eq 'x'"))
	path := "/api/v4/resource_rules/" + rule
	same(t, "the rule", `[{"resource_group":"`+group+`","resource_group_display":"sticks","type":"node_usb_devices","type_display":"USB","node":1,"filter":"vendor eq 'x'","resource_count":0,"system_created":false}]`,
		s.list("resource_rules?filter=resource_group eq '"+group+"'&fields=resource_group,display(resource_group) as resource_group_display,type,display(type) as type_display,node,filter,count(resources) as resource_count,system_created"))
	for _, filter := range []string{"vendor eq", "nonsense eq 1", "slot eq '0000:00:03.0'", "vendor ~~ 'x'"} { // a slot is of PCI devices
		for _, r := range []reply{s.post("/api/v4/resource_rules", body(filter)), s.put(path, `{"filter":"`+filter+`"}`)} {
			if text := r.failed(t, 422); !strings.HasPrefix(text, "Validation error on field: 'filter'") {
				t.Errorf("%s: %s", filter, text)
			}
		}
	}
	s.post("/api/v4/resource_rules", strings.Replace(body("vendor eq 'x'"), group, "00000000-0000-4000-8000-000000000000", 1)).failed(t, 422)
	s.post("/api/v4/resource_rules", strings.Replace(body("vendor eq 'x'"), group, "1", 1)).failed(t, 422)
	s.put(path, `{"filter":"vendor eq 'y'","enabled":false,"filter_configuration":{"rows":[1]}}`).must(t, 200)
	same(t, "changed", `{"filter":"vendor eq 'y'","enabled":false}`, s.list("resource_rules/"+rule+"?fields=filter,enabled"))
	s.send("DELETE", "/api/v4/resource_groups/"+group, nil).must(t, 200)
	s.get(path).must(t, 404)
}

// TestGroupsOfDevices: a device of a VM may name a group that it can come from, and no other; then it hears what stands in its way.
func TestGroupsOfDevices(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	sticks := s.make("resource_groups", `{"name":"sticks","type":"node_sriov_nic_devices"}`)
	cards := s.make("resource_groups", `{"name":"cards","type":"node_host_gpu_devices","enabled":false}`)
	for _, ask := range []struct {
		kind, group string
		status      int
		says        string
	}{
		{"node_sriov_nic_devices", sticks, 409, "no node has such a device"},
		{"node_pci_devices", sticks, 422, "resource_group"},
		{"tpm", sticks, 422, "resource_group"},
		{"gpu", cards, 409, "disabled"},
		{"node_host_gpu_devices", "00000000-0000-4000-8000-000000000000", 422, "resource_group"},
	} {
		r := s.post("/api/v4/machine_devices", `{"machine":1,"type":"`+ask.kind+`","resource_group":"`+ask.group+`"}`)
		if text := r.failed(t, ask.status); !strings.Contains(text, ask.says) {
			t.Errorf("%s of %s: %s", ask.kind, ask.group, text)
		}
	}
	same(t, "devices", `[]`, s.list("machine_devices?fields=$key"))
}
