package system

import "dewpoint/internal/schema"

// alarmParts lists the tables that hold the part of its owner which an alarm is about.
var alarmParts = []string{"machine_drives", "machine_nics", "machine_devices", "smtp_settings", "storage_tiers", "quarantine"}

// alarmOwner is the row that an alarm is about.
func alarmOwner() *schema.Field {
	return schema.AnyRow("owner", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").Remembers().ReadOnly().Summary()
}

// alarms declares what is wrong now.
func alarms() *schema.Table {
	return &schema.Table{
		Name: "alarms", Title: "Alarm", LogType: "system", NoCreate: true, Owner: "owner", Display: "status",
		Doc:         "Current problems. The alarm controller raises an alarm, and moves it to alarm_history when its cause ends.",
		ActionTable: "alarm_actions", ActionRef: "alarm", Actions: alarmActions(),
		Fields: schema.Fields{
			alarmOwner(),
			schema.Enum("owner_type", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").ReadOnly(),
			schema.AnyRow("sub_owner", alarmParts...).Remembers().ReadOnly(),
			schema.Enum("sub_owner_type", alarmParts...).ReadOnly(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary().Doc("the problem, in words"),
			schema.String("alarm_id").ReadOnly().Doc("eight digits that identify the alarm, also in alarm_history"),
			schema.Bool("resolvable").ReadOnly().Doc("the action resolve removes it; other alarms end with their cause"),
			schema.String("resolve_text").ReadOnly().Doc("the effect of the action resolve"),
			schema.String("resolve_action").ReadOnly(),
			schema.Created("created").Summary(),
			schema.Modified("modified"),
			schema.Uint64("snooze").Default(0).Summary().Unit("seconds since 1970").Doc("snoozed until then; 0: not snoozed"),
			schema.String("snoozed_by").ReadOnly(),
			schema.Num("snooze_threshold").Doc("ends the snooze when the measured value reaches it. Setting it also snoozes the alarm, for the longest time that its type allows"),
			schema.Uint64("expires").ReadOnly().Default(0).Doc("0: it stays until its cause ends"),
		},
	}
}

func alarmActions() schema.Actions {
	return schema.Actions{
		{Name: "resolve", Doc: "remove the alarm until its cause changes or returns"},
		{
			Name: "snooze", Doc: "silence the alarm: until a time, for a number of seconds, or for its type's default",
			Params: schema.Fields{schema.Uint64("snooze").Unit("seconds since 1970"), schema.Uint64("seconds").Range(1, 1<<31)},
		},
		{Name: "unsnooze", Doc: "end the snooze"},
	}
}

// Awake returns the columns of an alarm that nobody snoozes.
func Awake() AlarmSet {
	return AlarmSet{}.Snooze(0).Null(AlarmCol.SnoozedBy, AlarmCol.SnoozeThreshold)
}
