package system

import "dewpoint/internal/schema"

// operated lists the tables whose rows there are operations about.
var operated = []string{"vms", "machines", "machine_drives", "machine_snapshots", "vnets", "files"}

// operations declares long work: what is to be done, how far it is and how it ended. The rows are made in the transaction of the request that
// asks for the work, and kept by package operation.
func operations() *schema.Table {
	return &schema.Table{
		Name: "operations", Title: "Operation", ReadOnly: true, Owner: "object", Display: "kind", Wakes: []string{"operation"},
		Doc: "Long-running work, such as the import of a disk. An operation either completes, or undoes all of its steps. " +
			"Operations on the same object run one after the other.",
		ActionTable: "operation_actions", ActionRef: "operation",
		Actions: schema.Actions{{Name: "cancel", Doc: "stop the operation and undo its steps"}},
		Fields: schema.Fields{
			schema.String("kind").ReadOnly().Summary().Doc("the kind of work, such as drive_import"),
			schema.AnyRow("object", operated...).Remembers().ReadOnly().Summary().Doc("the row that the operation works on; that row's rights apply"),
			schema.Enum("status", "queued", "running", "undoing", "complete", "error", "cancelled").Default("queued").ReadOnly().Summary().Indexed(),
			schema.String("status_info").ReadOnly().Summary().Doc("what the operation is doing, what it waits for, or why it failed"),
			schema.Num("progress_pct").ReadOnly().Summary().Default(0.0).Unit("percent"),
			schema.Uint32("place").ReadOnly().Default(0).Doc("how many operations on the same object run first"),
			schema.String("step").ReadOnly().Doc("the current step"),
			schema.Uint32("steps_done").ReadOnly().Default(0),
			schema.Uint32("attempt").ReadOnly().Default(0).Doc("the number of attempts at the current step"),
			schema.Bool("cancel").ReadOnly().Doc("cancellation was requested"),
			schema.JSON("result").ReadOnly(),
			schema.Row("node", "nodes").ReadOnly().Doc("the node that runs it"),
			schema.String("creator").ReadOnly().Summary().Doc("who started it"),
			schema.Created("created").Summary(),
			schema.Uint64("started").ReadOnly().Unit("seconds since 1970"),
			schema.Uint64("ended").ReadOnly().Unit("seconds since 1970"),
			schema.Modified("modified"),
			schema.JSON("params").ReadOnly().Hidden().Doc("input and intermediate results of the steps"),
			schema.String("queue").ReadOnly().Hidden().Indexed().Doc("operations in the same queue run one after the other"),
			schema.String("runner").ReadOnly().Hidden().Doc("the server run that owns the operation; no other may write here"),
			schema.Enum("outcome", "error", "cancelled").ReadOnly().Hidden().Doc("its final status once its steps are undone"),
			schema.String("failure").ReadOnly().Hidden().Doc("why its steps are undone"),
		},
	}
}
