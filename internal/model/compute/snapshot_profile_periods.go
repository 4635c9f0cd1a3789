package compute

import (
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// snapshotProfilePeriods declares when a profile makes snapshots, and how long they are kept.
func snapshotProfilePeriods() *schema.Table {
	return &schema.Table{
		Name: "snapshot_profile_periods", Title: "Snapshot period", LogType: "snapshot_profile", Parent: "profile", Check: checkPeriod,
		Unique: []schema.Unique{schema.Together("profile", "name")},
		Doc:    "Periods of snapshot profiles. Times are UTC.",
		Fields: schema.Fields{
			schema.Row("profile", "snapshot_profiles").Required().CreateOnly().Summary(),
			schema.String("name").Required().Summary().Len(1, 100).Match(column.Printable, column.NotPrintable).Doc("snapshots are named after it and their time"),
			schema.Enum("frequency", "custom", "hourly", "daily", "weekly", "monthly", "yearly").Default("daily").Summary().Doc("custom: on each day that day_of_week, day_of_month and month let through").Section("When"),
			schema.Uint8("minute").Default(0).Range(0, 59).Summary().Section("When"),
			schema.Uint8("hour").Default(0).Range(0, 23).Summary().When("frequency", "custom", "daily", "weekly", "monthly", "yearly").Section("When"),
			schema.Enum("day_of_week", "sun", "mon", "tue", "wed", "thu", "fri", "sat", "any").Default("any").Doc("weekly with any: on Sunday").
				Labels("sun", "Sunday", "mon", "Monday", "tue", "Tuesday", "wed", "Wednesday", "thu", "Thursday", "fri", "Friday", "sat", "Saturday").Section("When"),
			schema.Uint8("day_of_month").Default(0).Range(0, 31).Doc("0: any, or the first where a day is needed; the last day of a shorter month").Section("When"),
			schema.Uint8("month").Default(0).Range(0, 12).Doc("0: any, or January where a month is needed").Section("When"),
			schema.Uint32("retention").Required().Unit("seconds").Summary().Doc("how long a snapshot is kept; 0: for ever").Section("Snapshots"),
			schema.Bool("skip_missed").Doc("make none for a time at which the server didn't run; else one is made as soon as it does").Section("When"),
			schema.Enum("max_tier", "1", "2", "3", "4", "5").Default("1").OnlyYet("snapshots lie on the tiers of their disks; use 1", "1").Section("Snapshots"),
			schema.Bool("quiesce").Doc("ask the guest to flush its data to disk first").Section("Snapshots"),
			schema.Uint32("min_snapshots").Default(1).Range(0, 1000).Doc("how many of a VM are kept at least, whatever their age").Section("Snapshots"),
			schema.Bool("immutable").OnlyYet("snapshots of VMs can be deleted before their time", "false").Section("Snapshots"),
			schema.Uint32("estimated_snapshot_count").ReadOnly().Doc("how many of a VM there will be; null: ever more"),
			schema.Uint64("trigger").ReadOnly().Hidden().Indexed().Doc("when it is due next"),
		},
	}
}

// checkPeriod refuses days that no year has.
func checkPeriod(r *schema.Record) error {
	day, month := r.Get("day_of_month").Int(), r.Get("month").Int()
	const leap = 2024
	if day > 0 && month > 0 && day > int64(time.Date(leap, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()) {
		return errs.Field("day_of_month", "month %d has no day %d", month, day)
	}
	return nil
}
