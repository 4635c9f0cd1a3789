package tasks

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// tasks declares actions that are kept to be done again.
func tasks() *schema.Table {
	return &schema.Table{
		Name: "tasks", Title: "Task", LogType: "task", Owner: "owner",
		Doc: "Stored actions on a row. A task runs on request (action execute), by schedule (task_schedule_triggers) or on events (task_events). " +
			"It is deleted with its row.",
		ActionTable: "task_actions", ActionRef: "task", Actions: taskActions(),
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 64).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary().Doc("a disabled task can't run"),
			schema.Enum("status", "idle", "running", "error").Default("idle").ReadOnly().Summary().Doc("error: the last run by schedule or event failed"),
			schema.String("status_info").ReadOnly().Doc("why the last run failed; empty if it succeeded"),
			schema.Uint32("progress").ReadOnly().Unit("percent").Doc("always null: actions are accepted at once"),
			schema.String("action").Required().CreateOnly().Summary().Len(1, 64).Example("poweron").Doc("an action of the owner's table"),
			schema.String("action_display").ReadOnly().Doc("a description of the action"),
			schema.String("table").CreateOnly().Len(0, 128).Doc("the owner's table"),
			schema.AnyRow("owner", taskOwners...).Required().CreateOnly().Follows().Summary().Doc("the row that the action applies to"),
			schema.JSON("settings_args").Doc("the action's arguments, an object; only the creator or an administrator can change them"),
			schema.AnyRow("creator", "users").Remembers().Creator(),
			schema.Moment("last_run").ReadOnly().Doc("when it last ran, in UTC; null until then"),
			schema.Bool("delete_after_run"),
			schema.Bool("system_created").ReadOnly(),
			schema.String("id").ReadOnly(),
			schema.Created("created").Argument(),
			schema.Modified("modified").Argument(),
			schema.Rows("triggers", "task_schedule_triggers", "task"),
			schema.Rows("events", "task_events", "task"),
		},
	}
}

// taskOwners lists the tables whose actions tasks can do.
var taskOwners = []string{
	"vms", "vnets", "nodes", "users", "system", "alarms", "quarantine", "operations", "task_schedules", "task_schedule_triggers", "task_events",
}

func taskActions() schema.Actions {
	return schema.Actions{
		{Name: "execute", Doc: "run the task's action now, with the rights of the caller. It fails if the action fails. Arguments replace those in settings_args", Aliases: []string{"run"}},
		{Name: "cancel", Doc: "stop the current run; runs are short, because actions are accepted at once"},
		{Name: "enable", Doc: "enable the task"},
		{Name: "disable", Doc: "disable the task"},
	}
}
