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
		Name: "quarantine", Title: "Thing in quarantine", LogType: "system", NoCreate: true, Display: "path", Wakes: []string{"quarantine", "alarm"},
		Doc: "What was found on the host and no row stands for, as after the database was lost or brought back from an older copy. It is set " +
			"aside and removed only after keep_until.",
		ActionTable: "quarantine_actions", ActionRef: "quarantine", Actions: quarantineActions(),
		Fields: schema.Fields{
			schema.Enum("kind", FoundFile, FoundDisk, FoundUnfinished, FoundUpload, FoundMachine, FoundNetwork, FoundDomain).ReadOnly().Summary().
				Doc("a domain is left where it is: look at it with virsh"),
			schema.String("path").ReadOnly().Summary().Doc("where it lay in the data directory; of a domain its name"),
			schema.Filesize("size").ReadOnly().Default(0).Summary(),
			schema.LongText("why").ReadOnly().Doc("why nobody's"),
			schema.Uint64("found").ReadOnly().Default(0).Summary().Unit("seconds since 1970"),
			schema.Uint64("keep_until").ReadOnly().Default(0).Summary().Unit("seconds since 1970").Doc("then it is removed; 0: never"),
			schema.Int64("over").ReadOnly().Hidden().Doc("the served_time at which keep_until was seen to be over; null before"),
			schema.Enum("wish", WishRestore, WishDelete).ReadOnly().Doc("what is being done with it"),
			schema.String("status_info").ReadOnly().Doc("what stands in the way of that"),
			schema.Row("file", "files").ReadOnly().Doc("the file that it becomes"),
			schema.String("place").ReadOnly().Hidden().Unique().Doc("its folder below the data directory"),
			schema.Created("created").Argument(),
			schema.Modified("modified").Argument(),
		},
	}
}

func quarantineActions() schema.Actions {
	return schema.Actions{
		{
			Name: "restore", Doc: "make the bytes a file again, which can be downloaded, or imported as a drive; a folder becomes a tar archive",
			Answers: schema.Fields{schema.Int64("file").Doc("the key of the file that it becomes")},
		},
		{Name: "delete", Doc: "remove it for good, now"},
		{
			Name: "keep", Doc: "keep it until a time, or for so many days from now, or for ever when neither is given",
			Params: schema.Fields{schema.Uint64("until").Unit("seconds since 1970"), schema.Uint64("days").Range(1, 36500)},
		},
	}
}
