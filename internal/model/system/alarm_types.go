package system

import "dewpoint/internal/schema"

// alarmTypes declares what can be wrong.
func alarmTypes() *schema.Table {
	return &schema.Table{
		Name: "alarm_types", Title: "Alarm type", Key: schema.NameKey, KeyField: "name", Display: "name", ReadOnly: true, Open: true,
		Doc: "Types of alarms.",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Summary(),
			schema.LongText("description").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.Bool("disable_logging").ReadOnly(),
			schema.Bool("allow_delete").ReadOnly(),
			schema.Num("threshold").ReadOnly().Doc("the value above which the alarm is raised, for types that measure a value"),
			schema.Num("max_snooze_threshold").ReadOnly().Doc("the highest snooze_threshold that its alarms can have"),
			schema.Uint32("max_snooze_seconds").ReadOnly().Default(0).Unit("seconds"),
			schema.Uint32("default_snooze_seconds").ReadOnly().Default(0).Unit("seconds"),
		},
	}
}

func alarmLevel() *schema.Field {
	return schema.Enum("level", "audit", "message", "warning", "error", "critical", "summary", "debug").Default("warning").ReadOnly()
}
