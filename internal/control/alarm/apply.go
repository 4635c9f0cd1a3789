package alarm

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// keptPast is how many past alarms are kept.
const keptPast = 10_000

func apply(tx *store.Tx, p plan) error {
	for _, k := range p.types {
		if err := store.WriteOrCreate(tx, k.name, k.columns()); err != nil {
			return err
		}
	}
	for _, f := range p.raise {
		if err := raise(tx, f); err != nil {
			return err
		}
	}
	for _, c := range p.change {
		if err := store.Write(tx, c.alarm.Key, system.AlarmSet{}.Status(c.text)); err != nil {
			return err
		}
	}
	for _, a := range p.wake {
		if err := wake(tx, a); err != nil {
			return err
		}
	}
	for _, a := range p.lower {
		if err := lower(tx, a); err != nil {
			return err
		}
	}
	for _, r := range p.over {
		if err := store.Write(tx, r.Key, system.AlarmHistorySet{}.Standing(false)); err != nil {
			return err
		}
	}
	return nil
}

func raise(tx *store.Tx, f fact) error {
	id := make([]byte, 4)
	rand.Read(id)
	k := kindOf(f.typ)
	set := system.AlarmSet{}.Owner(f.owner).OwnerType(tableOf(f.owner)).AlarmType(f.typ).
		Level(k.level).Status(f.text).AlarmID(hex.EncodeToString(id)).Resolvable(k.resolve != "")
	if f.subOwner != "" {
		set.SubOwner(f.subOwner).SubOwnerType(tableOf(f.subOwner))
	}
	if k.resolve != "" {
		set.ResolveText(k.resolve)
	}
	if _, err := store.Create(tx, set); err != nil {
		return err
	}
	return logLine(tx, k.level, "alarm: "+f.text, f.owner)
}

// wake ends the snooze of an alarm.
func wake(tx *store.Tx, a system.Alarm) error {
	if err := store.Write(tx, a.Key, system.Awake()); err != nil {
		return err
	}
	return logLine(tx, a.Level, "alarm is no longer snoozed: "+a.Status, a.Owner)
}

// lower moves an alarm to the history, from which the oldest entry goes when there are too many.
func lower(tx *store.Tx, a system.Alarm) error {
	if _, err := store.Create(tx, system.PastAlarm(a, tx.Now().Unix(), "")); err != nil {
		return err
	}
	if err := tx.Delete("alarms", a.KeyValue()); err != nil {
		return err
	}
	n, err := tx.Count("alarm_history")
	if err != nil {
		return err
	}
	if n > keptPast {
		past, err := tx.Find("alarm_history")
		if err != nil {
			return err
		}
		for _, r := range past[:n-keptPast] {
			if err := tx.Delete("alarm_history", r.Key); err != nil {
				return err
			}
		}
	}
	return logLine(tx, "message", "alarm is over: "+a.Status, a.Owner)
}

// logLine tells of an alarm in the log.
func logLine(tx *store.Tx, level, what, owner string) error {
	_, err := store.Insert(tx, system.LogSet{}.Level(level).Text(what).User("system").ObjectType(strings.TrimSuffix(tableOf(owner), "s")).Object(owner))
	return err
}

// tableOf is the table of a row written as table/key.
func tableOf(path string) string {
	table, _, _ := strings.Cut(path, "/")
	return table
}
