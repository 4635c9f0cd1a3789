package tasks

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// taskEvents declares what else tasks are executed upon.
func taskEvents() *schema.Table {
	return &schema.Table{
		Name: "task_events", Title: "Task event", LogType: "task", Parent: "task", Display: "event",
		Doc: "Executes a task when something happens to a row: event is created, changed or deleted; of alarms also raised or lowered. The task is executed in the " +
			"name of its creator, and only on what this user may list. What happens within ten seconds is one event.",
		ActionTable: "task_event_actions", ActionRef: "task_event", Actions: schema.Actions{{
			Name: "trigger", Doc: "execute the task now, with the rights of the caller",
			Params: schema.Fields{schema.JSON("context").Example(`{"graceful":true}`).Doc("takes the place of members of the event's context")},
		}},
		Fields: schema.Fields{
			schema.AnyRow("owner").Via("task#owner").Doc("the row that the task's action is done to"),
			schema.String("table").Required().CreateOnly().Len(1, 128).Summary().Example("alarms").Doc("whose rows it is about"),
			schema.String("event").Required().CreateOnly().Len(1, 64).Summary().Example("raised"),
			schema.String("event_name").CreateOnly().Len(0, 128).Match(column.Printable, column.NotPrintable).Summary(),
			schema.Row("task", "tasks").Required().CreateOnly().Summary(),
			schema.JSON("table_event_filters").Doc("what must hold for the row as it is then: an object of columns and their values, or a filter as a string"),
			schema.Uint64("trigger").ReadOnly().Default(0).Unit("seconds since 1970").Doc("when it last executed the task"),
			schema.JSON("context").Doc("an object: arguments of the task's action, which take the place of those in its settings_args"),
			schema.Int64("seen").ReadOnly().Hidden().Default(0).Doc("the last entry of the log of changes that has been seen to"),
		},
	}
}
