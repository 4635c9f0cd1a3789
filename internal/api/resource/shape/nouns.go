package shape

// Nouns are what this dialect calls the rows of tables that it has another word for than their declaration.
var Nouns = map[string]string{
	"machines": "VM", "machine_drives": "disk", "machine_nics": "network card", "files": "ISO image", "vnet_addresses": "DHCP host",
	"user_api_keys": "API token", "operations": "job", "vm_templates": "template",
}
