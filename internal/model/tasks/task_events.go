package tasks

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// taskEvents declares what else tasks are executed upon.
func taskEvents() *schema.Table {
	return &schema.Table{
		Name: "task_events", Title: "Task event", LogType: "task", Parent: "task", Display: "event",
		Doc: "Events that execute a task. The event of a row is created, changed or deleted; alarms also have raised and lowered. The task runs with the rights of " +
			"its creator, for rows that the creator may list. Changes within ten seconds count as one event.",
		ActionTable: "task_event_actions", ActionRef: "task_event", Actions: schema.Actions{{
			Name: "trigger", Doc: "execute the task now, with the rights of the caller",
			Params: schema.Fields{schema.JSON("context").Example(`{"graceful":true}`).Doc("members that replace those of the event's context")},
		}},
		Fields: schema.Fields{
			schema.AnyRow("owner").Via("task#owner").Doc("the row that the task's action applies to"),
			schema.String("table").Required().CreateOnly().Len(1, 128).Summary().Example("alarms").Doc("the table of the rows to watch"),
			schema.String("event").Required().CreateOnly().Len(1, 64).Summary().Example("raised"),
			schema.String("event_name").CreateOnly().Len(0, 128).Match(column.Printable, column.NotPrintable).Summary(),
			schema.Row("task", "tasks").Required().CreateOnly().Summary(),
			schema.JSON("table_event_filters").Doc("the condition that the row must meet: an object of columns and values, or a filter as a string"),
			schema.Uint64("trigger").ReadOnly().Default(0).Unit("seconds since 1970").Doc("when the event last executed the task"),
			schema.JSON("context").Doc("arguments of the task's action, an object; they replace those in settings_args"),
			schema.Int64("seen").ReadOnly().Hidden().Default(0).Doc("the last processed entry of the change log"),
		},
	}
}
