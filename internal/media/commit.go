package media

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"dewpoint/internal/model/storage"
	"dewpoint/internal/store"
)

// batch is the chunks that are brought to disk by one fdatasync and recorded by one transaction.
type batch struct {
	spans []span
	once  sync.Once
	err   error
}

// commit returns once the span, which has been written, is on disk and on record. Chunks that end while another batch is on its way share
// the next one, whose first chunk does the work for all.
func (u *upload) commit(ctx context.Context, s span) error {
	b := u.join(s)
	u.syncing.Lock()
	defer u.syncing.Unlock()
	b.once.Do(func() {
		u.mu.Lock()
		u.next = nil // whoever comes now was written after the sync below began
		u.mu.Unlock()
		b.err = u.flush(ctx, b.spans)
	})
	return b.err
}

func (u *upload) join(s span) *batch {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.next == nil {
		u.next = &batch{}
	}
	u.next.spans = append(u.next.spans, s)
	return u.next
}

// flush brings everything written to disk, and only then puts the spans on record.
func (u *upload) flush(ctx context.Context, spans []span) error {
	if err := syscall.Fdatasync(int(u.file.Fd())); err != nil {
		return writeError(fmt.Errorf("fdatasync: %w", err), u.file.Name())
	}
	return u.lib.db.Update(ctx, func(tx *store.Tx) error { return record(tx, u.key, spans) })
}

// record adds spans to those on record for a file, and completes its row when they cover it.
func record(tx *store.Tx, key int64, spans []span) error {
	row, err := store.GetRow[storage.File](tx, key)
	if err != nil || row.Complete {
		return err
	}
	chunks, err := store.FindRows[storage.FileChunk](tx, store.Is(storage.FileChunkCol.File, key))
	if err != nil {
		return err
	}
	for _, c := range chunks {
		spans = append(spans, span{c.First, c.After})
	}
	all := merge(spans)
	if lead(all) == row.AllocatedBytes {
		return complete(tx, key, row.AllocatedBytes, chunks)
	}
	if err := replace(tx, key, chunks, all); err != nil || lead(all) == row.Filesize {
		return err
	}
	return store.Write(tx, key, storage.FileSet{}.Filesize(lead(all)))
}

// replace makes the chunks on record those of all, touching only what differs.
func replace(tx *store.Tx, key int64, chunks []storage.FileChunk, all []span) error {
	known := []span{}
	for _, c := range chunks {
		s := span{c.First, c.After}
		if slices.Contains(all, s) {
			known = append(known, s)
			continue
		}
		if err := tx.Purge("file_chunks", c.KeyValue()); err != nil {
			return err
		}
	}
	for _, s := range all {
		if slices.Contains(known, s) {
			continue
		}
		if _, err := store.Insert(tx, storage.FileChunkSet{}.File(key).First(s.first).After(s.after)); err != nil {
			return err
		}
	}
	return nil
}

// complete writes that all bytes of a file are there.
func complete(tx *store.Tx, key, size int64, chunks []storage.FileChunk) error {
	for _, c := range chunks {
		if err := tx.Purge("file_chunks", c.KeyValue()); err != nil {
			return err
		}
	}
	return store.Write(tx, key, storage.FileSet{}.Complete(true).Filesize(size).UsedBytes(size))
}
