package system

import "dewpoint/internal/schema"

// operated lists the tables whose rows there are operations about.
var operated = []string{"vms", "machines", "machine_drives", "vnets", "files"}

// operations declares long work: what is to be done, how far it is and how it ended. The rows are made in the transaction of the request that
// asks for the work, and kept by package operation.
func operations() *schema.Table {
	return &schema.Table{
		Name: "operations", Title: "Operation", ReadOnly: true, Owner: "object", Display: "kind", Wakes: []string{"operation"},
		Doc: "Long work, such as the import of a disk. An operation is a list of steps. It ends complete, or all of its steps are taken back. " +
			"Operations of one object wait for each other.",
		ActionTable: "operation_actions", ActionRef: "operation",
		Actions: schema.Actions{{Name: "cancel", Doc: "stop the operation and take back what it has done"}},
		Fields: schema.Fields{
			schema.String("kind").ReadOnly().Summary().Doc("what is done, as in drive_import"),
			schema.AnyRow("object", operated...).ReadOnly().Summary().Doc("the row that the operation is about; its rights count"),
			schema.Enum("status", "queued", "running", "undoing", "complete", "error", "cancelled").Default("queued").ReadOnly().Summary().Indexed(),
			schema.String("status_info").ReadOnly().Summary().Doc("what it is doing, what it waits for, or why it failed"),
			schema.Num("progress_pct").ReadOnly().Summary().Default(0.0).Unit("percent"),
			schema.Uint32("place").ReadOnly().Default(0).Doc("how many operations of the same object come first"),
			schema.String("step").ReadOnly().Doc("the step that it is in"),
			schema.Uint32("steps_done").ReadOnly().Default(0),
			schema.Uint32("attempt").ReadOnly().Default(0).Doc("how often the step was begun"),
			schema.Bool("cancel").ReadOnly().Doc("somebody has asked to stop it"),
			schema.JSON("result").ReadOnly(),
			schema.Row("node", "nodes").ReadOnly().Doc("where it runs"),
			schema.String("creator").ReadOnly().Summary().Doc("who asked for it"),
			schema.Created("created").Summary(),
			schema.Uint64("started").ReadOnly().Unit("seconds since 1970"),
			schema.Uint64("ended").ReadOnly().Unit("seconds since 1970"),
			schema.Modified("modified"),
			schema.JSON("params").ReadOnly().Hidden().Doc("what the steps work with, and what they have found out"),
			schema.String("queue").ReadOnly().Hidden().Indexed().Doc("operations with the same queue run one after the other"),
			schema.String("runner").ReadOnly().Hidden().Doc("the run of the server that has taken it up; no other may write here"),
			schema.Enum("outcome", "error", "cancelled").ReadOnly().Hidden().Doc("how it ends once its steps are taken back"),
			schema.String("failure").ReadOnly().Hidden().Doc("why its steps are taken back"),
		},
	}
}
