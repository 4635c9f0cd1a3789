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
		Doc: "Backups of the database: all rows, and the keys that they need. Making a row makes a backup. Its bytes are downloaded as those of " +
			"a file; deleting the row removes them. For administrators only, whatever is granted to others: a backup holds all secrets.",
		Fields: schema.Fields{
			schema.String("name").Summary().Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("made of the time when none is given"),
			schema.Enum("status", BackupQueued, BackupRunning, BackupComplete, BackupError).Default(BackupQueued).ReadOnly().Summary().Indexed(),
			schema.String("status_info").ReadOnly().Summary().Doc("why it failed"),
			schema.Filesize("bytes").ReadOnly().Default(0).Summary(),
			schema.String("sha256").ReadOnly().Doc("of the file, in hex"),
			schema.Bool("sealed").ReadOnly().Doc("it takes the passphrase of the configuration to read it"),
			schema.String("path").ReadOnly().Doc("the file, below the data directory"),
			schema.Bool("scheduled").ReadOnly().Summary().Doc("the action backup of the system made it, and will delete it"),
			schema.Uint32("keep").ReadOnly().Default(0).Doc("how many scheduled ones are left once this one is complete"),
			schema.String("creator").Creator(),
			schema.Created("created").Summary(),
			schema.Modified("modified"),
			schema.Uint32("attempt").ReadOnly().Hidden().Default(0).Doc("how often it was begun"),
		},
	}
}
