// Package querytest is a small set of tables for tests of the query language: every kind of key, type, reference and path is in it.
package querytest

import "dewpoint/internal/schema"

// Schema returns the tables. They resemble a few of the real ones.
func Schema() *schema.Schema {
	s, err := schema.New(clusters(), nodes(), machines(), status(), drives(), vms(), volumes(), settings(), groups(), groupFacts())
	if err != nil {
		panic(err)
	}
	return s
}

func clusters() *schema.Table {
	return &schema.Table{Name: "clusters", Fields: schema.Fields{
		schema.String("name").Unique().Summary(),
		schema.Num("cost"),
		schema.Enabled("enabled"),
		schema.Rows("nodes", "nodes", "cluster"),
		schema.Rows("machines", "machines", "cluster"),
		schema.Linked("running", "nodes", schema.Link{Table: "status", From: "cluster", To: "node"}),
		schema.Void("tenants", "tenants"),
	}}
}

func nodes() *schema.Table {
	return &schema.Table{Name: "nodes", Fields: schema.Fields{
		schema.Uint32("id").Via("$key"),
		schema.String("name").Summary(),
		schema.Row("cluster", "clusters"),
		schema.Uint64("ram"),
	}}
}

func machines() *schema.Table {
	return &schema.Table{Name: "machines", Tombstone: true, Owner: "owner", Fields: schema.Fields{
		schema.String("name").Summary(),
		schema.Enum("type", "vm", "vnet", "").Labels("vm", "Virtual machine"),
		schema.Row("cluster", "clusters"),
		schema.AnyRow("owner", "clusters", "nodes", "machines", "status", "drives", "vms", "volumes", "settings", "groups", "group_facts").Forgets().Hidden(),
		schema.Row("snapshot_profile", "snapshot_profiles"),
		schema.Row("status", "status").Twin("machine"),
		schema.Rows("drives", "drives", "machine"),
		schema.Rows("vms", "vms", "machine"),
	}}
}

func status() *schema.Table {
	return &schema.Table{Name: "status", Fields: schema.Fields{
		schema.Row("machine", "machines"),
		schema.Enum("status", "running", "stopped", "error").Summary(),
		schema.Bool("running").Summary(),
		schema.JSON("info").Else("[]"),
		schema.Row("node", "nodes"),
		schema.Row("cluster", "clusters"),
		schema.Created("started"),
		schema.CreatedMicros("seen"),
	}}
}

func drives() *schema.Table {
	return &schema.Table{Name: "drives", Tombstone: true, Fields: schema.Fields{
		schema.Row("machine", "machines"),
		schema.String("name").Summary(),
		schema.Filesize("size"),
		schema.Num("share"),
		schema.Enum("media", "disk", "cdrom").Labels("cdrom", "CD-ROM"),
		schema.TextRow("volume", "volumes"),
	}}
}

func vms() *schema.Table {
	return &schema.Table{
		Name: "vms", Tombstone: true,
		Views: map[string]string{
			"dashboard": "$key,name,machine[name,drives[$key,name,display(media) as media],status[info]]",
			"endless":   "name,endless",
		},
		Fields: schema.Fields{
			schema.Uint32("id").Via("machine#$key").Argument(),
			schema.Row("machine", "machines"),
			schema.String("name").Unique().Summary(),
			schema.LongText("note"),
			schema.Uint32("ram").Summary(),
			schema.Num("price"),
			schema.Enabled("enabled"),
			schema.Bool("running").Via("machine#status#running"),
			schema.Row("cluster", "clusters").Forward("machine").NamedText().Most(),
			schema.Uint32("boxed").Via("machine#$key").Blank(),
			schema.Moment("seen"),
			schema.MAC("mac"),
			schema.Uint32("load").Else(0),
			schema.AnyRow("owner").AnyTable().Remembers(),
			schema.TextRow("volume", "volumes"),
			schema.JSON("meta"),
			schema.String("pass").Secret(),
			schema.String("inner").Hidden(),
			schema.Rows("volumes", "volumes", "service"),
		},
	}
}

func volumes() *schema.Table {
	return &schema.Table{Name: "volumes", Key: schema.HashKey, Fields: schema.Fields{
		schema.String("id").Via("$key"),
		schema.String("name").Summary(),
		schema.Row("service", "vms"),
		schema.AnyRow("owner").AnyTable().Remembers(),
		schema.TextRow("group", "groups"),
		schema.TextRow("setting", "settings"),
		schema.Rows("drives", "drives", "volume"),
		schema.Rows("settings", "settings", "volume"),
	}}
}

func settings() *schema.Table {
	return &schema.Table{Name: "settings", Key: schema.NameKey, KeyField: "key", Fields: schema.Fields{
		schema.String("key").AsKey(),
		schema.String("value"),
		schema.Row("node", "nodes"),
		schema.TextRow("volume", "volumes"),
		schema.TextRow("next", "settings"),
		schema.AnyRow("owner").AnyTable().Remembers(),
		schema.Rows("groups", "groups", "setting"),
	}}
}

func groups() *schema.Table {
	return &schema.Table{Name: "groups", Key: schema.UUIDKey, KeyField: "uuid", Tombstone: true, Fields: schema.Fields{
		schema.String("uuid").Via("$key"),
		schema.String("name").Summary(),
		schema.Row("vm", "vms"),
		schema.TextRow("setting", "settings"),
		schema.TextRow("next", "groups"),
		schema.AnyRow("owner").AnyTable().Remembers(),
		schema.TextRow("facts", "group_facts").Twin("group"),
		schema.Rows("volumes", "volumes", "group"),
		schema.Rows("inside", "groups", "next"),
		schema.Linked("peers", "settings", schema.Link{Table: "volumes", From: "owner", To: "setting"}),
	}}
}

func groupFacts() *schema.Table {
	return &schema.Table{Name: "group_facts", Key: schema.UUIDKey, Fields: schema.Fields{
		schema.TextRow("group", "groups"),
		schema.Num("share"),
	}}
}
