package backup

import (
	"fmt"

	"dewpoint/internal/model/access"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// restoredText is the line of the log that a restore leaves.
const restoredText = "restored the database as it was at %s; sessions and sign-ins of the time before have ended, API keys that were revoked since are good again"

// endSignIns ends all sessions and voids all JWTs: which of them were given up since the backup nobody knows any more. API keys stay, since programs
// can't sign in anew; the log reminds people of them.
func (r *restore) endSignIns(tx *store.Tx) error {
	sessions, err := store.FindRows[access.Session](tx)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := tx.Purge(s.TableName(), schema.IntValue(s.Key)); err != nil {
			return err
		}
	}
	users, err := store.FindRows[access.User](tx)
	if err != nil {
		return err
	}
	// The lost database may have counted on, and an earlier restore of the same backup too: a clock is beyond both.
	epoch := tx.Now().UnixMilli()
	for _, u := range users {
		if err := tx.Change(u.TableName(), schema.IntValue(u.Key), schema.Set{"token_epoch": schema.IntValue(max(epoch, u.TokenEpoch+1))}); err != nil {
			return err
		}
	}
	_, err = store.Insert(tx, system.LogSet{}.Level(system.LogWarning).ObjectType("system").
		Text(fmt.Sprintf(restoredText, r.m.Created.Format("2006-01-02 15:04:05 UTC"))))
	return err
}
