package quarantine

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// record makes the row of an entry, and tells of it.
func (k *Keeper) record(ctx context.Context, e entry) error {
	place, err := k.place(e)
	if err != nil {
		return err
	}
	until := int64(0)
	err = k.db.Update(ctx, func(tx *store.Tx) error {
		days, err := keptDays(tx)
		if err != nil {
			return err
		}
		if days > 0 {
			until = k.now().AddDate(0, 0, days).Unix()
		}
		key, err := store.Create(tx, system.QuarantineSet{}.Kind(e.note.Kind).Path(e.note.Path).Why(e.note.Why).
			Size(e.note.Size).Found(e.note.Found).KeepUntil(until).Place(place))
		if err != nil {
			return err
		}
		return logLine(tx, "warning", key, fmt.Sprintf("set %s %s aside: %s", e.note.Kind, e.note.Path, e.note.Why))
	})
	if err == nil {
		k.log.Warn("data without a row was set aside", "kind", e.note.Kind, "path", e.note.Path, "size", e.note.Size, "why", e.note.Why,
			"place", place, "keep_until", moment(until))
	}
	return err
}

func moment(seconds int64) string {
	if seconds == 0 {
		return "for ever"
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// place names an entry's folder as its row does.
func (k *Keeper) place(e entry) (string, error) { return filepath.Rel(k.data, e.dir) }

// keptDays reads the setting.
func keptDays(tx *store.Tx) (int, error) {
	s, err := store.GetRow[system.Setting](tx, system.QuarantineSetting)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	const most = 36500
	return int(s.Number(0, most, system.QuarantineDays)), nil
}

func (k *Keeper) rows(ctx context.Context) (rows []system.Quarantine, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		rows, err = store.FindRows[system.Quarantine](tx)
		return err
	})
	return rows, err
}

func (k *Keeper) change(ctx context.Context, key int64, set system.QuarantineSet) error {
	return k.db.Update(ctx, func(tx *store.Tx) error { return store.Write(tx, key, set) })
}

// forget drops the row of a thing that is gone, and tells why in words.
func (k *Keeper) forget(ctx context.Context, q system.Quarantine, why string) error {
	return k.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Delete("quarantine", q.KeyValue()); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return logLine(tx, "message", q.KeyValue(), fmt.Sprintf("%s: %s %s", why, q.Kind, q.Path))
	})
}

func logLine(tx *store.Tx, level string, key schema.Value, text string) error {
	_, err := store.Insert(tx, system.LogSet{}.Level(level).Text("quarantine: "+text).User("system").ObjectType("system").Object("quarantine/"+key.Text()))
	return err
}
