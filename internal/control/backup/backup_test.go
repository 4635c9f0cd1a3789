package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	writer "dewpoint/internal/backup"
	"dewpoint/internal/control/backup"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
	"dewpoint/test/tmpfs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is a database with a controller of its backups in dir.
type bench struct {
	*testing.T
	*backup.Controller
	db  *store.DB
	dir string
}

func newBench(t *testing.T, dir string, write func(path string) error) *bench {
	t.Helper()
	db := rig.Database(t, t.TempDir())
	b := &bench{T: t, db: db, dir: dir}
	b.Controller = backup.New(backup.Config{
		DB: db, Dir: dir, Space: space.New(db, space.Limits{Reserve: 1 << 20}), Log: slog.New(slog.DiscardHandler),
		Write: func(ctx context.Context, path string) (writer.Written, error) {
			if err := write(path); err != nil {
				return writer.Written{}, err
			}
			return writer.Source{DB: db, Dir: dir}.WriteFile(ctx, path, "")
		},
	})
	return b
}

func willing(string) error { return nil }

// row makes a row in a state, as a server that was killed leaves it.
func (b *bench) row(set schema.Set) (key int64) {
	b.Helper()
	b.must(b.db.Update(b.Context(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("database_backups"))
		r.PutAll(schema.Set{"name": schema.TextValue("b"), "path": schema.TextValue("backups/1-x.backup")})
		r.PutAll(set)
		k, err := tx.Create(r, nil)
		key = k.Int()
		return err
	}))
	return key
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// pass makes a pass and returns the row after it.
func (b *bench) pass(key int64) (row system.DatabaseBackup) {
	b.Helper()
	b.must(b.Reconcile(b.Context()))
	b.must(b.db.View(b.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[system.DatabaseBackup](tx, schema.IntValue(key))
		return err
	}))
	return row
}

func (b *bench) plant(name, content string) (path string) {
	b.Helper()
	path = filepath.Join(b.dir, "backups", name)
	b.must(os.MkdirAll(filepath.Dir(path), 0o700))
	b.must(os.WriteFile(path, []byte(content), 0o600))
	return path
}

var running = schema.Set{"status": schema.TextValue(system.BackupRunning), "attempt": schema.IntValue(1)}

func TestHalfABackupIsRemovedAndMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir(), willing)
	half, stranger := b.plant(writer.TemporaryPrefix+"1", "half"), b.plant("99-y.backup", "newer than the database")
	row := b.pass(b.row(running))
	if _, err := os.Stat(half); row.Status != system.BackupComplete || row.Bytes == 0 || row.Attempt != 2 || !os.IsNotExist(err) {
		t.Errorf("%+v, half of it: %v", row, err)
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Errorf("a backup without a row was removed: %v", err)
	}
}

// TestWholeBackupIsTaken begins behind the rename and before the row: so it is too in a database that was restored from this backup.
func TestWholeBackupIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir(), func(string) error { return errors.New("must not be written again") })
	b.plant("1-x.backup", "abc")
	row := b.pass(b.row(running))
	if row.Status != system.BackupComplete || row.Bytes != 3 || !strings.HasPrefix(row.SHA256, "ba7816bf") {
		t.Errorf("%+v", row)
	}
}

func TestServerThatAlwaysEndsDuringABackupMakesNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir(), func(string) error { return errors.New("must not be begun") })
	row := b.pass(b.row(schema.Set{"status": schema.TextValue(system.BackupRunning), "attempt": schema.IntValue(4)}))
	if row.Status != system.BackupError || row.StatusInfo != "the server stopped 4 times during the backup" {
		t.Errorf("%+v", row)
	}
}

func TestBackupThatLostItsFileSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir(), willing)
	key := b.row(schema.Set{"status": schema.TextValue(system.BackupComplete)})
	_, _, _, err := b.Open(t.Context(), key)
	if row := b.pass(key); row.Status != system.BackupError || row.StatusInfo != "its file is missing" || !errs.Is(err, errs.Conflict) {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestFailureStaysWithItsRow(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir(), func(path string) error {
		if strings.Contains(path, "bad") {
			return errors.New("secret text")
		}
		return nil
	})
	bad, good := b.row(schema.Set{"path": schema.TextValue("backups/1-bad.backup")}), b.row(schema.Set{"path": schema.TextValue("backups/2-x.backup")})
	if row := b.pass(bad); row.Status != system.BackupError || strings.Contains(row.StatusInfo, "secret") {
		t.Errorf("%+v", row)
	}
	if row := b.pass(good); row.Status != system.BackupComplete {
		t.Errorf("%+v", row)
	}
}

// TestNoRoom asks the account before anything is written.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t, tmpfs.Mount(t, 8<<20), func(string) error { return errors.New("must not be begun") })
	row := b.pass(b.row(nil))
	if row.Status != system.BackupError || !strings.Contains(row.StatusInfo, "the disk that holds the backups has") {
		t.Errorf("%+v", row)
	}
}

func TestDeletedWhileMade(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(t, t.TempDir(), func(string) error {
		return b.db.Update(context.Background(), func(tx *store.Tx) error { return tx.Delete("database_backups", schema.IntValue(1)) })
	})
	b.row(nil)
	b.must(b.Reconcile(t.Context()))
	b.must(b.Reconcile(t.Context()))
	entries, err := os.ReadDir(filepath.Join(b.dir, "backups"))
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
