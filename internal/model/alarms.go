package model

import "dewpoint/internal/schema"

// alarmTypes declares what can be wrong.
func alarmTypes() *schema.Table {
	return &schema.Table{
		Name: "alarm_types", Title: "Alarm type", Key: schema.NameKey, KeyField: "name", Display: "name", ReadOnly: true, Open: true,
		Doc: "What can be wrong, by name.",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Summary(),
			schema.LongText("description").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.Bool("disable_logging").ReadOnly(),
			schema.Bool("allow_delete").ReadOnly(),
			schema.Num("threshold").ReadOnly().Note("above which the alarm is raised, where it is about a figure"),
			schema.Num("max_snooze_threshold").ReadOnly().Note("the highest snooze_threshold of its alarms"),
			schema.Uint32("max_snooze_seconds").ReadOnly().Def(0).In("seconds"),
			schema.Uint32("default_snooze_seconds").ReadOnly().Def(0).In("seconds"),
		},
	}
}

func alarmLevel() *schema.Field {
	return schema.Enum("level", "audit", "message", "warning", "error", "critical", "summary", "debug").Def("warning").ReadOnly()
}

// alarmOwner is the row that an alarm is about.
func alarmOwner() *schema.Field {
	return schema.AnyRow("owner", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").ReadOnly().Summary()
}

// alarms declares what is wrong now.
func alarms() *schema.Table {
	return &schema.Table{
		Name: "alarms", Title: "Alarm", LogType: "system", NoCreate: true, Owner: "owner", Display: "status",
		Doc:         "What is wrong now. The alarm controller raises alarms and lowers them when what they are about is over; then they go to alarm_history.",
		ActionTable: "alarm_actions", ActionRef: "alarm", Actions: alarmActions(),
		Fields: schema.Fields{
			alarmOwner(),
			schema.Enum("owner_type", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").ReadOnly(),
			schema.AnyRow("sub_owner").ReadOnly(),
			schema.Enum("sub_owner_type", "machine_drives", "machine_nics", "machine_devices", "smtp_settings", "storage_tiers", "quarantine").ReadOnly(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary().Note("what is wrong, in words"),
			schema.String("alarm_id").ReadOnly().Note("eight digits that name it, in the history too"),
			schema.Bool("resolvable").ReadOnly().Note("the action resolve takes it away; others go when their cause does"),
			schema.String("resolve_text").ReadOnly().Note("what resolving it means"),
			schema.String("resolve_action").ReadOnly(),
			schema.Created("created").Summary(),
			schema.Modified("modified"),
			schema.Uint64("snooze").Def(0).Summary().In("seconds since 1970").Note("until when nobody wants to hear of it; 0: it isn't snoozed"),
			schema.String("snoozed_by").ReadOnly(),
			schema.Num("snooze_threshold").Note("ends the snooze when the figure that the alarm is about reaches it; an alarm that isn't snoozed yet is then snoozed for as long as its type lets"),
			schema.Uint64("expires").ReadOnly().Def(0).Note("0: it stays until its cause is gone"),
		},
	}
}

func alarmActions() schema.Actions {
	return schema.Actions{
		{Name: "resolve", Doc: "take the alarm away, until its cause changes or comes back"},
		{
			Name: "snooze", Doc: "hear nothing of it for a while: until a time, for some seconds, or as long as its type says",
			Params: schema.Fields{schema.Uint64("snooze").In("seconds since 1970"), schema.Uint64("seconds").Range(1, 1<<31)},
		},
		{Name: "unsnooze", Doc: "hear of it again"},
	}
}

// alarmHistory declares what was wrong.
func alarmHistory() *schema.Table {
	return &schema.Table{
		Name: "alarm_history", Title: "Past alarm", ReadOnly: true, Owner: "owner", Display: "status",
		Doc: "Alarms that were lowered.",
		Fields: schema.Fields{
			schema.Uint64("alarm_raised").ReadOnly().In("seconds since 1970"),
			schema.Uint64("alarm_lowered").ReadOnly().Summary().Indexed().In("seconds since 1970"),
			schema.String("archived_by").ReadOnly().Note("who resolved it; empty when its cause was over"),
			alarmOwner(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary(),
			schema.String("alarm_id").ReadOnly(),
			schema.AnyRow("sub_owner").ReadOnly().Hidden(),
			schema.Bool("standing").ReadOnly().Hidden().Indexed().Note("resolved while its cause was still there: that alone raises no new alarm"),
		},
	}
}

// PastAlarm makes the entry of the history that an alarm becomes at a time, in seconds since 1970. Somebody who resolved it is named; else
// its cause is over.
func PastAlarm(s *schema.Schema, alarm *schema.Record, at int64, resolvedBy string) *schema.Record {
	past := schema.NewRecord(s.Table("alarm_history"))
	for _, column := range []string{"owner", "sub_owner", "alarm_type", "level", "status", "alarm_id"} {
		past.Put(column, alarm.Get(column))
	}
	past.Put("alarm_raised", alarm.Get("created"))
	past.Put("alarm_lowered", schema.IntValue(at))
	past.Put("archived_by", schema.TextValue(resolvedBy))
	past.Put("standing", schema.BoolValue(resolvedBy != ""))
	return past
}

// Awake returns the columns of an alarm that nobody snoozes.
func Awake() schema.Set {
	return schema.Set{"snooze": schema.IntValue(0), "snoozed_by": {}, "snooze_threshold": {}}
}
