package system

import "dewpoint/internal/schema"

// The kinds of things that were found without a row.
const (
	FoundFile       = "file"
	FoundDisk       = "disk"
	FoundUnfinished = "unfinished_disk"
	FoundUpload     = "upload"
	FoundMachine    = "machine"
	FoundNetwork    = "network"
	FoundDomain     = "domain" // left where it is: it has no bytes of its own
)

// What is wished of a thing in quarantine.
const (
	WishRestore = "restore"
	WishDelete  = "delete"
)

// QuarantineSetting is the setting that says for how many days things without a row are kept, QuarantineDays what it is at first.
const (
	QuarantineSetting = "quarantine_days"
	QuarantineDays    = 30
)

// quarantine declares what was found on the host and no row stands for.
func quarantine() *schema.Table {
	return &schema.Table{
		Name: "quarantine", Title: "Quarantine entry", LogType: "system", NoCreate: true, Display: "path", Wakes: []string{"quarantine", "alarm"},
		Doc: "Data on the host that no row in the database refers to, for example after the database was lost or restored from an older copy. It is set " +
			"aside, and deleted after keep_until.",
		ActionTable: "quarantine_actions", ActionRef: "quarantine", Actions: quarantineActions(),
		Fields: schema.Fields{
			schema.Enum("kind", FoundFile, FoundDisk, FoundUnfinished, FoundUpload, FoundMachine, FoundNetwork, FoundDomain).ReadOnly().Summary().
				Doc("the kind of data. A domain stays in place; inspect it with virsh"),
			schema.String("path").ReadOnly().Summary().Doc("its original path in the data directory, or a domain's name"),
			schema.Filesize("size").ReadOnly().Default(0).Summary(),
			schema.LongText("why").ReadOnly().Doc("why it doesn't belong to any row"),
			schema.Uint64("found").ReadOnly().Default(0).Summary().Unit("seconds since 1970"),
			schema.Uint64("keep_until").ReadOnly().Default(0).Summary().Unit("seconds since 1970").Doc("when it is deleted; 0: never"),
			schema.Int64("over").ReadOnly().Hidden().Doc("the served_time at which keep_until was first seen to have passed; null before"),
			schema.Enum("wish", WishRestore, WishDelete).ReadOnly().Doc("the action in progress"),
			schema.String("status_info").ReadOnly().Doc("why the action hasn't completed yet"),
			schema.Row("file", "files").ReadOnly().Doc("the file that it is restored to"),
			schema.String("place").ReadOnly().Hidden().Unique().Doc("its folder in the data directory"),
			schema.Created("created").Argument(),
			schema.Modified("modified").Argument(),
		},
	}
}

func quarantineActions() schema.Actions {
	return schema.Actions{
		{
			Name: "restore", Doc: "restore the data as a file, to download it or import it as a drive. A folder becomes a tar archive",
			Answers: schema.Fields{schema.Int64("file").Doc("the key of the restored file")},
		},
		{Name: "delete", Doc: "delete it now, permanently"},
		{
			Name: "keep", Doc: "keep it until a time, for a number of days, or for ever if neither is given",
			Params: schema.Fields{schema.Uint64("until").Unit("seconds since 1970"), schema.Uint64("days").Range(1, 36500)},
		},
	}
}
