package alarm

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// keptPast is how many past alarms are kept.
const keptPast = 10_000

func apply(tx *store.Tx, p plan) error {
	for _, k := range p.types {
		if err := putType(tx, k); err != nil {
			return err
		}
	}
	for _, f := range p.raise {
		if err := raise(tx, f); err != nil {
			return err
		}
	}
	for _, c := range p.change {
		if err := tx.Change("alarms", c.alarm.Key, schema.Set{"status": schema.TextValue(c.text)}); err != nil {
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
		if err := tx.Change("alarm_history", r.Key, schema.Set{"standing": schema.BoolValue(false)}); err != nil {
			return err
		}
	}
	return nil
}

func putType(tx *store.Tx, k kind) error {
	key := schema.TextValue(k.name)
	err := tx.Change("alarm_types", key, k.columns())
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	r := schema.NewRecord(tx.Schema().Table("alarm_types"))
	r.Key = key
	r.PutAll(k.columns())
	_, err = tx.Create(r, nil)
	return err
}

func raise(tx *store.Tx, f fact) error {
	id := make([]byte, 4)
	rand.Read(id)
	k, text := kindOf(f.typ), schema.TextValue
	r := schema.NewRecord(tx.Schema().Table("alarms"))
	for name, v := range map[string]string{
		"owner": f.owner, "owner_type": tableOf(f.owner), "sub_owner": f.subOwner, "sub_owner_type": tableOf(f.subOwner), "alarm_type": f.typ,
		"level": k.level, "status": f.text, "alarm_id": hex.EncodeToString(id), "resolve_text": k.resolve,
	} {
		if v != "" {
			r.Put(name, text(v))
		}
	}
	r.Put("resolvable", schema.BoolValue(k.resolve != ""))
	if _, err := tx.Create(r, nil); err != nil {
		return err
	}
	return logLine(tx, k.level, "alarm: "+f.text, f.owner)
}

// wake ends the snooze of an alarm.
func wake(tx *store.Tx, a *schema.Record) error {
	if err := tx.Change("alarms", a.Key, system.Awake()); err != nil {
		return err
	}
	return logLine(tx, a.Get("level").Text(), "alarm is not snoozed any more: "+a.Get("status").Text(), a.Get("owner").Text())
}

// lower moves an alarm to the history, from which the oldest entry goes when there are too many.
func lower(tx *store.Tx, a *schema.Record) error {
	if _, err := tx.Create(system.PastAlarm(tx.Schema(), a, tx.Now().Unix(), ""), nil); err != nil {
		return err
	}
	if err := tx.Delete("alarms", a.Key); err != nil {
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
	return logLine(tx, "message", "alarm is over: "+a.Get("status").Text(), a.Get("owner").Text())
}

// logLine tells of an alarm in the log.
func logLine(tx *store.Tx, level, what, owner string) error {
	_, err := tx.Insert(system.LogLine(tx.Schema(), map[string]string{
		"level": level, "text": what, "user": "system", "object_type": strings.TrimSuffix(tableOf(owner), "s"), "object": owner,
	}))
	return err
}

// tableOf is the table of a row written as table/key.
func tableOf(path string) string {
	table, _, _ := strings.Cut(path, "/")
	return table
}
