package contract

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
)

// TestTerraformCalls makes the calls of the terraform provider, in its order: apply, refresh, change, destroy.
func TestTerraformCalls(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	vm := c.Create("vms", map[string]any{
		"name": "tf", "enabled": true, "machine_type": "", "allow_hotplug": false, "disable_powercycle": false, "cpu_cores": 2, "ram": 2048,
		"console_pass_enabled": false, "usb_tablet": false, "uefi": false, "secure_boot": false, "serial_port": false, "display": "x",
	})
	row := c.Must(200, "GET", "vms/"+vm+"?fields=most", nil).Object()
	machine, ok := row["machine"].(float64)
	if !ok || row["machine_type"] != "q35" {
		t.Fatalf("machine is no number, or an empty machine_type is no default: %v", row)
	}
	drive := c.Create("machine_drives", map[string]any{
		"machine": machine, "name": "disk", "interface": "virtio-scsi", "media": "disk", "disksize": 1 << 30, "preferred_tier": "1",
		"enabled": true, "readonly": false, "preserve_drive_format": false,
	})
	if size := c.Must(200, "GET", "machine_drives/"+drive+"?fields=most", nil).Object()["disksize"]; size != float64(1<<30) {
		t.Errorf("disksize %v", size)
	}
	net := c.Create("vnets", map[string]any{"name": "tf-lan", "enabled": true, "ipaddress": "", "dhcp_enabled": false, "on_power_loss": "last_state"})
	nic := c.Create("machine_nics", map[string]any{"machine": machine, "interface": "virtio", "enabled": true, "vnet": net})
	if key := c.Must(200, "GET", "machine_nics/"+nic+"?fields=most", nil).Object()["vnet"]; fmt.Sprint(key) != net {
		t.Errorf("vnet %v, want %s", key, net)
	}
	if r := c.Must(200, "PUT", "vms/"+vm, map[string]any{"ram": 4096, "enabled": true, "uefi": false}); len(r.Body) != 0 {
		t.Errorf("reply to PUT: %s", r.Body)
	}
	for _, source := range []string{
		"clusters?fields=$key,name,description", "vnets?fields=$key,name,description&filter=name%20eq%20'tf-lan'", "nodes?fields=id,name,description",
		"files?fields=$key,name,description,filesize&filter=owner%20eq%20null%20and%20name%20eq%20'x'", "vms?fields=machine,name,$key,is_snapshot",
	} {
		if r := c.Must(200, "GET", source, nil); !strings.HasPrefix(string(r.Body), "[") {
			t.Errorf("%s: %s", source, r.Body)
		}
	}
	for _, path := range []string{"machine_nics/" + nic, "machine_drives/" + drive, "vms/" + vm, "vnets/" + net} {
		c.Must(200, "DELETE", path, nil)
		c.Must(404, "GET", path, nil)
	}
}

// TestPackerCalls makes the calls of the packer plugin until it would power on.
func TestPackerCalls(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "pk", "enabled": true, "guest_agent": true, "nested_virtualization": false, "disable_hypervisor": false}).Object()
	vm, machine := made["$key"].(string), made["response"].(map[string]any)["machine"].(string)
	row := c.Must(200, "GET", "vms/"+vm+"?fields=id,machine,name,cluster,preferred_node,snapshot_profile,machine%23status%23running%20as%20powerstate", nil).Object()
	if row["powerstate"] != false || row["name"] != "pk" || row["id"] != nil || row["cluster"] != "1" || row["preferred_node"] != nil {
		t.Errorf("row %v", row)
	}
	drive := c.Must(201, "POST", "machine_drives", map[string]any{"machine": machine, "name": "d", "interface": "virtio-scsi", "media": "disk", "disksize": 1 << 30, "enabled": true}).Object()
	if _, is := drive["response"].(map[string]any); is {
		t.Errorf("the reply for a drive has an object as response: %v", drive)
	}
	state := c.Must(200, "GET", "machine_drives/"+drive["$key"].(string)+"?fields=status%23status%20as%20powerState", nil).Object()
	if s, ok := state["powerState"].(string); !ok || s == "importing" {
		t.Errorf("state of a new disk: %v", state)
	}
	c.Must(201, "POST", "machine_nics", map[string]any{"machine": machine, "name": "n", "interface": "virtio", "enabled": true, "assign_ipaddress": false})
	dashboard := c.Must(200, "GET", "vms/"+vm+"?fields=dashboard", nil).Object()["machine"].(map[string]any)
	if len(dashboard["drives"].([]any)) != 1 || len(dashboard["nics"].([]any)) != 1 {
		t.Errorf("dashboard %v", dashboard)
	}
	same := c.Must(200, "GET", "vms?fields=machine%23$key%20as%20id,%20dashboard&filter=name%20eq%20'pk'%20and%20id%20eq%20"+machine, nil).Rows()
	if len(same) != 1 || fmt.Sprint(same[0]["id"]) != machine {
		t.Errorf("found %v", same)
	}
	c.Must(200, "DELETE", "vms/"+vm, nil)
}

// TestConnectionTests makes the first calls of the SDKs.
func TestConnectionTests(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	for _, fields := range []string{"$key,yb_version,os_version,cloud_name", "yb_version,os_version,cloud_name,branch"} {
		rows := c.Must(200, "GET", "system?fields="+fields, nil).Rows()
		if len(rows) != 1 || !strings.HasPrefix(fmt.Sprint(rows[0]["yb_version"]), "26.") {
			t.Errorf("system: %v", rows)
		}
	}
	c.Must(200, "GET", "settings?fields=key,value,default_value,description&filter=key%20eq%20'cloud_name'", nil)
	if got := c.Must(200, "GET", "settings/max_connections", nil).Object()["value"]; got != "10000" {
		t.Errorf("max_connections is %v", got)
	}
	for value, status := range map[string]int{"many": 422, "-1": 422, "": 422, "20000": 200} {
		c.Must(status, "PUT", "settings/max_connections", map[string]any{"value": value})
	}
}

// TestFirstAdministrator has the account that a first start makes be one of the group by which administrators are known, so that it stays one when
// groups change.
func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	filter := url.QueryEscape("parent_group#name eq 'Administrators'")
	if rows := c.Must(200, "GET", "members?fields=member&filter="+filter, nil).Rows(); len(rows) != 1 || rows[0]["member"] != "users/1" {
		t.Errorf("members of Administrators: %v", rows)
	}
	rows := c.Must(200, "GET", "permissions?fields=identity_display,table,row,list,read,create,modify,delete&sort=table", nil).Rows()
	all := map[string]any{"identity_display": "Administrators", "table": "/", "row": 0.0, "list": true, "read": true, "create": true, "modify": true, "delete": true}
	own := map[string]any{"identity_display": "admin", "table": "users", "row": 1.0, "list": true, "read": true, "create": false, "modify": false, "delete": false}
	if len(rows) != 2 || !maps.Equal(rows[0], all) || !maps.Equal(rows[1], own) {
		t.Errorf("permissions of a new system: %v", rows)
	}
	c.Create("groups", map[string]any{"name": "friends"})
	c.Create("users", map[string]any{"name": "bob", "password": "bobs long password"}) // which only administrators do
}
