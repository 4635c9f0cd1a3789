package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// foreignDomains declares the domains of the nodes' libvirt that Dewpoint didn't make.
func foreignDomains() *schema.Table {
	return &schema.Table{
		Name: "foreign_domains", Title: "Foreign domain", ReadOnly: true, Parent: "node", Wakes: []string{"operation"},
		Doc:         "Domains of the nodes' libvirt that others made. Nothing is done to them unless somebody adopts one: then it becomes a VM. Domains of other Dewpoint servers aren't listed.",
		ActionTable: "foreign_domain_actions", ActionRef: "foreign_domain", Actions: foreignActions(),
		Fields: schema.Fields{
			schema.Row("node", "nodes").ReadOnly().Summary().Follows(),
			schema.String("name").ReadOnly().Summary(),
			schema.String("uuid").ReadOnly().Summary(),
			schema.String("title").ReadOnly(),
			schema.Enum("state", "running", "paused", "stopping", "off", "crashed", "suspended", "unknown").ReadOnly().Summary(),
			schema.Bool("persistent").ReadOnly().Doc("it has a definition, and so is there still when it is off"),
			schema.Uint32("cpu_cores").ReadOnly().Default(0).Summary(),
			schema.Uint32("ram").ReadOnly().Default(0).Unit("MiB").Summary(),
			schema.String("machine_type").ReadOnly(),
			schema.Bool("uefi").ReadOnly(),
			schema.JSON("disks").ReadOnly().Doc("a list of objects with path, format, interface, cdrom, readonly and serial"),
			schema.JSON("nics").ReadOnly().Doc("a list of objects with mac, interface and source"),
			schema.Bool("adoptable").ReadOnly().Summary().Doc("it is off, and a VM could have all that it has"),
			schema.JSON("obstacles").ReadOnly().Doc("texts that say what a VM couldn't have of it"),
			schema.JSON("changes").ReadOnly().Doc("texts that say what the VM would have otherwise"),
			schema.JSON("shape").ReadOnly().Hidden().Doc("what the VM would be made from"),
			schema.String("digest").ReadOnly().Hidden().Doc("of its definition"),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}

func foreignActions() schema.Actions {
	return schema.Actions{{
		Name: "adopt",
		Doc: "make a VM of the domain, which must be off: with its name and UUID, hardware, the addresses of its cards, and copies of its disks. The domain is then no more, and its files stay. " +
			"It takes the right to create VMs",
		Params: schema.Fields{
			schema.String("name").Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("of the VM; the domain's if not given"),
			schema.Row("vnet", "vnets").Doc("the network of all its cards; they are in none if not given"),
			column.Tier("preferred_tier").Doc("where its disks shall lie"),
		},
		Answers: schema.Fields{schema.JSON("response").Doc("vmkey and machinekey, as texts")},
	}}
}
