package table_test

import (
	"strings"
	"testing"
)

// bodies are what real clients send, letter for letter, and what the row says afterwards.
var bodies = []struct{ who, table, body, fields, want string }{
	{
		"guide", "vms", `{"name": "test-vm", "cpu_cores": "2", "ram": "8192", "os_family": "linux", "machine_type": "q35", "enabled": "true"}`,
		"name,cpu_cores,ram,os_family,machine_type,enabled",
		`{"name":"test-vm","cpu_cores":2,"ram":8192,"os_family":"linux","machine_type":"q35","enabled":true}`,
	},
	{
		"terraform", "vms", `{"name":"tf","enabled":false,"machine_type":"","allow_hotplug":false,"disable_powercycle":false,"cpu_cores":2,"ram":2048,"console_pass_enabled":false,
		"usb_tablet":false,"uefi":false,"secure_boot":false,"serial_port":false,"cpu_type":"","description":"","display":"d","assign_ipaddress":true,"cluster":"","snapshot_profile":null}`,
		"name,enabled,machine_type,allow_hotplug,cpu_cores,ram,cluster", `{"name":"tf","enabled":false,"machine_type":"q35","allow_hotplug":false,"cpu_cores":2,"ram":2048,"cluster":null}`,
	},
	{
		"ansible", "vms", `{"name":"an","os_family":"linux","cpu_cores":1,"ram":1024,"machine_subtype":"x","bios_type":"y","network":"lan","boot_order":"cd"}`,
		"name,boot_order", `{"name":"an","boot_order":"cd"}`,
	},
	{
		"numbers and flags as text", "vnets", `{"name":"lan","network":"10.1.0.0/24","mtu":"9000","dhcp_enabled":"true","enabled":1}`,
		"mtu,dhcp_enabled,enabled,ipaddress", `{"mtu":9000,"dhcp_enabled":true,"enabled":true,"ipaddress":null}`,
	},
	{
		"terraform", "machine_drives", `{"machine":1,"name":"disk","interface":"virtio-scsi","media":"disk","disksize":10737418240,"preferred_tier":"1","enabled":true,"readonly":false,"preserve_drive_format":false}`,
		"$key,machine,disksize,preferred_tier,readonly", `{"$key":1,"machine":1,"disksize":10737418240,"preferred_tier":"1","readonly":false}`,
	},
	{
		"machine as text, tier as number", "machine_drives", `{"machine":"1","disksize":"1073741824","preferred_tier":3}`,
		"name,machine,disksize,preferred_tier,orderid", `{"name":"drive_1","machine":1,"disksize":1073741824,"preferred_tier":"3","orderid":1}`,
	},
	{
		"packer", "machine_nics", `{"machine":"1","name":"nic","interface":"virtio","vnet":"1","enabled":true,"assign_ipaddress":false,"macaddress":"52:54:00:AA:BB:CC"}`,
		"name,vnet,macaddress,orderid", `{"name":"nic","vnet":1,"macaddress":"52:54:00:aa:bb:cc","orderid":0}`,
	},
	{
		"verge-cli", "files", `{"name":"disk.qcow2","allocated_bytes":"1048576","description":"d","preferred_tier":"1"}`,
		"name,type,allocated_bytes,owner", `{"name":"disk.qcow2","type":"qcow2","allocated_bytes":1048576,"owner":null}`,
	},
	{
		"terraform", "users", `{"name":"ann","enabled":true,"displayname":"Ann","email":"a@example.org","type":"normal","password":"secret secret","change_password":false,"remote_name":""}`,
		"name,displayname,enabled", `{"name":"ann","displayname":"Ann","enabled":true}`,
	},
}

func TestBodiesOfRealClients(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, b := range bodies {
		// curl --data-ascii names another content type.
		key := s.send("POST", "/api/v4/"+b.table, strings.NewReader(b.body), admin, header("Content-Type", "application/x-www-form-urlencoded"), admin).
			must(t, 201).object(t)["$key"].(string)
		same(t, b.who+" "+b.table, b.want, s.get("/api/v4/"+b.table+"/"+key+"?fields="+b.fields).must(t, 200).body)
	}
}

// TestOddNames sends names that are dangerous somewhere: they are kept as they are, or refused.
func TestOddNames(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, kept := range map[string]bool{
		`it's`: true, `a\"b`: true, `<b>&amp;</b>`: false, `'; DROP TABLE vms; --`: true, `$(reboot)`: true, `héhé ☃`: true, `{$now}`: true, `%00`: true,
		`../../etc/passwd`: false, `a\u0000b`: false, `a\nb`: false, `a\u007fb`: false, ``: false,
	} {
		r := s.post("/api/v4/vms", `{"name":"`+name+`"}`)
		if !kept {
			r.failed(t, 422)
			continue
		}
		key := r.must(t, 201).object(t)["$key"].(string)
		want := `{"name":"` + name + `"}`
		same(t, "name", want, s.get("/api/v4/vms/"+key+"?fields=name").must(t, 200).body)
	}
	quoted := "/api/v4/vms?fields=name&filter=name%20eq%20'it''s'"
	same(t, "filter", `[{"name":"it's"}]`, s.get(quoted).must(t, 200).body)
}
