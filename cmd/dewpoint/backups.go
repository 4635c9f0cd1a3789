package main

import (
	"context"

	"dewpoint/internal/api/table"
	writer "dewpoint/internal/backup"
	"dewpoint/internal/control/backup"
)

// newBackups makes the controller of backups. It writes them by connections of its own, so that one that takes hours is in nobody's way.
func newBackups(n *node) *backup.Controller {
	place := writer.Place{Dir: n.cfg.Data, Database: n.cfg.Database.Reveal(), Version: version}
	return backup.New(backup.Config{
		DB: n.db, Dir: n.cfg.Data, Space: n.space, Sealed: n.cfg.BackupPassphrase != "", Log: n.log,
		Write: func(ctx context.Context, path string) (writer.Written, error) {
			return place.Backup(ctx, path, n.cfg.BackupPassphrase.Reveal())
		},
	})
}

// backupFiles has the bytes of backups, which are the keeper's.
func (n *node) backupFiles() table.Opener {
	if n.backups == nil {
		return filesElsewhere{n.identity.Keeper}
	}
	return n.backups
}
