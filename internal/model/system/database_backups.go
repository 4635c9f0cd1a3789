package system

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// The values of database_backups.status.
const (
	BackupQueued   = "queued"
	BackupRunning  = "running"
	BackupComplete = "complete"
	BackupError    = "error"
)

// BackupsFolder is the folder below the data directory that the backups lie in.
const BackupsFolder = "backups"

// databaseBackups declares the backups of the database. They hold all secrets, so grants don't count here.
func databaseBackups() *schema.Table {
	return &schema.Table{
		Name: "database_backups", Title: "Database backup", Bytes: schema.MadeBytes, Admins: true, Tombstone: true, LogType: "system", Wakes: []string{"backup"},
		Doc: "Backups of the database: all rows, and the keys that they need. Create a row to make a backup. Download it with ?download=1, like " +
			"a file. Delete the row to delete the backup. Only administrators can see backups, regardless of permissions, because they hold all secrets.",
		Fields: schema.Fields{
			schema.String("name").Summary().Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("the time of the backup if not given"),
			schema.Enum("status", BackupQueued, BackupRunning, BackupComplete, BackupError).Default(BackupQueued).ReadOnly().Summary().Indexed(),
			schema.String("status_info").ReadOnly().Summary().Doc("why the backup failed"),
			schema.Filesize("bytes").ReadOnly().Default(0).Summary(),
			schema.String("sha256").ReadOnly().Doc("SHA-256 of the file, in hex"),
			schema.Bool("sealed").ReadOnly().Doc("reading the backup takes the configured passphrase"),
			schema.String("path").ReadOnly().Doc("the file's path in the data directory"),
			schema.Bool("scheduled").ReadOnly().Summary().Doc("made, and later deleted, by the action backup of the table system"),
			schema.Uint32("keep").ReadOnly().Default(0).Doc("how many scheduled backups to keep, this one included"),
			schema.String("creator").Creator(),
			schema.Created("created").Summary(),
			schema.Modified("modified"),
			schema.Uint32("attempt").ReadOnly().Hidden().Default(0).Doc("the number of attempts"),
		},
	}
}
