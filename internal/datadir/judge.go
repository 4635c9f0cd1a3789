package datadir

import (
	"fmt"
	"time"
)

// Mismatch is why a data directory and a database are not used together. Its text is for the person who starts the server.
type Mismatch struct {
	Found string // what was found, a sentence without its end
	dir   string
}

// Error implements error.
func (m *Mismatch) Error() string {
	return m.Found + `. Nothing was touched. Choose one:
  - put the right database back, or name the right data directory or database in the configuration;
  - dewpoint database restore FILE: take the rows out of a backup that "dewpoint database backup" made;
  - dewpoint serve --adopt: go on with the database as it is. Bytes in ` + m.dir + ` that it has no rows for are kept, as found files`
}

// elsewhere reports whether another server keeps the bytes of the database: then nothing in this directory is at stake.
func elsewhere(d directory, db database) bool { return db.keeper != "" && db.keeper != d.server }

// judge returns why the directory and the database must not be used together, "" when they may. It is pure.
func judge(d directory, db database) string {
	switch {
	case d.mark != nil:
		return judgeMarked(d, db)
	case elsewhere(d, db):
		return ""
	case db.instance == "" && d.bytes:
		return fmt.Sprintf("%s is empty, and in the data directory %s lie files or disks of an earlier one%s", db.where, d.path, ofInstance(d.instance))
	case db.instance == "" || d.instance == db.instance:
		return "" // both new, or used by a version that left no mark
	case d.instance != "":
		return otherInstance(d.path, d.instance, db)
	case db.bytes && !d.bytes:
		return fmt.Sprintf("%s has files or disks, and none of their bytes, nor the file secret that belongs to it, are in the data directory %s, "+
			"which is new: is its disk mounted?", db.where, d.path)
	case d.bytes && !db.bytes:
		return fmt.Sprintf("%s has neither files nor disks, and the data directory %s has", db.where, d.path)
	}
	return ""
}

// judgeMarked judges a directory that knows its database.
func judgeMarked(d directory, db database) string {
	m := d.mark
	switch {
	case db.instance == "":
		return fmt.Sprintf("%s is empty, and the data directory %s belongs to one with %d changes, used last at %s%s",
			db.where, d.path, m.Generation, moment(m.Written), ofInstance(m.Instance))
	case db.instance != m.Instance:
		return otherInstance(d.path, m.Instance, db)
	case elsewhere(d, db):
		return ""
	case db.generation < m.Generation:
		return fmt.Sprintf("%s is older than the data directory %s: it has %d changes, and the directory was used with %d, last at %s",
			db.where, d.path, db.generation, m.Generation, moment(m.Written))
	case db.lineage != m.Lineage:
		return fmt.Sprintf("%s and the data directory %s have gone different ways: one of them was restored, or adopted, and the other was not "+
			"(an interrupted restore or adoption is done again)", db.where, d.path)
	}
	return ""
}

func otherInstance(dir, instance string, db database) string {
	return fmt.Sprintf("%s is that of the installation %s, and the data directory %s that of %s", db.where, db.instance, dir, instance)
}

func ofInstance(instance string) string {
	if instance == "" {
		return ""
	}
	return " (installation " + instance + ")"
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
