package tasks

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// tasks declares actions that are kept to be done again.
func tasks() *schema.Table {
	return &schema.Table{
		Name: "tasks", Title: "Task", LogType: "task", Owner: "owner",
		Doc: "Actions on a row, kept to be done when the action execute says so, by the clock (task_schedule_triggers) or upon events (task_events). " +
			"A task goes with its row.",
		ActionTable: "task_actions", ActionRef: "task", Actions: taskActions(),
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 64).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary().Doc("a disabled task can't be executed"),
			schema.Enum("status", "idle", "running", "error").Default("idle").ReadOnly().Summary().Doc("error: the last run by the clock or an event failed"),
			schema.String("status_info").ReadOnly().Doc("why it failed; empty when it went well"),
			schema.Uint32("progress").ReadOnly().Unit("percent").Doc("of a run under way; actions are accepted at once, so it is null"),
			schema.String("action").Required().CreateOnly().Summary().Len(1, 64).Example("poweron").Doc("an action of the owner's table"),
			schema.String("action_display").ReadOnly().Doc("what the action does, in words"),
			schema.String("table").CreateOnly().Len(0, 128).Doc("the owner's table, which it follows from"),
			schema.AnyRow("owner", taskOwners...).Required().CreateOnly().Follows().Summary().Doc("the row that the action is done to"),
			schema.JSON("settings_args").Doc("the action's parameters, an object; changed by the creator or an administrator"),
			schema.AnyRow("creator", "users").Creator(),
			schema.Uint64("last_run").ReadOnly().Default(0).Unit("seconds since 1970"),
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
		{Name: "execute", Doc: "do the task's action now, with the rights of the caller; it fails as the action does. Arguments take the place of those in settings_args", Aliases: []string{"run"}},
		{Name: "cancel", Doc: "stop the run; actions are accepted at once, so there is seldom one"},
		{Name: "enable", Doc: "let the task be executed"},
		{Name: "disable", Doc: "keep the task from being executed"},
	}
}
